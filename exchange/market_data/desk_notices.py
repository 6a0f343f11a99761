"""What the desk did, for each account it is about: both sides of a take, counter-offer or deal, who made a
listing, the bidder, the winner and the owner of a lot.

Counterparties are not named here; the API tells them to who may know.
"""

from collections.abc import Callable

from exchange.kernel.money import format_yuan
from exchange.market_data.depth import price_text
from exchange.market_data.desk_follower import Notice
from exchange.market_data.hall_messages import MODE_WORDS, reason_word, time_or_none
from exchange.market_data.market import side_text
from exchange.markets.types import PAYMENT_WORDS
from exchange.trading.queries import DeskOfAccount
from matching.desk_events import DeskEventKind as E
from matching.desk_types import HoldKind
from matching.types import Event

Code = Callable[[int], str]
"""A product's code by its number."""


def hold_word(kind: int) -> str:
    """listing, take, proposal, bond, fee_reserve, need or lot."""
    return HoldKind(kind).name.lower()


def _kg(value: int) -> object:
    return value


_Shape = dict[str, tuple[str, Callable[[int], object]]]

_PRICE: _Shape = {"price": ("price", price_text), "quantity": ("quantity_kg", _kg)}
_REASON: _Shape = {"reason": ("reason", reason_word)}
_SIDE: _Shape = {"side": ("side", side_text)}
_LISTING: _Shape = {"order_id": ("listing_id", _kg), **_SIDE, **_PRICE}
_TAKE: _Shape = {"order_id": ("take_id", _kg), "other_id": ("listing_id", _kg), **_SIDE, **_PRICE}
_PROPOSAL: _Shape = {"order_id": ("proposal_id", _kg), "other_id": ("listing_id", _kg), **_SIDE, **_PRICE}
_ENDED: _Shape = {"remaining": ("trade_id", lambda deal: deal or None), **_REASON}
_AUCTION: _Shape = {"order_id": ("auction_id", _kg)}
_DEADLINE: _Shape = {"remaining": ("deadline", time_or_none)}

SHAPES: dict[int, _Shape] = {
    E.LISTED: {**_LISTING, "remaining": ("valid_until", time_or_none)},
    E.LISTING_LEFT: {
        "order_id": ("listing_id", _kg),
        **_SIDE,
        "price": ("price", price_text),
        "quantity": ("left_kg", _kg),
        "remaining": ("reserved_kg", _kg),
    },
    E.LISTING_ENDED: {**_LISTING, "remaining": ("remaining_kg", _kg), **_REASON},
    E.INVITATION: {"order_id": ("listing_id", _kg)},
    E.TAKE_PENDING: {**_TAKE, **_DEADLINE},
    E.TAKE_ENDED: {**_TAKE, **_ENDED},
    E.PROPOSED: {**_PROPOSAL, "remaining": ("expires_at", time_or_none)},
    E.PROPOSAL_ENDED: {**_PROPOSAL, **_ENDED},
    E.ENTERED: {
        **_AUCTION,
        "quantity": ("quantity_kg", _kg),
        "price": ("bond", format_yuan),
        "remaining": ("fee_reserve", format_yuan),
    },
    E.LEFT: _AUCTION,
    E.BID_PLACED: {
        "order_id": ("bid_id", _kg),
        "other_id": ("auction_id", _kg),
        "price": ("price", lambda price: price_text(price) if price else None),
        "quantity": ("quantity_kg", lambda kg: kg or None),
        **_REASON,
    },
    E.AWARDED: {**_AUCTION, **_PRICE, **_REASON},
    E.DECISION_DUE: {**_AUCTION, **_PRICE, **_DEADLINE},
    E.PAYMENT_DUE: {**_AUCTION, **_PRICE, "other_id": ("due", format_yuan), **_DEADLINE},
    E.OFFERED: {**_AUCTION, **_PRICE, **_DEADLINE},
    E.DEFAULTED: {**_AUCTION, **_PRICE, **_REASON},
    E.FORFEITED: {**_AUCTION, "remaining": ("amount", format_yuan), **_REASON},
}
"""What a notice tells of each event: its field, what that is called, how it is written."""


def notice(told: Notice, code: Code) -> dict[str, object]:
    """The event as the account hears it."""
    event = told.event
    if event.kind == E.DEAL:
        return _deal(told, code)
    if event.kind == E.HELD:
        return _held(event, code)
    shape = SHAPES[event.kind]
    content = {name: write(getattr(event, field)) for field, (name, write) in shape.items()}
    return {"event": E(event.kind).name.lower(), "product": code(event.product), **content}


def _deal(told: Notice, code: Code) -> dict[str, object]:
    """A deal with this party's own fee."""
    event, fees = told.event, told.fees
    buys = told.account == event.account
    subject = "auction_id" if MODE_WORDS.get(event.side) == "auction" else "listing_id"
    content: dict[str, object] = {
        "event": "deal",
        "product": code(event.product),
        "trade_id": event.order_id,
        subject: event.other_id,
        "mode": MODE_WORDS.get(event.side, "negotiated"),
        "side": "buy" if buys else "sell",
        "price": price_text(event.price),
        "quantity_kg": event.quantity,
        "amount": format_yuan(event.price * event.quantity),
        "payment": PAYMENT_WORDS[event.reason],
    }
    if fees is not None:
        content["fee"] = format_yuan(fees.price if buys else fees.quantity)
        content["bond"] = format_yuan(fees.other_id) if fees.other_id else None
        content["deposit"] = None if buys else format_yuan(fees.remaining)
    return content


def _held(event: Event, code: Code) -> dict[str, object]:
    """A hold that changed: goods in kg, money as an amount."""
    write: Callable[[int], object] = _kg if event.product else format_yuan
    return {
        "event": "held",
        "kind": hold_word(event.side),
        "number": event.order_id,
        "product": code(event.product) if event.product else None,
        "change": write(event.quantity),
        "on_hold": write(event.remaining),
        "reason": reason_word(event.reason),
    }


def desk_of(account: DeskOfAccount, code: Code) -> dict[str, object]:
    """Everything of one account at the desk that is not over, for its snapshot."""
    return {
        "holds": [
            {
                "kind": hold_word(line.kind),
                "number": line.number,
                "product": code(line.product) if line.product else None,
                "on_hold": line.quantity if line.product else format_yuan(line.quantity),
            }
            for line in account.holds
        ],
        "takes": [
            {
                "take_id": line.take,
                "listing_id": line.listing,
                "product": code(line.product),
                "side": side_text(line.side),
                "price": price_text(line.price),
                "quantity_kg": line.quantity_kg,
                "deadline": time_or_none(line.deadline_ns),
            }
            for line in account.takes
        ],
        "proposals": [
            {
                "proposal_id": line.proposal,
                "listing_id": line.listing,
                "product": code(line.product),
                "side": side_text(line.side),
                "price": price_text(line.price),
                "quantity_kg": line.quantity_kg,
                "expires_at": time_or_none(line.expires_ns),
            }
            for line in account.proposals
        ],
        "entries": [
            {
                "auction_id": line.auction,
                "product": code(line.product),
                "quantity_kg": line.quantity_kg,
                "bond": format_yuan(line.bond),
                "fee_reserve": format_yuan(line.fee_reserve),
                "awarded_kg": line.awarded_kg,
            }
            for line in account.entries
        ],
    }
