"""The locks of settlement and their one order: ledger, then bank movements by id, then contracts by id.

The ledger has one writer at a time, as in TigerBeetle: bulk posts touch the same few accounts anyway, and
one lock taken first cannot deadlock. It lasts until the transaction ends. SQLite has one writer by nature.
"""

from datetime import date

from django.db import connection

from settlement.models import BankMovement, Contract
from settlement.types import ContractStatus

_LEDGER_LOCK = 0x6C65646765720001
"""Number of the advisory lock ("ledger", 1)."""


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


def locked_running_contracts(due: date, limit: int) -> list[Contract]:
    """Effective contracts whose deposit is due for release by ``due``, kept for this transaction."""
    lock_ledger()
    running = Contract.objects.filter(status=ContractStatus.EFFECTIVE, deposit_release_day__lte=due)
    return list(running.order_by("pk").select_for_update()[:limit])
