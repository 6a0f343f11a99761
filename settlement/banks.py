"""Banks: what the exchange asks of a settlement bank, and a made-up bank that answers like one.

``Bank`` is the real interface: instructions out (as pain.001), booked entries in (as camt.053). An
instruction has a number of ours; the bank carries each number out at most once, however often it is sent.
Entries are asked for by time and may come twice; whoever reads them ignores what is known.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal, NamedTuple, Protocol

from django.db.models import Sum
from faker import Faker

from exchange.kernel.calendar import datetime_of, day_bounds_ns, now_ns
from settlement.iso20022 import Statement, StatementEntry, write_statement
from settlement.models import MockBankInstruction

Direction = Literal["deposit", "withdrawal"]


class BankInstruction(NamedTuple):
    """What the bank is told: collect money from a member's account, or pay it out there."""

    instruction_no: str
    bank_account_no: str
    holder: str
    amount_fen: int


class BankEntry(NamedTuple):
    """What stands in the bank's book. ``failure`` is empty when the money moved."""

    bank_ref: str
    instruction_no: str
    direction: Direction
    amount_fen: int
    failure: str
    booked_at_ns: int


class OpenedAccount(NamedTuple):
    """An account at a bank, bound to a member."""

    bank_name: str
    bank_account_no: str


class Bank(Protocol):
    """A settlement bank 结算银行."""

    def bind_account(self, *, holder: str, uscc: str) -> OpenedAccount:
        """Signs a member up with the account it has at the bank."""

    def submit_deposit(self, instruction: BankInstruction) -> None:
        """Asks for money from a member's account into the settlement account."""

    def submit_withdrawal(self, instruction: BankInstruction) -> None:
        """Asks for money from the settlement account to a member's account."""

    def entries(self, *, since_ns: int) -> Sequence[BankEntry]:
        """Everything booked at or after an instant, oldest first."""

    def balance_fen(self) -> int:
        """What the settlement account holds by the bank's book."""

    def statement(self, day: date) -> bytes:
        """The camt.053 of a day, when the day is over."""


class Misbehaviour(NamedTuple):
    """How a mock bank's statement is wrong, to test what becomes of it."""

    truncated: bool = False
    """The file ends in the middle."""
    doubled: bool = False
    """Its last entry stands there twice, and the balance does not follow."""
    doubled_in_balance: bool = False
    """The same, and the balance follows: the bank booked it twice."""
    left_out: bool = False
    """Its last entry is missing, and the balance does not follow."""
    other_account: bool = False
    skipped: int = 0
    """How many statements before it were never sent."""


SETTLEMENT_ACCOUNT = "6104000000000000001"
"""客户资金专户 at the settlement bank."""

_FIRST_STATEMENT = date(2026, 1, 1)

FAILING_FEN = 13
"""The mock bank refuses amounts that end in 0.13 yuan, so that a failure can be tried by hand."""

FAILURE_TEXT = "户名与账号不符"


class MockBank:
    """A bank made up from a seed: the same seed and instruction give the same reference and outcome.

    Its book is a table of its own, so it survives a restart as a bank would. ``delay_ns`` is how long it
    takes to book an instruction.
    """

    def __init__(
        self,
        *,
        seed: int = 610_400,
        delay_ns: int = 0,
        clock: Callable[[], int] = now_ns,
        wrong: Misbehaviour | None = None,
    ) -> None:
        self._seed = seed
        self._delay_ns = delay_ns
        self._clock = clock
        self._wrong = wrong or Misbehaviour()

    def bind_account(self, *, holder: str, uscc: str) -> OpenedAccount:
        """An account that is always the same for the same member."""
        fake = Faker("zh_CN")
        fake.seed_instance(f"{self._seed}:{uscc}")
        number = fake.numerify("6222") + str(int(self._digest(uscc), 16))[:15]
        return OpenedAccount(f"{fake.bank()}咸阳{fake.random_element(('秦都', '渭城', '兴平'))}支行", number)

    def submit_deposit(self, instruction: BankInstruction) -> None:
        """Collects at once, or after the delay."""
        self._take("deposit", instruction)

    def submit_withdrawal(self, instruction: BankInstruction) -> None:
        """Pays at once, or after the delay."""
        self._take("withdrawal", instruction)

    def entries(self, *, since_ns: int) -> list[BankEntry]:
        """What is booked by now, oldest first."""
        booked = MockBankInstruction.objects.filter(
            booked_at_ns__gte=since_ns, booked_at_ns__lte=self._clock()
        )
        return [
            BankEntry(
                bank_ref=told.bank_ref,
                instruction_no=told.instruction_no,
                direction="deposit" if told.direction == "deposit" else "withdrawal",
                amount_fen=told.amount_fen,
                failure=told.failure,
                booked_at_ns=told.booked_at_ns,
            )
            for told in booked.order_by("booked_at_ns", "pk")
        ]

    def balance_fen(self) -> int:
        """Deposits booked less withdrawals booked."""
        return self._booked("deposit") - self._booked("withdrawal")

    def statement(self, day: date) -> bytes:
        """Everything booked that day; numbered by the days since 2026-01-01.

        As wrong as it was told to be.
        """
        start, end = day_bounds_ns(day)
        told = MockBankInstruction.objects.filter(booked_at_ns__gte=start, booked_at_ns__lt=end)
        entries = [
            StatementEntry(
                bank_ref=each.bank_ref,
                end_to_end_id=each.instruction_no,
                credit=each.direction == "deposit",
                amount_fen=each.amount_fen,
                failure=each.failure,
                booked=day,
            )
            for each in told.order_by("booked_at_ns", "pk")
        ]
        opening = self._booked("deposit", start) - self._booked("withdrawal", start)
        wrong = self._wrong
        if wrong.doubled_in_balance:
            entries.append(entries[-1]._replace(bank_ref=f"{entries[-1].bank_ref}-2"))
        closing = opening + sum(
            each.amount_fen * (1 if each.credit else -1) for each in entries if not each.failure
        )
        if wrong.doubled:
            entries.append(entries[-1])
        if wrong.left_out:
            entries.pop()
        content = write_statement(
            Statement(
                message_id=f"ST{day:%Y%m%d}",
                sequence=(day - _FIRST_STATEMENT).days + wrong.skipped,
                account="6104000000000000002" if wrong.other_account else SETTLEMENT_ACCOUNT,
                day=day,
                opening_fen=opening,
                closing_fen=closing,
                entries=tuple(entries),
            ),
            datetime_of(end),
        )
        return content[: len(content) // 2] if wrong.truncated else content

    def receive_unannounced(self, *, instruction_no: str, amount_fen: int) -> None:
        """Somebody pays into the settlement account without being asked."""
        self._take("deposit", BankInstruction(instruction_no, "", "", amount_fen))

    def _take(self, direction: Direction, instruction: BankInstruction) -> None:
        received_at_ns = self._clock()
        MockBankInstruction.objects.get_or_create(
            instruction_no=instruction.instruction_no,
            defaults={
                "direction": direction,
                "bank_account_no": instruction.bank_account_no,
                "amount_fen": instruction.amount_fen,
                "received_at_ns": received_at_ns,
                "booked_at_ns": received_at_ns + self._delay_ns,
                "bank_ref": f"YH{self._digest(instruction.instruction_no)[:16].upper()}",
                "failure": FAILURE_TEXT if instruction.amount_fen % 100 == FAILING_FEN else "",
            },
        )

    def _booked(self, direction: Direction, before_ns: int | None = None) -> int:
        until_ns = self._clock() if before_ns is None else before_ns - 1
        moved = MockBankInstruction.objects.filter(
            direction=direction, failure="", booked_at_ns__lte=until_ns
        )
        return moved.aggregate(total=Sum("amount_fen"))["total"] or 0

    def _digest(self, text: str) -> str:
        return hashlib.sha256(f"{self._seed}:{text}".encode()).hexdigest()
