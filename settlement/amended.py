"""What a contract says now: as it was formed, with what its parties have agreed to change since.

The contract itself never changes. What all agreed amendments leave of it is kept with its delivery, where
every step looks it up; ``verify`` works it out again from the chain.
"""

from collections.abc import Callable
from datetime import date

from settlement.models import Delivery
from settlement.terms import delivery_window, terms_of

DAYS = ("delivery_until", "deposit_release_day")
RATES = ("over_short_bps",)


def delivery_until(delivery: Delivery) -> date:
    """Last day on which the goods are to be fetched."""
    contract = delivery.contract
    terms = terms_of(contract.rulebook_version)
    return _day(delivery, "delivery_until") or delivery_window(contract.day, terms)[1]


def release_day(delivery: Delivery) -> date:
    """On this day silence has become acceptance."""
    return _day(delivery, "deposit_release_day") or delivery.contract.deposit_release_day


def over_short_bps(delivery: Delivery) -> int:
    """溢短: how far the weight may be from the contract's, in basis points."""
    amended = (delivery.amended or {}).get("over_short_bps")
    return delivery.contract.over_short_bps if amended is None else int(amended)


def value_now(delivery: Delivery, name: str) -> date | int:
    """One of DAYS or RATES as it stands now."""
    readers: dict[str, Callable[[Delivery], date | int]] = {
        "delivery_until": delivery_until,
        "deposit_release_day": release_day,
        "over_short_bps": over_short_bps,
    }
    return readers[name](delivery)


def _day(delivery: Delivery, name: str) -> date | None:
    amended = (delivery.amended or {}).get(name)
    return None if amended is None else date.fromisoformat(amended)
