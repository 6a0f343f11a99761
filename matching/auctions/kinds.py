"""The kinds of auction by name: which terms fit which, and how each begins."""

from matching.auctions.clock import Clock
from matching.auctions.dutch import Dutch
from matching.auctions.english import English
from matching.auctions.rules import Terms
from matching.auctions.sealed import Sealed
from matching.desk_types import AuctionKind, AuctionParameter, Pricing
from matching.types import MAX_PRICE, MAX_QUANTITY, Side

Rules = English | Dutch | Sealed | Clock

MAX_TIME_NS = 10**17
"""Three years."""
MAX_FEN_PER_T = 10**9
"""No bond is higher than MAX_PRICE."""

_LIMITS = {
    AuctionParameter.MAX_EXTENSIONS: 1_000,
    AuctionParameter.ROUNDS: 1_000,
    AuctionParameter.MIN_BIDDERS: 1_000,
    AuctionParameter.RAISE_BPS: 10_000,
    AuctionParameter.PRICING: max(Pricing),
    AuctionParameter.BOND_FEN_PER_T: MAX_FEN_PER_T,
    AuctionParameter.FEE_RESERVE_FEN_PER_T: MAX_FEN_PER_T,
    AuctionParameter.MIN_TAKE: MAX_QUANTITY,
    AuctionParameter.KG_STEP: MAX_QUANTITY,
}


def limit_of(parameter: AuctionParameter) -> int:
    """The highest value a parameter may have."""
    if parameter.name.endswith("_NS"):
        return MAX_TIME_NS
    return _LIMITS.get(parameter, MAX_PRICE)


def begin(terms: Terms) -> Rules:
    """The auction at its opening."""
    machines: dict[int, type[English] | type[Dutch] | type[Sealed] | type[Clock]] = {
        AuctionKind.ENGLISH: English,
        AuctionKind.DUTCH: Dutch,
        AuctionKind.SEALED: Sealed,
        AuctionKind.CLOCK: Clock,
    }
    return machines[terms.kind].begin(terms)


def fit(terms: Terms) -> bool:
    """Whether the terms go together."""
    if terms.step < 1 or not 1 <= terms.start <= MAX_PRICE or not 1 <= terms.quantity <= MAX_QUANTITY:
        return False
    if not terms.whole_lot and not 1 <= terms.kg_step <= terms.min_take <= MAX_QUANTITY:
        return False
    fits = {
        AuctionKind.ENGLISH: _english_fits,
        AuctionKind.DUTCH: _dutch_fits,
        AuctionKind.SEALED: _sealed_fits,
        AuctionKind.CLOCK: _clock_fits,
    }
    return fits[AuctionKind(terms.kind)](terms)


def _reserve_fits(terms: Terms) -> bool:
    """A reserve is no worse than the start price, and can be bid."""
    if not terms.reserve:
        return True
    return terms.at_least(terms.reserve, terms.start) and (terms.reserve - terms.start) % terms.step == 0


def _english_fits(terms: Terms) -> bool:
    soft_close = terms.soft_close_ns == 0 or (terms.extension_ns > 0 and terms.max_extensions > 0)
    steps = terms.max_step % terms.step == 0
    return terms.duration_ns > 0 and soft_close and steps and _reserve_fits(terms)


def _dutch_fits(terms: Terms) -> bool:
    return terms.side == Side.SELL and terms.tick_ns > 0 and 1 <= terms.floor <= terms.start


def _sealed_fits(terms: Terms) -> bool:
    return terms.duration_ns > 0 and terms.pricing in set(Pricing) and _reserve_fits(terms)


def _clock_fits(terms: Terms) -> bool:
    return terms.side == Side.SELL and terms.duration_ns > 0
