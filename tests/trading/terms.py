"""Orders with terms, for tests: what `paper_floor` places, with more said about it."""

from matching.types import MARKET_TO_LIMIT, POST_ONLY, SELF_TRADE_SHIFT, Command, SelfTrade, TimeInForce


def with_terms(
    order: Command,
    *,
    tif: TimeInForce = TimeInForce.DAY,
    expires: int = 0,
    minimum: int = 0,
    post_only: bool = False,
    market_to_limit: bool = False,
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST,
) -> Command:
    """The same order with these terms."""
    flags = POST_ONLY * post_only | MARKET_TO_LIMIT * market_to_limit | self_trade << SELF_TRADE_SHIFT
    return order._replace(tif=tif, flags=flags, order_id=expires, amount=minimum)
