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


_ALL = frozenset(
    {
        AuctionParameter.STEP,
        AuctionParameter.BOND_FEN_PER_T,
        AuctionParameter.FEE_RESERVE_FEN_PER_T,
        AuctionParameter.MIN_BIDDERS,
        AuctionParameter.ALERT,
    }
)
_UNITS = frozenset({AuctionParameter.KG_STEP, AuctionParameter.MIN_TAKE})
READ_BY = {
    AuctionKind.ENGLISH: _ALL
    | {
        AuctionParameter.RESERVE,
        AuctionParameter.MAX_STEP,
        AuctionParameter.DURATION_NS,
        AuctionParameter.SOFT_CLOSE_NS,
        AuctionParameter.EXTENSION_NS,
        AuctionParameter.MAX_EXTENSIONS,
    },
    AuctionKind.DUTCH: _ALL
    | _UNITS
    | {
        AuctionParameter.TICK_NS,
        AuctionParameter.FLOOR,
        AuctionParameter.RAISE_FEN,
        AuctionParameter.RAISE_BPS,
        AuctionParameter.ROUNDS,
        AuctionParameter.REST_NS,
    },
    AuctionKind.SEALED: _ALL
    | _UNITS
    | {
        AuctionParameter.RESERVE,
        AuctionParameter.DURATION_NS,
        AuctionParameter.PRICING,
        AuctionParameter.REVEAL_NS,
    },
    AuctionKind.CLOCK: _ALL | _UNITS | {AuctionParameter.DURATION_NS, AuctionParameter.ROUNDS},
}
"""The parameters each kind reads. Another one would promise what the rules do not keep."""


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
    if any(
        getattr(terms, each.name.lower()) for each in set(AuctionParameter) - READ_BY[AuctionKind(terms.kind)]
    ):
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
