"""The locks of settlement and their one order: ledger, then bank movements by id, then deliveries with their
contracts by id, then what belongs to a delivery.

The ledger has one writer at a time, as in TigerBeetle: bulk posts touch the same few accounts anyway, and
one lock taken first cannot deadlock. It lasts until the transaction ends. SQLite has one writer by nature.
"""

from collections.abc import Iterable
from typing import TypeVar

from django.db import connection
from django.db.models import Model

from exchange.kernel.errors import NotFound
from settlement.models import (
    BankMovement,
    Breach,
    Charge,
    Claim,
    Delivery,
    DisputeCase,
    Invoice,
    MoneyProposal,
    Rescission,
    TermsVersion,
)

Row = TypeVar("Row", bound=Model)

_LEDGER_LOCK = 0x6C65646765720001
"""Number of the advisory lock ("ledger", 1)."""
_TERMS_LOCK = 0x7465726D73000001
"""("terms", 1)."""


def lock_ledger() -> None:
    """Waits until no other transaction writes the ledger. Taken before any other lock of settlement."""
    assert connection.in_atomic_block, "a lock lasts as long as its transaction"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LEDGER_LOCK])


def locked_movement(movement_id: int) -> BankMovement:
    """The movement, kept for this transaction, after the ledger. Raises BankMovement.DoesNotExist."""
    lock_ledger()
    return BankMovement.objects.select_for_update().get(pk=movement_id)


def locked_charge(charge_key: str) -> Charge:
    """A charge, kept for this transaction, after the ledger. Raises NotFound."""
    lock_ledger()
    return _found(Charge.objects.select_for_update().filter(charge_key=charge_key).first(), charge_key)


def locked_proposal(proposal_no: str) -> MoneyProposal:
    """A proposal, kept for this transaction, after the ledger. Raises NotFound."""
    lock_ledger()
    rows = MoneyProposal.objects.select_for_update().filter(proposal_no=proposal_no)
    return _found(rows.first(), proposal_no)


def locked_delivery(contract_no: str) -> Delivery:
    """A delivery and its contract, kept for this transaction, after the ledger. Raises NotFound."""
    lock_ledger()
    rows = Delivery.objects.select_related("contract").select_for_update().filter(contract_no=contract_no)
    return _found(rows.first(), contract_no)


def locked_deliveries(trade_ids: Iterable[int]) -> list[Delivery]:
    """The deliveries of these trades with their contracts, kept for this transaction, oldest first."""
    wanted = list(trade_ids)
    if not wanted:
        return []
    lock_ledger()
    rows = Delivery.objects.select_related("contract").select_for_update()
    return list(rows.filter(pk__in=wanted).order_by("pk"))


def locked_due_deliveries(now_ns: int, stages: Iterable[str], limit: int) -> list[Delivery]:
    """Deliveries in one of the stages whose deadline has come, oldest contract first."""
    lock_ledger()
    rows = Delivery.objects.select_related("contract").select_for_update()
    return list(rows.filter(next_due_ns__lte=now_ns, stage__in=list(stages)).order_by("pk")[:limit])


def locked_invoice(document_no: str) -> Invoice:
    """An invoice, kept for this transaction. Raises NotFound."""
    lock_ledger()
    rows = Invoice.objects.select_for_update().filter(document_no=document_no)
    return _found(rows.first(), document_no)


def locked_claim(claim_no: str) -> Claim:
    """A claim with its delivery and contract, kept for this transaction, after the ledger.

    Raises NotFound.
    """
    lock_ledger()
    rows = Claim.objects.select_related("delivery__contract").select_for_update().filter(claim_no=claim_no)
    return _found(rows.first(), claim_no)


def locked_breach(breach_no: str) -> Breach:
    """A breach with its delivery and contract, kept for this transaction, after the ledger.

    Raises NotFound.
    """
    lock_ledger()
    rows = Breach.objects.select_related("delivery__contract").select_for_update().filter(breach_no=breach_no)
    return _found(rows.first(), breach_no)


def locked_dispute(case_no: str) -> DisputeCase:
    """A case with its delivery and contract, kept for this transaction, after the ledger. Raises NotFound."""
    lock_ledger()
    rows = DisputeCase.objects.select_related("delivery__contract").select_for_update()
    return _found(rows.filter(case_no=case_no).first(), case_no)


def locked_terms_desk() -> None:
    """Waits until no other transaction proposes or approves terms."""
    assert connection.in_atomic_block, "a lock lasts as long as its transaction"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TERMS_LOCK])


def locked_terms(version: str) -> TermsVersion:
    """A version of the terms, kept for this transaction. Raises NotFound."""
    return _found(TermsVersion.objects.select_for_update().filter(version=version).first(), version)


def locked_rescission(rescission_no: str) -> Rescission:
    """A rescission with its delivery and contract, kept for this transaction. Raises NotFound.

    It comes before the receipts and without the ledger: the projector takes receipts before the ledger.
    """
    rows = Rescission.objects.select_related("delivery__contract").select_for_update(of=("self",))
    return _found(rows.filter(rescission_no=rescission_no).first(), rescission_no)


def _found(row: Row | None, sought: str) -> Row:
    if row is None:
        raise NotFound(detail=sought)
    return row
