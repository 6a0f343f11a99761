"""Reading the markets. Long lists are newest first and paged by the id of the last row seen (``before``)."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Max, Min, OuterRef, Q, Subquery

from exchange.kernel import outbox
from exchange.kernel.errors import NotFound, UnknownProduct
from exchange.markets.models import (
    FeeSchedule,
    PhaseChange,
    Product,
    ProductRules,
    TradingSession,
    Variety,
)
from exchange.markets.types import (
    CallRow,
    FeeScheduleRow,
    Limits,
    Mode,
    Payment,
    PhaseChangeRow,
    ProductRow,
    ProductStatus,
    SessionRow,
    SessionState,
    TradingRules,
    TradingRulesRow,
    VarietyRow,
)
from exchange.members.types import FeeRates
from matching.types import CALL_PHASES, Phase, TieRule
from warehouse_receipts.types import Bagging, Grade, StoreType, VarietyGroup

MAX_ROWS = 1_000
GROWER = "grower"


# Products --------------------------------------------------------------------------------------------


def products(*, delisted: bool = False) -> list[ProductRow]:
    """All listed products by number; with delisted also those of past crops."""
    rows = Product.objects.select_related("variety")
    if not delisted:
        rows = rows.filter(status=ProductStatus.LISTED)
    return [_product(product) for product in rows.order_by("number")]


def product_by_code(code: str) -> ProductRow:
    """One product. Raises UnknownProduct."""
    product = Product.objects.select_related("variety").filter(code=code).first()
    if product is None:
        raise UnknownProduct(code)
    return _product(product)


def product_by_number(number: int) -> ProductRow:
    """One product by the engine's number. Raises UnknownProduct."""
    product = Product.objects.select_related("variety").filter(number=number).first()
    if product is None:
        raise UnknownProduct(str(number))
    return _product(product)


def products_by_number() -> dict[int, ProductRow]:
    """Every product there ever was, by the engine's number."""
    return {row.number: row for row in products(delisted=True)}


def current_phase(product_number: int) -> Phase:
    """The phase the floor was last told. Raises UnknownProduct."""
    phase = Product.objects.filter(number=product_number).values_list("phase", flat=True).first()
    if phase is None:
        raise UnknownProduct(str(product_number))
    return Phase(phase)


def trading_rules(product_number: int) -> list[TradingRulesRow]:
    """Every version of how a product trades, newest first, with the floor's answers."""
    versions = list(ProductRules.objects.filter(product_id=product_number).order_by("-version"))
    told = {row.version: references_of(product_number, row.version) for row in versions}
    answers = outbox.answers_to(reference for references in told.values() for reference in references)
    return [
        TradingRulesRow(
            version=row.version,
            rules=rules_of(row),
            limits=limits_of(row),
            reason=row.reason,
            restores=row.restores,
            answer=answer_to_all([answers[each] for each in told[row.version] if each in answers]),
            created_by=row.created_by,
            created_at=row.created_at,
        )
        for row in versions
    ]


def resale_locks() -> dict[int, int]:
    """Trading days goods bought may not be sold again, by product number."""
    return dict(Product.objects.values_list("number", "resale_lock_days"))


def versions_in_force() -> dict[int, int]:
    """The newest version of every product's rules, by product number."""
    newest = ProductRules.objects.values("product_id").annotate(newest=Max("version"))
    return {row["product_id"]: row["newest"] for row in newest}


def references_of(product_number: int, version: int) -> tuple[str, str]:
    """What the commands of a version are called in the outbox; the first only where limits were told."""
    return f"limits:{product_number}:{version}", f"rules:{product_number}:{version}"


def answer_to_all(answers: Sequence[int | None]) -> int | None:
    """The first refusal; None while one is missing and none is a refusal; else 0."""
    refused = next((answer for answer in answers if answer), 0)
    return refused or (None if None in answers else 0)


def rules_of(row: ProductRules | Product) -> TradingRules:
    """The trading rules in a row."""
    return TradingRules(
        tick_fen=row.tick_fen,
        tie_rule=TieRule(row.tie_rule),
        volatility_bps=row.volatility_bps,
        modes=Mode(row.modes),
        payments=Payment(row.payments),
    )


def limits_of(row: ProductRules | Product) -> Limits:
    """The limits in a row."""
    return Limits(row.reference_price, row.band_bps, row.min_kg, row.reference_rolls)


def varieties() -> list[VarietyRow]:
    """All varieties."""
    return [_variety(variety) for variety in Variety.objects.order_by("pk")]


def _variety(variety: Variety) -> VarietyRow:
    return VarietyRow(
        code=variety.code,
        name_zh=variety.name_zh,
        name_en=variety.name_en,
        group=VarietyGroup(variety.group),
        colour_zh=variety.colour_zh,
        shelf_life_days=variety.shelf_life_days,
    )


def _product(product: Product) -> ProductRow:
    return ProductRow(
        number=product.number,
        code=product.code,
        name_zh=product.name_zh,
        name_en=product.name_en,
        pinyin=product.pinyin,
        variety=_variety(product.variety),
        bagging=Bagging(product.bagging),
        size_mm=product.size_mm,
        grade=Grade(product.grade),
        county=product.county,
        crop_year=product.crop_year,
        store_type=StoreType(product.store_type),
        reference_price=product.reference_price,
        band_bps=product.band_bps,
        step_kg=product.step_kg,
        min_kg=product.min_kg,
        resale_lock_days=product.resale_lock_days,
        is_base=product.is_base,
        premium_discount_fen=product.premium_discount_fen,
        reference_rolls=product.reference_rolls,
        rules=rules_of(product),
        phase=Phase(product.phase),
        halted=product.halted,
        desk_open=product.desk_open,
        status=ProductStatus(product.status),
    )


# Sessions --------------------------------------------------------------------------------------------


def current_session() -> SessionRow | None:
    """The open session, if there is one."""
    session = TradingSession.objects.filter(state=SessionState.OPEN).first()
    return None if session is None else _session(session)


def sessions(*, before: int | None = None, limit: int = 50) -> list[SessionRow]:
    """Sessions, newest first."""
    rows = TradingSession.objects.order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_session(session) for session in rows[: _bounded(limit)]]


class HaltRow(NamedTuple):
    """A product was halted; ended_at is None while it is."""

    product_code: str
    began_at: datetime
    ended_at: datetime | None


def halts_since(since: datetime) -> list[HaltRow]:
    """Halts that began since then or went on then, by product.

    A close in between does not end one; resuming does, and so does the end of the product.
    """
    changes = PhaseChange.objects.filter(at__gte=since).order_by("product_id", "pk")
    delisted = _delisted_since(since)
    began = _halted_at(since, delisted)
    found = {product: [HaltRow(code, at, None)] for product, (code, at) in began.items()}
    for product, code, phase, at in changes.values_list("product_id", "product__code", "phase", "at"):
        halts = found.setdefault(product, [])
        goes_on = bool(halts) and halts[-1].ended_at is None
        if phase == Phase.HALTED and not goes_on:
            halts.append(HaltRow(code, at, None))
        elif goes_on and phase not in (Phase.HALTED, Phase.CLOSED):
            halts[-1] = halts[-1]._replace(ended_at=at)
    for product, at in delisted.items():
        halts = found.get(product, [])
        if halts and halts[-1].ended_at is None:
            halts[-1] = halts[-1]._replace(ended_at=at)
    return [halt for _, halts in sorted(found.items()) for halt in halts]


def _delisted_since(moment: datetime) -> dict[int, datetime]:
    ended = Product.history.filter(status=ProductStatus.DELISTED).order_by().values_list("number")
    return dict(ended.annotate(at=Min("history_date")).filter(at__gte=moment))


def _halted_at(moment: datetime, delisted: Iterable[int]) -> dict[int, tuple[str, datetime]]:
    """Products halted at a moment, with code and since when; every opening tells a halt once more.

    delisted: products that are no longer listed but were then.
    """
    before = PhaseChange.objects.filter(at__lt=moment).order_by("pk")
    trading = before.exclude(phase__in=[int(Phase.HALTED), int(Phase.CLOSED)])
    last = dict(trading.order_by().values_list("product_id").annotate(last=Max("pk")))
    found: dict[int, tuple[str, datetime]] = {}
    listed = Q(product__status=ProductStatus.LISTED) | Q(product__in=list(delisted))
    halts = before.filter(listed, phase=int(Phase.HALTED))
    for number, product, code, at in halts.values_list("pk", "product_id", "product__code", "at"):
        if number > last.get(product, 0):
            found.setdefault(product, (code, at))
    return found


def halts_between(start: datetime, end: datetime) -> int:
    """How many halts began in a span of time."""
    return sum(start <= halt.began_at < end for halt in halts_since(start))


def phase_changes(
    *, product_number: int | None = None, before: int | None = None, limit: int = 50
) -> list[PhaseChangeRow]:
    """What the floor was told about phases, newest first."""
    rows = PhaseChange.objects.select_related("product").order_by("-pk")
    if product_number is not None:
        rows = rows.filter(product_id=product_number)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [
        PhaseChangeRow(
            id=change.pk,
            product_code=change.product.code,
            phase=Phase(change.phase),
            reason=change.reason,
            actor=change.actor,
            at=change.at,
        )
        for change in rows[: _bounded(limit)]
    ]


def calls_under_way() -> list[CallRow]:
    """Products in a call now, by number, each with the phase change that began it."""
    in_call = Product.objects.filter(status=ProductStatus.LISTED, phase__in=CALL_PHASES)
    began = PhaseChange.objects.filter(product=OuterRef("pk")).order_by("-pk")
    found = in_call.annotate(change_id=Subquery(began.values("pk")[:1])).order_by("number")
    changes = PhaseChange.objects.in_bulk([product.change_id for product in found])
    return [
        CallRow(
            change_id=product.change_id,
            product_number=product.number,
            product_code=product.code,
            phase=Phase(product.phase),
            began_at=changes[product.change_id].at,
        )
        for product in found
    ]


def _session(session: TradingSession) -> SessionRow:
    return SessionRow(
        id=session.pk,
        day=session.day,
        number=session.number,
        state=SessionState(session.state),
        opened_at=session.opened_at,
        opened_by=session.opened_by,
        open_reason=session.open_reason,
        closed_at=session.closed_at,
        closed_by=session.closed_by,
        close_reason=session.close_reason,
    )


def _bounded(limit: int) -> int:
    return max(1, min(limit, MAX_ROWS))


# Fees ------------------------------------------------------------------------------------------------


def fee_schedules() -> list[FeeScheduleRow]:
    """Every version of the fees, newest first."""
    return [_fees(schedule) for schedule in FeeSchedule.objects.order_by("-version")]


def fees_on(day: date) -> FeeScheduleRow:
    """The fees in force on a day: the newest version that is effective. Raises NotFound before the first."""
    schedule = (
        FeeSchedule.objects.filter(effective_from__lte=day).order_by("-effective_from", "-version").first()
    )
    if schedule is None:
        raise NotFound(f"fees on {day}")
    return _fees(schedule)


def coming_fees(day: date) -> list[FeeScheduleRow]:
    """The versions that take the place of the one in force on a day, in order of their days."""
    later = FeeSchedule.objects.filter(effective_from__gt=day).order_by("effective_from", "-version")
    newest: dict[date, FeeScheduleRow] = {}
    for schedule in later:
        newest.setdefault(schedule.effective_from, _fees(schedule))
    return list(newest.values())


def fees_for(kind: str, day: date) -> FeeRates:
    """What a member of a kind pays on a day: growers have a rate of their own on either side."""
    fees = fees_on(day)
    if kind == GROWER:
        return FeeRates(fees.grower_bps, fees.grower_bps, fees.deposit_bps)
    return FeeRates(fees.buyer_bps, fees.seller_bps, fees.deposit_bps)


def _fees(schedule: FeeSchedule) -> FeeScheduleRow:
    return FeeScheduleRow(
        version=schedule.version,
        effective_from=schedule.effective_from,
        buyer_bps=schedule.buyer_bps,
        seller_bps=schedule.seller_bps,
        grower_bps=schedule.grower_bps,
        deposit_bps=schedule.deposit_bps,
        created_by=schedule.created_by,
        created_at=schedule.created_at,
    )
