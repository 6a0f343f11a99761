"""Editions of the grading rules and of the sampling plan: proposed by one person, approved by another.

Which edition is in force on a day follows from the days alone: of those approved, the last that began. So a
decision of today can never change what was graded yesterday, and no clock has to run for a new edition to
begin; the clock only marks what has been superseded as retired.
"""

from datetime import date, datetime
from hashlib import sha256
from typing import NamedTuple

from django.db import IntegrityError, transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import SYSTEM, Actor
from warehouse_receipts.edition_errors import (
    BadEdition,
    DuplicateEdition,
    EditionDecided,
    NoEditionInForce,
    OwnEdition,
    UnknownEdition,
)
from warehouse_receipts.edition_rules import (
    RuleChange,
    RuleValue,
    SamplingPlan,
    canonical_rules,
    changes,
    flat_rules,
    grading_edition,
    sampling_plan,
)
from warehouse_receipts.grading import Edition
from warehouse_receipts.models import RuleEdition
from warehouse_receipts.states import EditionKind, EditionState

IN_USE = (EditionState.APPROVED, EditionState.RETIRED)
_KIND_EN = {EditionKind.GRADING: "grading", EditionKind.SAMPLING: "sampling"}


class EditionRow(NamedTuple):
    """An edition as the desk shows it."""

    id: int
    kind: EditionKind
    standard: str
    edition: str
    in_force_from: date
    state: EditionState
    rules: str
    digest: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    in_force: bool
    """Whether it is the one lots are worked by today."""

    @property
    def name(self) -> str:
        """Standard and edition, e.g. GB/T 10651-2008."""
        return f"{self.standard}-{self.edition}"

    def values(self) -> tuple[RuleValue, ...]:
        """Every number of its rules."""
        return flat_rules(self.kind, self.rules)


# In force ---------------------------------------------------------------------------------------------


def grading_in_force(day: date | None = None) -> tuple[RuleEdition, Edition]:
    """The grading rules of a day (default: today), as row and as rules. Raises NoEditionInForce."""
    row = _in_force(EditionKind.GRADING, day or calendar.today())
    return row, grading_edition(str(row), row.rules)


def sampling_in_force(day: date | None = None) -> tuple[RuleEdition, SamplingPlan]:
    """The sampling plan of a day (default: today), as row and as plan. Raises NoEditionInForce."""
    row = _in_force(EditionKind.SAMPLING, day or calendar.today())
    return row, sampling_plan(str(row), row.rules)


def sampling_plan_in_force() -> SamplingPlan:
    """Today's sampling plan. Raises NoEditionInForce."""
    return sampling_in_force()[1]


def grading_named(standard: str, edition: str) -> Edition:
    """The rules a report was graded by. Raises UnknownEdition."""
    rows = RuleEdition.objects.filter(kind=EditionKind.GRADING, state__in=IN_USE)
    row = rows.filter(standard=standard, edition=edition).first()
    if row is None:
        raise UnknownEdition(edition=f"{standard}-{edition}")
    return grading_edition(str(row), row.rules)


def _in_force(kind: EditionKind, day: date) -> RuleEdition:
    rows = RuleEdition.objects.filter(kind=kind, state__in=IN_USE, in_force_from__lte=day)
    row = rows.order_by("-in_force_from").first()
    if row is None:
        raise NoEditionInForce(day=day.isoformat(), kind_zh=kind.label, kind_en=_KIND_EN[kind])
    return row


# Proposing and deciding -------------------------------------------------------------------------------


def propose_edition(
    *,
    kind: EditionKind,
    standard: str,
    edition: str,
    in_force_from: date,
    rules: str,
    reason: str,
    actor: Actor,
) -> int:
    """Proposes an edition from rule data in JSON; returns its id. Raises BadEdition, DuplicateEdition."""
    standard, edition, reason = standard.strip(), edition.strip(), reason.strip()
    for name, value, most in (("standard", standard, 20), ("edition", edition, 10), ("reason", reason, 500)):
        if not 0 < len(value) <= most or not value.isprintable():
            raise BadEdition(
                where=name, why_zh=f"应为 1 至 {most} 个字符", why_en=f"1 to {most} characters are wanted"
            )
    _check_day(in_force_from)
    text = canonical_rules(kind, rules)
    try:
        with transaction.atomic():
            row = RuleEdition.objects.create(
                kind=kind,
                standard=standard,
                edition=edition,
                in_force_from=in_force_from,
                rules=text,
                digest=sha256(text.encode()).hexdigest(),
                reason=reason,
                proposed_by=actor.name,
                proposed_at=calendar.now(),
            )
            _audit("edition.propose", row, reason, actor)
    except IntegrityError:
        raise DuplicateEdition(edition=f"{standard}-{edition}") from None
    return row.pk


def _check_day(in_force_from: date) -> None:
    """An edition never begins in the past: what was graded stays graded by what was in force."""
    if in_force_from < calendar.today():
        raise BadEdition(
            where="in_force_from", why_zh="生效日期已过", why_en="its first day has passed already"
        )


@transaction.atomic
def decide_edition(edition_id: int, *, approve: bool, reason: str, actor: Actor) -> None:
    """Approves or refuses an edition of another person.

    Raises UnknownEdition, EditionDecided, OwnEdition, BadEdition (its first day has passed meanwhile).
    """
    row = RuleEdition.objects.select_for_update().filter(pk=edition_id).first()
    if row is None:
        raise UnknownEdition(edition=edition_id)
    if row.state != EditionState.PROPOSED:
        state = EditionState(row.state)
        raise EditionDecided(edition=str(row), state_zh=state.label, state_en=state.value)
    if row.proposed_by == actor.name:
        raise OwnEdition
    if approve:
        _check_day(row.in_force_from)
    row.state = EditionState.APPROVED if approve else EditionState.REFUSED
    row.decided_by, row.decided_at, row.decision_reason = actor.name, calendar.now(), reason
    row.save(update_fields=["state", "decided_by", "decided_at", "decision_reason"])
    _audit("edition.approve" if approve else "edition.refuse", row, reason, actor)


@transaction.atomic
def retire_superseded(day: date) -> int:
    """Marks approved editions retired whose successor is in force on a day; how many. Run daily."""
    retired = 0
    for kind in EditionKind:
        approved = RuleEdition.objects.select_for_update().filter(kind=kind, state=EditionState.APPROVED)
        for row in list(approved.filter(in_force_from__lte=day).order_by("-in_force_from"))[1:]:
            row.state = EditionState.RETIRED
            row.save(update_fields=["state"])
            _audit("edition.retire", row, "", SYSTEM)
            retired += 1
    return retired


def _audit(action: str, row: RuleEdition, reason: str, actor: Actor) -> None:
    after = {"kind": row.kind, "in_force_from": row.in_force_from.isoformat(), "digest": row.digest}
    audit.record(actor=actor, action=action, subject=f"edition:{row}", reason=reason, after=after)


# Reading ----------------------------------------------------------------------------------------------


def editions(kind: EditionKind) -> list[EditionRow]:
    """All editions of a kind, the last to begin first."""
    rows = list(RuleEdition.objects.filter(kind=kind).order_by("-in_force_from", "-pk"))
    today = calendar.today()
    present = next((row.pk for row in rows if row.state in IN_USE and row.in_force_from <= today), None)
    return [_row(row, present) for row in rows]


def edition_by_id(edition_id: int) -> EditionRow:
    """One edition. Raises UnknownEdition."""
    row = RuleEdition.objects.filter(pk=edition_id).first()
    if row is None:
        raise UnknownEdition(edition=edition_id)
    rows = RuleEdition.objects.filter(kind=row.kind, state__in=IN_USE, in_force_from__lte=calendar.today())
    return _row(row, rows.order_by("-in_force_from").values_list("pk", flat=True).first())


def changes_of(edition_id: int) -> tuple[EditionRow | None, tuple[RuleChange, ...]]:
    """The edition that was in use before one begins, and what differs. Raises UnknownEdition."""
    row = edition_by_id(edition_id)
    older = RuleEdition.objects.filter(
        kind=row.kind, state__in=IN_USE, in_force_from__lt=row.in_force_from
    ).order_by("-in_force_from")
    before = older.first()
    if before is None:
        return None, ()
    return _row(before, None), changes(row.kind, before.rules, row.rules)


def _row(row: RuleEdition, present: int | None) -> EditionRow:
    return EditionRow(
        id=row.pk,
        kind=EditionKind(row.kind),
        standard=row.standard,
        edition=row.edition,
        in_force_from=row.in_force_from,
        state=EditionState(row.state),
        rules=row.rules,
        digest=row.digest,
        reason=row.reason,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
        in_force=row.pk == present,
    )
