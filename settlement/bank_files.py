"""Files to and from the bank: payments out as pain.001, statements in as camt.053, and a quarantine.

Whatever comes is kept as it came. A file that is truncated, does not add up, is of another account, out of
order or sent before books nothing and says why. An entry is booked once, whichever way it is learnt of.
"""

import hashlib
from datetime import date
from typing import NamedTuple

from django.db import IntegrityError, transaction

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import datetime_of, now_ns, trading_day
from exchange.kernel.ids import next_number
from exchange.kernel.problems import JinguoError
from settlement.banks import SETTLEMENT_ACCOUNT, BankEntry
from settlement.errors import BadBankFile, BankFileOutOfOrder, DuplicateBankFile, OtherAccountsFile
from settlement.iso20022 import Payment, Statement, StatementEntry, read_statement, write_payments
from settlement.locks import lock_ledger
from settlement.models import BankFile, BankMovement, WithdrawalReview
from settlement.movements import take_in
from settlement.types import MovementState

OUR_NAME = "中国咸阳金果网客户资金专户"
OUR_BANK = "咸阳结算银行"
PAIN_KIND, CAMT_KIND = "pain.001", "camt.053"


class Imported(NamedTuple):
    """What taking a statement in did."""

    sequence: int
    day: date
    booked: int
    known: int
    unclaimed: int
    mismatched: int


class BankFileRow(NamedTuple):
    """A file as the finance desk sees it."""

    id: int
    direction: str
    kind: str
    message_id: str
    sequence: int | None
    day: date | None
    sha256: str
    accepted: bool
    refusal: str
    detail: str
    at_ns: int


def import_statement(content: bytes, *, actor: Actor, account: str = SETTLEMENT_ACCOUNT) -> Imported:
    """Books the entries of a camt.053 that are new. A refused file is kept in quarantine first.

    Raises BadBankFile, OtherAccountsFile, DuplicateBankFile, BankFileOutOfOrder.
    """
    try:
        with transaction.atomic():
            return _import(content, actor, account)
    except JinguoError as error:
        _quarantine(content, error, actor)
        raise
    except IntegrityError as error:
        refusal = BadBankFile(str(error)[:200], why_zh="与已记账目冲突", why_en="it contradicts the books")
        _quarantine(content, refusal, actor)
        raise refusal from error


def _import(content: bytes, actor: Actor, account: str) -> Imported:
    lock_ledger()
    statement = read_statement(content)
    if statement.account != account:
        raise OtherAccountsFile(account=account)
    last = _last_sequence()
    if last is not None and statement.sequence <= last:
        raise DuplicateBankFile(sequence=statement.sequence)
    if last is not None and statement.sequence != last + 1:
        raise BankFileOutOfOrder(expected=last + 1, sequence=statement.sequence)
    outcomes = [take_in(_bank_entry(entry)) for entry in statement.entries]
    _keep("in", CAMT_KIND, content, statement=statement)
    done = Imported(
        statement.sequence,
        statement.day,
        sum(outcome in ("confirmed", "failed") for outcome in outcomes),
        outcomes.count("known"),
        outcomes.count("unclaimed"),
        outcomes.count("mismatched"),
    )
    audit.record(
        actor=actor,
        action="bank_file.import",
        subject=f"camt.053:{statement.sequence}",
        after={"booked": done.booked, "unclaimed": done.unclaimed, "mismatched": done.mismatched},
    )
    return done


def _last_sequence() -> int | None:
    accepted = BankFile.objects.filter(direction="in", kind=CAMT_KIND, accepted=True)
    return accepted.order_by("-sequence").values_list("sequence", flat=True).first()


def _bank_entry(entry: StatementEntry) -> BankEntry:
    return BankEntry(
        bank_ref=entry.bank_ref,
        instruction_no=entry.end_to_end_id,
        direction="deposit" if entry.credit else "withdrawal",
        amount_fen=entry.amount_fen,
        failure=entry.failure,
        booked_at_ns=0,
    )


def _quarantine(content: bytes, error: JinguoError, actor: Actor) -> None:
    with transaction.atomic():
        _keep("in", CAMT_KIND, content, error=error)
        audit.record(
            actor=actor,
            action="bank_file.quarantine",
            subject=f"sha256:{hashlib.sha256(content).hexdigest()[:16]}",
            after={"code": error.code},
        )


def _keep(
    direction: str,
    kind: str,
    content: bytes,
    *,
    statement: Statement | None = None,
    message_id: str = "",
    error: JinguoError | None = None,
) -> BankFile:
    return BankFile.objects.create(
        direction=direction,
        kind=kind,
        message_id=statement.message_id if statement else message_id,
        sequence=statement.sequence if statement else None,
        day=statement.day if statement else None,
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        accepted=error is None,
        refusal="" if error is None else error.code,
        detail="" if error is None else error.message("zh")[:300],
        at_ns=now_ns(),
    )


def export_payments(*, actor: Actor) -> bytes | None:
    """The held withdrawals that may go to the bank as one pain.001, kept; None when there are none.

    The file tells the bank; each number is carried out at most once however often it is told.
    """
    with transaction.atomic():
        lock_ledger()
        held = BankMovement.objects.filter(direction="withdrawal", state=MovementState.HELD)
        ready = held.exclude(
            pk__in=WithdrawalReview.objects.filter(decision="").values("movement_id")
        ).select_related("bank_account")
        payments = [
            Payment(
                movement.movement_no,
                movement.bank_account.bank_account_no,
                movement.bank_account.holder,
                movement.amount_fen,
            )
            for movement in ready.order_by("pk")
        ]
        if not payments:
            return None
        at_ns = now_ns()
        message_id = f"JG{trading_day(at_ns):%Y%m%d}{next_number('pain.001'):08d}"
        content = write_payments(
            message_id=message_id,
            created=datetime_of(at_ns),
            debtor=OUR_NAME,
            account=SETTLEMENT_ACCOUNT,
            bank=OUR_BANK,
            payments=payments,
        )
        _keep("out", PAIN_KIND, content, message_id=message_id)
        audit.record(
            actor=actor,
            action="bank_file.export",
            subject=f"pain.001:{message_id}",
            after={"payments": len(payments)},
        )
    return content


def bank_files(limit: int = 50) -> list[BankFileRow]:
    """Newest first, quarantine too."""
    rows = BankFile.objects.order_by("-pk")[:limit].values_list(*BankFileRow._fields)
    return [BankFileRow._make(row) for row in rows]


def bank_file_content(file_id: int) -> tuple[str, bytes]:
    """(file name, content). Raises BankFile.DoesNotExist."""
    stored = BankFile.objects.get(pk=file_id)
    return f"{stored.kind}-{stored.message_id or stored.pk}.xml", bytes(stored.content)


def statement_of(day: date) -> Statement | None:
    """The bank's statement of a day, as it was accepted; None when there is none."""
    stored = BankFile.objects.filter(direction="in", kind=CAMT_KIND, accepted=True, day=day).last()
    return None if stored is None else read_statement(bytes(stored.content))
