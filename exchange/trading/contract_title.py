"""Where contracts and the receipt register meet after the deal: title passes with the balance, or goes back.

Settlement and the register do not know each other; this joins them in the transaction that pays the balance
or ends the contract (``settlement.title``), as ``delivery_versus_payment`` joins them in the projector's.
"""

from exchange.kernel.ids import contract_no
from exchange.markets.selectors import product_by_number
from exchange.trading.types import TradeRow
from settlement.title import GoodsOfContract
from warehouse_receipts import contract_goods
from warehouse_receipts.types import TitleTrade


class ReceiptsOfContracts:
    """Keeps titles that wait for the balance in the register; see ``settlement.title.TitleKeeper``."""

    def pass_title(self, goods: GoodsOfContract, *, seq: int, at_ns: int) -> None:
        """The receipts kept for the contract are the buyer's. Raises ReceiptsShort."""
        title = TitleTrade(
            trade_id=goods.trade_id,
            product_number=goods.product_number,
            sell_order_id=0,
            seller_no=goods.seller_no,
            buyer_no=goods.buyer_no,
            kg=goods.quantity_kg,
            contract_no=goods.contract_no,
            seq=seq,
            at_ns=at_ns,
        )
        days = product_by_number(goods.product_number).resale_lock_days
        contract_goods.pass_title(title, resale_lock_days={goods.product_number: days})

    def give_back(self, goods: GoodsOfContract) -> None:
        """The seller may sell the receipts again, and the floor is told. Raises ReceiptsShort."""
        contract_goods.give_back(goods.contract_no)


def title_of(trade: TradeRow) -> TitleTrade:
    """What the register needs to know of a trade."""
    return TitleTrade(
        trade_id=trade.trade_id,
        product_number=trade.product_number,
        sell_order_id=trade.sell_order_id,
        seller_no=trade.seller_no,
        buyer_no=trade.buyer_no,
        kg=trade.quantity,
        contract_no=contract_no(trade.day, trade.trade_id),
        seq=trade.seq,
        at_ns=trade.traded_at_ns,
    )
