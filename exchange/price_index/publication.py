"""Publication and revision by two people: one puts a computed draft forward, another releases it.

What is released is what was looked at: a proposal names the hash of the evidence, and when the books, or the
draft, are no longer those, it is stale and cannot be released. Everything is computed by `services`; nobody
enters a number here either.
"""

from datetime import date, datetime, timedelta

from django.db import transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import TIMEZONE, is_trading_day
from exchange.kernel.canonical import canonical_hash
from exchange.kernel.errors import BadParameter
from exchange.kernel.proposal_errors import ChangesNothing, UnknownChange
from exchange.kernel.two_people import REFUSED, WAITING, WITHDRAWN, decide
from exchange.price_index import services
from exchange.price_index.collecting import collect
from exchange.price_index.errors import AlreadyPublished, NoIndexValue
from exchange.price_index.governance_errors import IndexDraftStale, NoIndexDraft
from exchange.price_index.governance_models import ValueProposal
from exchange.price_index.governance_types import LONGEST_REASON, RELEASE_BY, RELEASED, ValueProposalRow
from exchange.price_index.models import IndexDefinition, IndexValue
from exchange.price_index.types import HEADLINE, PUBLISHED, IndexValueRow, ValueStatus

LATE_TRADING_DAYS = 10
"""How far back a day nobody published is called late; older ones are a gap, not a delay."""


# One person ------------------------------------------------------------------------------------------


def draft_value(day: date, *, index_code: str = HEADLINE) -> IndexValueRow:
    """Computes the draft of a day from the books as they are, instead of an earlier draft.

    A draft of a day to come could not be put forward, and would keep new weights from being proposed and
    linked. Raises BadParameter for one and for days before the base, UnknownIndex, AlreadyPublished,
    ChangeWaits.
    """
    base_day = IndexDefinition.objects.filter(code=index_code).values_list("base_day", flat=True).first()
    if base_day is not None and not base_day <= day <= calendar.today():
        raise BadParameter(name="day")
    return services.compute(day, index_code=index_code)


@transaction.atomic
def propose_value(day: date, *, actor: Actor, reason: str, index_code: str = HEADLINE) -> int:
    """Puts the draft of a day forward to be published; the proposal's id.

    Raises BadParameter, UnknownIndex, AlreadyPublished, ChangeWaits, NoIndexDraft, IndexDraftStale.
    """
    reason = checked_reason(reason)
    if day > calendar.today():
        raise BadParameter(name="day")
    definition = services.locked_index(index_code)
    if definition.values.filter(day=day, status__in=PUBLISHED).exists():
        raise AlreadyPublished(day=day.isoformat())
    services.check_none_waits(definition, day)
    draft = _draft(definition, day, 0)
    if draft is None:
        raise NoIndexDraft(day=day.isoformat())
    if draft.evidence_hash != _hash_now(definition, day):
        raise IndexDraftStale(day=day.isoformat())
    return _propose(draft, actor, reason)


@transaction.atomic
def propose_revision(day: date, *, actor: Actor, reason: str, index_code: str = HEADLINE) -> int:
    """Computes a published day again and puts that forward; the public will read the reason.

    Raises BadParameter, UnknownIndex, NoIndexValue, ChangeWaits, ChangesNothing.
    """
    reason = checked_reason(reason)
    definition = services.locked_index(index_code)
    services.check_none_waits(definition, day)
    before = definition.values.filter(day=day, status__in=PUBLISHED).first()
    if before is None:
        raise NoIndexValue(day=day.isoformat())
    if before.evidence_hash == _hash_now(definition, day):
        raise ChangesNothing
    services.draft_revision(day, reason=reason, index_code=index_code)
    draft = _draft(definition, day, before.revision + 1)
    assert draft is not None
    return _propose(draft, actor, reason)


def _propose(draft: IndexValue, actor: Actor, reason: str) -> int:
    row = ValueProposal.objects.create(
        definition=draft.definition,
        day=draft.day,
        revision=draft.revision,
        value=draft.value,
        evidence_hash=draft.evidence_hash,
        reason=reason,
        proposed_by=actor.name,
        proposed_at=calendar.now(),
    )
    _audit("index.propose", row, actor, reason)
    return row.pk


# Another ---------------------------------------------------------------------------------------------


@transaction.atomic
def release(proposal_id: int, *, actor: Actor) -> IndexValueRow:
    """Publishes what another person put forward, if the books still say the same.

    Raises UnknownChange, ChangeDecided, OwnChange, IndexDraftStale, EvidenceMismatch.
    """
    row = _locked_proposal(proposal_id)
    decide(row, state=RELEASED, actor=actor, reason="")
    if _stale(row):
        raise IndexDraftStale(day=row.day.isoformat())
    _audit("index.release", row, actor, "")
    code = row.definition.code
    if row.revision:
        return services.publish_revision(row.day, actor=actor, index_code=code)
    return services.publish(row.day, actor=actor, index_code=code, reason=row.reason)


@transaction.atomic
def refuse(proposal_id: int, *, actor: Actor, reason: str) -> None:
    """Refuses what another person put forward.

    Raises BadParameter, UnknownChange, ChangeDecided, OwnChange.
    """
    _end(proposal_id, REFUSED, "index.refuse", actor, reason)


@transaction.atomic
def withdraw(proposal_id: int, *, actor: Actor, reason: str) -> None:
    """Takes one's own proposal back. Raises BadParameter, UnknownChange, ChangeDecided, NotYourChange."""
    _end(proposal_id, WITHDRAWN, "index.withdraw", actor, reason)


def _end(proposal_id: int, state: str, action: str, actor: Actor, reason: str) -> None:
    reason = checked_reason(reason)
    row = _locked_proposal(proposal_id)
    decide(row, state=state, actor=actor, reason=reason)
    if row.revision:
        row.definition.values.filter(day=row.day, revision=row.revision, status=ValueStatus.DRAFT).delete()
    _audit(action, row, actor, reason)


def checked_reason(text: str) -> str:
    """A reason without its margins. Raises BadParameter."""
    text = text.strip()
    if not 2 <= len(text) <= LONGEST_REASON or "\x00" in text:
        raise BadParameter(name="reason")
    return text


# Reading ---------------------------------------------------------------------------------------------


def proposals(
    *, waiting: bool, index_code: str = HEADLINE, before: int | None = None, limit: int = 50
) -> list[ValueProposalRow]:
    """Proposals that wait, or those decided, newest first, below the id ``before``."""
    rows = ValueProposal.objects.filter(definition__code=index_code).select_related("definition")
    rows = rows.filter(state=WAITING) if waiting else rows.exclude(state=WAITING)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_row(row) for row in rows.order_by("-pk")[:limit]]


def who_had_a_hand(definition_id: int, day: date) -> set[str]:
    """Everybody who put forward, published or revised a day's values."""
    values = IndexValue.objects.filter(definition_id=definition_id, day=day)
    released = ValueProposal.objects.filter(definition_id=definition_id, day=day, state=RELEASED)
    names = set(values.values_list("published_by", flat=True))
    for proposed_by, decided_by in released.values_list("proposed_by", "decided_by"):
        names |= {proposed_by, decided_by}
    return names - {""}


def late_days(now: datetime, *, index_code: str = HEADLINE) -> list[date]:
    """The last trading days whose index should be out by now and is not, newest first."""
    definition = IndexDefinition.objects.filter(code=index_code).first()
    if definition is None:
        return []
    moment = now.astimezone(TIMEZONE)
    day = moment.date() if moment.time() >= RELEASE_BY else moment.date() - timedelta(days=1)
    due: list[date] = []
    while len(due) < LATE_TRADING_DAYS and day >= definition.base_day:
        if is_trading_day(day):
            due.append(day)
        day -= timedelta(days=1)
    out = set(
        definition.values.filter(day__in=due, status__in=PUBLISHED).values_list("day", flat=True),
    )
    return [day for day in due if day not in out]


def _row(row: ValueProposal) -> ValueProposalRow:
    return ValueProposalRow(
        id=row.pk,
        index_code=row.definition.code,
        day=row.day,
        revision=row.revision,
        value=row.value,
        evidence_hash=row.evidence_hash,
        state=row.state,
        reason=row.reason,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
        stale=row.state == WAITING and _stale(row),
    )


# What the steps share --------------------------------------------------------------------------------


def _locked_proposal(proposal_id: int) -> ValueProposal:
    """The index first, then the proposal: the order of all who lock both."""
    found = ValueProposal.objects.filter(pk=proposal_id).values_list("definition_id", flat=True).first()
    if found is None:
        raise UnknownChange(proposal=proposal_id)
    definition = IndexDefinition.objects.select_for_update().get(pk=found)
    row = ValueProposal.objects.select_for_update().get(pk=proposal_id)
    row.definition = definition
    return row


def _draft(definition: IndexDefinition, day: date, revision: int) -> IndexValue | None:
    return definition.values.filter(day=day, revision=revision, status=ValueStatus.DRAFT).first()


def _hash_now(definition: IndexDefinition, day: date) -> str:
    """Hash of the evidence as the books are now."""
    return canonical_hash(collect(definition, day))


def _stale(row: ValueProposal) -> bool:
    draft = _draft(row.definition, row.day, row.revision)
    same = draft is not None and draft.evidence_hash == row.evidence_hash
    return not same or _hash_now(row.definition, row.day) != row.evidence_hash


def _audit(action: str, row: ValueProposal, actor: Actor, reason: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"index:{row.definition.code}:{row.day.isoformat()}:{row.revision}",
        reason=reason,
        after={
            "proposal": row.pk,
            "state": row.state,
            "value": row.value,
            "evidence_hash": row.evidence_hash,
        },
    )
