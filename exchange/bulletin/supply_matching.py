"""撮合推荐: who could meet an intention, by a score anyone can recompute (docs/markets.md).

Hard conditions first: the other side, the same variety, amounts and delivery windows that overlap, floors
missed by one step at most, origins that meet, prices not more than a fifth apart. What is left gets points,
integers that add up to 1000 at most, each with its reason. The better score first; among equals what goods or
money stand behind, then the earlier. Nothing here writes, and nothing is traded by it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from exchange.bulletin.supply_checks import spec_of_product
from exchange.bulletin.supply_selectors import intention_rows, not_talking, on_the_board
from exchange.bulletin.supply_types import (
    GRADE_RANK,
    IntentionRow,
    NewIntention,
    Spec,
)
from exchange.halls.asking import ListingFilter
from exchange.halls.selectors import listings
from exchange.halls.types import ListingRow
from exchange.markets.selectors import products
from exchange.markets.types import ProductRow
from exchange.members.selectors import related_accounts
from matching.types import BASIS, Side

ORIGIN, SIZE, GRADE, SSC, STORE, QUANTITY, PRICE, BACKED = 200, 150, 150, 50, 50, 150, 200, 50
"""Most points of each part; they add up to 1000."""
TOTAL = ORIGIN + SIZE + GRADE + SSC + STORE + QUANTITY + PRICE + BACKED
SIZE_STEP_MM = 5
NO_POINTS_BPS, TOO_FAR_BPS = 1_000, 2_000
"""A gap between prices of a tenth earns nothing, one of more than a fifth is no match."""
CANDIDATES = 200
"""Newest counter-intentions and listings that are looked at."""


class Reason(NamedTuple):
    """Why points were given: a word, and a number where it has one (fen per kg, percent)."""

    word: str
    points: int
    most: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class Wares:
    """One side of a comparison: what a supply has, or what a demand wants."""

    spec: Spec
    least_kg: int
    most_kg: int
    price: int | None
    premium_fen: int | None
    """Of its product over the base product 升贴水; None without a product."""
    deliver: tuple[date | None, date | None] = (None, None)
    backed: bool = False
    """A free receipt, goods or money on hold stand behind it."""


class Score(NamedTuple):
    """Points of 1000, and where they come from."""

    points: int
    reasons: tuple[Reason, ...]


class BookOffer(NamedTuple):
    """The best price of one side of a product's order book, fen per kg, and what stands there."""

    product_number: int
    side: int
    price: int
    kg: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something that could meet an intention: another intention, or a listing that binds."""

    score: Score
    intention: IntentionRow | None = None
    listing: ListingRow | None = None
    book: BookOffer | None = None


def suggestions(row: IntentionRow, *, book: Iterable[BookOffer] = (), limit: int = 5) -> list[Suggestion]:
    """The best counter-intentions, open listings and offers of the book for an intention on the board.

    For its owner. book: the best price of the other side of each product's book, as it is now.
    """
    if not row.live:
        return []
    by_number = {product.number: product for product in products()}
    own = wares_of(row, by_number)
    selling = row.terms.side == Side.SELL
    found = [
        *_scored_intentions(row, own, by_number, selling=selling),
        *_scored_listings(row, own, by_number, selling=selling),
        *_scored_book(book, own, by_number, selling=selling),
    ]
    found.sort(key=_order)
    return found[:limit]


def score(supply: Wares, demand: Wares, *, selling: bool) -> Score | None:
    """How well a supply meets a demand; None when it does not. selling: whose intention it is, the supply's.

    Pure and in integers: the same two sides always get the same score.
    """
    spec = _spec_reasons(supply.spec, demand.spec)
    price = _price_reason(supply, demand)
    kg = min(supply.most_kg, demand.most_kg)
    if spec is None or price is None or kg < max(supply.least_kg, demand.least_kg) or _apart(supply, demand):
        return None
    wanted = supply.most_kg if selling else demand.most_kg
    other = demand if selling else supply
    reasons = [
        *spec,
        Reason("quantity", QUANTITY * kg // wanted, QUANTITY, 100 * kg // wanted),
        price,
        Reason("backed", BACKED if other.backed else 0, BACKED),
    ]
    return Score(sum(reason.points for reason in reasons), tuple(reasons))


def wares_of(row: IntentionRow, by_number: dict[int, ProductRow]) -> Wares:
    """An intention as one side of a comparison."""
    terms: NewIntention = row.terms
    product = by_number.get(terms.product_number or 0)
    return Wares(
        spec=terms.spec,
        least_kg=terms.least_kg,
        most_kg=terms.most_kg,
        price=terms.price,
        premium_fen=None if product is None else product.premium_discount_fen,
        deliver=(terms.deliver_from, terms.deliver_until),
        backed=row.receipt is not None,
    )


def _spec_reasons(has: Spec, wants: Spec) -> list[Reason] | None:
    """Points for origin, size, grade, soluble solids and store; None for goods nobody wants."""
    if has.variety != wants.variety:
        return None
    if has.counties and wants.counties:
        if not set(has.counties) & set(wants.counties):
            return None
        reasons = [Reason("origin", ORIGIN, ORIGIN)]
    else:
        reasons = [Reason("origin_open", ORIGIN // 2, ORIGIN)]
    grades = (
        GRADE_RANK[has.grade] if has.grade else None,
        GRADE_RANK[wants.grade] if wants.grade else None,
    )
    sizes = (has.size_mm or None, wants.size_mm or None)
    for word, most, step, (had, wanted) in (
        ("size", SIZE, SIZE_STEP_MM, sizes),
        ("grade", GRADE, 1, grades),
        ("ssc", SSC, 10, (has.ssc_tenths or None, wants.ssc_tenths or None)),
    ):
        if wanted is None or had is None:
            reasons.append(Reason(f"{word}_open", most // 2, most))
        elif had >= wanted:
            reasons.append(Reason(word, most, most))
        elif had >= wanted - step:
            reasons.append(Reason(f"{word}_short", 0, most))
        else:
            return None
    if has.store_type and wants.store_type:
        same = has.store_type == wants.store_type
        reasons.append(Reason("store" if same else "store_other", STORE if same else 0, STORE))
    else:
        reasons.append(Reason("store_open", STORE // 2, STORE))
    return reasons


def _price_reason(supply: Wares, demand: Wares) -> Reason | None:
    """Full points when the prices meet, fewer the further apart; None for more than a fifth.

    Where both name a product its premium or discount is taken off first, so that other grades compare.
    """
    if supply.price is None or demand.price is None:
        return Reason("price_open", PRICE // 2, PRICE)
    asked, offered = supply.price, demand.price
    if supply.premium_fen is not None and demand.premium_fen is not None:
        asked, offered = asked - supply.premium_fen, offered - demand.premium_fen
    gap = asked - offered
    if gap <= 0:
        return Reason("price_met", PRICE, PRICE, -gap)
    bps = gap * BASIS // max(1, asked)
    if bps > TOO_FAR_BPS:
        return None
    return Reason("price_gap", PRICE * max(0, NO_POINTS_BPS - bps) // NO_POINTS_BPS, PRICE, gap)


def _apart(one: Wares, other: Wares) -> bool:
    """Whether the delivery windows, as far as they are said, leave no common day."""
    (first, last), (other_first, other_last) = one.deliver, other.deliver
    return bool(
        (last is not None and other_first is not None and last < other_first)
        or (other_last is not None and first is not None and other_last < first)
    )


# Candidates ------------------------------------------------------------------------------------------


def _scored_intentions(
    row: IntentionRow, own: Wares, by_number: dict[int, ProductRow], *, selling: bool
) -> Iterable[Suggestion]:
    rows = on_the_board().filter(side=Side.BUY if selling else Side.SELL, variety=row.terms.spec.variety)
    apart = _own_house(row.account_no) | not_talking(row.account_no)
    rows = rows.exclude(account_no__in=apart).order_by("-id")
    for each in intention_rows(list(rows[:CANDIDATES])):
        theirs = wares_of(each, by_number)
        result = score(*((own, theirs) if selling else (theirs, own)), selling=selling)
        if result is not None:
            yield Suggestion(result, intention=each)


def _scored_listings(
    row: IntentionRow, own: Wares, by_number: dict[int, ProductRow], *, selling: bool
) -> Iterable[Suggestion]:
    numbers = tuple(
        product.number for product in by_number.values() if product.variety.code == row.terms.spec.variety
    )
    if not numbers:
        return
    wanted = ListingFilter(side=Side.BUY if selling else Side.SELL, product_numbers=numbers)
    own_house = _own_house(row.account_no)
    for each in listings(viewer_no=row.account_no, wanted=wanted, limit=CANDIDATES).rows:
        product = by_number[each.product_number]
        theirs = _wares_of_offer(product, each.minimum_kg, each.left_kg, each.price)
        result = score(*((own, theirs) if selling else (theirs, own)), selling=selling)
        if result is not None and each.account_no not in own_house:
            yield Suggestion(result, listing=each)


def _scored_book(
    book: Iterable[BookOffer], own: Wares, by_number: dict[int, ProductRow], *, selling: bool
) -> Iterable[Suggestion]:
    for each in book:
        product = by_number.get(each.product_number)
        if product is None or (each.side == Side.BUY) != selling:
            continue
        theirs = _wares_of_offer(product, product.min_kg, each.kg, each.price)
        result = score(*((own, theirs) if selling else (theirs, own)), selling=selling)
        if result is not None:
            yield Suggestion(result, book=each)


def _wares_of_offer(product: ProductRow, least_kg: int, most_kg: int, price: int) -> Wares:
    """What a listing or the book has of a product; goods or money are on hold."""
    return Wares(
        spec=spec_of_product(product),
        least_kg=least_kg,
        most_kg=most_kg,
        price=price,
        premium_fen=product.premium_discount_fen,
        backed=True,
    )


def _own_house(account_no: int) -> set[int]:
    """The member itself and its related parties."""
    return {account_no, *related_accounts(account_no)}


def _order(each: Suggestion) -> tuple[int, bool, int, int]:
    """Better first, then backed ones, then what binds at once: listing, book, intention; then the earlier."""
    backed = any(reason.word == "backed" and reason.points for reason in each.score.reasons)
    if each.listing is not None:
        place = (0, each.listing.id)
    elif each.book is not None:
        place = (1, each.book.product_number)
    else:
        place = (2, each.intention.id if each.intention is not None else 0)
    return -each.score.points, not backed, *place
