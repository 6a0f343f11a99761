"""Deposits and withdrawals: through the floor, through the bank, each exactly once."""

import pytest

from exchange.kernel import audit
from exchange.kernel.audit import SYSTEM
from exchange.kernel.errors import (
    BadAmount,
    BadTransition,
    Conflict,
    InsufficientFunds,
    NoBankAccount,
    UnknownMember,
)
from exchange.kernel.models import AuditEntry
from matching.types import MAX_AMOUNT, CommandKind, Reason
from settlement import selectors, services
from settlement.accounts import SUSPENSE
from settlement.banks import FAILURE_TEXT, BankEntry, BankInstruction, MockBank
from settlement.models import BankMovement, BankMovementStep, LedgerAccount
from settlement.selectors import funds_summary
from settlement.transitions import MovementEvent, next_state
from settlement.types import MovementState
from settlement.verify import verify_settlement
from tests.members.people import register
from tests.settlement.market import DEALER, GROWER, NOON_NS, open_market, waiting_commands

pytestmark = pytest.mark.django_db

TEN_YUAN = 1_000


class StatedBank:
    """A bank whose book is given."""

    def __init__(self, *booked: BankEntry) -> None:
        self.booked = list(booked)
        self.told: list[BankInstruction] = []

    def bind_account(self, *, holder: str, uscc: str) -> object:
        raise NotImplementedError

    def submit_deposit(self, instruction: BankInstruction) -> None:
        self.told.append(instruction)

    submit_withdrawal = submit_deposit

    def entries(self, *, since_ns: int) -> list[BankEntry]:
        return self.booked

    def balance_fen(self) -> int:
        return 0


def ask_for(amount_fen: int = TEN_YUAN) -> int:
    """A withdrawal of the dealer that the floor has accepted."""
    view = services.request_withdrawal(actor=SYSTEM, account_no=DEALER, amount_fen=amount_fen)
    assert services.floor_answered(f"withdrawal:{view.id}", 77, Reason.NONE)
    return view.id


def state_of(movement_id: int) -> str:
    return BankMovement.objects.get(pk=movement_id).state


def history(movement_id: int) -> list[str]:
    steps = BankMovementStep.objects.filter(movement_id=movement_id)
    return list(steps.values_list("to_state", flat=True))


# Deposits --------------------------------------------------------------------------------------------


def test_a_deposit_reaches_ledger_and_floor_when_the_bank_confirms() -> None:
    bank = open_market(cash_fen=0)
    view = services.request_deposit(actor=SYSTEM, account_no=DEALER, amount_fen=TEN_YUAN)
    assert (view.state, funds_summary(DEALER).depositing_fen) == ("requested", TEN_YUAN)
    assert waiting_commands() == []

    run = services.run_bank(bank)

    assert (run.sent, run.confirmed) == (1, 1)
    summary = funds_summary(DEALER)
    assert (summary.cash_fen, summary.depositing_fen) == (TEN_YUAN, 0)
    ((reference, command),) = waiting_commands()
    assert reference == f"deposit:{view.id}"
    assert (command.kind, command.account, command.amount) == (CommandKind.FUNDS, DEALER, TEN_YUAN)
    assert history(view.id) == ["requested", "sent", "confirmed"]
    assert services.floor_answered(reference, 12, Reason.NONE)
    assert BankMovement.objects.get(pk=view.id).engine_seq == 12


def test_a_deposit_the_bank_refuses_moves_nothing() -> None:
    bank = open_market(cash_fen=0)
    view = services.deposit(actor=SYSTEM, account_no=DEALER, amount_fen=TEN_YUAN + 13, bank=bank)
    assert (view.state, view.failure) == ("failed", FAILURE_TEXT)
    assert funds_summary(DEALER).cash_fen == 0
    assert waiting_commands() == []


def test_what_the_bank_says_twice_counts_once() -> None:
    bank = open_market()
    for _ in range(3):
        run = services.run_bank(bank)
        assert (run.confirmed, run.unclaimed, run.mismatched) == (0, 0, 0)
    assert funds_summary(DEALER).cash_fen == 10_000_000
    assert len(waiting_commands()) == 3


def test_a_slow_bank_is_asked_until_it_has_booked() -> None:
    hour_ns = 3_600 * 10**9
    clock = [NOON_NS]
    bank = MockBank(delay_ns=hour_ns, clock=lambda: clock[0])
    open_market(cash_fen=0, bank=bank)
    view = services.deposit(actor=SYSTEM, account_no=DEALER, amount_fen=TEN_YUAN, bank=bank)
    assert view.state == "sent"
    clock[0] += hour_ns - 1
    assert services.run_bank(bank).confirmed == 0
    BankMovement.objects.filter(pk=view.id).update(requested_at_ns=NOON_NS)
    clock[0] += 1
    assert services.run_bank(bank).confirmed == 1


def test_a_crash_after_telling_the_bank_tells_it_again_and_moves_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bank = open_market(cash_fen=0)
    services.request_deposit(actor=SYSTEM, account_no=DEALER, amount_fen=TEN_YUAN)
    with monkeypatch.context() as patch:
        patch.setattr("settlement.movements._step", _crash)
        with pytest.raises(KeyboardInterrupt):
            services.run_bank(bank)
    run = services.run_bank(bank)
    assert (run.sent, run.confirmed) == (1, 1)
    assert (funds_summary(DEALER).cash_fen, bank.balance_fen()) == (TEN_YUAN, TEN_YUAN)


def test_a_crash_while_booking_books_later_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bank = open_market(cash_fen=0)
    services.request_deposit(actor=SYSTEM, account_no=DEALER, amount_fen=TEN_YUAN)
    with monkeypatch.context() as patch:
        patch.setattr("settlement.movements.outbox.enqueue", _crash)
        with pytest.raises(KeyboardInterrupt):
            services.run_bank(bank)
    assert funds_summary(DEALER).cash_fen == 0
    assert services.run_bank(bank).confirmed == 1
    assert verify_settlement(bank) == []


def test_money_nobody_asked_for_goes_to_suspense_once() -> None:
    bank = open_market(cash_fen=0)
    bank.receive_unannounced(instruction_no="来账-1", amount_fen=500)
    assert services.run_bank(bank).unclaimed == 1
    assert services.run_bank(bank).unclaimed == 0
    assert LedgerAccount.objects.get(code=SUSPENSE).credits_posted == 500
    assert verify_settlement(bank) == []


def test_another_amount_than_asked_for_waits_for_a_person() -> None:
    open_market(cash_fen=0)
    bank = StatedBank()
    view = services.request_deposit(actor=SYSTEM, account_no=DEALER, amount_fen=TEN_YUAN)
    right = BankEntry("YH1", view.movement_no, "deposit", TEN_YUAN, "", NOON_NS)
    bank.booked = [right._replace(amount_fen=TEN_YUAN - 1)]
    assert services.run_bank(bank).mismatched == 1  # type: ignore[arg-type]
    assert (state_of(view.id), funds_summary(DEALER).cash_fen) == ("sent", 0)
    bank.booked = [right, right]
    assert services.run_bank(bank).confirmed == 1  # type: ignore[arg-type]
    assert funds_summary(DEALER).cash_fen == TEN_YUAN


def test_the_floor_refusing_a_deposit_is_put_before_a_person() -> None:
    open_market(cash_fen=TEN_YUAN)
    assert services.floor_answered("deposit:1", 5, Reason.UNKNOWN_ACCOUNT)
    entry = AuditEntry.objects.get(action="funds.refused_by_floor")
    assert (entry.subject, entry.after) == ("deposit:1", {"reason": "unknown_account"})


# Withdrawals -----------------------------------------------------------------------------------------


def test_a_withdrawal_asks_the_floor_first() -> None:
    open_market()
    view = services.request_withdrawal(actor=SYSTEM, account_no=DEALER, amount_fen=TEN_YUAN)
    reference, command = waiting_commands()[-1]
    assert reference == f"withdrawal:{view.id}"
    assert (command.account, command.amount) == (DEALER, -TEN_YUAN)
    assert funds_summary(DEALER).withdrawing_fen == 0


def test_a_withdrawal_is_reserved_then_paid() -> None:
    bank = open_market()
    movement = ask_for()
    assert funds_summary(DEALER).withdrawing_fen == TEN_YUAN
    run = services.run_bank(bank)
    assert (run.sent, run.confirmed) == (1, 1)
    summary = funds_summary(DEALER)
    assert (summary.cash_fen, summary.withdrawing_fen) == (10_000_000 - TEN_YUAN, 0)
    assert history(movement) == ["requested", "held", "sent", "confirmed"]
    assert verify_settlement(bank) == []


def test_a_withdrawal_the_floor_refuses_never_reaches_the_bank() -> None:
    bank = open_market()
    view = services.request_withdrawal(actor=SYSTEM, account_no=DEALER, amount_fen=TEN_YUAN)
    assert services.floor_answered(f"withdrawal:{view.id}", 77, Reason.INSUFFICIENT_FUNDS)
    assert services.run_bank(bank).sent == 0
    refused = selectors.bank_movements(DEALER).rows[0]
    assert (refused.state, refused.failure) == ("refused", "insufficient_funds")
    assert refused.finished_at_ns is not None
    assert funds_summary(DEALER).cash_fen == 10_000_000


def test_a_withdrawal_the_bank_refuses_comes_back_to_ledger_and_floor() -> None:
    bank = open_market()
    movement = ask_for(TEN_YUAN + 13)
    assert services.run_bank(bank).failed == 1
    summary = funds_summary(DEALER)
    assert (summary.cash_fen, summary.withdrawing_fen) == (10_000_000, 0)
    reference, command = waiting_commands()[-1]
    assert (reference, command.amount) == (f"withdrawal_return:{movement}", TEN_YUAN + 13)
    assert services.floor_answered(reference, 80, Reason.NONE)
    assert verify_settlement(bank) == []


def test_the_same_answer_of_the_floor_cannot_be_taken_twice() -> None:
    open_market()
    movement = ask_for()
    with pytest.raises(BadTransition):
        services.withdrawal_accepted(movement, 77)
    with pytest.raises(BadTransition):
        services.withdrawal_refused(movement, Reason.INSUFFICIENT_FUNDS)
    assert funds_summary(DEALER).withdrawing_fen == TEN_YUAN


def test_nobody_withdraws_more_than_the_ledger_has() -> None:
    open_market()
    with pytest.raises(InsufficientFunds):
        services.request_withdrawal(actor=SYSTEM, account_no=DEALER, amount_fen=10_000_001)
    ask_for(10_000_000)
    with pytest.raises(InsufficientFunds):
        services.request_withdrawal(actor=SYSTEM, account_no=DEALER, amount_fen=1)


@pytest.mark.parametrize("amount", [0, -1, MAX_AMOUNT + 1])
def test_only_sensible_amounts_move(amount: int) -> None:
    open_market()
    with pytest.raises(BadAmount):
        services.request_deposit(actor=SYSTEM, account_no=DEALER, amount_fen=amount)
    with pytest.raises((BadAmount, InsufficientFunds)):
        services.request_withdrawal(actor=SYSTEM, account_no=DEALER, amount_fen=amount)


def test_money_moves_to_a_bound_account_only() -> None:
    member = register(9)
    with pytest.raises(NoBankAccount):
        services.request_deposit(actor=SYSTEM, account_no=member.account_no, amount_fen=1)
    with pytest.raises(UnknownMember):
        services.bind_bank_account(actor=SYSTEM, account_no=404, bank=MockBank())


def test_a_bank_account_is_bound_once_and_shown_masked() -> None:
    bank = open_market(cash_fen=0)
    with pytest.raises(Conflict):
        services.bind_bank_account(actor=SYSTEM, account_no=GROWER, bank=bank)
    shown = selectors.bank_account_of(GROWER)
    assert shown is not None
    assert "····" in shown
    assert selectors.bank_account_of(404) is None


def test_other_references_are_somebody_elses() -> None:
    assert not services.floor_answered("receipt:JG2026:in", 5, Reason.NONE)


def test_requests_leave_a_trace() -> None:
    open_market()
    ask_for()
    actions = list(AuditEntry.objects.order_by("number").values_list("action", flat=True))
    assert actions[-1] == "withdrawal.request"
    assert audit.verify() == []


# The table and the mock bank -------------------------------------------------------------------------


@pytest.mark.parametrize("state", [MovementState.CONFIRMED, MovementState.FAILED, MovementState.REFUSED])
@pytest.mark.parametrize("event", list(MovementEvent))
def test_nothing_leaves_a_final_state(state: MovementState, event: MovementEvent) -> None:
    for direction in ("deposit", "withdrawal"):
        with pytest.raises(BadTransition):
            next_state(direction, state, event)


def test_the_same_seed_is_the_same_bank() -> None:
    first = MockBank(seed=7).bind_account(holder="甲", uscc="93610425000000019J")
    again = MockBank(seed=7).bind_account(holder="甲", uscc="93610425000000019J")
    other = MockBank(seed=8).bind_account(holder="甲", uscc="93610425000000019J")
    assert first == again
    assert first != other


def test_the_bank_carries_out_a_number_once() -> None:
    bank = MockBank(clock=lambda: NOON_NS)
    instruction = BankInstruction("RJ20261120-000001", "6222", "甲", 500)
    bank.submit_deposit(instruction)
    bank.submit_deposit(instruction._replace(amount_fen=900))
    (entry,) = bank.entries(since_ns=NOON_NS)
    assert (entry.amount_fen, bank.balance_fen()) == (500, 500)
    assert bank.entries(since_ns=NOON_NS + 1) == []
    bank.submit_withdrawal(replace_number(instruction, "CJ20261120-000002"))
    assert bank.balance_fen() == 0


def replace_number(instruction: BankInstruction, number: str) -> BankInstruction:
    return instruction._replace(instruction_no=number)


def _crash(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
