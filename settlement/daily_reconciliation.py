"""Three-way reconciliation 三方对账, every day: bank = members' money + kept money + earned + owed +
unclaimed.

One: the trial balance of the day has equal sides. Two: the bank's closing balance is our client money. Three:
every entry of the bank's statement is a movement of ours, of the same amount, and the other way round. What
does not match is a break: it keeps its first day, ages, and goes when it matches or somebody explains it.
Trading stops while breaks above a threshold are open (``must_stop_trading``).
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Sum

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import day_bounds_ns, now_ns
from exchange.kernel.errors import NotFound
from settlement.accounts import CLIENT_MONEY, OF_THE_EXCHANGE
from settlement.bank_files import statement_of
from settlement.checks import check_reason
from settlement.iso20022 import Statement, StatementEntry
from settlement.locks import lock_ledger
from settlement.models import BankMovement, ReconciliationBreak, ReconciliationRun, Transfer
from settlement.trial_balance import TrialBalanceRow, trial_balance_at
from settlement.types import MovementState

STOP_ABOVE_FEN = 100_000_00
"""Sum of open breaks above which trading stops."""
STOP_AFTER_DAYS = 3
"""Age of the oldest open break from which trading stops, whatever its amount."""

BALANCE, NOT_IN_LEDGER, NOT_AT_BANK, AMOUNT = "balance", "not_in_ledger", "not_at_bank", "amount"
BOOKED_TWICE = "booked_twice"
"""One movement under two references of the bank."""
NO_STATEMENT, UNBALANCED = "no_statement", "unbalanced"


class Break(NamedTuple):
    """Something that does not match, before it is kept."""

    kind: str
    reference: str
    amount_fen: int
    detail: str
    effect_fen: int = 0
    """By how much it makes the bank's balance differ from ours."""


class BreakRow(NamedTuple):
    """An open or explained break, with its age."""

    id: int
    kind: str
    reference: str
    amount_fen: int
    detail: str
    first_day: date
    last_day: date
    age_days: int
    resolved_at_ns: int | None
    resolved_by: str
    resolution: str


class RunRow(NamedTuple):
    """A day's reconciliation."""

    day: date
    revision: int
    bank_fen: int | None
    ledger_fen: int
    figures: dict[str, int]
    matched: int
    open_breaks: int
    open_fen: int
    at_ns: int


def reconcile_day(day: date) -> RunRow:
    """Reconciles a day and keeps what was found; the same again when nothing has changed.

    Run when the day is over and its statement taken in.
    """
    with transaction.atomic():
        lock_ledger()
        rows = trial_balance_at(day)
        statement = statement_of(day)
        breaks, matched = [*_unbalanced(rows, day)], 0
        if statement is None:
            if _moved_on(day):
                breaks.append(Break(NO_STATEMENT, day.isoformat(), 0, "当日有出入金而没有对账单"))
        else:
            unmatched, matched = _entries(statement)
            breaks += [*_closing(statement, rows, unmatched), *unmatched]
        _keep(breaks, day)
        return _run(day, rows, statement, matched)


def must_stop_trading(day: date) -> str:
    """Why trading has to stop, in Chinese, or nothing."""
    open_breaks = ReconciliationBreak.objects.filter(resolved_at_ns__isnull=True)
    total = open_breaks.aggregate(total=Sum("amount_fen"))["total"] or 0
    if total > STOP_ABOVE_FEN:
        return f"对账差异合计 {total / 100:.2f} 元，超过 {STOP_ABOVE_FEN / 100:.2f} 元"
    oldest = open_breaks.order_by("first_day").values_list("first_day", flat=True).first()
    if oldest is not None and (day - oldest).days >= STOP_AFTER_DAYS:
        return f"对账差异自 {oldest} 起未消除"
    return ""


class OpenBreaks(NamedTuple):
    """Differences nobody has explained."""

    number: int
    amount_fen: int


def open_breaks() -> OpenBreaks:
    """How many breaks are open, and of how much together."""
    found = ReconciliationBreak.objects.filter(resolved_at_ns__isnull=True)
    totals = found.aggregate(number=Count("pk"), amount=Sum("amount_fen"))
    return OpenBreaks(totals["number"], totals["amount"] or 0)


def explain_break(*, actor: Actor, break_id: int, reason: str) -> None:
    """Closes a break with an explanation. Raises NotFound, BadReason."""
    check_reason(reason)
    with transaction.atomic():
        rows = ReconciliationBreak.objects.select_for_update().filter(
            pk=break_id, resolved_at_ns__isnull=True
        )
        found = rows.first()
        if found is None:
            raise NotFound(detail=str(break_id))
        found.resolved_at_ns, found.resolved_by, found.resolution = now_ns(), actor.name, reason.strip()
        found.save()
        audit.record(
            actor=actor,
            action="reconciliation.explain",
            subject=f"break:{found.kind}:{found.reference}",
            reason=reason,
            after={"amount_fen": found.amount_fen},
        )


def breaks(day: date, *, open_only: bool = True, limit: int = 200) -> list[BreakRow]:
    """Breaks with their age on a day, oldest first."""
    rows = ReconciliationBreak.objects.order_by("first_day", "pk")
    if open_only:
        rows = rows.filter(resolved_at_ns__isnull=True)
    return [
        BreakRow(
            row.pk,
            row.kind,
            row.reference,
            row.amount_fen,
            row.detail,
            row.first_day,
            row.last_day,
            (day - row.first_day).days,
            row.resolved_at_ns,
            row.resolved_by,
            row.resolution,
        )
        for row in rows[:limit]
    ]


def runs(limit: int = 30) -> list[RunRow]:
    """Days reconciled, newest first."""
    return [_run_row(row) for row in ReconciliationRun.objects.order_by("-day", "-revision")[:limit]]


def _unbalanced(rows: list[TrialBalanceRow], day: date) -> Iterable[Break]:
    difference = sum(row.debit_balance_fen - row.credit_balance_fen for row in rows)
    if difference:
        yield Break(UNBALANCED, day.isoformat(), abs(difference), "试算不平衡")


def _closing(statement: Statement, rows: list[TrialBalanceRow], unmatched: list[Break]) -> Iterable[Break]:
    """The bank's balance against ours; what the unmatched entries explain is not said twice."""
    ledger = _ledger_fen(rows)
    explained = sum(each.effect_fen for each in unmatched)
    difference = statement.closing_fen - ledger - explained
    if difference:
        detail = f"银行 {statement.closing_fen / 100:.2f}，账面 {ledger / 100:.2f}"
        yield Break(BALANCE, statement.day.isoformat(), abs(difference), detail)


def _entries(statement: Statement) -> tuple[list[Break], int]:
    """Every entry against our movement, every movement of the day against the statement."""
    found: list[Break] = []
    matched = 0
    refs = [entry.bank_ref for entry in statement.entries]
    nos = [entry.end_to_end_id for entry in statement.entries]
    movements = {m.movement_no: m for m in BankMovement.objects.filter(movement_no__in=nos)}
    suspense = set(
        Transfer.objects.filter(transfer_key__in=[f"bank:{ref}" for ref in refs]).values_list(
            "transfer_key", flat=True
        )
    )
    for entry in statement.entries:
        movement = movements.get(entry.end_to_end_id)
        unclaimed = f"bank:{entry.bank_ref}" in suspense
        if _same(movement, entry) or unclaimed or (movement is None and entry.failure):
            matched += 1
            continue
        sign = 0 if entry.failure else (1 if entry.credit else -1)
        kind = _kind(movement, entry)
        fen, told = entry.amount_fen, entry.end_to_end_id
        found.append(Break(kind, entry.bank_ref, fen, told, sign * fen))
    return [*found, *_not_at_bank(statement)], matched


def _same(movement: BankMovement | None, entry: StatementEntry) -> bool:
    if movement is None:
        return False
    return (movement.amount_fen, movement.bank_ref) == (entry.amount_fen, entry.bank_ref)


def _kind(movement: BankMovement | None, entry: StatementEntry) -> str:
    if movement is None:
        return NOT_IN_LEDGER
    return AMOUNT if movement.amount_fen != entry.amount_fen else BOOKED_TWICE


def _not_at_bank(statement: Statement) -> Iterable[Break]:
    """Confirmed movements of the day the statement does not have."""
    start, end = day_bounds_ns(statement.day)
    confirmed = BankMovement.objects.filter(
        state=MovementState.CONFIRMED, finished_at_ns__gte=start, finished_at_ns__lt=end
    ).exclude(movement_no__in=[entry.end_to_end_id for entry in statement.entries])
    for movement in confirmed:
        sign = -1 if movement.direction == "deposit" else 1
        fen = movement.amount_fen
        yield Break(NOT_AT_BANK, movement.movement_no, fen, movement.bank_ref or "", sign * fen)


def _moved_on(day: date) -> bool:
    start, end = day_bounds_ns(day)
    return BankMovement.objects.filter(
        state=MovementState.CONFIRMED, finished_at_ns__gte=start, finished_at_ns__lt=end
    ).exists()


def _keep(found: list[Break], day: date) -> None:
    """Opens new breaks, ages those still there, closes those of this day or before that match now."""
    still = {(each.kind, each.reference): each for each in found}
    for known in ReconciliationBreak.objects.select_for_update().filter(
        resolved_at_ns__isnull=True, first_day__lte=day
    ):
        each = still.pop((known.kind, known.reference), None)
        if each is not None:
            known.last_day = max(known.last_day, day)
            known.amount_fen, known.detail = each.amount_fen, each.detail
        elif known.first_day == day or known.kind in (NOT_IN_LEDGER, AMOUNT, NOT_AT_BANK, BOOKED_TWICE):
            if known.first_day != day and not _matches_now(known):
                continue
            known.resolved_at_ns, known.resolved_by, known.resolution = now_ns(), "system", "已核对一致"
        known.save()
    ReconciliationBreak.objects.bulk_create(
        ReconciliationBreak(
            kind=each.kind,
            reference=each.reference,
            amount_fen=each.amount_fen,
            detail=each.detail,
            first_day=day,
            last_day=day,
        )
        for each in still.values()
    )


def _matches_now(known: ReconciliationBreak) -> bool:
    """Whether the entry an older break is about has been booked since."""
    if known.kind == NOT_AT_BANK:
        return False
    return (
        BankMovement.objects.filter(bank_ref=known.reference, state=MovementState.CONFIRMED).exists()
        or Transfer.objects.filter(transfer_key=f"bank:{known.reference}").exists()
    )


def _ledger_fen(rows: list[TrialBalanceRow]) -> int:
    return sum(row.debits_fen - row.credits_fen for row in rows if row.code == CLIENT_MONEY)


def _figures(rows: list[TrialBalanceRow]) -> dict[str, int]:
    """Balances by kind of account, credit positive."""
    figures: dict[str, int] = {kind.value: 0 for kind, _ in OF_THE_EXCHANGE.values()}
    for row in rows:
        figures[row.kind] = figures.get(row.kind, 0) + row.credits_fen - row.debits_fen
    return figures


def _run(day: date, rows: list[TrialBalanceRow], statement: Statement | None, matched: int) -> RunRow:
    open_breaks = ReconciliationBreak.objects.filter(resolved_at_ns__isnull=True, first_day__lte=day)
    values = {
        "bank_fen": None if statement is None else statement.closing_fen,
        "ledger_fen": _ledger_fen(rows),
        "figures": _figures(rows),
        "matched": matched,
        "open_breaks": open_breaks.count(),
        "open_fen": open_breaks.aggregate(total=Sum("amount_fen"))["total"] or 0,
    }
    last = ReconciliationRun.objects.filter(day=day).order_by("-revision").first()
    if last is None or any(getattr(last, name) != value for name, value in values.items()):
        revision = 1 if last is None else last.revision + 1
        last = ReconciliationRun.objects.create(day=day, revision=revision, at_ns=now_ns(), **values)
    return _run_row(last)


def _run_row(row: ReconciliationRun) -> RunRow:
    return RunRow(**{name: getattr(row, name) for name in RunRow._fields})
