"""Listings and auctions in the API's shapes: integers become text, account numbers codes or paddles."""

from collections.abc import Mapping, Sequence
from typing import Any

from exchange.halls.types import (
    PARAMETER_WORDS,
    AuctionRow,
    AwardRow,
    BidRow,
    EntryRow,
    ListingRow,
    ProposalRow,
    TakeRow,
)
from exchange.kernel.calendar import format_time
from exchange.kernel.errors import error_for_reason
from exchange.kernel.money import format_yuan
from exchange.market_data import hall_messages as messages
from exchange.market_data.depth import price_text
from exchange.market_data.hall_messages import LiveBid, time_or_none
from exchange.market_data.market import side_text
from exchange.markets.types import PAYMENT_WORDS
from matching.desk_types import AuctionKind, AuctionParameter, Pricing
from matching.types import Side

Codes = Mapping[int, str]
"""Product codes by the engine's number, or member codes by account number."""

OF = AuctionParameter
KIND_WORDS: Mapping[str, AuctionKind] = {kind.name.lower(): kind for kind in AuctionKind}
PRICES = frozenset({OF.RESERVE, OF.STEP, OF.MAX_STEP, OF.FLOOR, OF.RAISE_FEN, OF.ALERT})
AMOUNTS = frozenset({OF.BOND_FEN_PER_T, OF.FEE_RESERVE_FEN_PER_T})


def reason_code(reason: int) -> str | None:
    """The stable code of the floor's reason; null for none."""
    return error_for_reason(reason).code if reason else None


# Listings --------------------------------------------------------------------------------------------


def listing(row: ListingRow, products: Codes, members: Codes) -> dict[str, Any]:
    """A listing as everybody may see it."""
    return {
        "listing_id": row.id,
        "listing_no": row.no,
        "product": products.get(row.product_number, ""),
        "side": side_text(row.side),
        "lister": members.get(row.account_no, ""),
        "price": price_text(row.price),
        "quantity_kg": row.quantity_kg,
        "left_kg": row.left_kg,
        "minimum_kg": row.minimum_kg,
        "step_kg": row.step_kg,
        "negotiable": row.negotiable,
        "confirm": row.confirm,
        "payment": PAYMENT_WORDS[row.payment],
        "invited_only": row.invited_only,
        "valid_until": format_time(row.valid_until_ns),
        "receipts": list(row.receipt_nos),
        "note": row.note,
        "photos": photo_addresses("listings", row.id, row.photos),
        "state": row.state.value,
        "reason": row.failure or reason_code(row.reason),
        "opened_at": time_or_none(row.opened_at_ns),
        "ended_at": time_or_none(row.ended_at_ns),
        "previous_id": row.previous_id,
        "next_id": row.next_id,
    }


def take(row: TakeRow, products: Codes, members: Codes) -> dict[str, Any]:
    """A take that needs the lister's word, as the two sides see it."""
    return {
        "take_id": row.id,
        "listing_id": row.listing_id,
        "product": products.get(row.product_number, ""),
        "side": side_text(row.side),
        "taker": members.get(row.account_no, ""),
        "lister": members.get(row.lister_no, ""),
        "price": price_text(row.price),
        "quantity_kg": row.quantity_kg,
        "deadline": format_time(row.deadline_ns),
        "state": row.state.value,
        "trade_id": row.deal or None,
        "taken_at": format_time(row.at_ns),
        "ended_at": time_or_none(row.ended_at_ns),
    }


def proposal(row: ProposalRow, products: Codes, members: Codes) -> dict[str, Any]:
    """A counter-offer, as the two sides see it."""
    return {
        "proposal_id": row.id,
        "listing_id": row.listing_id,
        "product": products.get(row.product_number, ""),
        "side": side_text(row.side),
        "by": members.get(row.account_no, ""),
        "to": members.get(row.other_no, ""),
        "price": price_text(row.price),
        "quantity_kg": row.quantity_kg,
        "expires_at": format_time(row.expires_ns),
        "state": row.state.value,
        "trade_id": row.deal or None,
        "proposed_at": format_time(row.at_ns),
        "ended_at": time_or_none(row.ended_at_ns),
    }


# Auctions --------------------------------------------------------------------------------------------


def auction(row: AuctionRow, products: Codes, members: Codes) -> dict[str, Any]:
    """An auction as everybody may see it: what its channel tells, and its terms in full."""
    told = messages.auction(row, products.get(row.product_number, ""), members.get(row.account_no, ""))
    return {
        **told,
        "parameters": parameters(row.public_parameters),
        "receipts": list(row.receipt_nos),
        "photos": photo_addresses("auctions", row.id, row.photos),
    }


def photo_addresses(hall: str, number: int, photos: Sequence[str]) -> list[str]:
    """Where the photographs of a listing or auction are to be had, as JPEG."""
    return [f"/photos/{hall}/{number}/{digest}/full.jpg" for digest in photos]


def parameters(values: Mapping[AuctionParameter, int]) -> dict[str, str | int]:
    """Parameters by their words: prices and amounts as text, times in nanoseconds, the rest as numbers."""
    return {PARAMETER_WORDS[key]: _parameter(key, value) for key, value in sorted(values.items())}


def _parameter(key: AuctionParameter, value: int) -> str | int:
    if key in PRICES:
        return price_text(value)
    if key in AMOUNTS:
        return format_yuan(value)
    return Pricing(value).name.lower() if key == OF.PRICING else value


def bid(row: BidRow) -> dict[str, Any]:
    """A bid under its bidder's paddle; what is hidden is null."""
    live = LiveBid(
        row.id, row.paddle, row.price, row.quantity_kg, row.round, row.by_proxy, row.at_ns, row.seq
    )
    return messages.bid(live)


def award(row: AwardRow) -> dict[str, Any]:
    """A winner under its paddle."""
    return {
        "bidder": str(row.paddle),
        "price": price_text(row.price),
        "quantity_kg": row.quantity_kg,
        "amount": format_yuan(row.price * row.quantity_kg),
        "state": row.state.value,
        "deadline": time_or_none(row.deadline_ns),
    }


def entry(row: EntryRow, awards: list[AwardRow]) -> dict[str, Any]:
    """Where the member stands in an auction."""
    return {
        "auction_id": row.auction_id,
        "bidder": str(row.paddle),
        "state": row.state.value,
        "quantity_kg": row.quantity_kg,
        "bond": format_yuan(row.bond_fen),
        "fee_reserve": format_yuan(row.fee_reserve_fen),
        "reason": row.failure or None,
        "entered_at": format_time(row.at_ns),
        "awards": [
            {**award(won), "due": format_yuan(won.due_fen), "trade_id": won.deal or None} for won in awards
        ],
    }


def side_number(word: str) -> int:
    """BUY or SELL by its word."""
    return Side.BUY if word == "buy" else Side.SELL
