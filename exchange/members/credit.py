"""Recording credit facts 信用事实: in the transaction of their cause, once, and never changed.

Whoever knows a cause (settlement, the halls) works out what its rows say of the members and hands it over;
``exchange.ops.credit_rebuild`` hands over everything once more and tells what differs. A fact that its cause
bears out no longer, because a weight was corrected or a contract rescinded, is set aside by a correction.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import IntegrityError, transaction

from exchange.kernel import calendar
from exchange.members.credit_types import SETTING_ASIDE, FactKind, NewFact, band_of, month_number
from exchange.members.models import CreditFact

Key = tuple[int, str, str]
"""(account number, kind, source)."""

MOST_DAYS_LATE = 32_767


class Differences(NamedTuple):
    """What the record lacks, and what stands in it that no cause bears out."""

    missing: tuple[NewFact, ...]
    too_much: tuple[Key, ...]


def record_facts(facts: Sequence[NewFact]) -> int:
    """Writes the facts that are not there yet, in the caller's transaction; how many."""
    if not facts:
        return 0
    return _insert(_unknown(facts))


def follow_contracts(contract_nos: Sequence[str], facts: Sequence[NewFact], *, because: str = "") -> int:
    """Brings the record of these contracts in line with all that their rows say now; how many were added.

    ``because``: number of what changed a finished contract; what is not said any more is set aside by it.
    Without it nothing is taken away. In the caller's transaction.
    """
    found = differences(facts, contract_nos=contract_nos)
    added = _insert(found.missing)
    if because:
        for account_no, kind, source in found.too_much:
            fact = CreditFact.objects.get(account_no=account_no, kind=kind, source=source)
            set_aside(fact, FactKind.CORRECTION, because)
    return added


def differences(
    facts: Sequence[NewFact], *, contract_nos: Sequence[str] = (), kind: FactKind | None = None
) -> Differences:
    """Compares what causes say with the record: of some contracts, or of one kind outside of contracts."""
    rows = CreditFact.objects.exclude(kind__in=sorted(SETTING_ASIDE))
    if kind is None:
        rows = rows.filter(contract_no__in=list(contract_nos)).exclude(contract_no="")
    else:
        rows = rows.filter(contract_no="", kind=kind.value)
    known: dict[Key, bool] = {}
    for account_no, name, source, correction in rows.values_list(
        "account_no", "kind", "source", "set_aside_by__id"
    ):
        known[account_no, name, source] = correction is None
    said = {fact.key: fact for fact in facts}
    missing = tuple(fact for key, fact in said.items() if key not in known)
    return Differences(
        missing, tuple(sorted(key for key, stands in known.items() if stands and key not in said))
    )


def set_aside(fact: CreditFact, kind: FactKind, source: str) -> CreditFact:
    """Adds the fact that sets another aside: CORRECTION or REPAIR. In the caller's transaction."""
    assert kind in SETTING_ASIDE
    assert fact.kind not in SETTING_ASIDE
    day = calendar.today()
    return CreditFact.objects.create(
        account_no=fact.account_no,
        kind=kind.value,
        source=f"{source}:{fact.pk}",
        contract_no=fact.contract_no,
        role=fact.role,
        day=day,
        month=month_number(day),
        sets_aside=fact,
        recorded_at_ns=calendar.now_ns(),
    )


def _unknown(facts: Sequence[NewFact]) -> list[NewFact]:
    """Those of the facts that are not in the record."""
    rows = CreditFact.objects.filter(
        account_no__in={fact.account_no for fact in facts},
        kind__in={fact.kind.value for fact in facts},
        source__in={fact.source for fact in facts},
    )
    known: set[Key] = set(rows.values_list("account_no", "kind", "source"))
    return [fact for fact in facts if fact.key not in known]


def _insert(facts: Sequence[NewFact]) -> int:
    """Writes the facts; those that another transaction wrote meanwhile stay as they are. How many."""
    try:
        return _written(facts)
    except IntegrityError:
        left = _unknown(facts)
        if len(left) == len(facts):
            raise
        return _written(left)


def _written(facts: Sequence[NewFact]) -> int:
    at_ns = calendar.now_ns()
    rows = [
        CreditFact(
            account_no=fact.account_no,
            kind=fact.kind.value,
            source=fact.source,
            role=fact.role,
            contract_no=fact.contract_no,
            detail=fact.detail,
            kg=fact.kg,
            amount_band=band_of(fact.amount_fen),
            days_late=min(fact.days_late, MOST_DAYS_LATE),
            day=fact.day,
            month=month_number(fact.day),
            recorded_at_ns=at_ns,
        )
        for fact in facts
    ]
    with transaction.atomic():
        CreditFact.objects.bulk_create(rows)
    return len(rows)
