"""The index desk: define an index, compute a day, publish it, make it final, revise it.

A value is computed only by `method.apply` from evidence that is stored with it, and checked against that
evidence before every step. Nobody can enter a number by hand. Two people stand before what is published
(`publication`): the steps here ask who acts only for the record.
"""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.canonical import canonical_hash, canonical_json
from exchange.kernel.errors import BadParameter, BadTransition
from exchange.kernel.proposal_errors import ChangeWaits
from exchange.kernel.two_people import WAITING
from exchange.price_index import checking, method
from exchange.price_index.collecting import collect
from exchange.price_index.errors import AlreadyPublished, EvidenceMismatch, NoIndexValue, UnknownIndex
from exchange.price_index.linking import link_due
from exchange.price_index.models import CellPrice, IndexDefinition, IndexValue, IndexWeight, SeriesValue
from exchange.price_index.selectors import value_row
from exchange.price_index.series_types import SeriesResult
from exchange.price_index.types import (
    BASIS,
    HEADLINE,
    METHOD_VERSION,
    PUBLISHED,
    VALUE_TRANSITIONS,
    IndexValueRow,
    Level,
    NewIndexCell,
    ValueStatus,
)


@transaction.atomic
def define_index(
    *,
    actor: Actor,
    code: str,
    name_zh: str,
    name_en: str,
    base_day: date,
    cells: Sequence[NewIndexCell],
) -> None:
    """Defines an index with 1000 points in its base period. Raises BadParameter unless weights sum to 1."""
    if sum(cell.weight_bps for cell in cells) != BASIS:
        raise BadParameter(name="weight_bps")
    definition = IndexDefinition.objects.create(
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        base_day=base_day,
        method_version=METHOD_VERSION,
        created_at=calendar.now(),
    )
    IndexWeight.objects.bulk_create(
        IndexWeight(
            definition=definition,
            product_number=cell.product_number,
            product_code=cell.product_code,
            weight_bps=cell.weight_bps,
            base_price_milli=(cell.base_price - cell.premium_discount_fen) * 1_000,
            premium_discount_fen=cell.premium_discount_fen,
        )
        for cell in cells
    )
    audit.record(
        actor=actor,
        action="index.define",
        subject=f"index:{code}",
        after={
            "base_day": base_day.isoformat(),
            "weights_bps": {c.product_code: c.weight_bps for c in cells},
        },
    )


@transaction.atomic
def compute(day: date, *, index_code: str = HEADLINE) -> IndexValueRow:
    """Computes the draft of a day from the books as they are, instead of an earlier draft.

    Raises AlreadyPublished, ChangeWaits (the draft has been put forward).
    """
    definition = locked_index(index_code)
    if definition.values.filter(day=day, status__in=PUBLISHED).exists():
        raise AlreadyPublished(day=day.isoformat())
    check_none_waits(definition, day)
    definition.values.filter(day=day, status=ValueStatus.DRAFT).delete()
    return value_row(_computed(definition, day))


@transaction.atomic
def publish(day: date, *, actor: Actor, index_code: str = HEADLINE, reason: str = "") -> IndexValueRow:
    """Publishes the draft of a day, computing it if there is none, as its provisional value."""
    definition = locked_index(index_code)
    if definition.values.filter(day=day, status__in=PUBLISHED).exists():
        raise AlreadyPublished(day=day.isoformat())
    value = definition.values.filter(day=day, status=ValueStatus.DRAFT).first() or _computed(definition, day)
    _step(value, ValueStatus.PROVISIONAL, actor, reason)
    link_due(value, actor=actor)
    return value_row(value)


@transaction.atomic
def finalise(day: date, *, actor: Actor, index_code: str = HEADLINE) -> IndexValueRow:
    """Makes the provisional value of a day final. Raises NoIndexValue, BadTransition."""
    value = _published(locked_index(index_code), day)
    _step(value, ValueStatus.FINAL, actor)
    return value_row(value)


def finalise_due(today: date, *, actor: Actor = audit.SYSTEM) -> int:
    """Makes final what was published for earlier days (T+1); how many values. Run daily."""
    due = IndexValue.objects.filter(status=ValueStatus.PROVISIONAL, day__lt=today).order_by("day")
    found = list(due.values_list("day", "definition__code"))
    for day, code in found:
        finalise(day, actor=actor, index_code=code)
    return len(found)


@transaction.atomic
def revise(day: date, *, actor: Actor, reason: str, index_code: str = HEADLINE) -> IndexValueRow:
    """Computes a published day again from the books as they are now, and publishes that instead."""
    draft_revision(day, reason=reason, index_code=index_code)
    return publish_revision(day, actor=actor, index_code=index_code)


@transaction.atomic
def draft_revision(day: date, *, reason: str, index_code: str = HEADLINE) -> IndexValueRow:
    """Computes a published day again, as the draft of its next revision; the published value stands.

    Raises BadParameter, NoIndexValue.
    """
    if not reason.strip():
        raise BadParameter(name="reason")
    definition = locked_index(index_code)
    before = _published(definition, day)
    definition.values.filter(day=day, status=ValueStatus.DRAFT).delete()
    return value_row(_computed(definition, day, revision=before.revision + 1, reason=reason))


@transaction.atomic
def publish_revision(day: date, *, actor: Actor, index_code: str = HEADLINE) -> IndexValueRow:
    """Publishes the draft of a day's next revision instead of the value before. Raises NoIndexValue."""
    definition = locked_index(index_code)
    before = _published(definition, day)
    revision = before.revision + 1
    value = definition.values.filter(day=day, revision=revision, status=ValueStatus.DRAFT).first()
    if value is None:
        raise NoIndexValue(day=day.isoformat())
    _step(before, ValueStatus.SUPERSEDED, actor, value.reason)
    _step(value, ValueStatus.REVISED, actor, value.reason)
    link_due(value, actor=actor)
    return value_row(value)


def check_none_waits(definition: IndexDefinition, day: date) -> None:
    """Raises ChangeWaits when a draft of the day has been put forward."""
    if definition.proposals.filter(day=day, state=WAITING).exists():
        raise ChangeWaits(subject=f"{definition.code} {day.isoformat()}")


def locked_index(index_code: str) -> IndexDefinition:
    """An index, locked: no value or edition of it is made meanwhile. Raises UnknownIndex."""
    definition = IndexDefinition.objects.select_for_update().filter(code=index_code).first()
    if definition is None:
        raise UnknownIndex(index=index_code)
    return definition


def _published(definition: IndexDefinition, day: date) -> IndexValue:
    value = definition.values.filter(day=day, status__in=PUBLISHED).first()
    if value is None:
        raise NoIndexValue(day=day.isoformat())
    return value


def _computed(definition: IndexDefinition, day: date, *, revision: int = 0, reason: str = "") -> IndexValue:
    """A new draft with its evidence and the prices of its cells."""
    evidence = collect(definition, day)
    result = method.apply(evidence)
    value = IndexValue.objects.create(
        definition=definition,
        day=day,
        revision=revision,
        value=result.value,
        method_version=METHOD_VERSION,
        evidence=canonical_json(evidence).decode(),
        evidence_hash=canonical_hash(evidence),
        computed_at=calendar.now(),
        reason=reason,
    )
    CellPrice.objects.bulk_create(
        CellPrice(
            value=value,
            product_number=cell["product"],
            product_code=cell["code"],
            price_milli=found.price_milli,
            level=found.level,
            observed_on=_observed_on(day, cell, found),
            trades=found.trades,
            volume_kg=found.volume_kg,
        )
        for cell, found in zip(evidence["cells"], result.cells, strict=True)
    )
    SeriesValue.objects.bulk_create(_series_value(value, found) for found in result.series)
    return value


def _series_value(value: IndexValue, found: SeriesResult) -> SeriesValue:
    return SeriesValue(
        value=value,
        dimension=found.series.dimension,
        key=found.series.key,
        points=found.value,
        coverage_bps=found.coverage_bps,
        weight_bps=found.weight_bps,
        cells=found.cells,
        **found.figures._asdict(),
    )


def _observed_on(day: date, cell: method.CellEvidence, found: method.CellResult) -> date | None:
    if found.level == Level.SUSPENDED:
        return None
    if found.level == Level.CARRIED and cell["carried"] is not None:
        return date.fromisoformat(cell["carried"]["day"])
    return day


def _step(value: IndexValue, to_status: ValueStatus, actor: Actor, reason: str = "") -> None:
    """Takes a value to a status, after checking it once more. Raises BadTransition, EvidenceMismatch."""
    status = ValueStatus(value.status)
    if to_status not in VALUE_TRANSITIONS[status]:
        raise BadTransition(state=status.label, event=to_status.label)
    if not follows_from_evidence(value):
        raise EvidenceMismatch(day=value.day.isoformat())
    value.status = to_status
    if value.published_at is None:
        value.published_at, value.published_by = calendar.now(), actor.name
    value.save(update_fields=["status", "published_at", "published_by"])
    audit.record(
        actor=actor,
        action=f"index.{to_status.value}",
        subject=f"index:{value.definition.code}:{value.day.isoformat()}:{value.revision}",
        reason=reason,
        before={"status": status.value},
        after={"status": to_status.value, "value": value.value, "evidence_hash": value.evidence_hash},
    )


def follows_from_evidence(value: IndexValue) -> bool:
    """Whether a stored value, its evidence and all that was computed with it belong together."""
    return checking.follows(value)


def mismatches() -> list[str]:
    """Every stored value or link that does not follow from its evidence: code, day, revision (or edition)."""
    values = IndexValue.objects.select_related("definition").order_by("day", "revision")
    return [
        f"{value.definition.code} {value.day} {value.revision}"
        for value in values.iterator(chunk_size=100)
        if not follows_from_evidence(value)
    ] + checking.broken_links()
