"""Everything the projector writes, as one comparable value, and statements that fail on purpose."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from exchange.halls import models as halls
from exchange.kernel.bulk_postgres import PostgresBulkWriter
from exchange.kernel.models import Outbox
from exchange.trading import models as trading
from matching.types import Command
from settlement.models import Contract, Delivery, LedgerAccount, Transfer
from warehouse_receipts.models import Endorsement, Receipt, ReceiptHold, SetAside, Stock

Dump = dict[str, list[tuple[Any, ...]]]

_AUTOMATIC = {"id", "last_transfer_id", "created_at"}
"""Columns that depend on a sequence of the database or the wall clock."""

_TABLES = (
    trading.Order,
    trading.RefusedOrder,
    trading.Trade,
    trading.Bar,
    trading.AccountPosition,
    trading.GoodsPosition,
    trading.ProjectorPosition,
    Transfer,
    LedgerAccount,
    Contract,
    Delivery,
    Receipt,
    ReceiptHold,
    SetAside,
    Endorsement,
    Stock,
    halls.Listing,
    halls.Take,
    halls.Proposal,
    halls.Deal,
    halls.Auction,
    halls.Entry,
    halls.Bid,
    halls.Award,
    halls.DeskHold,
)


def dump() -> Dump:
    """All rows the projector may write, by table, in one order, without automatic columns."""
    return {"Outbox": _outbox(), **{model.__name__: _rows(model) for model in _TABLES}}


def _outbox() -> list[tuple[Any, ...]]:
    """Answered rows, and what the waiting ones give by account and product: how they are parcelled depends
    on the chunks."""
    waiting: Counter[tuple[int, int, int]] = Counter()
    for row in Outbox.objects.filter(applied_seq__isnull=True):
        command = Command.unpack(bytes(row.command))
        waiting[command.kind, command.account, command.product] += command.quantity + command.amount
    answered = Outbox.objects.filter(applied_seq__isnull=False)
    return [*sorted(answered.values_list("reference", "applied_seq", "reason")), *sorted(waiting.items())]


def _rows(model: Any) -> list[tuple[Any, ...]]:
    columns = [field.attname for field in model._meta.concrete_fields if field.attname not in _AUTOMATIC]
    if model is Transfer:
        # A withdrawal is booked by the wall clock; a trade's time stands in Trade and Contract.
        columns = [
            name for name in columns if not name.endswith("_id") and name not in ("day", "posted_at_ns")
        ]
        columns += ["debit_account__code", "credit_account__code"]
    if model is Receipt:
        columns = [name for name in columns if name != "set_aside_id"] + ["set_aside__reference"]
    if model is SetAside:
        columns = [name for name in columns if name != "ended_at"]
    return sorted(model.objects.values_list(*columns), key=repr)


class Killed(BaseException):
    """The process died here, as far as the projector can tell."""


@contextmanager
def killed_at(
    statement: int, monkeypatch: pytest.MonkeyPatch, error: Callable[[], BaseException] = Killed
) -> Iterator[list[str]]:
    """Lets so many statements happen and dies right after the next one; yields the statements seen."""
    seen: list[str] = []

    def count(sql: str) -> None:
        seen.append(sql)
        if len(seen) == statement:
            raise error()

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = run(sql, params, many, context)
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            count(sql)
        return result

    copy = PostgresBulkWriter._copy

    def counted_copy(self: Any, cursor: Any, target: str, *rest: Any) -> None:
        copy(self, cursor, target, *rest)
        count(f"COPY {target}")

    with monkeypatch.context() as patch, connection.execute_wrapper(execute):
        patch.setattr(PostgresBulkWriter, "_copy", counted_copy)
        yield seen
