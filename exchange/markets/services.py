"""Changing the markets: varieties, products, sessions, calls, halts, trading rules, reference prices, fees.

Each change is one transaction: the row, its audit entry, and the command that tells the floor, through the
outbox. What a session, a call or a halt does to a product is one row of PhaseChange, with who and why; these
are in ``sessions``. Rules and limits change in ``changing``, by two people in ``proposals``; new
products come from ``new_products``, fees from ``fees`` and ``fee_proposals``.
"""

from django.db import transaction

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.markets import changing, proposals, sessions
from exchange.markets.changing import (
    delist_product,
    set_limits,
    set_reference_price,
    set_trading_rules,
)
from exchange.markets.fee_proposals import decide_fees, propose_fees, withdraw_fees
from exchange.markets.fees import apply_fees, define_fees
from exchange.markets.models import Variety
from exchange.markets.new_products import (
    decide_product,
    define_product,
    propose_product,
    withdraw_product,
)
from exchange.markets.proposals import decide_change, propose_change, withdraw_change
from exchange.markets.reference_prices import roll_reference
from exchange.markets.sessions import (
    begin_call,
    close_session,
    end_call,
    follow_volatility_call,
    halt,
    resume,
)
from warehouse_receipts.types import VarietyGroup

__all__ = [
    "add_variety",
    "apply_fees",
    "begin_call",
    "close_session",
    "decide_change",
    "decide_fees",
    "decide_product",
    "define_fees",
    "define_product",
    "delist_product",
    "end_call",
    "floor_answered",
    "follow_volatility_call",
    "halt",
    "open_session",
    "propose_change",
    "propose_fees",
    "propose_product",
    "resume",
    "roll_reference",
    "set_limits",
    "set_reference_price",
    "set_trading_rules",
    "withdraw_change",
    "withdraw_fees",
    "withdraw_product",
]

# Sessions and the floor's answers --------------------------------------------------------------------


@transaction.atomic
def open_session(*, actor: Actor, reason: str, with_call: bool = False) -> int:
    """Opens every listed product once the changes approved for this session are made.

    See ``sessions.open_session``. Raises SessionAlreadyOpen.
    """
    proposals.carry_out_scheduled()
    return sessions.open_session(actor=actor, reason=reason, with_call=with_call)


def floor_answered(reference: str, reason: int) -> bool:
    """The floor's answer to an outbox row, in the projector's transaction; whether anything followed."""
    followed = sessions.floor_answered(reference, reason) or changing.floor_answered(reference, reason)
    return proposals.floor_answered(reference, reason) or followed


# Products --------------------------------------------------------------------------------------------


@transaction.atomic
def add_variety(
    *,
    actor: Actor,
    code: str,
    name_zh: str,
    name_en: str,
    group: VarietyGroup,
    colour_zh: str,
    shelf_life_days: int | None = None,
) -> None:
    """Adds a variety products can be made of."""
    Variety.objects.create(
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        group=group,
        colour_zh=colour_zh,
        shelf_life_days=shelf_life_days,
    )
    audit.record(
        actor=actor,
        action="variety.add",
        subject=f"variety:{code}",
        after={"name": name_zh, "group": group.value},
    )
