"""From the desk's events to rows of the projector: deals, goods, forfeits, touched accounts.

`EventReader` hands the desk's events to this reader; what the halls themselves keep (listings, bids, states)
goes on as facts, in order, to ``exchange.halls.projecting``.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from exchange.halls.projecting import DeskFact
from exchange.kernel.canonical import canonical_json
from exchange.trading.errors import ProjectionError
from exchange.trading.types import TradeRow
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_types import ENDED_STATES, HoldKind
from matching.types import Event, Side

BidFiles = Callable[[int], dict[str, Any] | None]
"""The bid file of an auction that has ended, as the engine has it."""


class Forfeit(NamedTuple):
    """A bond that passed from one member to another, and how many trades of the chunk came before."""

    after_trades: int
    auction_id: int
    from_no: int
    to_no: int
    amount_fen: int
    seq: int
    at_ns: int


class GoodsStep(NamedTuple):
    """One thing that happened to goods on offer, in the order of the journal.

    kg > 0 puts receipts of the seller on hold for a sell order, kg < 0 releases them; with a trade,
    kg of the order's held receipts pass to the buyer. With a deal (a trade without orders) they come from the
    lot, or from the seller's free receipts if lot is 0. kg = 0: the floor gave up the goods that the outbox
    row order_id asked for.
    """

    order_id: int
    account_no: int
    product_number: int
    kg: int
    trade: TradeRow | None
    lot: int = 0


class DealPayment(NamedTuple):
    """How a deal is paid whose price is not the seller's at once: WITH_BOND or IN_ESCROW, and the bond."""

    variant: int
    bond_fen: int


class DeskRows(Protocol):
    """What of a chunk's rows the desk writes."""

    trades: list[TradeRow]
    goods_steps: list[GoodsStep]
    accounts: dict[int, int]
    goods: set[tuple[int, int]]
    desk_facts: list[DeskFact]
    bid_files: dict[int, bytes]
    forfeits: list[Forfeit]
    payments: dict[int, DealPayment]


class DeskReader:
    """Reads the desk's events, one by one and in order, into a chunk's rows."""

    def __init__(self, bid_files: BidFiles) -> None:
        self._bid_files = bid_files
        self._deal: Event | None = None

    def read(self, event: Event, rows: DeskRows, at_ns: int, outbox_id: int | None, day: Any) -> None:
        """Adds one event. outbox_id: the row the command came from; day: the trading day."""
        rows.desk_facts.append(DeskFact(event, at_ns))
        match event.kind:
            case DeskEventKind.HELD:
                self._held(event, rows, outbox_id)
            case DeskEventKind.DEAL:
                self._deal = event
            case DeskEventKind.DEAL_FEES:
                self._dealt(event, rows, at_ns, day)
            case DeskEventKind.FORFEITED:
                self._forfeited(event, rows, at_ns)
            case DeskEventKind.AUCTION_STATE if event.side in ENDED_STATES:
                self._ended(event, rows)

    def _held(self, event: Event, rows: DeskRows, outbox_id: int | None) -> None:
        rows.accounts[event.account] = event.seq
        if event.side != HoldKind.LOT:
            return
        rows.goods.add((event.account, event.product))
        if event.reason == DeskReason.TAKEN_ASIDE and outbox_id is not None:
            rows.goods_steps.append(GoodsStep(outbox_id, event.account, event.product, 0, None))

    def _dealt(self, fees: Event, rows: DeskRows, at_ns: int, day: Any) -> None:
        deal, self._deal = self._deal, None
        if deal is None or deal.order_id != fees.order_id:
            raise ProjectionError(f"seq {fees.seq}: fees of deal {fees.order_id} without the deal")
        trade = TradeRow(
            trade_id=deal.order_id,
            product_number=deal.product,
            price=deal.price,
            quantity=deal.quantity,
            amount_fen=deal.price * deal.quantity,
            buyer_no=deal.account,
            seller_no=deal.other,
            buy_order_id=0,
            sell_order_id=0,
            buyer_fee=fees.price,
            seller_fee=fees.quantity,
            deposit_fen=fees.remaining,
            taker_side=Side.NONE,
            in_call=False,
            seq=deal.seq,
            traded_at_ns=at_ns,
            day=day,
            mode=deal.side,
            subject=deal.other_id,
        )
        rows.trades.append(trade)
        if deal.reason:
            rows.payments[trade.trade_id] = DealPayment(deal.reason, fees.other_id)
        rows.goods_steps.append(
            GoodsStep(0, trade.seller_no, trade.product_number, trade.quantity, trade, deal.remaining)
        )
        rows.accounts[trade.buyer_no] = rows.accounts[trade.seller_no] = deal.seq
        rows.goods.add((trade.seller_no, trade.product_number))

    def _forfeited(self, event: Event, rows: DeskRows, at_ns: int) -> None:
        rows.accounts[event.account] = rows.accounts[event.other] = event.seq
        rows.forfeits.append(
            Forfeit(
                len(rows.trades),
                event.order_id,
                event.account,
                event.other,
                event.remaining,
                event.seq,
                at_ns,
            )
        )

    def _ended(self, event: Event, rows: DeskRows) -> None:
        document = self._bid_files(event.order_id)
        if document is None:
            raise ProjectionError(f"seq {event.seq}: auction {event.order_id} ended without a bid file")
        rows.bid_files[event.order_id] = canonical_json(document)
