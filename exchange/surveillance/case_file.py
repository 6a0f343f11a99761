"""A case as one file for whoever it is handed to: timeline, alerts with their evidence, orders and trades.

The same case gives the same bytes; ``manifest.json`` has the SHA-256 of every part.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence

from exchange.kernel.archives import zipped
from exchange.kernel.calendar import TIMEZONE, format_time
from exchange.kernel.spreadsheets import safe_cell
from exchange.surveillance.selectors import case_by_no
from exchange.surveillance.types import AlertRow, CaseFile
from exchange.trading.day_reading import orders_by_id, trades_by_id
from exchange.trading.types import MODE_WORDS

_SIDES = {1: "buy", 2: "sell"}


def case_archive(no: str) -> bytes:
    """The ZIP of a case. Raises UnknownCase."""
    file = case_by_no(no)
    contents = {
        "case.json": _json(_case(file)),
        "timeline.csv": _timeline(file),
        "alerts.json": _json([_alert(row) for row in file.alerts]),
        "orders.csv": _orders(file),
        "trades.csv": _trades(file),
    }
    manifest = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    return zipped({**contents, "manifest.json": _json(manifest)})


def _case(file: CaseFile) -> dict[str, object]:
    row = file.row
    return {
        "no": row.no,
        "title": row.title,
        "state": row.state.value,
        "assignee": row.assignee,
        "opened_by": row.opened_by,
        "opened_at": row.opened_at.astimezone(TIMEZONE).isoformat(),
        "outcome": row.outcome,
        "outcome_reason": row.outcome_reason,
        "proposed_by": row.proposed_by,
        "closed_by": row.closed_by,
        "closed_at": row.closed_at.astimezone(TIMEZONE).isoformat() if row.closed_at else None,
        "accounts": list(row.accounts),
    }


def _alert(row: AlertRow) -> dict[str, object]:
    return {
        "no": row.no,
        "revision": row.revision,
        "state": row.state.value,
        "evidence": row.evidence,
        "evidence_hash": row.evidence_hash,
        "computed_at": row.computed_at.astimezone(TIMEZONE).isoformat(),
    }


def _timeline(file: CaseFile) -> bytes:
    rows = (
        [each.at.astimezone(TIMEZONE).isoformat(), each.kind.value, each.actor, each.reference, each.text]
        for each in file.entries
    )
    return _csv(["at", "kind", "actor", "reference", "text"], rows)


def _orders(file: CaseFile) -> bytes:
    header = ["order_id", "account", "product", "side", "price_fen"]
    header += ["quantity_kg", "filled_kg", "status", "reason", "placed_at"]
    rows = (
        [
            row.order_id,
            row.account_no,
            row.product_number,
            _SIDES[row.side],
            row.price,
            row.quantity,
            row.filled,
            row.status.name.lower(),
            row.reason,
            format_time(row.placed_at_ns),
        ]
        for row in orders_by_id(file.orders)
    )
    return _csv(header, rows)


def _trades(file: CaseFile) -> bytes:
    header = ["trade_id", "product", "price_fen", "quantity_kg", "amount_fen"]
    header += ["buyer", "seller", "way", "traded_at"]
    rows = (
        [
            row.trade_id,
            row.product_number,
            row.price,
            row.quantity,
            row.amount_fen,
            row.buyer_no,
            row.seller_no,
            MODE_WORDS[row.mode],
            format_time(row.traded_at_ns),
        ]
        for row in trades_by_id(file.trades)
    )
    return _csv(header, rows)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with a mark; text a spreadsheet would compute is quoted."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()
