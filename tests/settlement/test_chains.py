"""TigerBeetle's published examples on our ledger: two-phase transfers, linked chains, and their refusals."""

from datetime import timedelta

import pytest

from exchange.kernel.errors import InsufficientFunds
from settlement.accounts import CLIENT_MONEY, SUSPENSE, cash_of
from settlement.chains import Event, Result, create_transfers, expire_pending
from settlement.ledger import post
from settlement.models import LedgerAccount, Transfer
from settlement.trial_balance import trial_balance_at
from settlement.types import NewTransfer, TransferKind, TransferPhase
from settlement.verify import verify_settlement
from tests.settlement.market import DAY, NOON_NS, resolve, transfer

pytestmark = pytest.mark.django_db

A, B = cash_of(1), cash_of(2)
W, X, Y, Z = 500, 40, 600, 30
"""Debits posted and pending of A, credits posted and pending of B before each row of the table."""

PENDING, POST, VOID, EXPIRE = (
    TransferPhase.PENDING,
    TransferPhase.POST,
    TransferPhase.VOID,
    TransferPhase.EXPIRE,
)


def create(*transfers: NewTransfer) -> list[Result]:
    return create_transfers([Event(each) for each in transfers])


def set_the_table() -> None:
    post([transfer("fund A", CLIENT_MONEY, A, 10_000), transfer("B posted", SUSPENSE, B, Y)])
    post([transfer("A posted", A, SUSPENSE, W), transfer("A pending", A, SUSPENSE, X, phase=PENDING)])
    post([transfer("B pending", SUSPENSE, B, Z, phase=PENDING)])


def balances() -> tuple[int, int, int, int]:
    a, b = (LedgerAccount.objects.get(code=code) for code in (A, B))
    return a.debits_posted, a.debits_pending, b.credits_posted, b.credits_pending


@pytest.mark.parametrize(
    ("resolution", "amount", "after"),
    [
        (POST, 123, (W + 123, X, Y + 123, Z)),
        (POST, 100, (W + 100, X, Y + 100, Z)),
        (VOID, 123, (W, X, Y, Z)),
        (EXPIRE, 123, (W, X, Y, Z)),
    ],
)
def test_the_two_phase_table(resolution: TransferPhase, amount: int, after: tuple[int, ...]) -> None:
    set_the_table()
    pending = transfer("123", A, B, 123, phase=PENDING, expires_at_ns=NOON_NS + 10)
    assert create(pending) == [Result.OK]
    assert balances() == (W, X + 123, Y, Z + 123)
    at_ns = NOON_NS + (10 if resolution == EXPIRE else 9)
    done = resolve("r", pending, resolution)._replace(
        amount_fen=amount, expires_at_ns=None, posted_at_ns=at_ns
    )
    assert create(done) == [Result.OK]
    assert balances() == after
    assert create(done) == [Result.EXISTS]
    assert verify_settlement() == []


def test_a_pending_transfer_counts_against_the_limit_at_once() -> None:
    post([transfer("in", CLIENT_MONEY, A, 100), transfer("out", A, B, 70)])
    assert create(transfer("p", A, B, 50, phase=PENDING)) == [Result.EXCEEDS_CREDITS]
    assert create(transfer("p", A, B, 30, phase=PENDING)) == [Result.OK]
    assert create(transfer("t", A, B, 1)) == [Result.EXCEEDS_CREDITS]
    assert create(transfer("b", A, CLIENT_MONEY, 101)) == [Result.EXCEEDS_CREDITS]
    assert create(transfer("c", SUSPENSE, CLIENT_MONEY, 101)) == [Result.EXCEEDS_DEBITS]


def chain(*, broken: str) -> list[Event]:
    """TigerBeetle's example: A, then B → C → D linked, then E; the named one asks for too much."""
    amounts = {name: (10**9 if name == broken else 1) for name in "ABCDE"}
    return [Event(transfer(name, A, B, amounts[name]), linked=name in "BC") for name in "ABCDE"]


@pytest.mark.parametrize("broken", ["", "A", "B", "C", "D", "E"])
def test_the_linked_table(broken: str) -> None:
    post([transfer("in", CLIENT_MONEY, A, 1_000)])
    chained = "BCD"
    expected = []
    for name in "ABCDE":
        if name == broken:
            expected.append(Result.EXCEEDS_CREDITS)
        else:
            falls = broken in chained and broken and name in chained
            expected.append(Result.LINKED_EVENT_FAILED if falls else Result.OK)
    assert create_transfers(chain(broken=broken)) == expected
    stored = set(Transfer.objects.exclude(transfer_key="in").values_list("transfer_key", flat=True))
    assert stored == {name for name, result in zip("ABCDE", expected, strict=True) if result == Result.OK}
    assert verify_settlement() == []


def test_the_last_event_may_not_be_linked() -> None:
    post([transfer("in", CLIENT_MONEY, A, 1_000)])
    events = [Event(transfer("A", A, B, 1)), *(Event(transfer(n, A, B, 1), linked=True) for n in "BC")]
    failed, open_end = Result.LINKED_EVENT_FAILED, Result.LINKED_EVENT_CHAIN_OPEN
    assert create_transfers(events) == [Result.OK, failed, open_end]
    assert not Transfer.objects.filter(transfer_key__in="BC").exists()


def test_a_chain_may_reserve_and_resolve() -> None:
    post([transfer("in", CLIENT_MONEY, A, 100)])
    pending = transfer("p", A, B, 60, phase=PENDING)
    events = [Event(pending, linked=True), Event(resolve("r", pending, POST))]
    assert create_transfers(events) == [Result.OK, Result.OK]
    assert balances() == (60, 0, 60, 0)


GOOD = transfer("t", A, B, 5)
HELD = transfer("p", A, B, 50, phase=PENDING, expires_at_ns=NOON_NS + 10)
LATE = {"posted_at_ns": NOON_NS + 10}


def resolution(phase: TransferPhase = POST, **changes: object) -> NewTransfer:
    return resolve("r", HELD, phase)._replace(expires_at_ns=None)._replace(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("event", "result"),
    [
        (GOOD, "exists"),
        (GOOD._replace(amount_fen=6), "exists_with_different_amount"),
        (GOOD._replace(debit=SUSPENSE), "exists_with_different_debit_account_id"),
        (GOOD._replace(credit=SUSPENSE), "exists_with_different_credit_account_id"),
        (GOOD._replace(phase=PENDING), "exists_with_different_flags"),
        (GOOD._replace(kind=TransferKind.REFUND), "exists_with_different_code"),
        (HELD._replace(expires_at_ns=None), "exists_with_different_timeout"),
        (transfer("", A, B, 5), "id_must_not_be_zero"),
        (transfer("n", A, A, 5), "accounts_must_be_different"),
        (transfer("n", A, "member:1:gold", 5), "account_not_found"),
        (transfer("n", "nowhere", B, 5), "account_not_found"),
        (transfer("n", A, B, 0), "amount_must_not_be_zero"),
        (transfer("n", A, B, -5), "amount_must_not_be_zero"),
        (transfer("n", A, B, 10**15 + 1), "overflows_debits"),
        (transfer("n", A, B, 5, pending_key="p"), "pending_id_must_be_zero"),
        (transfer("n", A, B, 5, phase=POST), "pending_id_must_not_be_zero"),
        (transfer("n", A, B, 5, expires_at_ns=5), "timeout_reserved_for_pending_transfer"),
        (resolution(pending_key="none"), "pending_transfer_not_found"),
        (resolution(pending_key="t", amount_fen=5), "pending_transfer_not_pending"),
        (resolution(debit=SUSPENSE), "pending_transfer_has_different_debit_account_id"),
        (resolution(credit=SUSPENSE), "pending_transfer_has_different_credit_account_id"),
        (resolution(amount_fen=51), "exceeds_pending_transfer_amount"),
        (resolution(VOID, amount_fen=49), "pending_transfer_has_different_amount"),
        (resolution(**LATE), "pending_transfer_expired"),
        (resolution(VOID, **LATE), "pending_transfer_expired"),
        (resolution(EXPIRE), "pending_transfer_not_expired"),
    ],
)
def test_each_refusal_has_its_code(event: NewTransfer, result: str) -> None:
    post([transfer("in", CLIENT_MONEY, A, 100)])
    post([GOOD, HELD])
    before = balances()
    assert create(event) == [result]
    assert balances() == before


@pytest.mark.parametrize(
    ("phase", "result"), [(POST, "already_posted"), (VOID, "already_voided"), (EXPIRE, "expired")]
)
def test_a_pending_transfer_is_resolved_once(phase: TransferPhase, result: str) -> None:
    post([transfer("in", CLIENT_MONEY, A, 100), HELD])
    at_ns = NOON_NS + 10 if phase == EXPIRE else NOON_NS
    assert create(resolution(phase, posted_at_ns=at_ns)) == [Result.OK]
    for again in (POST, VOID):
        assert create(resolution(again, key="again")) == [f"pending_transfer_{result}"]


def test_the_clock_takes_back_what_expired() -> None:
    post([transfer("in", CLIENT_MONEY, A, 100), HELD, transfer("p2", A, B, 10, phase=PENDING)])
    assert expire_pending(NOON_NS + 9) == 0
    assert (expire_pending(NOON_NS + 10), expire_pending(NOON_NS + 10)) == (1, 0)
    assert balances() == (0, 10, 0, 10)
    with pytest.raises(InsufficientFunds):
        post([transfer("t", A, B, 91)])
    assert verify_settlement() == []


def test_the_trial_balance_of_any_day() -> None:
    post([transfer("in", CLIENT_MONEY, A, 100)])
    post([transfer("t", A, B, 30, day=DAY + timedelta(days=1))])
    on = {row.code: row for row in trial_balance_at(DAY)}
    assert (on[A].credit_balance_fen, on[B].credit_balance_fen) == (100, 0)
    after = {row.code: row for row in trial_balance_at(DAY + timedelta(days=1))}
    assert (after[A].credit_balance_fen, after[B].credit_balance_fen) == (70, 30)
    for rows in (on, after):
        sides = [(row.debit_balance_fen, row.credit_balance_fen) for row in rows.values()]
        assert sum(debit for debit, _ in sides) == sum(credit for _, credit in sides) == 100
    assert trial_balance_at(DAY - timedelta(days=1))[0].debits_fen == 0
