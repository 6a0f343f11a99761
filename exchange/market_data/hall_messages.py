"""What the channels of the halls tell of auctions, bids, listings and deals: the shapes of the API.

Prices and amounts are strings in yuan, quantities whole kilograms, times RFC 3339 in Shanghai time. Bidders
are their paddles; nobody is told a reserve, an alert price, a proxy's maximum or a sealed bid before the end.
"""

from typing import NamedTuple

from exchange.halls.types import FINISHED_AUCTIONS, AuctionRow, HallState
from exchange.kernel.calendar import NS_PER_MS, format_time
from exchange.kernel.errors import error_for_reason
from exchange.kernel.money import format_yuan
from exchange.market_data.depth import price_text
from exchange.market_data.market import side_text
from exchange.markets.types import PAYMENT_WORDS
from matching.desk_events import DeskReason
from matching.desk_types import (
    AUCTION,
    CONFIRM,
    LISTED,
    NEGOTIABLE,
    PAYMENTS,
    AuctionKind,
    AuctionParameter,
    Pricing,
)
from matching.types import Event, Reason

OF = AuctionParameter

EXTENSION_WORDS: dict[int, str] = {
    DeskReason.SOFT_CLOSE: "soft_close",
    DeskReason.OUTAGE: "outage",
    DeskReason.PAUSED: "paused",
}
MODE_WORDS: dict[int, str] = {AUCTION: "auction", LISTED: "listed"}


def time_or_none(at_ns: int) -> str | None:
    """RFC 3339, or None for a time there is not."""
    return format_time(at_ns) if at_ns else None


def price_or_none(price: int) -> str | None:
    """Yuan per kg, or None for a price there is not or nobody may see."""
    return price_text(price) if price else None


def reason_word(reason: int) -> str | None:
    """A reason of the books or the desk in small letters; None for none."""
    if not reason:
        return None
    return (Reason(reason) if reason < DeskReason.DESK_CLOSED else DeskReason(reason)).name.lower()


# Auctions --------------------------------------------------------------------------------------------


def auction(row: AuctionRow, product: str, owner: str) -> dict[str, object]:
    """An auction as everybody may see it, with what a clock or a dial is drawn from."""
    falls = row.kind == AuctionKind.DUTCH and row.state == HallState.OPEN
    over = row.state in FINISHED_AUCTIONS
    return {
        "auction_id": row.id,
        "auction_no": row.no,
        "product": product,
        "title": row.title,
        "kind": row.kind.name.lower(),
        "side": side_text(row.side),
        "owner": owner,
        "state": row.state.value,
        "epoch": row.epoch,
        "start_price": price_text(row.start_price),
        "price": price_or_none(row.price),
        "quantity_kg": row.quantity_kg,
        "remaining_kg": row.left_kg if row.defined else row.quantity_kg,
        "round": row.round,
        "bids": row.bids,
        "entered": row.entered,
        "reserve": reserve_word(row.reserve_met),
        "opens_at": format_time(row.opens_at_ns),
        "ends_at": time_or_none(row.until_ns) if row.defined and not falls and not over else None,
        "falls_since": time_or_none(row.until_ns) if falls else None,
        "ended_at": time_or_none(row.ended_at_ns),
        "extensions": row.extensions,
        "reason": row.failure or (error_for_reason(row.reason).code if row.reason else None),
        "file_hash": row.file_hash or None,
        **_terms(row),
    }


def reserve_word(met: bool | None) -> str:
    """none, met or not_met: all that anybody learns of a reserve before the end."""
    if met is None:
        return "none"
    return "met" if met else "not_met"


def _terms(row: AuctionRow) -> dict[str, object]:
    """The public parameters a bidder or a clock needs."""
    shown = row.public_parameters
    return {
        "step": price_text(shown[OF.STEP]) if OF.STEP in shown else None,
        "max_step": price_text(shown[OF.MAX_STEP]) if OF.MAX_STEP in shown else None,
        "floor_price": price_text(shown[OF.FLOOR]) if OF.FLOOR in shown else None,
        "kg_step": shown.get(OF.KG_STEP, 0),
        "minimum_kg": shown.get(OF.MIN_TAKE, 0),
        "rounds": shown.get(OF.ROUNDS, 0),
        "tick_ms": shown.get(OF.TICK_NS, 0) // NS_PER_MS,
        "max_extensions": shown.get(OF.MAX_EXTENSIONS, 0),
        "pricing": Pricing(shown[OF.PRICING]).name.lower() if OF.PRICING in shown else None,
        "committed": shown.get(OF.REVEAL_NS, 0) > 0,
    }


class LiveBid(NamedTuple):
    """A bid as everybody may see it; price and kg are 0 while it is hidden."""

    number: int
    paddle: int
    price: int
    quantity_kg: int
    round: int
    by_proxy: bool
    at_ns: int
    seq: int


def bid(row: LiveBid) -> dict[str, object]:
    """A bid under its bidder's paddle; what is hidden is null."""
    return {
        "bid_id": row.number,
        "bidder": str(row.paddle),
        "price": price_or_none(row.price),
        "quantity_kg": row.quantity_kg or None,
        "round": row.round,
        "by_proxy": row.by_proxy,
        "placed_at": format_time(row.at_ns),
        "seq": row.seq,
    }


def opened_bid(event: Event, paddle: int) -> dict[str, object]:
    """A sealed bid after the end."""
    return {
        "bid_id": event.order_id,
        "bidder": str(paddle),
        "price": price_or_none(event.price),
        "quantity_kg": event.quantity,
    }


def award(event: Event, paddle: int) -> dict[str, object]:
    """Who won, how much, at which price; reason: below reserve accepted, or the runner-up took it."""
    return {
        "bidder": str(paddle),
        "price": price_text(event.price),
        "quantity_kg": event.quantity,
        "amount": format_yuan(event.price * event.quantity),
        "reason": reason_word(event.reason),
    }


def ended_round(event: Event) -> dict[str, object]:
    """A round that is over: kg wanted (clock) or sold (Dutch) in it, kg still to sell."""
    return {
        "round": event.other_id,
        "price": price_or_none(event.price),
        "quantity_kg": event.quantity,
        "remaining_kg": event.remaining,
    }


# Listings --------------------------------------------------------------------------------------------


class LiveListing(NamedTuple):
    """An open listing for everybody; prices fen per kg, quantities kg."""

    number: int
    side: int
    price: int
    quantity_kg: int
    left_kg: int
    reserved_kg: int
    least_kg: int
    valid_until_ns: int
    negotiable: bool
    confirm: bool
    payment: int
    """How its deals are paid; see ``exchange.markets.types.PAYMENT_WORDS``."""

    @classmethod
    def of(cls, event: Event) -> "LiveListing":
        """The listing a LISTED event tells of."""
        return cls(
            event.order_id,
            event.side,
            event.price,
            event.quantity,
            event.quantity,
            0,
            event.other,
            event.remaining,
            bool(event.reason & NEGOTIABLE),
            bool(event.reason & CONFIRM),
            event.reason & PAYMENTS,
        )


def listing(live: LiveListing) -> dict[str, object]:
    """A listing in the hall; its receipts and terms are in the API."""
    return {
        "listing_id": live.number,
        "side": side_text(live.side),
        "price": price_text(live.price),
        "quantity_kg": live.quantity_kg,
        "left_kg": live.left_kg,
        "reserved_kg": live.reserved_kg,
        "minimum_kg": live.least_kg,
        "negotiable": live.negotiable,
        "confirm": live.confirm,
        "payment": PAYMENT_WORDS[live.payment],
        "valid_until": format_time(live.valid_until_ns),
    }


def ended_listing(event: Event) -> dict[str, object]:
    """A listing that left the hall: kg not dealt in, and why it ended."""
    return {
        "listing_id": event.order_id,
        "remaining_kg": event.remaining,
        "reason": reason_word(event.reason),
    }


def deal(event: Event, at_ns: int) -> dict[str, object]:
    """A deal of a listing or an auction, without its parties."""
    return {
        "trade_id": event.order_id,
        "mode": MODE_WORDS.get(event.side, "negotiated"),
        "price": price_text(event.price),
        "quantity_kg": event.quantity,
        "traded_at": format_time(at_ns),
    }
