"""Reading the indexes: published values, their evidence, the definition. What is not published stays inside,
except for the desk that asks for it by name."""

from datetime import date

import msgspec
from django.db.models import OuterRef, QuerySet, Subquery

from exchange.kernel.errors import BadCursor
from exchange.price_index.baskets import basket_on
from exchange.price_index.errors import NoIndexValue, UnknownIndex
from exchange.price_index.models import CellPrice, IndexDefinition, IndexValue
from exchange.price_index.types import (
    HEADLINE,
    PUBLISHED,
    CellPriceRow,
    IndexCellRow,
    IndexDefinitionRow,
    IndexEvidence,
    IndexPage,
    IndexValueRow,
    Level,
    ValueStatus,
)

MAX_ROWS = 1_000


def published_values(*, index_code: str = HEADLINE, limit: int = 50, cursor: str | None = None) -> IndexPage:
    """Published values, newest first; the cursor is the day of the last row seen. Raises BadCursor."""
    values = IndexValue.objects.filter(definition__code=index_code, status__in=PUBLISHED)
    if cursor is not None:
        values = values.filter(day__lt=_day_in(cursor))
    size = max(1, min(limit, MAX_ROWS))
    rows = [value_row(value) for value in _with_previous(values).order_by("-day")[: size + 1]]
    more = len(rows) > size
    return IndexPage(tuple(rows[:size]), rows[size - 1].day.isoformat() if more else None)


def latest(index_code: str = HEADLINE) -> IndexValueRow | None:
    """The newest published value, if there is one."""
    return next(iter(published_values(index_code=index_code, limit=1).rows), None)


def evidence_of(day: date, *, index_code: str = HEADLINE, revision: int | None = None) -> IndexEvidence:
    """The published value of a day, or one of its revisions, with what is behind it. Raises NoIndexValue."""
    values = IndexValue.objects.filter(definition__code=index_code, day=day)
    if revision is None:
        values = values.filter(status__in=PUBLISHED)
    else:
        values = values.filter(revision=revision).exclude(status=ValueStatus.DRAFT)
    return _evidence(values, day)


def draft_of(day: date, *, index_code: str = HEADLINE) -> IndexEvidence | None:
    """The draft of a day with its evidence, for the index desk."""
    drafts = IndexValue.objects.filter(definition__code=index_code, day=day, status=ValueStatus.DRAFT)
    return _evidence(drafts, day) if drafts.exists() else None


def revisions_of(day: date, *, index_code: str = HEADLINE) -> list[IndexValueRow]:
    """Everything ever published for a day, newest revision first."""
    values = IndexValue.objects.filter(definition__code=index_code, day=day).exclude(status=ValueStatus.DRAFT)
    return [value_row(value) for value in _with_previous(values).order_by("-revision")]


def definition(index_code: str = HEADLINE) -> IndexDefinitionRow:
    """An index with the cells of its newest edition in use. Raises UnknownIndex."""
    found = IndexDefinition.objects.filter(code=index_code).first()
    if found is None:
        raise UnknownIndex(index=index_code)
    return IndexDefinitionRow(
        code=found.code,
        name_zh=found.name_zh,
        name_en=found.name_en,
        base_day=found.base_day,
        method_version=found.method_version,
        cells=tuple(
            IndexCellRow(
                product_number=cell.product_number,
                product_code=cell.product_code,
                weight_bps=cell.weight_bps,
                base_price_milli=cell.base_price_milli,
                premium_discount_fen=cell.premium_discount_fen,
            )
            for cell in basket_on(found, date.max).cells
        ),
    )


def _evidence(values: QuerySet[IndexValue], day: date) -> IndexEvidence:
    value = _with_previous(values).first()
    if value is None:
        raise NoIndexValue(day=day.isoformat())
    return IndexEvidence(
        row=value_row(value),
        evidence=msgspec.json.decode(value.evidence),
        cells=tuple(_cell(cell, value.day) for cell in value.cells.order_by("product_number")),
    )


def _cell(cell: CellPrice, day: date) -> CellPriceRow:
    return CellPriceRow(
        day=day,
        product_number=cell.product_number,
        product_code=cell.product_code,
        price_milli=cell.price_milli,
        level=Level(cell.level),
        observed_on=cell.observed_on,
        trades=cell.trades,
        volume_kg=cell.volume_kg,
    )


def _with_previous(values: QuerySet[IndexValue]) -> QuerySet[IndexValue]:
    """Values with the published one before them, left in an attribute by the database."""
    earlier = IndexValue.objects.filter(
        definition=OuterRef("definition"), day__lt=OuterRef("day"), status__in=PUBLISHED, value__isnull=False
    ).order_by("-day")
    return values.select_related("definition").annotate(previous=Subquery(earlier.values("value")[:1]))


def value_row(value: IndexValue) -> IndexValueRow:
    """A value as it is shown; the one before is known only to rows read by the selectors here."""
    return IndexValueRow(
        index_code=value.definition.code,
        index_name=value.definition.name_zh,
        index_name_en=value.definition.name_en,
        day=value.day,
        revision=value.revision,
        value=value.value,
        previous=getattr(value, "previous", None),
        status=ValueStatus(value.status),
        method_version=value.method_version,
        evidence_hash=value.evidence_hash,
        computed_at=value.computed_at,
        published_at=value.published_at,
        published_by=value.published_by,
        reason=value.reason,
    )


def _day_in(cursor: str) -> date:
    try:
        return date.fromisoformat(cursor)
    except ValueError as error:
        raise BadCursor from error
