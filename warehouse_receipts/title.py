"""Holding, releasing and transferring goods in receipts, thousands at a time.

A `TitleBatch` lives inside one transaction of the projector: it is told, in the order of the journal, what
sell orders promised, what was released and what traded, works in memory, and writes the outcome with a
handful of statements:

    batch = TitleBatch(order_ids)
    batch.hold(order_id, holder_no, product_number, kg)
    batch.transfer(TitleTrade(...))
    batch.release(order_id, kg)
    batch.take_out(set_aside_id)                            # the floor gave these goods up
    batch.transfer_set_aside(set_aside_id, TitleTrade(...)) # a deal over goods set aside
    parts = batch.write()      # trade id → the receipts the buyer now has

Receipts are used oldest first. A receipt sold whole keeps its number; a part becomes a child with the next
number, which names the kilograms of its parent it took. What was bought is locked until the resale lock ends;
where there is none, the floor is told at once, one command for each buyer and product of the batch.

When the floor gives goods up for a set-aside, spot orders that hold just these receipts get other free ones
of the same holder and product: the floor agreed because there are some. Only when a spot trade has meanwhile
sold of a chosen receipt is the set-aside refused, and the floor gets its kilograms back.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from heapq import heapify, heappop, heappush
from typing import Any

from django.db import connection

from exchange.kernel import outbox
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.bulk import bulk_writer, table_of
from exchange.kernel.calendar import add_trading_days, now, trading_day
from exchange.kernel.ids import next_number
from warehouse_receipts.chain import EXCHANGE, receipt_step, record_steps
from warehouse_receipts.errors import ReceiptChanged, ReceiptsShort
from warehouse_receipts.floor_commands import give_back_command
from warehouse_receipts.lifecycle import Action, Party, Stage
from warehouse_receipts.locks import (
    LockedReceipt,
    lock_free_receipts,
    lock_oldest_free_receipts,
    lock_receipts,
    lock_set_aside,
)
from warehouse_receipts.models import Endorsement, Receipt, ReceiptHold, SetAside, SetAsideLine
from warehouse_receipts.title_rows import (
    LiveReceipt,
    Move,
    SetAsideInBatch,
    child_row,
    endorse,
    goods_command,
    receipt_no,
)
from warehouse_receipts.types import (
    RESALE_LOCK_TRADING_DAYS,
    Business,
    SetAsideState,
    TitlePart,
    TitleTrade,
)

RECEIPT_SERIES = "receipt"
FIRST_PAGE = 4
PAGE = 16
"""Free receipts of a holder and product read at first, and then at a time."""

HOLDS = table_of(ReceiptHold, "receipt", "order_id", "kg")
RECEIPTS = table_of(Receipt)
MOVED = table_of(Receipt, "id", "holder_no", "locked_until", "title_hash")
SOLD_FROM_SET_ASIDE = table_of(
    Receipt, "id", "holder_no", "locked_until", "title_hash", "business", "set_aside"
)
TAKEN = table_of(Receipt, "id", "business", "set_aside")
SET_ASIDES = table_of(SetAside, "id", "state", "left_kg", "reason", "ended_at")
ENDORSEMENTS = table_of(Endorsement)


@dataclass(slots=True)
class _Shelf:
    """Receipts of one holder in one product that can still be sold from, oldest first."""

    holder_no: int
    product_number: int
    free_ids: list[int] = field(default_factory=list)
    """A heap."""
    last_id: int = 0
    exhausted: bool = False


class TitleBatch:
    """See the module's docstring. Raises ReceiptsShort when the register has less than the floor sold."""

    def __init__(
        self, order_ids: Iterable[int] = (), *, resale_lock_days: Mapping[int, int] | None = None
    ) -> None:
        """resale_lock_days: trading days by product, where they differ from the usual; 0 = no lock."""
        assert connection.in_atomic_block, "title moves together with the money, in one transaction"
        self._resale_lock_days = resale_lock_days or {}
        self._writer = bulk_writer()
        self._live: dict[int, LiveReceipt] = {}
        self._shelves: dict[tuple[int, int], _Shelf] = {}
        self._holds: defaultdict[int, dict[int, int]] = defaultdict(dict)
        """order id → receipt id → kg."""
        self._stored_holds: dict[tuple[int, int], int] = {}
        self._moves: list[Move] = []
        self._unlock_days: dict[tuple[date, int], date | None] = {}
        self._set_asides: dict[int, SetAsideInBatch] = {}
        self._orders_read: set[int] = set()
        self._load_holds(sorted(set(order_ids)))

    # Reading -------------------------------------------------------------------------------------

    def _load_holds(self, order_ids: list[int]) -> None:
        if not order_ids:
            return
        self._orders_read.update(order_ids)
        sql = (
            "SELECT order_id, receipt_id, kg FROM warehouse_receipts_receipthold "
            "WHERE order_id IN {keys} ORDER BY order_id, receipt_id"
        )
        rows = self._writer.fetch(sql, order_ids)
        self._adopt(lock_receipts(self._writer, sorted({receipt_id for _, receipt_id, _ in rows})))
        for order_id, receipt_id, kg in rows:
            self._holds[order_id][receipt_id] = kg
            self._stored_holds[receipt_id, order_id] = kg

    def _adopt(self, receipts: list[LockedReceipt]) -> None:
        for row in receipts:
            if row.id in self._live:
                continue
            live = LiveReceipt(row, row.kg, row.kg - row.held_kg, row.split_kg, row.title_hash)
            self._live[row.id] = live
            if live.free and row.set_aside_id is None:
                heappush(self._shelf(row.holder_no, row.product_number).free_ids, row.id)

    def _shelf(self, holder_no: int, product_number: int) -> _Shelf:
        key = (holder_no, product_number)
        shelf = self._shelves.get(key)
        if shelf is None:
            shelf = self._shelves[key] = _Shelf(holder_no, product_number)
        return shelf

    def _oldest_free(self, shelf: _Shelf) -> LiveReceipt | None:
        """The oldest receipt with free goods; reads on when the next one may not have been read yet."""
        while not shelf.exhausted and (not shelf.free_ids or shelf.free_ids[0] > shelf.last_id):
            page = lock_free_receipts(
                shelf.holder_no, shelf.product_number, after_id=shelf.last_id, limit=PAGE
            )
            self._adopt(page)
            shelf.exhausted = len(page) < PAGE
            if page:
                shelf.last_id = page[-1].id
        return self._live[shelf.free_ids[0]] if shelf.free_ids else None

    def expect(self, shelves: Iterable[tuple[int, int]]) -> None:
        """Reads the first free receipts of these (holder, product) together, instead of one by one later."""
        wanted = [key for key in dict.fromkeys(shelves) if not self._shelf(*key).last_id]
        read: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        page = lock_oldest_free_receipts(wanted, limit=FIRST_PAGE)
        self._adopt(page)
        for receipt in page:
            read[receipt.holder_no, receipt.product_number].append(receipt.id)
        for key in wanted:
            shelf, ids = self._shelf(*key), read[key]
            shelf.last_id, shelf.exhausted = (ids[-1] if ids else 0), len(ids) < FIRST_PAGE

    # Working -------------------------------------------------------------------------------------

    def hold(self, order_id: int, holder_no: int, product_number: int, kg: int) -> None:
        """Promises kg of the holder's oldest free receipts to an order, beside what it already holds."""
        shelf, holds = self._shelf(holder_no, product_number), self._holds[order_id]
        while kg:
            live = self._oldest_free(shelf)
            if live is None:
                raise ReceiptsShort(account=holder_no, product=product_number, missing_kg=kg)
            taken = min(kg, live.free)
            live.free -= taken
            kg -= taken
            holds[live.row.id] = holds.get(live.row.id, 0) + taken
            if not live.free:
                heappop(shelf.free_ids)

    def release(self, order_id: int, kg: int) -> None:
        """Frees kg of what an order holds, the youngest receipts first."""
        holds = self._holds[order_id]
        for receipt_id in sorted(holds, reverse=True):
            if not kg:
                return
            taken = min(kg, holds[receipt_id])
            kg -= taken
            self._reduce_hold(holds, receipt_id, taken)
            live = self._live[receipt_id]
            if not live.free:
                heappush(self._shelf(live.row.holder_no, live.row.product_number).free_ids, receipt_id)
            live.free += taken
        if kg:
            raise ReceiptsShort(f"order {order_id}", account=0, product=0, missing_kg=kg)

    def transfer(self, trade: TitleTrade) -> None:
        """Moves traded kg of what the sell order holds to the buyer, the oldest receipts first."""
        holds, kg = self._holds[trade.sell_order_id], trade.kg
        for receipt_id in sorted(holds):
            if not kg:
                return
            taken = min(kg, holds[receipt_id])
            kg -= taken
            self._reduce_hold(holds, receipt_id, taken)
            self._move(trade, self._live[receipt_id], taken)
        if kg:
            raise ReceiptsShort(
                f"trade {trade.trade_id}",
                account=trade.seller_no,
                product=trade.product_number,
                missing_kg=kg,
            )

    @staticmethod
    def _reduce_hold(holds: dict[int, int], receipt_id: int, kg: int) -> None:
        if holds[receipt_id] == kg:
            del holds[receipt_id]
        else:
            holds[receipt_id] -= kg

    def _move(self, trade: TitleTrade, live: LiveReceipt, kg: int, *, from_set_aside: bool = False) -> None:
        if kg == live.kg:
            self._moves.append(Move(trade, live, kg, None, from_set_aside))
            live.kg = 0
        else:
            self._moves.append(Move(trade, live, kg, live.split_kg, from_set_aside))
            live.kg -= kg
            live.split_kg += kg

    # Set-asides ----------------------------------------------------------------------------------

    def take_out(self, set_aside_id: int) -> bool:
        """The floor gave up the goods of a set-aside: its receipts leave those that can be sold.

        False when a spot trade has sold of one of them: it is refused, and the floor gets the goods back.
        """
        each = self._set_aside(set_aside_id)
        if each.state != SetAsideState.REQUESTED:
            return each.state == SetAsideState.ACTIVE
        each.changed = True
        lives = [self._live[receipt_id] for receipt_id in each.lines]
        if any(live.kg != each.lines[live.row.id] or live.row.holder_no != each.holder_no for live in lives):
            each.state = SetAsideState.REFUSED
            return False
        self._swap_holds({live.row.id for live in lives if live.row.set_aside_id is None}, each)
        each.state, each.left_kg = SetAsideState.ACTIVE, each.kg
        return True

    def _swap_holds(self, taken: set[int], each: SetAsideInBatch) -> None:
        """Gives the orders that hold these receipts other ones, and keeps everybody's hands off them."""
        shelf = self._shelf(each.holder_no, each.product_number)
        shelf.free_ids = [receipt_id for receipt_id in shelf.free_ids if receipt_id not in taken]
        heapify(shelf.free_ids)
        sql = "SELECT DISTINCT order_id FROM warehouse_receipts_receipthold WHERE receipt_id IN {keys}"
        holding = {order_id for (order_id,) in self._writer.fetch(sql, sorted(taken))}
        for receipt_id in taken:
            self._live[receipt_id].free = 0
        self._load_holds(sorted(holding - self._orders_read))
        for order_id, holds in self._holds.items():
            kg = sum(holds.pop(receipt_id) for receipt_id in taken & holds.keys())
            self.hold(order_id, each.holder_no, each.product_number, kg)

    def transfer_set_aside(self, set_aside_id: int, trade: TitleTrade) -> None:
        """Moves traded kg out of a set-aside to the buyer, the oldest receipts first."""
        each, kg = self._set_aside(set_aside_id), trade.kg
        sold = (trade.seller_no, trade.product_number) == (each.holder_no, each.product_number)
        if not sold or each.state != SetAsideState.ACTIVE or kg > each.left_kg:
            raise ReceiptsShort(
                f"set-aside {set_aside_id}",
                account=trade.seller_no,
                product=trade.product_number,
                missing_kg=kg - each.left_kg,
            )
        each.changed = True
        each.left_kg -= kg
        for receipt_id in each.lines:
            live = self._live[receipt_id]
            taken = min(kg, live.kg)
            kg -= taken
            if taken:
                self._move(trade, live, taken, from_set_aside=True)
        assert not kg, "what is left of a set-aside is what its receipts weigh"
        if not each.left_kg:
            each.state = SetAsideState.ENDED

    def _set_aside(self, set_aside_id: int) -> SetAsideInBatch:
        """A set-aside with its receipts, read when first needed."""
        each = self._set_asides.get(set_aside_id)
        if each is None:
            row = lock_set_aside(set_aside_id)
            lines = dict(row.lines.filter(open=True).order_by("receipt_id").values_list("receipt_id", "kg"))
            each = self._set_asides[set_aside_id] = SetAsideInBatch.of(row, lines)
            self._adopt(lock_receipts(self._writer, sorted(lines.keys() - self._live.keys())))
        return each

    # Writing -------------------------------------------------------------------------------------

    def write(self) -> dict[int, tuple[TitlePart, ...]]:
        """Writes everything; which receipts each trade gave to its buyer.

        The order keeps every constraint true after each statement: holds fall before weights do, and an
        endorsement stands before the holder changes.
        """
        self._write_holds()
        self._write_taken()
        children: list[tuple[Any, ...]] = []
        endorsements: list[tuple[Any, ...]] = []
        moved: list[tuple[Any, ...]] = []
        sold_from_set_aside: list[tuple[Any, ...]] = []
        parts: defaultdict[int, list[TitlePart]] = defaultdict(list)
        splits = sum(move.offset_kg is not None for move in self._moves)
        number = next_number(RECEIPT_SERIES, count=splits) - splits if splits else 0
        for move in self._moves:
            row = move.source.row
            if move.offset_kg is None:
                receipt_id, no = row.id, row.no
            else:
                number += 1
                receipt_id, no = number, receipt_no(trading_day(move.trade.at_ns), number)
            title = endorse(move, receipt_id, no, endorsements)
            until = self._locked_until(move.trade)
            if move.offset_kg is None:
                now_held = (receipt_id, move.trade.buyer_no, until, title)
                if move.from_set_aside:
                    sold_from_set_aside.append((*now_held, Business.NONE.value, None))
                else:
                    moved.append(now_held)
            else:
                children.append(child_row(move, receipt_id, no, until, title))
            parts[move.trade.trade_id].append(
                TitlePart(
                    receipt_no=no,
                    kg=move.kg,
                    warehouse_code=row.warehouse_code,
                    inspection_no=row.inspection_no,
                    graded_by=row.graded_by,
                    root_no=row.root_no or row.no,
                    split=move.offset_kg is not None,
                    intake_id=row.intake_id,
                )
            )
        self._writer.insert(RECEIPTS, children)
        self._writer.insert(ENDORSEMENTS, endorsements)
        self._writer.update(MOVED, moved, key=("id",))
        self._writer.update(SOLD_FROM_SET_ASIDE, sold_from_set_aside, key=("id",))
        self._write_set_asides([receipt_id for receipt_id, *_ in sold_from_set_aside])
        self._offer_unlocked(parts)
        self._moves = []
        return {trade_id: tuple(given) for trade_id, given in parts.items()}

    def _write_holds(self) -> None:
        now = {
            (receipt_id, order_id): kg
            for order_id, holds in self._holds.items()
            for receipt_id, kg in holds.items()
        }
        fallen = [
            (*key, now.get(key, 0)) for key, stored in self._stored_holds.items() if now.get(key, 0) < stored
        ]
        risen = [(*key, kg) for key, kg in now.items() if kg > self._stored_holds.get(key, 0)]
        self._writer.update(HOLDS, fallen, key=("receipt_id", "order_id"))
        self._writer.upsert(HOLDS, risen, key=("receipt_id", "order_id"))
        ended = [order_id for _, order_id, kg in fallen if not kg]
        if ended:
            self._writer.fetch(
                "DELETE FROM warehouse_receipts_receipthold WHERE order_id IN {keys} AND kg = 0 RETURNING id",
                ended,
            )
        self._stored_holds = now

    def _write_taken(self) -> None:
        """Receipts that leave the goods on sale, before anything of them passes to a buyer."""
        taken = [
            (receipt_id, each.business, each.id)
            for each in self._set_asides.values()
            if each.requested and each.state != SetAsideState.REFUSED and each.changed
            for receipt_id in each.lines
            if self._live[receipt_id].row.set_aside_id is None
        ]
        self._writer.update(TAKEN, taken, key=("id",))
        for each in self._set_asides.values():
            ids = [receipt_id for receipt_id, _, set_aside_id in taken if set_aside_id == each.id]
            if ids:
                record_entry(
                    Receipt.objects.filter(id__in=ids).order_by("id"), SetAside.objects.get(pk=each.id)
                )

    def _write_set_asides(self, sold: list[int]) -> None:
        changed = [each for each in self._set_asides.values() if each.changed]
        if not changed:
            return
        moment = now()
        rows: list[tuple[Any, ...]] = [
            (each.id, SetAsideState.ACTIVE.value, each.kg, "", None)
            for each in changed
            if each.requested and each.state == SetAsideState.ENDED
        ]
        self._writer.update(SET_ASIDES, rows, key=("id",))
        rows = [
            (
                each.id,
                each.state.value,
                each.left_kg,
                ReceiptChanged.code if each.state == SetAsideState.REFUSED else "",
                None if each.state == SetAsideState.ACTIVE else moment,
            )
            for each in changed
        ]
        self._writer.update(SET_ASIDES, rows, key=("id",))
        refused = [each for each in changed if each.state == SetAsideState.REFUSED]
        self._give_back(refused)
        SetAsideLine.objects.filter(open=True, receipt_id__in=sold).update(open=False)
        for each in changed:
            each.settle()

    def _give_back(self, refused: list[SetAsideInBatch]) -> None:
        """The floor gave goods up for nothing: it gets them back, and no receipt stays in the business."""
        for each in refused:
            locked = list(Receipt.objects.filter(set_aside_id=each.id).order_by("id"))
            Receipt.objects.filter(set_aside_id=each.id).update(business=Business.NONE, set_aside=None)
            SetAsideLine.objects.filter(set_aside_id=each.id).update(open=False)
            command = give_back_command(
                set_aside_id=each.id,
                business=each.business,
                holder_no=each.holder_no,
                product_number=each.product_number,
                kg=each.floor_kg,
            )
            outbox.enqueue(command, f"handback:{each.id}:0")
            steps = [receipt_step(receipt, Action.LEAVE, Stage.FREE, Party.EXCHANGE) for receipt in locked]
            record_steps(steps, institution=EXCHANGE, actor=SYSTEM)

    def _locked_until(self, trade: TitleTrade) -> date | None:
        key = trading_day(trade.at_ns), trade.product_number
        if key not in self._unlock_days:
            days = self._resale_lock_days.get(trade.product_number, RESALE_LOCK_TRADING_DAYS)
            self._unlock_days[key] = add_trading_days(key[0], days) if days else None
        return self._unlock_days[key]

    def _offer_unlocked(self, parts: Mapping[int, Sequence[TitlePart]]) -> None:
        """Tells the floor of goods bought without a resale lock: they can be sold at once."""
        lots: defaultdict[tuple[int, int], int] = defaultdict(int)
        named: dict[tuple[int, int], str] = {}
        for move in self._moves:
            trade = move.trade
            if self._locked_until(trade) is None:
                key = trade.buyer_no, trade.product_number
                lots[key] += move.kg
                first = parts[trade.trade_id][0].receipt_no
                named.setdefault(key, f"receipt:{first}:bought:{trade.trade_id}")
        outbox.enqueue_many(
            (goods_command(holder_no, product_number, kg), named[key])
            for key, kg in lots.items()
            for holder_no, product_number in (key,)
        )


def record_entry(receipts: Iterable[Receipt], row: SetAside) -> None:
    """Signs that receipts entered the business they were set aside for."""
    steps = [
        receipt_step(receipt, Action.ENTER, Stage(row.business), Party.OWNER, reference=row.reference)
        for receipt in receipts
    ]
    record_steps(steps, institution=EXCHANGE, actor=Actor(row.actor))
