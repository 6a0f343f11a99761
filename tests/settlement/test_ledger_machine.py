"""The ledger against a model of it, over any sequence of postings and of SQL typed by hand.

Whatever is tried: debits equal credits, no account falls below zero, every pending transfer is resolved at
most once, nothing posted ever changes, a refused batch leaves nothing behind.
"""

from typing import NamedTuple

import pytest
from django.db import IntegrityError, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from exchange.kernel.errors import InsufficientFunds, LedgerRefused
from settlement.accounts import CLIENT_MONEY, FEES, SUSPENSE, cash_of, quality_deposit_of
from settlement.ledger import post, settle_trades
from settlement.models import LedgerAccount, Transfer
from settlement.types import NewTransfer, TransferPhase
from settlement.verify import trial_balance, verify_settlement
from tests.examples import examples
from tests.settlement.market import resolve, run_sql, trade, transfer

MEMBERS = (1, 2, 3)
SOUND = [cash_of(no) for no in MEMBERS] + [quality_deposit_of(1), FEES]
"""Accounts that grow on the credit side and stay above zero."""

CODES = [*SOUND, CLIENT_MONEY, SUSPENSE]

AMOUNTS = st.integers(1, 300) | st.integers(1, 10**13)

PAIRS = st.permutations(CODES).map(lambda codes: (codes[0], codes[1]))

BY_HAND = [
    "UPDATE settlement_transfer SET amount_fen = amount_fen + 1",
    "UPDATE settlement_transfer SET credit_account_id = debit_account_id",
    "DELETE FROM settlement_transfer",
    "UPDATE settlement_ledgeraccount SET credits_posted = credits_posted + 1",
    "UPDATE settlement_ledgeraccount SET debits_pending = 0, credits_pending = 0, last_transfer_id = 10",
    "UPDATE settlement_ledgeraccount SET last_transfer_id = last_transfer_id + 1",
    "DELETE FROM settlement_ledgeraccount",
]


class Books(NamedTuple):
    """The model: what each account has (credits − debits), and what is reserved on either side."""

    posted: dict[str, int]
    out: dict[str, int]
    incoming: dict[str, int]

    def copy(self) -> "Books":
        return Books(dict(self.posted), dict(self.out), dict(self.incoming))

    def apply(self, done: NewTransfer, released_fen: int = 0) -> None:
        """What a transfer does; ``released_fen`` is what a resolution takes off the reservation."""
        if done.phase in (TransferPhase.POSTED, TransferPhase.POST):
            self.posted[done.debit] -= done.amount_fen
            self.posted[done.credit] += done.amount_fen
        if done.phase != TransferPhase.POSTED:
            reserved = done.amount_fen if done.phase == TransferPhase.PENDING else -released_fen
            self.out[done.debit] += reserved
            self.incoming[done.credit] += reserved

    def sound(self) -> bool:
        """Whether no account is below zero."""
        credit_side = all(self.posted[code] >= self.out[code] for code in SOUND)
        return credit_side and -self.posted[CLIENT_MONEY] >= self.incoming[CLIENT_MONEY]


class LedgerMachine(RuleBasedStateMachine):
    """Postings of every kind, right and wrong."""

    pending = Bundle("pending")
    resolved = Bundle("resolved")

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        nothing = dict.fromkeys(CODES, 0)
        self.books = Books(dict(nothing), dict(nothing), dict(nothing))
        self.count = 0
        self.trades = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    def key(self) -> str:
        """A key not used before."""
        self.count += 1
        return f"t{self.count}"

    def attempt(self, batch: list[NewTransfer], released_fen: int = 0) -> bool:
        """Posts a batch and compares with the model; says whether it was taken.

        SQLite looks at the balances after each transfer, PostgreSQL after the batch: a batch that only dips
        below zero on its way may be refused or not, but it is whole or not there.
        """
        stepwise, whole = True, self.books.copy()
        for done in batch:
            whole.apply(done, released_fen)
            stepwise = stepwise and whole.sound()
        before = Transfer.objects.count()
        try:
            post(batch)
        except InsufficientFunds:
            assert not stepwise
            assert Transfer.objects.count() == before
            return False
        assert whole.sound()
        assert Transfer.objects.count() == before + len(batch)
        self.books = whole
        return True

    @initialize(amount=st.integers(10**6, 10**13))
    def money_comes_in(self, amount: int) -> None:
        assert self.attempt([transfer(self.key(), CLIENT_MONEY, cash_of(no), amount) for no in MEMBERS])

    @rule(pair=PAIRS, amount=AMOUNTS)
    def move(self, pair: tuple[str, str], amount: int) -> None:
        self.attempt([transfer(self.key(), *pair, amount)])

    @rule(moves=st.lists(st.tuples(PAIRS, AMOUNTS), min_size=2, max_size=5))
    def move_linked(self, moves: list[tuple[tuple[str, str], int]]) -> None:
        self.attempt([transfer(self.key(), *pair, amount) for pair, amount in moves])

    @rule(target=pending, pair=PAIRS, amount=AMOUNTS)
    def reserve(self, pair: tuple[str, str], amount: int) -> object:
        wanted = transfer(self.key(), *pair, amount, phase=TransferPhase.PENDING)
        return wanted if self.attempt([wanted]) else multiple()

    @rule(
        target=resolved,
        reserved=consumes(pending),
        phase=st.sampled_from([TransferPhase.POST, TransferPhase.VOID]),
        keep=st.integers(0, 400),
    )
    def settle(self, reserved: NewTransfer, phase: TransferPhase, keep: int) -> NewTransfer:
        resolution = resolve(self.key(), reserved, phase)
        if phase == TransferPhase.POST:
            resolution = resolution._replace(amount_fen=max(1, reserved.amount_fen - keep))
        assert self.attempt([resolution], reserved.amount_fen)
        return reserved

    @rule(done=resolved, phase=st.sampled_from([TransferPhase.POST, TransferPhase.VOID]))
    def settle_again(self, done: NewTransfer, phase: TransferPhase) -> None:
        with pytest.raises(LedgerRefused):
            post([resolve(self.key(), done, phase)])

    @rule(reserved=pending, change=st.integers(1, 5))
    def settle_more_than_was_pending(self, reserved: NewTransfer, change: int) -> None:
        wrong = reserved._replace(amount_fen=reserved.amount_fen + change)
        with pytest.raises(LedgerRefused):
            post([resolve(self.key(), wrong, TransferPhase.POST)])

    @rule(reserved=pending)
    def expire_what_does_not(self, reserved: NewTransfer) -> None:
        with pytest.raises(LedgerRefused):
            post([resolve(self.key(), reserved, TransferPhase.EXPIRE)])

    @rule(pair=PAIRS)
    def use_a_key_again(self, pair: tuple[str, str]) -> None:
        with pytest.raises(LedgerRefused):
            post([transfer(self.key(), CLIENT_MONEY, cash_of(1), 1), transfer("t1", *pair, 1)])

    @rule(
        parties=st.permutations(MEMBERS),
        kg=st.integers(1, 5_000),
        seller_fee=st.integers(0, 3),
        deposit=st.integers(0, 9),
    )
    def trade(self, parties: list[int], kg: int, seller_fee: int, deposit: int) -> None:
        buyer, seller, _ = parties
        self.trades += 1
        fill = {"seller_fee_fen": seller_fee, "deposit_fen": deposit if seller == 1 else 0}
        money = trade(self.trades, price_fen=100, kg=kg, buyer_no=buyer, seller_no=seller, **fill)
        after = self.books.copy()
        for debit, credit, fen in (
            (cash_of(buyer), cash_of(seller), money.amount_fen),
            (cash_of(buyer), FEES, money.buyer_fee_fen),
            (cash_of(seller), FEES, money.seller_fee_fen),
            (cash_of(seller), quality_deposit_of(1), money.deposit_fen),
        ):
            after.apply(transfer("", debit, credit, fen))
        try:
            settle_trades([money])
        except InsufficientFunds:
            assert not after.sound()
        else:
            assert after.sound()
            self.books = after

    @rule(statement=st.sampled_from(BY_HAND))
    def tamper(self, statement: str) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            run_sql(statement)

    @invariant()
    def the_tables_say_what_the_model_says(self) -> None:
        for account in LedgerAccount.objects.all():
            assert account.credits_posted - account.debits_posted == self.books.posted[account.code]
            assert account.debits_pending == self.books.out[account.code]
            assert account.credits_pending == self.books.incoming[account.code]

    @invariant()
    def the_ledger_verifies(self) -> None:
        sums = trial_balance()
        assert sums.debits_posted == sums.credits_posted
        assert sums.debits_pending == sums.credits_pending
        assert verify_settlement() == []


@pytest.mark.django_db
def test_the_ledger_behaves_like_its_model() -> None:
    run_state_machine_as_test(
        LedgerMachine, settings=settings(max_examples=examples(25), stateful_step_count=20, deadline=None)
    )
