"""Delivery versus payment 货银对付: goods and money of every trade change hands together or not at all.

Settlement and the receipt register do not know each other; here they meet, inside the projector's one
transaction. First the register follows the sell orders of the chunk in the journal's order (holds, releases,
titles passed), which says which receipts each buyer got; then the ledger moves the money, and each trade's
contract is formed naming its receipts. Of a deal with a bond the receipts are set aside for the contract
instead: title passes with the balance (``contract_title``). Any refusal (receipts short, an account that
would fall below zero) takes the whole chunk back.
"""

from collections.abc import Collection, Mapping, Sequence

from exchange.kernel import outbox
from exchange.kernel.calendar import trading_day
from exchange.markets.selectors import products_by_number, resale_locks
from exchange.markets.types import PAYMENT_WORDS, ProductRow
from exchange.trading.contract_title import title_of
from exchange.trading.desk_reading import DealPayment, Forfeit, GoodsStep
from exchange.trading.projector_reading import ChunkRows
from exchange.trading.types import MODE_WORDS, TradeRow
from matching.desk_types import WITH_BOND
from settlement.services import forfeit_many, form_contracts, settle_trades
from settlement.types import Forfeit as ForfeitedBond
from settlement.types import GoodsLot, PaymentVariant, ProductTerms, TradeGoods, TradeMoney
from warehouse_receipts.contract_goods import keep_for_contract
from warehouse_receipts.selectors import lots, warehouses
from warehouse_receipts.setting_aside import set_aside_id_of
from warehouse_receipts.title import TitleBatch
from warehouse_receipts.types import LotFacts, TitlePart, WarehouseRow

STANDARDS_CHARACTERS = 80
"""What a contract has room for."""


class DeliveryVersusPayment:
    """Settles chunk after chunk; remembers what contracts say about products and warehouses."""

    def __init__(self) -> None:
        self._terms: dict[int, ProductTerms] = {}
        self._lock_days: dict[int, int] = {}
        self._places: dict[str, str] = {}
        self._lots: dict[int, LotFacts] = {}

    def settle(self, rows: ChunkRows) -> None:
        """Title, money and contracts of a chunk, inside the caller's transaction.

        Raises ReceiptsShort, InsufficientFunds, LedgerRefused.
        """
        self._learn_products(rows.trades)
        parts = self._pass_title(rows)
        if not rows.trades:
            forfeit_many([_bond(each) for each in rows.forfeits])
            return
        money = [_money(trade, rows.payments.get(trade.trade_id)) for trade in rows.trades]
        _move_money(money, rows.forfeits)
        self._learn_warehouses(parts)
        self._learn_lots(parts)
        goods = [self._goods(trade, parts[trade.trade_id]) for trade in rows.trades]
        traded = {trade.product_number for trade in rows.trades}
        form_contracts(
            list(zip(money, goods, strict=True)), {number: self._terms[number] for number in traded}
        )

    def _pass_title(self, rows: ChunkRows) -> Mapping[int, tuple[TitlePart, ...]]:
        """Lead the goods through the register; which receipts each trade gave its buyer, or keeps for him."""
        if not rows.goods_steps:
            return {}
        set_asides = _set_asides(rows)
        parts: dict[int, tuple[TitlePart, ...]] = {}
        steps = rows.goods_steps
        while (at := _first_kept(steps, rows.payments)) is not None:
            parts |= self._lead(steps[:at], set_asides)
            deal = steps[at].trade
            assert deal is not None
            parts[deal.trade_id] = keep_for_contract(title_of(deal), set_aside_id=steps[at].lot)
            steps = steps[at + 1 :]
        new = rows.placed.keys() if steps is rows.goods_steps else ()
        return parts | self._lead(steps, set_asides, new)

    def _lead(
        self, steps: Sequence[GoodsStep], set_asides: Mapping[int, int], new: Collection[int] = ()
    ) -> dict[int, tuple[TitlePart, ...]]:
        """Steps whose titles pass at once, written together. new: orders that can have no holds yet."""
        if not steps:
            return {}
        older = {step.order_id for step in steps if step.kg and step.order_id} - set(new)
        batch = TitleBatch(older, resale_lock_days=self._lock_days)
        batch.expect((step.account_no, step.product_number) for step in steps if _holds(step))
        for step in steps:
            if step.trade is not None and not step.order_id:
                _pass_dealt(batch, step, step.trade)
            elif step.trade is not None:
                batch.transfer(title_of(step.trade))
            elif not step.kg:
                if step.order_id in set_asides:
                    batch.take_out(set_asides[step.order_id])
            elif _holds(step):
                batch.hold(step.order_id, step.account_no, step.product_number, step.kg)
            else:
                batch.release(step.order_id, -step.kg)
        return batch.write()

    def _learn_products(self, trades: list[TradeRow]) -> None:
        """Look up products not met before; their resale locks change, and are looked up for every chunk."""
        if trades:
            self._lock_days = resale_locks()
        if any(trade.product_number not in self._terms for trade in trades):
            products = products_by_number()
            self._terms = {number: _terms(product) for number, product in products.items()}

    def _learn_warehouses(self, parts: Mapping[int, tuple[TitlePart, ...]]) -> None:
        if any(part.warehouse_code not in self._places for given in parts.values() for part in given):
            self._places = {each.code: _place(each) for each in warehouses()}

    def _learn_lots(self, parts: Mapping[int, tuple[TitlePart, ...]]) -> None:
        new = {part.intake_id for given in parts.values() for part in given} - self._lots.keys()
        if new:
            self._lots |= lots(new)

    def _goods(self, trade: TradeRow, parts: tuple[TitlePart, ...]) -> TradeGoods:
        """What a contract says about the goods of a trade."""
        return TradeGoods(
            product_number=trade.product_number,
            price_fen=trade.price,
            quantity_kg=trade.quantity,
            receipt_nos=tuple(part.receipt_no for part in parts),
            inspection_nos=tuple(dict.fromkeys(part.inspection_no for part in parts)),
            delivery_place="、".join(dict.fromkeys(self._places[part.warehouse_code] for part in parts)),
            quality_standard=_graded_by(parts),
            lots=tuple(_lot(part, self._lots[part.intake_id]) for part in parts),
        )


def _graded_by(parts: tuple[TitlePart, ...]) -> str:
    """The editions the goods of a trade were graded by; of very many the first, and that there are more."""
    names = list(dict.fromkeys(part.graded_by for part in parts))
    text = "、".join(names)
    return text if len(text) <= STANDARDS_CHARACTERS else f"{names[0]} 等 {len(names)} 个版本"


def _lot(part: TitlePart, lot: LotFacts) -> GoodsLot:
    """What a contract says of the goods of a receipt; pieces in proportion to those of the whole lot."""
    return GoodsLot(
        receipt_no=part.receipt_no,
        kg=part.kg,
        pieces=part.kg * lot.pieces // lot.net_kg if lot.net_kg else 0,
        packaging=lot.packaging,
        mark=lot.mark,
        origin=lot.origin,
        harvested_on=lot.harvested_on.isoformat() if lot.harvested_on else "",
        certificate_no=lot.certificate_no,
    )


def _place(warehouse: WarehouseRow) -> str:
    """Where goods are handed over; a store whose name begins with its county does not say it twice."""
    county = "" if warehouse.name.startswith(warehouse.county) else warehouse.county
    return f"{county}{warehouse.name}({warehouse.code})"


def _first_kept(steps: Sequence[GoodsStep], payments: Mapping[int, DealPayment]) -> int | None:
    """Where the first deal stands whose title waits for the balance: what is before it is written first."""
    if not payments:
        return None
    for at, step in enumerate(steps):
        payment = payments.get(step.trade.trade_id) if step.trade is not None else None
        if payment is not None and payment.variant == WITH_BOND:
            return at
    return None


def _pass_dealt(batch: TitleBatch, step: GoodsStep, deal: TradeRow) -> None:
    """Goods of a deal: out of its lot, or the seller's oldest free receipts."""
    if step.lot:
        batch.transfer_set_aside(step.lot, title_of(deal))
    else:
        batch.hold(deal.trade_id, deal.seller_no, deal.product_number, deal.quantity)
        batch.transfer(title_of(deal)._replace(sell_order_id=deal.trade_id))


def _move_money(money: list[TradeMoney], forfeits: list[Forfeit]) -> None:
    """Trades and forfeited bonds in the order of the journal: the one may pay for the other."""
    done = 0
    for each in forfeits:
        settle_trades(money[done : each.after_trades])
        done = each.after_trades
        forfeit_many([_bond(each)])
    settle_trades(money[done:])


def _bond(each: Forfeit) -> ForfeitedBond:
    return ForfeitedBond(
        each.from_no,
        each.to_no,
        each.amount_fen,
        f"auction:{each.auction_id}:{each.from_no}:{each.seq}",
        each.seq,
        each.at_ns,
        trading_day(each.at_ns),
    )


def _terms(product: ProductRow) -> ProductTerms:
    return ProductTerms(product.code, product.name_zh, dict(product.spec))


def _set_asides(rows: ChunkRows) -> dict[int, int]:
    """Which set-asides the floor gave goods up for, by outbox row."""
    asked = [step.order_id for step in rows.goods_steps if not step.kg]
    found = {row: set_aside_id_of(reference) for row, reference in outbox.references(asked).items()}
    return {row: set_aside_id for row, set_aside_id in found.items() if set_aside_id is not None}


def _holds(step: GoodsStep) -> bool:
    return step.trade is None and step.kg > 0


def _money(trade: TradeRow, payment: DealPayment | None) -> TradeMoney:
    variant, bond_fen = payment or (0, 0)
    return TradeMoney(
        trade_id=trade.trade_id,
        seq=trade.seq,
        traded_at_ns=trade.traded_at_ns,
        day=trade.day,
        buyer_no=trade.buyer_no,
        seller_no=trade.seller_no,
        amount_fen=trade.amount_fen,
        buyer_fee_fen=trade.buyer_fee,
        seller_fee_fen=trade.seller_fee,
        deposit_fen=trade.deposit_fen,
        payment=PaymentVariant(PAYMENT_WORDS[variant]),
        bond_fen=bond_fen,
        mode=MODE_WORDS[trade.mode],
    )
