"""A large register to measure: lots with all their steps, receipts sold on in parts, every step signed.

The rows are what the services would have written; they go in by the bulk writer, and every trigger and
constraint looks at them as at any others. Lots are stored by the services themselves.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db import connection, transaction

from exchange.kernel import calendar, institutions
from exchange.kernel.bulk import bulk_writer, table_of
from exchange.kernel.canonical import canonical_json
from exchange.kernel.ids import next_number
from warehouse_receipts.chain import EXCHANGE, head_of, life_hash, seal_endorsements
from warehouse_receipts.lifecycle import Action, Party, Stage
from warehouse_receipts.models import Endorsement, LifeEvent, Receipt
from warehouse_receipts.title import RECEIPT_SERIES
from warehouse_receipts.title_rows import endorsement_hash, receipt_no

EVENTS = table_of(LifeEvent)
RECEIPTS = table_of(Receipt)
ENDORSEMENTS = table_of(Endorsement)

PART_KG = 1_000
PARTS_PER_LOT = 200
"""Receipts over one lot: what its first holder keeps, and what was sold on in parts."""
LOT_KG = PART_KG * PARTS_PER_LOT
AT_ONCE = 5_000


class _Signer:
    """The exchange's signature, its key looked up once."""

    def __init__(self) -> None:
        self._sign = institutions.signer(EXCHANGE)
        self._key_id = institutions.sign_named(EXCHANGE, b"").key_id

    def event(
        self, no: str, seq: int, action: Action, stage: Stage, said: dict[str, Any], prev_hash: str
    ) -> tuple[Any, ...]:
        """A row of the table of steps; its hash is third from the end."""
        at = calendar.now()
        facts = (no, seq, action.value, stage.value, Party.EXCHANGE.value, EXCHANGE, "bench", at)
        text = canonical_json(said).decode()
        digest = life_hash(*facts, text, prev_hash)
        return (*facts, text, prev_hash, digest, self._key_id, self._sign(digest.encode()).hex())


def fill(
    bring_lot: Callable[[int], str], *, receipts: int, holders: Sequence[int], progress: Callable[[int], None]
) -> int:
    """Grows the register by so many receipts; how many there are then.

    bring_lot(number) stores a lot of LOT_KG with one receipt and returns that receipt's number. Each is sold
    on in parts to the holders in turn, and every part has been in a business and come out of it again.
    """
    assert connection.in_atomic_block is False
    signer = _Signer()
    made = 0
    for lot in range(receipts // PARTS_PER_LOT):
        with transaction.atomic():
            root = Receipt.objects.get(no=bring_lot(lot))
            made += 1 + _sell_in_parts(root, holders, signer)
        progress(made)
    while seal_endorsements():
        pass
    return Receipt.objects.count()


def _sell_in_parts(root: Receipt, holders: Sequence[int], signer: _Signer) -> int:
    """Children, endorsements and steps of one lot; how many children."""
    parts = PARTS_PER_LOT - 1
    last = next_number(RECEIPT_SERIES, count=parts)
    at = calendar.now() - timedelta(hours=1)
    children: list[tuple[Any, ...]] = []
    endorsements: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    for part in range(parts):
        number = last - parts + 1 + part
        no, buyer = receipt_no(calendar.today(), number), holders[number % len(holders)]
        said = (root.holder_no, buyer, PART_KG, f"HT-{number}", number, number, root.title_hash)
        title = endorsement_hash(no, *said)
        endorsements.append((number, *said[:6], at, root.title_hash, title))
        children.append(_child(root, number, no, buyer, part * PART_KG, title))
        events += _steps(signer, no, buyer, title)
    events += _steps(signer, root.no, root.holder_no, root.title_hash, head=head_of(root.no), seq=1)
    writer = bulk_writer()
    writer.insert(RECEIPTS, children)
    writer.insert(ENDORSEMENTS, endorsements)
    writer.insert(EVENTS, events)
    return parts


def _child(root: Receipt, number: int, no: str, buyer: int, offset: int, title: str) -> tuple[Any, ...]:
    values = {
        "id": number,
        "no": no,
        "holder_no": buyer,
        "issued_kg": PART_KG,
        "kg": PART_KG,
        "held_kg": 0,
        "split_kg": 0,
        "parent_id": root.pk,
        "parent_offset_kg": offset,
        "root_id": root.pk,
        "title_hash": title,
    }
    return tuple(values.get(column, getattr(root, column)) for column in RECEIPTS.columns)


def _steps(
    signer: _Signer, no: str, holder: int, title: str, *, head: str | None = None, seq: int = 0
) -> Iterator[tuple[Any, ...]]:
    """Into a listing and out of it again."""
    said = {"holder": holder, "kg": PART_KG, "title": title, "reference": "listing:1"}
    first = signer.event(no, seq + 1, Action.ENTER, Stage.LISTED, said, head or title)
    yield first
    yield signer.event(no, seq + 2, Action.LEAVE, Stage.FREE, said, first[10])


def some_receipts(count: int) -> list[tuple[str, int]]:
    """Number and holder of receipts spread over the whole register."""
    total = Receipt.objects.count()
    step = max(1, total // count)
    rows = Receipt.objects.order_by("pk").values_list("no", "holder_no")
    return list(islice(rows[::step], count))


def counts() -> dict[str, int]:
    """How large the register is."""
    return {
        "receipts": Receipt.objects.count(),
        "steps": LifeEvent.objects.count(),
        "endorsements": Endorsement.objects.count(),
    }
