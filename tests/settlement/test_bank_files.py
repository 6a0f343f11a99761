"""A bank that delays, fails, doubles, leaves out, and sends half a file: nothing lost, nothing twice."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.calendar import today
from exchange.kernel.errors import BadTransition, NotFound
from exchange.kernel.problems import JinguoError
from settlement import errors, services
from settlement.bank_files import bank_file_content, bank_files
from settlement.banks import BankInstruction, Misbehaviour, MockBank
from settlement.daily_reconciliation import STOP_ABOVE_FEN, breaks, must_stop_trading
from settlement.iso20022 import Payment, fen_of, read_payments, read_statement, write_payments, yuan_of
from settlement.models import BankFile, BankMovement, Transfer
from settlement.selectors import funds_summary
from settlement.verify import verify_settlement
from settlement.withdrawals import DAILY_LIMIT_FEN, REVIEW_FROM_FEN, SECOND_FACTOR_FROM_FEN, reviews
from tests.examples import examples
from tests.settlement.floor import Floor
from tests.settlement.market import DEALER, GROWER, open_market

pytestmark = pytest.mark.django_db

MAKER, CHECKER = Actor("maker"), Actor("checker")
CASH = 100_000_00


def days_file(bank: MockBank | None = None, **wrong: object) -> bytes:
    return MockBank(wrong=Misbehaviour(**wrong)).statement(today())  # type: ignore[arg-type]


def test_a_statement_that_says_what_we_know_books_nothing_and_reconciles() -> None:
    open_market(cash_fen=CASH)
    before = Transfer.objects.count()
    done = services.import_statement(days_file(), actor=SYSTEM)
    assert (done.booked, done.known, done.unclaimed, done.mismatched) == (0, 3, 0, 0)
    assert Transfer.objects.count() == before
    run = services.reconcile_day(today())
    assert (run.bank_fen, run.ledger_fen, run.matched, run.open_breaks) == (3 * CASH, 3 * CASH, 3, 0)
    assert services.reconcile_day(today()) == run
    assert must_stop_trading(today()) == ""


def test_a_statement_brings_what_no_poll_has_brought() -> None:
    bank = open_market(cash_fen=CASH)
    asked = services.request_deposit(actor=SYSTEM, account_no=DEALER, amount_fen=500)
    bank.submit_deposit(BankInstruction(asked.movement_no, "", "", 500))
    bank.receive_unannounced(instruction_no="来账-9", amount_fen=70)
    services.import_statement(days_file(), actor=SYSTEM)
    assert funds_summary(DEALER).cash_fen == CASH + 500
    assert services.reconcile_day(today()).open_breaks == 0
    assert verify_settlement(bank) == []


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"truncated": True}, errors.BadBankFile),
        ({"doubled": True}, errors.BadBankFile),
        ({"left_out": True}, errors.BadBankFile),
        ({"other_account": True}, errors.OtherAccountsFile),
    ],
)
def test_a_wrong_file_is_kept_in_quarantine_and_books_nothing(
    wrong: dict[str, object], refusal: type[JinguoError]
) -> None:
    open_market(cash_fen=CASH)
    content = days_file(**wrong)
    before = Transfer.objects.count()
    with pytest.raises(refusal):
        services.import_statement(content, actor=SYSTEM)
    assert Transfer.objects.count() == before
    (row,) = bank_files()
    assert (row.accepted, row.refusal) == (False, refusal.code)
    assert bank_file_content(row.id)[1] == content
    services.import_statement(days_file(), actor=SYSTEM)
    assert BankFile.objects.filter(accepted=True).count() == 1


def test_a_statement_comes_once_and_in_order() -> None:
    open_market(cash_fen=CASH)
    services.import_statement(days_file(), actor=SYSTEM)
    with pytest.raises(errors.DuplicateBankFile):
        services.import_statement(days_file(), actor=SYSTEM)
    tomorrow, wrong = today() + timedelta(days=1), Misbehaviour(skipped=1)
    with pytest.raises(errors.BankFileOutOfOrder):
        services.import_statement(MockBank(wrong=wrong).statement(tomorrow), actor=SYSTEM)
    services.import_statement(MockBank().statement(tomorrow), actor=SYSTEM)
    assert services.reconcile_day(tomorrow).open_breaks == 0


def test_an_entry_the_bank_booked_twice_is_a_break_that_ages_and_stops_trading() -> None:
    open_market(cash_fen=STOP_ABOVE_FEN + 1)
    services.import_statement(days_file(doubled_in_balance=True), actor=SYSTEM)
    run = services.reconcile_day(today())
    (found,) = breaks(today() + timedelta(days=2))
    assert (found.kind, found.amount_fen, found.age_days) == ("booked_twice", STOP_ABOVE_FEN + 1, 2)
    assert run.open_breaks == 1
    assert must_stop_trading(today())
    with pytest.raises(errors.BadReason):
        services.explain_break(actor=SYSTEM, break_id=found.id, reason="")
    services.explain_break(actor=SYSTEM, break_id=found.id, reason="银行次日冲正")
    with pytest.raises(NotFound):
        services.explain_break(actor=SYSTEM, break_id=found.id, reason="再次说明")
    assert must_stop_trading(today()) == ""


def test_a_confirmed_movement_the_statement_lacks_is_a_break() -> None:
    open_market(cash_fen=CASH)
    services.import_statement(days_file(left_out=False), actor=SYSTEM)
    services.deposit(actor=SYSTEM, account_no=DEALER, amount_fen=900, bank=MockBank())
    run = services.reconcile_day(today())
    (found,) = breaks(today())
    assert (found.kind, found.amount_fen, run.open_breaks) == ("not_at_bank", 900, 1)


def test_a_day_with_money_and_no_statement_is_a_break() -> None:
    open_market(cash_fen=CASH)
    services.reconcile_day(today())
    assert [each.kind for each in breaks(today())] == ["no_statement"]
    services.import_statement(days_file(), actor=SYSTEM)
    assert services.reconcile_day(today()).revision == 2
    assert breaks(today()) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: b"\x00\xff",
        lambda content: content.replace(b"CRDT", b"CRED"),
        lambda content: content.replace(b"camt.053.001.02", b"camt.052.001.02"),
        lambda content: content.replace(b'Ccy="CNY"', b'Ccy="USD"', 1),
        lambda content: content.replace(b"<Sts>BOOK</Sts>", b"<Sts>PDNG</Sts>", 1),
        lambda content: content.replace(b"<ElctrncSeqNb>", b"<ElctrncSeqNb>x", 1),
        lambda content: content.replace(b"<Stmt>", b"<Stmt><Ntry/>", 1),
        lambda content: content.replace(b"100000.00", b"-100000.00", 1),
        lambda content: content.replace(b"100000.00", b"100000.001", 1),
        lambda content: content.replace(
            b"?>", b'?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>', 1
        ),
    ],
)
def test_structure_and_values_are_checked(spoil: Callable[[bytes], bytes]) -> None:
    open_market(cash_fen=CASH)
    content = spoil(days_file())
    with pytest.raises(errors.BadBankFile):
        services.import_statement(content, actor=SYSTEM)


@settings(
    max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            st.from_regex(r"CJ\d{8}-\d{6}", fullmatch=True),
            st.text("0123456789", min_size=5, max_size=20),
            st.text("王李张果业有限公司&<>\"'", min_size=1, max_size=12),
            st.integers(1, 10**15),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_payments_survive_the_wire(rows: list[tuple[str, str, str, int]]) -> None:
    payments = [Payment(*row) for row in rows]
    created = datetime(2026, 11, 20)
    content = write_payments(
        message_id="JG1", created=created, debtor="金果网", account="1", bank="行", payments=payments
    )
    assert read_payments(content) == payments
    cut = content.replace(b"<NbOfTxs>", b"<NbOfTxs>9", 1)
    with pytest.raises(errors.BadBankFile):
        read_payments(cut)


@given(st.integers(0, 10**15))
def test_fen_and_yuan_are_the_same_money(fen: int) -> None:
    assert fen_of(yuan_of(fen)) == fen


# Withdrawals -----------------------------------------------------------------------------------------


def withdraw(fen: int, *, second_factor: bool = True, actor: Actor = MAKER) -> str:
    return services.request_withdrawal(
        actor=actor, account_no=DEALER, amount_fen=fen, second_factor=second_factor
    ).movement_no


def test_large_withdrawals_need_a_second_factor_and_a_second_person() -> None:
    bank = open_market(cash_fen=3 * REVIEW_FROM_FEN)
    floor = Floor()
    floor.turn()
    with pytest.raises(errors.SecondFactorNeeded):
        withdraw(SECOND_FACTOR_FROM_FEN, second_factor=False)
    small, large, turned_down = withdraw(100), withdraw(REVIEW_FROM_FEN), withdraw(REVIEW_FROM_FEN)
    with pytest.raises(BadTransition):
        services.approve_withdrawal(actor=CHECKER, movement_no=large)
    floor.turn()
    assert [row.movement_no for row in reviews()] == [turned_down, large]
    content = services.export_payments(actor=SYSTEM)
    assert content is not None
    assert [payment.end_to_end_id for payment in read_payments(content)] == [small]
    services.run_bank(bank)
    with pytest.raises(errors.SamePerson):
        services.approve_withdrawal(actor=MAKER, movement_no=large)
    services.approve_withdrawal(actor=CHECKER, movement_no=large)
    services.reject_withdrawal(actor=CHECKER, movement_no=turned_down, reason="账户信息待核实")
    with pytest.raises(BadTransition):
        services.reject_withdrawal(actor=CHECKER, movement_no=turned_down, reason="再次退回")
    services.run_bank(bank)
    floor.turn()
    states = dict(BankMovement.objects.filter(direction="withdrawal").values_list("movement_no", "state"))
    assert states == {small: "confirmed", large: "confirmed", turned_down: "failed"}
    assert funds_summary(DEALER).cash_fen == 2 * REVIEW_FROM_FEN - 100
    assert floor.agrees()
    assert verify_settlement(bank) == []
    assert services.export_payments(actor=SYSTEM) is None


def test_a_day_has_a_limit() -> None:
    open_market(cash_fen=2 * DAILY_LIMIT_FEN)
    withdraw(DAILY_LIMIT_FEN - 100)
    with pytest.raises(errors.WithdrawalLimit):
        withdraw(101)
    withdraw(100)
    assert funds_summary(GROWER).cash_fen == 2 * DAILY_LIMIT_FEN


def test_the_statement_is_read_as_it_was_written() -> None:
    open_market(cash_fen=CASH)
    statement = read_statement(days_file())
    assert (statement.opening_fen, statement.closing_fen, len(statement.entries)) == (0, 3 * CASH, 3)
    assert statement.day == today()
