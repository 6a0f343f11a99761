"""What the trades of a day say of a product's price, for the reference price of the next."""

from collections.abc import Sequence

from exchange.markets.reference_prices import TradedDay
from exchange.trading.types import TradeMode, TradeRow


def traded_day(trades: Sequence[TradeRow]) -> TradedDay:
    """Closing price and mean of one product's trades and deals of one day, fen per kg, the half rounded up.

    The closing price is that of the call after which the book traded no more. Awards of auctions count for
    neither: the band that the reference price makes does not bind them.
    """
    counted = [trade for trade in trades if trade.mode != TradeMode.AUCTION]
    in_book = [trade for trade in counted if trade.mode == TradeMode.SPOT]
    last = max(in_book, key=lambda trade: (trade.seq, trade.trade_id), default=None)
    kg = sum(trade.quantity for trade in counted)
    mean = (sum(trade.amount_fen for trade in counted) + kg // 2) // kg if kg else None
    return TradedDay(
        closing=last.price if last is not None and last.in_call else None,
        mean=mean,
        trades=len(counted),
        kg=kg,
    )
