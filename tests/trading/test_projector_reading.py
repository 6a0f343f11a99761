"""Events become rows: no table in sight."""

from exchange.trading.projector_reading import ChunkRows, EventReader, GoodsStep, rates_in
from exchange.trading.replica import Replica
from exchange.trading.replies import OrderStatus
from matching.engine import new_engine
from matching.types import Command, CommandKind, Phase, Reason, Side
from tests.trading.paper_floor import (
    PaperFloor,
    account,
    buy,
    cancel,
    funds,
    goods,
    phase,
    product,
    replace,
    sell,
)

GROWER, DEALER = 1, 2
FUJI = 1


def market() -> PaperFloor:
    """A grower with 20 t and a dealer with 300,000 yuan, the session open."""
    floor = PaperFloor()
    floor.batch(
        product(FUJI),
        account(GROWER, buyer_bps=0, seller_bps=0),
        account(DEALER, deposit_bps=0),
        funds(DEALER, 30_000_000),
        goods(GROWER, FUJI, 20_000),
        phase(FUJI),
    )
    return floor


def rows_of(floor: PaperFloor, after_seq: int = 0) -> ChunkRows:
    """Everything after a sequence as one chunk."""
    replica = Replica(new_engine(), remember=False)
    reader = EventReader([], rates_in(replica.engine))
    for entry in floor.journal.entries:
        reader.before(entry)
        executed = replica.replay(entry)
        reader.read(entry, executed.events)
        if entry.last_seq <= after_seq:
            reader.take()
    return reader.take()


def test_a_trade_tells_money_by_each_sides_own_rates():
    floor = market()
    floor.batch((sell(GROWER, FUJI, 720, 1_000), "g-1"))
    floor.batch((buy(DEALER, FUJI, 730, 1_500), "d-1"))
    rows = rows_of(floor)
    (trade,) = rows.trades
    assert (trade.price, trade.quantity, trade.amount_fen) == (720, 1_000, 720_000)
    assert (trade.buyer_no, trade.seller_no, trade.taker_side) == (DEALER, GROWER, Side.BUY)
    assert (trade.buyer_fee, trade.seller_fee, trade.deposit_fen) == (1_440, 0, 14_400)
    sold, bought = rows.placed[1], rows.placed[2]
    assert (sold.status, sold.filled, sold.remaining) == (OrderStatus.FILLED, 1_000, 0)
    assert (bought.status, bought.filled, bought.remaining) == (OrderStatus.PARTIALLY_FILLED, 1_000, 500)
    assert bought.client_id == "d-1"


def test_a_rate_changed_in_the_middle_of_a_batch_counts_from_there_on():
    floor = market()
    floor.batch(
        sell(GROWER, FUJI, 720, 2_000),
        buy(DEALER, FUJI, 720, 1_000),
        account(DEALER, buyer_bps=50, deposit_bps=0),
        buy(DEALER, FUJI, 720, 1_000),
    )
    assert [trade.buyer_fee for trade in rows_of(floor).trades] == [1_440, 3_600]
    assert [trade.buyer_fee for trade in rows_of(floor, after_seq=6).trades] == [1_440, 3_600]


def test_goods_steps_follow_an_order_through_reduction_replacement_and_cancel():
    floor = market()
    floor.batch(sell(GROWER, FUJI, 720, 1_000))
    floor.batch(replace(GROWER, 1, 720, 600))
    floor.batch(replace(GROWER, 1, 710, 900))
    floor.batch(buy(DEALER, FUJI, 710, 200))
    floor.batch(cancel(GROWER, 1))
    rows = rows_of(floor)
    assert [step.kg for step in rows.goods_steps] == [1_000, -400, 300, 200, -700]
    assert rows.goods_steps[3] == GoodsStep(1, GROWER, FUJI, 200, rows.trades[0])
    order = rows.placed[1]
    assert (order.price, order.quantity, order.filled, order.remaining) == (710, 900, 200, 0)
    assert (order.status, order.reason) == (OrderStatus.CANCELLED, Reason.BY_OWNER)


def test_only_orders_placed_earlier_are_changed_rows():
    floor = market()
    floor.batch(sell(GROWER, FUJI, 720, 1_000))
    floor.batch(buy(DEALER, FUJI, 720, 400))
    rows = rows_of(floor, after_seq=7)
    assert list(rows.placed) == [2]
    assert list(rows.changed) == [1]
    assert rows.changed[1].remaining == 600


def test_a_refused_order_is_kept_with_its_reason():
    floor = market()
    floor.batch((buy(DEALER, FUJI, 899, 1_000_000), "too-much"), cancel(DEALER, 77))
    (refused,) = rows_of(floor).refused
    assert refused == (
        7,
        DEALER,
        FUJI,
        "too-much",
        1,
        0,
        899,
        1_000_000,
        Reason.INSUFFICIENT_FUNDS,
        floor.time_ns,
        0,
        0,
        0,
    )


def test_answers_to_the_outbox_are_found_by_client_id():
    floor = market()
    floor.batch((funds(DEALER, 100), "~outbox-3"), (funds(DEALER, -(10**12)), "~outbox-4"))
    floor.batch((phase(FUJI, Phase.CLOSED), "~outbox-5"))
    results = rows_of(floor).outbox_results
    assert [(result.outbox_id, result.seq, result.reason) for result in results] == [
        (3, 7, 0),
        (4, 8, Reason.INSUFFICIENT_FUNDS),
        (5, 9, 0),
    ]


def test_a_command_the_engine_does_not_know_changes_nothing():
    floor = market()
    floor.batch(Command(99, account=DEALER), Command(CommandKind.PLACE, account=55, product=FUJI))
    rows = rows_of(floor, after_seq=6)
    assert not rows.placed
    assert not rows.accounts
    assert len(rows.refused) == 1


def test_bars_open_with_the_first_and_close_with_the_last_trade():
    floor = market()
    floor.batch(
        sell(GROWER, FUJI, 720, 1_000), sell(GROWER, FUJI, 730, 1_000), sell(GROWER, FUJI, 725, 1_000)
    )
    floor.batch(buy(DEALER, FUJI, 730, 2_500))
    rows = rows_of(floor)
    assert {period for _, period, _ in rows.bars} == {"m", "h", "d"}
    day = next(bar for (_, period, _), bar in rows.bars.items() if period == "d")
    assert (day.open, day.high, day.low, day.close) == (720, 730, 720, 730)
    assert (day.volume_kg, day.trades) == (2_500, 3)
    starts = {period: start for _, period, start in rows.bars}
    assert starts["m"] % 60 == 0
    assert (starts["d"] + 8 * 3600) % 86_400 == 0


def test_chunks_carry_where_they_end():
    floor = market()
    rows = rows_of(floor)
    assert (rows.last_seq, rows.chain_hash, rows.commands) == (6, floor.replica.chain_hash.hex(), 6)
