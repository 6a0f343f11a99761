"""Answers to the questions of queries.py, read from the replica between two micro-batches."""

from exchange.trading.queries import (
    AccountAnswer,
    AccountQuery,
    Answer,
    DepthAnswer,
    DepthQuery,
    GoodsLine,
    HeadAnswer,
    IndicativeLine,
    Level,
    OpenOrderLine,
    ProductAnswer,
    ProductQuery,
    Query,
)
from exchange.trading.replica import Replica

ALL_LEVELS = 1_000_000


def answer_query(query: Query, replica: Replica, written_at_ns: int) -> Answer:
    """The answer as of the replica's sequence."""
    if isinstance(query, DepthQuery):
        return _depth(query, replica)
    if isinstance(query, AccountQuery):
        return _account(query, replica)
    if isinstance(query, ProductQuery):
        return _product(query, replica)
    engine = replica.engine
    return HeadAnswer(
        seq=replica.seq,
        chain_hash=replica.chain_hash.hex(),
        written_at_ns=written_at_ns,
        last_order_id=engine.last_order_id,
        last_trade_id=engine.last_trade_id,
    )


def _depth(query: DepthQuery, replica: Replica) -> DepthAnswer:
    depth = replica.engine.depth(query.product, query.levels or ALL_LEVELS)
    return DepthAnswer(
        seq=replica.seq,
        product=query.product,
        bids=tuple(Level(*level) for level in depth.bids),
        asks=tuple(Level(*level) for level in depth.asks),
    )


def _account(query: AccountQuery, replica: Replica) -> AccountAnswer:
    state = replica.engine.account(query.account)
    if state is None:
        return AccountAnswer(seq=replica.seq, account=query.account, known=False)
    return AccountAnswer(
        seq=replica.seq,
        account=query.account,
        known=True,
        funds_free=state.funds_free,
        funds_held=state.funds_held,
        suspended=state.suspended,
        buyer_fee_bps=state.buyer_fee_bps,
        seller_fee_bps=state.seller_fee_bps,
        deposit_bps=state.deposit_bps,
        goods=tuple(GoodsLine(*line) for line in state.goods),
        orders=tuple(OpenOrderLine(*order) for order in replica.engine.open_orders(query.account)),
    )


def _product(query: ProductQuery, replica: Replica) -> ProductAnswer:
    state = replica.engine.product(query.product)
    if state is None:
        return ProductAnswer(seq=replica.seq, product=query.product, known=False)
    found = replica.engine.indicative(query.product)
    return ProductAnswer(
        seq=replica.seq,
        product=query.product,
        known=True,
        phase=state.phase,
        low=state.low,
        high=state.high,
        step_kg=state.step_kg,
        min_kg=state.min_kg,
        tick=state.tick,
        tie_rule=state.tie_rule,
        reference=state.reference,
        volatility=state.volatility,
        indicative=None if found is None else IndicativeLine(*found),
    )
