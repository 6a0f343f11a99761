"""From journal entries and their events to rows: the part of the projector that touches no table.

`EventReader` keeps the open orders and the fee rates in memory (they are few and come back from the
tables and the engine at a restart) and turns every event into what it changes. The rows of a chunk are
complete before its transaction begins, so a transaction that fails can be tried again unchanged.

Rows do not depend on how the journal was cut into chunks: every stored number is a function of the
events, so a projector stopped anywhere and started again writes the same tables.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from exchange.halls.projecting import DeskFact
from exchange.kernel.calendar import trading_day
from exchange.trading.desk_reading import BidFiles, DealPayment, DeskReader, Forfeit, GoodsStep
from exchange.trading.errors import ProjectionError
from exchange.trading.journal import JournalEntry
from exchange.trading.outbox_dispatcher import OUTBOX_PREFIX
from exchange.trading.replies import OrderStatus
from exchange.trading.types import TradeRow
from matching.desk_events import DeskEventKind
from matching.engine import Engine
from matching.holds import fee_fen
from matching.types import (
    EVENT,
    MAX_ORDER_ID,
    RECORD_SIZE,
    Command,
    CommandKind,
    Event,
    EventKind,
    Reason,
    Side,
    TimeInForce,
)

DAY_S = 86_400
SHANGHAI_OFFSET_S = 8 * 3600
NS = 1_000_000_000


class OrderState:
    """One order while it is open, as its row will say."""

    __slots__ = (
        "account", "client_id", "expires", "filled", "flags", "minimum", "order_id", "placed_at_ns", "price",
        "product", "quantity", "reason", "remaining", "seq", "side", "status", "tif", "updated_seq",
    )  # fmt: skip

    def __init__(
        self,
        order_id: int,
        account: int,
        product: int,
        client_id: str,
        side: int,
        terms: "Terms",
        price: int,
        quantity: int,
        filled: int,
        remaining: int,
        placed_at_ns: int,
        seq: int,
    ) -> None:
        self.order_id, self.account, self.product, self.client_id = order_id, account, product, client_id
        self.side, self.price, self.quantity = side, price, quantity
        self.tif, self.flags, self.minimum, self.expires = terms
        self.filled, self.remaining = filled, remaining
        self.status = OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.OPEN
        self.reason, self.placed_at_ns, self.seq, self.updated_seq = 0, placed_at_ns, seq, seq


class Terms(NamedTuple):
    """What an order asked for beside price and quantity; see OrderRow."""

    tif: int
    flags: int
    minimum: int
    expires: int


class Rates(NamedTuple):
    """Fee and quality deposit rates of an account, in basis points."""

    buyer_bps: int
    seller_bps: int
    deposit_bps: int


def rates_in(engine: Engine) -> Callable[[int], Rates]:
    """Looks up the rates an account has now; nothing for one that is not yet defined and cannot trade."""

    def rates_of(account: int) -> Rates:
        state = engine.account(account)
        if state is None:
            return Rates(0, 0, 0)
        return Rates(state.buyer_fee_bps, state.seller_fee_bps, state.deposit_bps)

    return rates_of


class OutboxResult(NamedTuple):
    """What the floor said to a command from the outbox. reason 0 means it took effect."""

    outbox_id: int
    seq: int
    time_ns: int
    reason: int


class VolatilityStart(NamedTuple):
    """The engine began a volatility call, because an order would have traded at this price."""

    product_number: int
    price: int
    order_id: int
    seq: int
    time_ns: int


class BarState:
    """A minute's, an hour's or a day's bar of one product, of the trades of one chunk."""

    __slots__ = ("close", "high", "low", "open", "trades", "turnover_fen", "volume_kg")

    def __init__(self, price: int) -> None:
        self.open = self.high = self.low = self.close = price
        self.volume_kg = self.turnover_fen = self.trades = 0

    def add(self, trade: TradeRow) -> None:
        """One more trade."""
        self.high, self.low = max(self.high, trade.price), min(self.low, trade.price)
        self.close = trade.price
        self.volume_kg += trade.quantity
        self.turnover_fen += trade.amount_fen
        self.trades += 1

    def __iter__(self) -> Iterator[int]:
        """In the order of a bar's columns."""
        yield from (
            self.open,
            self.high,
            self.low,
            self.close,
            self.volume_kg,
            self.turnover_fen,
            self.trades,
        )


@dataclass(slots=True)
class ChunkRows:
    """Everything one chunk of the journal writes."""

    last_seq: int = 0
    chain_hash: str = ""
    commands: int = 0
    placed: dict[int, OrderState] = field(default_factory=dict)
    changed: dict[int, OrderState] = field(default_factory=dict)
    refused: list[tuple[object, ...]] = field(default_factory=list)
    trades: list[TradeRow] = field(default_factory=list)
    goods_steps: list[GoodsStep] = field(default_factory=list)
    outbox_results: list[OutboxResult] = field(default_factory=list)
    volatility_starts: list[VolatilityStart] = field(default_factory=list)
    bars: dict[tuple[int, str, int], BarState] = field(default_factory=dict)
    accounts: dict[int, int] = field(default_factory=dict)
    """Touched accounts and the seq that touched them last."""
    goods: set[tuple[int, int]] = field(default_factory=set)
    """Touched (account, product)."""
    payments: dict[int, DealPayment] = field(default_factory=dict)
    """Of the deals that are not paid in full at once, by trade id."""
    desk_facts: list[DeskFact] = field(default_factory=list)
    """What the desk did, in order."""
    bid_files: dict[int, bytes] = field(default_factory=dict)
    """Canonical bid files of the auctions that ended, by number."""
    forfeits: list[Forfeit] = field(default_factory=list)


class EventReader:
    """Reads entries in sequence into ChunkRows.

    rates_of gives an account's rates as they were before the entry being read; the reader follows
    later changes itself.
    """

    def __init__(
        self,
        open_orders: Iterable[OrderState],
        rates_of: Callable[[int], Rates],
        bid_files: BidFiles = lambda _auction: None,
    ) -> None:
        self.open = {order.order_id: order for order in open_orders}
        self._rates_of = rates_of
        self._rates: dict[int, Rates] = {}
        self._days: dict[int, date] = {}
        self._first_seq = 0
        self._time_ns = 0
        self._commands = b""
        self._client_ids: list[str] = []
        self.rows = ChunkRows()
        self._desk = DeskReader(bid_files)
        self._read = {
            EventKind.APPLIED: self._applied,
            EventKind.REJECTED: self._rejected,
            EventKind.ACCEPTED: self._accepted,
            EventKind.TRADE: self._trade,
            EventKind.CANCELLED: self._cancelled,
            EventKind.REDUCED: self._reduced,
            EventKind.REPLACED: self._replaced,
            EventKind.UNCROSSED: self._outbox_result,
            EventKind.PHASED: self._phased,
            DeskEventKind.ANSWERED: self._outbox_result,
        }

    def before(self, entry: JournalEntry) -> None:
        """Look up the rates an entry is about to change, while the engine still has the old ones."""
        kinds = entry.commands[::RECORD_SIZE]
        at = kinds.find(CommandKind.ACCOUNT)
        while at >= 0:
            record = entry.commands[at * RECORD_SIZE : (at + 1) * RECORD_SIZE]
            self._rates_for(Command.unpack(record).account)
            at = kinds.find(CommandKind.ACCOUNT, at + 1)

    def read(self, entry: JournalEntry, events: bytes) -> None:
        """Add one entry's events to the rows of the chunk. Times are the floor's, as in the feed."""
        self._first_seq, self._time_ns, self._commands = entry.first_seq, entry.time_ns, entry.commands
        self._client_ids = entry.client_id_list()
        self._read_events(events)
        rows = self.rows
        rows.commands += entry.count
        rows.last_seq, rows.chain_hash = entry.last_seq, entry.chain_hash.hex()

    def _read_events(self, events: bytes) -> None:
        readers = self._read
        for fields in EVENT.iter_unpack(events):
            reader = readers.get(fields[1])
            if reader is None:
                if fields[1] > DeskEventKind.ANSWERED:
                    self._desk_event(Event._make(fields))
                continue
            try:
                reader(Event._make(fields))
            except KeyError as error:
                raise ProjectionError(f"seq {fields[0]}: order {error} is not open in the tables") from error

    def take(self) -> ChunkRows:
        """The rows read so far; the next entry starts a new chunk."""
        rows, self.rows = self.rows, ChunkRows()
        return rows

    def _command(self, seq: int) -> Command:
        at = (seq - self._first_seq) * RECORD_SIZE
        return Command.unpack(self._commands[at : at + RECORD_SIZE])

    def _rates_for(self, account: int) -> Rates:
        rates = self._rates.get(account)
        if rates is None:
            rates = self._rates[account] = self._rates_of(account)
        return rates

    def _touch(self, order: OrderState, seq: int) -> None:
        order.updated_seq = seq
        rows = self.rows
        rows.accounts[order.account] = seq
        if order.order_id not in rows.placed:
            rows.changed[order.order_id] = order
        if order.side == Side.SELL:
            rows.goods.add((order.account, order.product))

    def _goods_step(self, order: OrderState, kg: int) -> None:
        if order.side == Side.SELL and kg:
            self.rows.goods_steps.append(GoodsStep(order.order_id, order.account, order.product, kg, None))

    # One method per kind of event ----------------------------------------------------------------

    def _applied(self, event: Event) -> None:
        command = self._command(event.seq)
        if command.kind == CommandKind.ACCOUNT:
            self._rates[event.account] = Rates(event.price, event.quantity, event.remaining)
        if command.kind in (CommandKind.ACCOUNT, CommandKind.FUNDS, CommandKind.GOODS):
            self.rows.accounts[event.account] = event.seq
        if command.kind == CommandKind.GOODS:
            self.rows.goods.add((event.account, event.product))
        self._outbox_result(event)
        if command.kind == CommandKind.GOODS and command.quantity < 0:
            self._goods_given_up(event)

    def _goods_given_up(self, event: Event) -> None:
        """Receipts are set aside just here, between the holds and trades before and after."""
        outbox_id = self._outbox_id(event.seq)
        if outbox_id is not None:
            self.rows.goods_steps.append(GoodsStep(outbox_id, event.account, event.product, 0, None))

    def _rejected(self, event: Event) -> None:
        command = self._command(event.seq)
        client_id = self._client_ids[event.seq - self._first_seq]
        if command.kind == CommandKind.PLACE:
            self.rows.refused.append(
                (
                    event.seq,
                    command.account,
                    command.product,
                    client_id,
                    command.side,
                    command.tif,
                    command.price,
                    command.quantity,
                    event.reason,
                    self._time_ns,
                    command.flags,
                    command.amount,
                    min(command.order_id, MAX_ORDER_ID),
                )
            )
        self._outbox_result(event)

    def _outbox_id(self, seq: int) -> int | None:
        """The outbox row a command came from."""
        client_id = self._client_ids[seq - self._first_seq]
        return int(client_id[len(OUTBOX_PREFIX) :]) if client_id.startswith(OUTBOX_PREFIX) else None

    def _desk_event(self, event: Event) -> None:
        outbox_id, day = self._outbox_id(event.seq), self._day(self._time_ns)
        self._desk.read(event, self.rows, self._time_ns, outbox_id, day)

    def _outbox_result(self, event: Event) -> None:
        outbox_id = self._outbox_id(event.seq)
        if outbox_id is not None:
            self.rows.outbox_results.append(OutboxResult(outbox_id, event.seq, self._time_ns, event.reason))

    def _accepted(self, event: Event) -> None:
        command = self._command(event.seq)
        order = OrderState(
            order_id=event.order_id,
            account=event.account,
            product=event.product,
            client_id=self._client_ids[event.seq - self._first_seq],
            side=event.side,
            terms=_terms(command),
            price=event.price,
            quantity=event.quantity,
            filled=0,
            remaining=event.quantity,
            placed_at_ns=self._time_ns,
            seq=event.seq,
        )
        self.open[order.order_id] = self.rows.placed[order.order_id] = order
        self._touch(order, event.seq)
        self._goods_step(order, order.quantity)

    def _trade(self, event: Event) -> None:
        taker, maker = self.open[event.order_id], self.open[event.other_id]
        for order in (taker, maker):
            order.filled += event.quantity
            order.remaining -= event.quantity
            order.status = OrderStatus.PARTIALLY_FILLED if order.remaining else OrderStatus.FILLED
            if not order.remaining:
                del self.open[order.order_id]
            self._touch(order, event.seq)
        buy, sell = (taker, maker) if event.side == Side.BUY else (maker, taker)
        trade = self._trade_row(event, buy, sell)
        self.rows.trades.append(trade)
        self.rows.goods_steps.append(
            GoodsStep(sell.order_id, sell.account, sell.product, event.quantity, trade)
        )
        self._add_to_bars(trade)

    def _trade_row(self, event: Event, buy: OrderState, sell: OrderState) -> TradeRow:
        amount = event.price * event.quantity
        seller_rates = self._rates_for(sell.account)
        return TradeRow(
            trade_id=event.remaining,
            product_number=event.product,
            price=event.price,
            quantity=event.quantity,
            amount_fen=amount,
            buyer_no=buy.account,
            seller_no=sell.account,
            buy_order_id=buy.order_id,
            sell_order_id=sell.order_id,
            buyer_fee=fee_fen(amount, self._rates_for(buy.account).buyer_bps),
            seller_fee=fee_fen(amount, seller_rates.seller_bps),
            deposit_fen=fee_fen(amount, seller_rates.deposit_bps),
            taker_side=event.side,
            in_call=event.reason == Reason.CALL,
            seq=event.seq,
            traded_at_ns=self._time_ns,
            day=self._day(self._time_ns),
        )

    def _cancelled(self, event: Event) -> None:
        order = self.open.pop(event.order_id)
        order.remaining -= event.remaining
        order.status, order.reason = OrderStatus.CANCELLED, event.reason
        self._touch(order, event.seq)
        self._goods_step(order, -event.remaining)

    def _reduced(self, event: Event) -> None:
        order = self.open[event.order_id]
        released = order.remaining - event.remaining
        order.quantity, order.remaining = event.quantity, event.remaining
        self._touch(order, event.seq)
        self._goods_step(order, -released)

    def _replaced(self, event: Event) -> None:
        order = self.open[event.order_id]
        wanted = event.quantity - order.filled
        grown = wanted - order.remaining
        order.price, order.quantity, order.remaining = event.other_id, event.quantity, wanted
        self._touch(order, event.seq)
        self._goods_step(order, grown)

    def _phased(self, event: Event) -> None:
        self.rows.volatility_starts.append(
            VolatilityStart(event.product, event.price, event.order_id, event.seq, self._time_ns)
        )

    # Bars ----------------------------------------------------------------------------------------

    def _day(self, time_ns: int) -> date:
        number = (time_ns // NS + SHANGHAI_OFFSET_S) // DAY_S
        day = self._days.get(number)
        if day is None:
            day = self._days[number] = trading_day(time_ns)
        return day

    def _add_to_bars(self, trade: TradeRow) -> None:
        second = trade.traded_at_ns // NS
        midnight = (second + SHANGHAI_OFFSET_S) // DAY_S * DAY_S - SHANGHAI_OFFSET_S
        for period, start_s in (("m", second // 60 * 60), ("h", second // 3600 * 3600), ("d", midnight)):
            key = (trade.product_number, period, start_s)
            bar = self.rows.bars.get(key)
            if bar is None:
                bar = self.rows.bars[key] = BarState(trade.price)
            bar.add(trade)


def _terms(command: Command) -> Terms:
    expires = command.order_id if command.tif == TimeInForce.GTD else 0
    return Terms(command.tif, command.flags, command.amount, expires)
