"""What others may see of credit records: grades by the dozen, one record for the public, one's own in full.

The public sees an organisation under its name. A grower, or an individual business (credit code 92…), is
found by its code only and its name is masked, unless it has agreed to be shown. Counterparties, numbers of
contracts, days and exact weights are nobody's but the member's: two public records cannot be laid beside
each other to find out who traded with whom. So the public asks for today or for the end of a month: one day
after another would tell on which day, and for how many tonnes, each of two members kept a contract.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from exchange.kernel import calendar
from exchange.members.credit_errors import UnknownCredit
from exchange.members.credit_method import METHODS, Rating, method_on, rate
from exchange.members.credit_types import SETTING_ASIDE, FactKind, MonthCount, month_number, month_text
from exchange.members.masking import masked
from exchange.members.models import CreditFact, CreditObjection, Member

KEPT_YEARS = 5
"""How long a fact is shown to its member and the operator; rulebook §7, retention."""
LONGEST_QUERY = 120
INDIVIDUAL_BUSINESS = "92"
KG_PER_T = 1_000


class PublicFact(NamedTuple):
    """A fact other than a kept contract, as the public may know it."""

    token: str
    """Names it without telling which other facts were recorded beside it."""
    month: str
    kind: str
    detail: str
    days_late: int
    state: str
    """standing | objected | repaired."""


@dataclass(frozen=True, slots=True)
class CreditRecord:
    """A member's record as of a day, as the public may know it."""

    account_no: int
    code: str
    name: str
    personal: bool
    """Of a natural person: masked until it agrees to be shown."""
    masked: bool
    uscc: str
    """Empty when masked."""
    kind: str
    county: str
    joined_at: datetime
    suspended: bool
    as_of: date
    rating: Rating
    counts: tuple[MonthCount, ...]
    facts: tuple[PublicFact, ...]
    """Newest month first."""


# Grades ----------------------------------------------------------------------------------------------


def ratings_of(account_nos: Iterable[int], as_of: date | None = None) -> dict[int, Rating]:
    """The grades of these members as of a day (today), asked for in one query."""
    wanted, day = set(account_nos), as_of or calendar.today()
    counts = counts_of(wanted, day)
    return {account_no: rate(counts.get(account_no, ()), day) for account_no in wanted}


def counts_of(account_nos: Iterable[int], as_of: date) -> dict[int, list[MonthCount]]:
    """Facts standing on a day by member, month and kind; kilograms in whole tonnes, rounded down."""
    rows = (
        _standing(as_of)
        .filter(account_no__in=list(account_nos))
        .values("account_no", "month", "kind")
        .annotate(count=Count("id"), weight=Sum("kg"))
        .order_by("account_no", "month", "kind")
    )
    found: dict[int, list[MonthCount]] = {}
    for row in rows:
        kind = FactKind(row["kind"])
        kg = row["weight"] // KG_PER_T * KG_PER_T if kind == FactKind.FULFILLED else 0
        found.setdefault(row["account_no"], []).append(MonthCount(row["month"], kind, row["count"], kg))
    return found


def _in_window(as_of: date) -> QuerySet[CreditFact]:
    first = month_number(as_of) - method_on(as_of).window_months + 1
    rows = CreditFact.objects.filter(month__gte=first, day__lte=as_of)
    return rows.exclude(kind__in=sorted(SETTING_ASIDE))


def _standing(as_of: date) -> QuerySet[CreditFact]:
    later = CreditFact.objects.filter(sets_aside=OuterRef("pk"), day__lte=as_of)
    return _in_window(as_of).filter(~Exists(later))


# For the public --------------------------------------------------------------------------------------


def find_credit(query: str) -> str:
    """The code of the one member with exactly this code, full name or credit code. Raises UnknownCredit."""
    text = query.strip()
    if not text or len(text) > LONGEST_QUERY or not text.isprintable():
        raise UnknownCredit
    shown = Q(shows_credit=True) | ~Q(kind=Member.Kind.GROWER) & ~Q(uscc__startswith=INDIVIDUAL_BUSINESS)
    named = shown & (Q(name=text) | Q(uscc=text.upper()))
    codes = list(Member.objects.filter(named | Q(code=text.upper())).values_list("code", flat=True)[:2])
    if len(codes) != 1:
        raise UnknownCredit
    return codes[0]


def is_public_day(day: date) -> bool:
    """Whether anybody may ask for records as of a day: today, or a month's end since there are grades."""
    today = calendar.today()
    if not date.fromisoformat(METHODS[0].effective_from) <= day <= today:
        return False
    return day == today or (day + timedelta(days=1)).day == 1


def public_days() -> list[date]:
    """The days of ``is_public_day`` a grade's window reaches back to, newest first."""
    day = calendar.today()
    days = [day]
    for _ in range(method_on(day).window_months):
        day = day.replace(day=1) - timedelta(days=1)
        days.append(day)
    return [each for each in days if is_public_day(each)]


def credit_record(code: str, as_of: date | None = None) -> CreditRecord:
    """The public record of a member. Raises UnknownCredit."""
    known = code.isprintable() and len(code) <= 16
    member = Member.objects.filter(code=code).first() if known else None
    day = as_of or calendar.today()
    if member is None:
        raise UnknownCredit(detail=code[:16])
    personal = is_personal(member)
    hidden = personal and not member.shows_credit
    counts = counts_of([member.account_no], day).get(member.account_no, [])
    return CreditRecord(
        account_no=member.account_no,
        code=member.code,
        name=masked(member.name) if hidden else member.name,
        personal=personal,
        masked=hidden,
        uscc="" if hidden else member.uscc,
        kind=member.kind,
        county=member.county,
        joined_at=member.joined_at,
        suspended=member.status == Member.Status.SUSPENDED,
        as_of=day,
        rating=rate(counts, day),
        counts=tuple(counts),
        facts=tuple(_public_facts(member.account_no, day)),
    )


def is_personal(member: Member) -> bool:
    """Whether a member's name is a natural person's, which the public sees only as it agrees."""
    return member.kind == Member.Kind.GROWER or member.uscc.startswith(INDIVIDUAL_BUSINESS)


def fact_token(fact_id: int) -> str:
    """A name for a fact that nobody can count up from."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"credit-fact:{fact_id}".encode(), hashlib.sha256)
    return digest.hexdigest()[:12]


def _public_facts(account_no: int, as_of: date) -> list[PublicFact]:
    rows = _in_window(as_of).filter(account_no=account_no).exclude(kind=FactKind.FULFILLED.value)
    rows = rows.select_related("set_aside_by")
    end_ns = calendar.day_bounds_ns(as_of)[1]
    unanswered = Q(finished_at_ns__isnull=True) | Q(finished_at_ns__gte=end_ns)
    objections = CreditObjection.objects.filter(unanswered, account_no=account_no, filed_at_ns__lt=end_ns)
    objected = set(objections.values_list("fact_id", flat=True))
    found = []
    for row in rows:
        later = getattr(row, "set_aside_by", None)
        by = later.kind if later is not None and later.day <= as_of else ""
        if by == FactKind.CORRECTION:
            continue
        state = "repaired" if by else "objected" if row.pk in objected else "standing"
        month = month_text(row.month)
        found.append(PublicFact(fact_token(row.pk), month, row.kind, row.detail, row.days_late, state))
    return sorted(found, key=lambda fact: (fact.month, fact.kind, fact.token), reverse=True)


# For the member --------------------------------------------------------------------------------------


class OwnFact(NamedTuple):
    """A fact as its member sees it."""

    id: int
    token: str
    kind: str
    source: str
    role: str
    contract_no: str
    detail: str
    kg: int
    amount_band: int
    days_late: int
    day: date
    state: str
    """standing | objected | corrected | repaired | setting_aside."""
    lapsed: bool
    """Too old to count in the grade."""
    sets_aside: int | None
    """Id of the fact it sets aside."""
    answer: str
    """What the operator last answered to an objection."""


def own_facts(
    account_no: int, *, kind: str = "", before: int | None = None, limit: int = 50
) -> list[OwnFact]:
    """A member's facts of the last five years, the last recorded first."""
    today = calendar.today()
    rows = CreditFact.objects.filter(account_no=account_no, month__gt=month_number(today) - KEPT_YEARS * 12)
    if kind:
        rows = rows.filter(kind=kind)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.select_related("set_aside_by").order_by("-pk")[:limit])
    objections = CreditObjection.objects.filter(fact__in=found).order_by("pk")
    latest = {row.fact_id: row for row in objections}
    return [_own(row, latest.get(row.pk), today) for row in found]


def _own(row: CreditFact, objection: CreditObjection | None, today: date) -> OwnFact:
    return OwnFact(
        id=row.pk,
        token=fact_token(row.pk),
        kind=row.kind,
        source=row.source,
        role=row.role,
        contract_no=row.contract_no,
        detail=row.detail,
        kg=row.kg,
        amount_band=row.amount_band,
        days_late=row.days_late,
        day=row.day,
        state=_state_of(row, objection),
        lapsed=month_number(today) - row.month >= method_on(today).window_months,
        sets_aside=row.sets_aside_id,
        answer="" if objection is None else objection.answer,
    )


def _state_of(row: CreditFact, objection: CreditObjection | None) -> str:
    later = getattr(row, "set_aside_by", None)
    if row.sets_aside_id is not None:
        return "setting_aside"
    if later is not None:
        return "corrected" if later.kind == FactKind.CORRECTION else "repaired"
    return "objected" if objection is not None and objection.state == "open" else "standing"


# Objections ------------------------------------------------------------------------------------------


class WaitingDecision(NamedTuple):
    """What somebody proposed to answer, and another person has to decide."""

    id: int
    outcome: str
    reason: str
    proposed_by: str
    proposed_at: datetime


class ObjectionRow(NamedTuple):
    """An objection. id is what paging goes by."""

    id: int
    objection_no: str
    account_no: int
    fact: OwnFact
    ground: str
    reason: str
    evidence: str
    filed_by: str
    filed_at_ns: int
    due_day: date
    overdue: bool
    state: str
    answer: str
    finished_at_ns: int | None
    decision: WaitingDecision | None


def credit_objections(
    *,
    account_no: int | None = None,
    state: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[ObjectionRow]:
    """Objections, the last filed first: all of them, or a member's own."""
    rows = CreditObjection.objects.select_related("fact__set_aside_by").order_by("-pk")
    if account_no is not None:
        rows = rows.filter(account_no=account_no)
    if state:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    today = calendar.today()
    return [_objection(row, today) for row in rows.prefetch_related("decisions")[:limit]]


def _objection(row: CreditObjection, today: date) -> ObjectionRow:
    waiting = next((each for each in row.decisions.all() if each.state == "waiting"), None)
    return ObjectionRow(
        id=row.pk,
        objection_no=row.objection_no,
        account_no=row.account_no,
        fact=_own(row.fact, row, today),
        ground=row.ground,
        reason=row.reason,
        evidence=row.evidence,
        filed_by=row.filed_by,
        filed_at_ns=row.filed_at_ns,
        due_day=row.due_day,
        overdue=row.state == "open" and row.due_day < today,
        state=row.state,
        answer=row.answer,
        finished_at_ns=row.finished_at_ns,
        decision=None
        if waiting is None
        else WaitingDecision(
            waiting.pk, waiting.outcome, waiting.reason, waiting.proposed_by, waiting.proposed_at
        ),
    )
