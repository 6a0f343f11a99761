"""How contracts of some days went and what money moved in them: sums for reports, in fen and numbers."""

from datetime import date
from typing import NamedTuple

from django.db.models import Count, Sum

from exchange.kernel.calendar import day_bounds_ns
from settlement.models import (
    Breach,
    Claim,
    Contract,
    Delivery,
    DisputeCase,
    ReconciliationRun,
    TermsVersion,
)
from settlement.trial_balance import trial_balance_at
from settlement.types import BreachState, ContractStatus, ProposalState


class ContractFigures(NamedTuple):
    """Contracts formed in a period and how they stand now, and what else came of contracts in it."""

    formed: int
    formed_fen: int
    by_status: dict[str, int]
    """Of those formed, how many are in each ``ContractStatus`` now."""
    completed: int
    """Deliveries completed in the period, whenever formed."""
    breaches: dict[str, int]
    """Breaches noticed in the period by party, those that were cured apart."""
    claims: int
    disputes: int
    terms_versions: int
    """Versions of the contract terms that came into force."""

    @property
    def fulfilled_bps(self) -> int:
        """交收率: completed of those formed that have come to an end, in basis points; 0 when none has."""
        ended = self.by_status.get(ContractStatus.COMPLETED.value, 0)
        total = ended + self.by_status.get(ContractStatus.BREACHED.value, 0)
        return ended * 10_000 // total if total else 0


class MoneyFigures(NamedTuple):
    """Balances at the end of a period by kind of account, and what moved in it, in fen."""

    balances: dict[str, int]
    """Kind of account to its balance on its own side."""
    paid_in: int
    """Into the special settlement account."""
    paid_out: int
    fees: int
    """Trade and delivery fees earned."""
    reconciled_days: int
    days_with_breaks: int


def contract_figures(first: date, last: date) -> ContractFigures:
    """Contracts of the days from ``first`` to ``last``."""
    start_ns, end_ns = day_bounds_ns(first)[0], day_bounds_ns(last)[1]
    formed = Contract.objects.filter(day__gte=first, day__lte=last).order_by()
    sums = formed.aggregate(number=Count("pk"), fen=Sum("amount_fen"))
    by_status = formed.values_list("status").annotate(number=Count("pk"))
    noticed = Breach.objects.filter(noticed_at_ns__gte=start_ns, noticed_at_ns__lt=end_ns)
    breaches = noticed.exclude(state=BreachState.CURED.value).order_by().values_list("party")
    terms = TermsVersion.objects.filter(state=ProposalState.APPROVED.value)
    return ContractFigures(
        formed=sums["number"],
        formed_fen=sums["fen"] or 0,
        by_status=dict(by_status),
        completed=Delivery.objects.filter(completed_at_ns__gte=start_ns, completed_at_ns__lt=end_ns).count(),
        breaches=dict(breaches.annotate(number=Count("pk"))),
        claims=Claim.objects.filter(filed_at_ns__gte=start_ns, filed_at_ns__lt=end_ns).count(),
        disputes=DisputeCase.objects.filter(opened_at_ns__gte=start_ns, opened_at_ns__lt=end_ns).count(),
        terms_versions=terms.filter(effective_from__gte=first, effective_from__lte=last).count(),
    )


def money_figures(first: date, last: date) -> MoneyFigures:
    """Money of the days from ``first`` to ``last``, as the ledger has it."""
    before = {row.code: row for row in trial_balance_at(date.fromordinal(first.toordinal() - 1))}
    balances: dict[str, int] = {}
    paid_in = paid_out = fees = 0
    for row in trial_balance_at(last):
        balance = row.debit_balance_fen + row.credit_balance_fen
        balances[row.kind] = balances.get(row.kind, 0) + balance
        earlier = before.get(row.code)
        debits = row.debits_fen - (earlier.debits_fen if earlier else 0)
        credits_ = row.credits_fen - (earlier.credits_fen if earlier else 0)
        if row.kind == "client_money":
            paid_in, paid_out = paid_in + debits, paid_out + credits_
        elif row.kind in ("fees", "delivery_fees"):
            fees += credits_ - debits
    runs = ReconciliationRun.objects.filter(day__gte=first, day__lte=last)
    return MoneyFigures(
        balances=dict(sorted(balances.items())),
        paid_in=paid_in,
        paid_out=paid_out,
        fees=fees,
        reconciled_days=runs.values("day").distinct().count(),
        days_with_breaks=runs.filter(open_breaks__gt=0).values("day").distinct().count(),
    )
