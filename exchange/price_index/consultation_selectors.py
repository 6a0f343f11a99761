"""Reading consultations, their comments, and the versions of the method that came of them."""

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec
from django.db.models import Count, Max, Min, Prefetch, QuerySet

from exchange.kernel.two_people import WAITING
from exchange.price_index import method
from exchange.price_index.consultations import APPROVED
from exchange.price_index.errors import UnknownIndex
from exchange.price_index.governance_errors import UnknownConsultation
from exchange.price_index.governance_models import Consultation, ConsultationComment, ConsultationDecision
from exchange.price_index.governance_types import (
    IN_PUBLIC,
    CommentRow,
    ConsultationRow,
    ConsultationState,
    DecisionRow,
    MethodVersionRow,
    NewConsultation,
)
from exchange.price_index.models import IndexDefinition, IndexValue
from exchange.price_index.types import HEADLINE, METHOD_VERSION, ValueStatus


def consultations(
    *, public: bool = True, state: str = "", before: int | None = None, limit: int = 50
) -> list[ConsultationRow]:
    """Consultations newest first, below the id ``before``; drafts are for the desk (public=False)."""
    rows = Consultation.objects.all()
    if public:
        rows = rows.filter(state__in=IN_PUBLIC)
    if state:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_row(row, public=public) for row in _with_more(rows).order_by("-pk")[:limit]]


def open_consultations(today: date) -> list[ConsultationRow]:
    """Those one may comment on today, the last opened first."""
    rows = Consultation.objects.filter(state=ConsultationState.OPEN, closes_on__gte=today)
    return [_row(row, public=True) for row in _with_more(rows).order_by("-pk")]


def consultation(number: str, *, public: bool = True) -> ConsultationRow:
    """One by its number. Raises UnknownConsultation, also for a draft the public does not see."""
    rows = Consultation.objects.filter(number=number) if number.isprintable() else Consultation.objects.none()
    if public:
        rows = rows.filter(state__in=IN_PUBLIC)
    row = _with_more(rows).first()
    if row is None:
        raise UnknownConsultation(number=number[:24])
    return _row(row, public=public)


def comments(number: str, *, party: str = "", operator: bool = False) -> list[CommentRow]:
    """Comments in their order. Text and author are empty where the one who asks may not read them.

    A comment that is not public is read by its own party and the operator; one that was taken down by the
    operator alone.
    """
    rows = ConsultationComment.objects.filter(consultation__number=number, consultation__state__in=IN_PUBLIC)
    return [_comment(row, party=party, operator=operator) for row in rows.order_by("number")]


def _comment(row: ConsultationComment, *, party: str, operator: bool) -> CommentRow:
    own = bool(party) and row.party == party
    down = row.taken_down_at is not None
    named = operator or own or row.is_public
    return CommentRow(
        id=row.pk,
        number=row.number,
        author=row.author if named and (operator or not down) else "",
        username=row.username if operator else "",
        at=row.at,
        text=row.text if operator or (named and not down) else "",
        is_public=row.is_public,
        taken_down_at=row.taken_down_at,
        takedown_reason=row.takedown_reason,
    )


def _with_more(rows: QuerySet[Consultation]) -> QuerySet[Consultation]:
    decisions = ConsultationDecision.objects.filter(state__in=[WAITING, APPROVED])
    return (
        rows.select_related("definition")
        .annotate(written=Count("comments"))
        .prefetch_related(Prefetch("decisions", queryset=decisions, to_attr="standing"))
    )


def _row(row: Consultation, *, public: bool) -> ConsultationRow:
    standing: Iterable[ConsultationDecision] = getattr(row, "standing", ())
    decision = next((each for each in standing if not public or each.state == APPROVED), None)
    return ConsultationRow(
        id=row.pk,
        number=row.number,
        index_code=row.definition.code,
        terms=NewConsultation(**{name: getattr(row, name) for name in NewConsultation._fields}),
        state=ConsultationState(row.state),
        opened_on=row.opened_on,
        closes_on=row.closes_on,
        comments=getattr(row, "written", 0),
        decision=None if decision is None else _decision(decision),
        reason=row.reason,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
    )


def _decision(row: ConsultationDecision) -> DecisionRow:
    return DecisionRow(
        id=row.pk,
        outcome=row.outcome,
        version=row.version,
        effective_from=row.effective_from,
        reply_zh=row.reply_zh,
        reply_en=row.reply_en,
        state=row.state,
        reason=row.reason,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
    )


# Versions of the method ------------------------------------------------------------------------------


def method_versions(index_code: str = HEADLINE) -> list[MethodVersionRow]:
    """Versions announced, in force and past, newest first: from what was decided, and what days were first
    published by.

    In force is the version values are computed by now; one that was decided stays announced until they are.
    Raises UnknownIndex.
    """
    definition = IndexDefinition.objects.filter(code=index_code).first()
    if definition is None:
        raise UnknownIndex(index=index_code)
    used = {
        version: (first, last)
        for version, first, last in definition.values.filter(revision=0)
        .exclude(status=ValueStatus.DRAFT)
        .order_by()
        .values_list("method_version")
        .annotate(Min("day"), Max("day"))
    }
    decided = {
        row.version: row
        for row in ConsultationDecision.objects.filter(
            consultation__definition=definition, state=APPROVED
        ).select_related("consultation")
        if row.version
    }
    since: dict[str, date] = {}
    for version in {METHOD_VERSION, *used, *decided}:
        row = decided.get(version)
        if row is not None and row.effective_from is not None:
            since[version] = row.effective_from
        else:
            since[version] = _since(definition, used, version)
    order = sorted(since, key=lambda version: (since[version], version))
    rows = []
    for version, following in zip(order, [*order[1:], None], strict=True):
        state = _state(since, used, version)
        until = None
        if state == "past" and following is not None:
            until = max(used[version][1], since[following] - timedelta(days=1))
        rows.append(
            MethodVersionRow(
                version=version,
                since=since[version],
                until=until,
                state=state,
                parameters=_parameters(definition, version, state),
                consultation=decided[version].consultation.number if version in decided else "",
            )
        )
    return rows[::-1]


def _since(definition: IndexDefinition, used: dict[str, tuple[date, date]], version: str) -> date:
    """Of a version nobody was consulted on: the first day published by it, or the next one that may be."""
    first_version = min(used, key=lambda each: used[each], default=version)
    if version == first_version:
        return definition.base_day
    if version in used:
        return used[version][0]
    return max(last for _, last in used.values()) + timedelta(days=1)


def _state(since: dict[str, date], used: dict[str, tuple[date, date]], version: str) -> str:
    if version == METHOD_VERSION:
        return "in_force"
    return "past" if version in used and since[version] <= since[METHOD_VERSION] else "announced"


def _parameters(definition: IndexDefinition, version: str, state: str) -> dict[str, int]:
    if state == "in_force":
        return {name: int(value) for name, value in method.PARAMETERS.items() if isinstance(value, int)}
    last = IndexValue.objects.filter(definition=definition, method_version=version).exclude(
        status=ValueStatus.DRAFT
    )
    evidence = last.order_by("-day", "-revision").values_list("evidence", flat=True).first()
    if evidence is None:
        return {}
    found = msgspec.json.decode(evidence).get("parameters", {})
    return {name: value for name, value in found.items() if isinstance(value, int)}
