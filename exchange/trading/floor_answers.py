"""Answers to the questions of queries.py, read from the replica between two micro-batches."""

from collections.abc import Iterator

from exchange.trading.queries import (
    AccountAnswer,
    AccountQuery,
    Answer,
    DepthAnswer,
    DepthQuery,
    DeskAnswer,
    DeskOfAccount,
    DeskQuery,
    EntryLine,
    GoodsLine,
    HeadAnswer,
    HoldLine,
    IndicativeLine,
    Level,
    OpenOrderLine,
    ProductAnswer,
    ProductQuery,
    ProposalLine,
    Query,
    TakeLine,
    TrialAnswer,
    TrialQuery,
)
from exchange.trading.replica import Replica, result_key
from matching.desk_state import DeskState
from matching.engine import Engine
from matching.market import MarketEngine
from matching.trial import trial
from matching.types import Side

ALL_LEVELS = 1_000_000


def answer_query(query: Query, replica: Replica, written_at_ns: int) -> Answer:
    """The answer as of the replica's sequence."""
    if isinstance(query, DepthQuery):
        return _depth(query, replica)
    if isinstance(query, AccountQuery):
        return _account(query, replica)
    if isinstance(query, ProductQuery):
        return _product(query, replica)
    if isinstance(query, DeskQuery):
        return _desk(replica)
    if isinstance(query, TrialQuery):
        return _trial(query, replica)
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
        desk=desk_of_account(query.account, replica.engine) if query.desk else None,
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


def _desk(replica: Replica) -> DeskAnswer:
    engine = replica.engine
    if not isinstance(engine, MarketEngine):
        return DeskAnswer(replica.seq, 0, ticking=False, next_due_ns=0)
    return DeskAnswer(
        seq=replica.seq, now_ns=engine.desk.now_ns, ticking=engine.ticking, next_due_ns=engine.next_due_ns
    )


def _trial(query: TrialQuery, replica: Replica) -> TrialAnswer:
    used = (
        bool(query.client_id) and replica.remembered(result_key(query.command, query.client_id)) is not None
    )
    return TrialAnswer(replica.seq, trial(replica.engine, query.command, query.related), used)


def desk_of_account(account: int, engine: Engine) -> DeskOfAccount:
    """Everything of an account at the desk that is not over."""
    if not isinstance(engine, MarketEngine):
        return DeskOfAccount()
    state = engine.desk
    return DeskOfAccount(
        holds=tuple(HoldLine(*hold) for hold in engine.desk_holds(account)),
        takes=tuple(_takes(account, state)),
        proposals=tuple(_proposals(account, state)),
        entries=tuple(_entries(account, state)),
    )


def _takes(account: int, state: DeskState) -> Iterator[TakeLine]:
    for number, take in sorted(state.takes.items()):
        listing = state.listings[take.listing]
        if account in (take.account, listing.account):
            yield TakeLine(
                number,
                take.listing,
                listing.product,
                take.account,
                listing.account,
                Side.SELL if listing.side == Side.BUY else Side.BUY,
                take.price,
                take.quantity,
                take.deadline_ns,
            )


def _proposals(account: int, state: DeskState) -> Iterator[ProposalLine]:
    for number, proposal in sorted(state.proposals.items()):
        if account in (proposal.account, proposal.other):
            yield ProposalLine(
                number,
                proposal.listing,
                state.listings[proposal.listing].product,
                proposal.account,
                proposal.other,
                proposal.side,
                proposal.price,
                proposal.quantity,
                proposal.expires_ns,
            )


def _entries(account: int, state: DeskState) -> Iterator[EntryLine]:
    for number, auction in sorted(state.auctions.items()):
        entry = auction.entries.get(account)
        if entry is not None:
            yield EntryLine(
                number, auction.terms.product, entry.kg, entry.bond, entry.fee_reserve, entry.awarded
            )
