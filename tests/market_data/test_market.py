"""The picture kept from events alone is the engine's own."""

from random import Random

import pytest

from exchange.market_data.market import LiveOrder, Market, order_status
from matching.types import Command, CommandKind, Side, TimeInForce
from tests.market_data.floor import ACCOUNTS, PRODUCTS, SETUP, TIME_NS, EngineFloor, follow, random_stream


def assert_same(market: Market, floor: EngineFloor) -> None:
    """Books, orders and phases agree with the engine to the last kilogram and order."""
    for number in range(1, PRODUCTS + 1):
        true = floor.engine.depth(number, 1_000)
        seen = market.product(number).depth
        assert [tuple(level) for level in seen.top(Side.BUY)] == [tuple(level) for level in true.bids]
        assert [tuple(level) for level in seen.top(Side.SELL)] == [tuple(level) for level in true.asks]
        state = floor.engine.product(number)
        assert state is not None
        assert market.product(number).phase == state.phase
    for account in range(1, ACCOUNTS + 1):
        mine = {order.order_id: order for order in market.orders.values() if order.account == account}
        true_orders = {order.order_id: order for order in floor.engine.open_orders(account)}
        assert mine.keys() == true_orders.keys()
        for order_id, order in mine.items():
            true_order = true_orders[order_id]
            assert (order.price, order.quantity, order.open_kg) == (
                true_order.price,
                true_order.quantity,
                true_order.remaining,
            )


@pytest.mark.parametrize("seed", range(12))
def test_the_market_follows_any_stream(seed: int) -> None:
    random, floor, market = Random(seed), EngineFloor(), Market()
    commands = random_stream(seed, 1_500)
    while commands:
        size = random.randint(1, 40)
        batch = floor.batch(commands[:size])
        commands = commands[size:]
        follow(market, batch)
        assert market.seq == floor.seq
    assert_same(market, floor)


@pytest.mark.parametrize("seed", range(6))
def test_a_market_that_joins_late_continues_from_a_picture(seed: int) -> None:
    floor = EngineFloor()
    commands = random_stream(seed, 1_000)
    floor.batch(commands[:600])
    late = Market()
    late.load([LiveOrder(**_fields(order)) for order in floor.true.orders.values()], floor.seq, TIME_NS)
    for number, product in floor.true.products.items():
        late.product(number).phase = product.phase
    batch = floor.batch(commands[600:])
    follow(late, batch)
    assert_same(late, floor)


def _fields(order: LiveOrder) -> dict[str, object]:
    names = ("order_id", "account", "product", "side", "price", "quantity", "open_kg", "client_order_id")
    return {name: getattr(order, name) for name in names}


def place(account: int, side: Side, price: int, quantity: int, tif: int = TimeInForce.DAY) -> Command:
    return Command(
        CommandKind.PLACE, product=1, account=account, side=side, tif=tif, price=price, quantity=quantity
    )


def test_a_watched_account_sees_its_orders_and_trades_and_nobody_elses() -> None:
    floor, market = EngineFloor(), Market({1})
    batch = floor.batch(
        [*SETUP, place(1, Side.SELL, 705, 1_000), place(2, Side.BUY, 705, 400), place(2, Side.BUY, 700, 300)],
        [""] * len(SETUP) + ["mine", "yours", "yours-too"],
    )
    follow(market, batch)
    changes = market.take_changes()
    assert changes.keys() == {1}
    (order,) = changes[1].orders.values()
    assert (order.client_order_id, order_status(order), order.filled_kg) == ("mine", "partially_filled", 400)
    (fill,) = changes[1].fills
    assert (fill.liquidity, fill.price, fill.quantity_kg) == ("maker", 705, 400)
    assert changes[1].balances
    assert market.take_changes() == {}


@pytest.mark.parametrize(
    ("resting_kg", "wanted_kg", "tif", "status", "filled"),
    [
        (1_000, 1_000, TimeInForce.DAY, "filled", 1_000),
        (0, 1_000, TimeInForce.DAY, "open", 0),
        (0, 1_000, TimeInForce.IOC, "cancelled", 0),
        (300, 1_000, TimeInForce.IOC, "cancelled", 300),
        (300, 1_000, TimeInForce.DAY, "partially_filled", 300),
    ],
)
def test_the_word_for_what_became_of_an_order(
    resting_kg: int, wanted_kg: int, tif: int, status: str, filled: int
) -> None:
    floor, market = EngineFloor(), Market({2})
    commands = [*SETUP]
    if resting_kg:
        commands.append(place(1, Side.SELL, 705, resting_kg))
    commands.append(place(2, Side.BUY, 705, wanted_kg, tif))
    batch = floor.batch(commands)
    follow(market, batch)
    (order,) = market.take_changes()[2].orders.values()
    assert (order_status(order), order.filled_kg) == (status, filled)


def test_todays_figures_follow_the_trades() -> None:
    floor, market = EngineFloor(), Market()
    prices = (705, 709, 702, 704)
    commands = [*SETUP]
    for price in prices:
        commands += [place(1, Side.SELL, price, 100), place(2, Side.BUY, price, 100)]
    batch = floor.batch(commands)
    follow(market, batch)
    ticker = market.product(1).ticker
    assert (ticker.open, ticker.high, ticker.low, ticker.last) == (705, 709, 702, 704)
    assert (ticker.volume_kg, ticker.turnover_fen) == (400, 100 * sum(prices))
    assert [trade.price for trade in market.product(1).tape.recent] == list(prices)
    ticker.reference = 700
    assert (ticker.change, ticker.change_bps) == (4, 57)
