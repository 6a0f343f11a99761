"""Calls in the public picture: phases, crossed books, indicative prices, one price for all."""

import asyncio

import pytest

from exchange.market_data import hub as hub_module
from exchange.market_data import messages
from exchange.market_data.hub import Hub
from exchange.market_data.market import Indicative, Market, order_terms
from matching.types import (
    MARKET_TO_LIMIT,
    POST_ONLY,
    SELF_TRADE_SHIFT,
    Command,
    CommandKind,
    Phase,
    SelfTrade,
    Side,
    TimeInForce,
)
from tests.market_data.floor import SETUP, EngineFloor, follow
from tests.market_data.test_market import place


def to_phase(phase: Phase) -> Command:
    return Command(CommandKind.PHASE, product=1, flags=phase)


UNCROSS = Command(CommandKind.UNCROSS, product=1, flags=Phase.CONTINUOUS)
RULES = Command(CommandKind.RULES, product=1, price=705, quantity=2, amount=1)


def test_a_call_ends_with_trades_of_one_price_in_which_nobody_took() -> None:
    floor, market = EngineFloor(), Market({1, 2})
    follow(market, floor.batch([*SETUP, to_phase(Phase.CALL)]))
    follow(market, floor.batch([place(1, Side.SELL, 702, 500), place(2, Side.BUY, 708, 300)]))
    product = market.product(1)
    assert product.phase == Phase.CALL
    assert product.depth.best(Side.BUY) == 708
    assert product.depth.best(Side.SELL) == 702
    market.take_changes()

    follow(market, floor.batch([UNCROSS]))

    assert product.phase == Phase.CONTINUOUS
    assert [(trade.in_call, trade.quantity_kg) for trade in product.tape.recent] == [(True, 300)]
    changes = market.take_changes()
    assert [fill.liquidity for account in (1, 2) for fill in changes[account].fills] == ["call", "call"]
    assert product.depth.top(Side.BUY) == []
    assert product.depth.top(Side.SELL)[0].quantity_kg == 200


def test_a_volatility_call_of_the_floor_changes_the_phase() -> None:
    floor, market = EngineFloor(), Market()
    orders = [place(1, Side.SELL, 709, 500), place(2, Side.BUY, 709, 300)]
    follow(market, floor.batch([*SETUP, RULES, *orders]))
    assert market.product(1).phase == Phase.VOLATILITY
    assert market.product(1).depth.best(Side.BUY) == market.product(1).depth.best(Side.SELL) == 709


def test_rules_are_not_taken_for_a_phase() -> None:
    floor, market = EngineFloor(), Market()
    rules = Command(CommandKind.RULES, product=1, amount=1, flags=Phase.HALTED)
    follow(market, floor.batch([*SETUP, rules]))
    assert market.product(1).phase == Phase.CONTINUOUS
    assert 1 in market.redefined


def test_an_order_tells_its_terms_to_its_owner() -> None:
    floor, market = EngineFloor(), Market({1})
    order = place(1, Side.BUY, 701, 500, TimeInForce.GTD)._replace(order_id=20_780, flags=POST_ONLY)
    follow(market, floor.batch([*SETUP, order]))
    (live,) = market.take_changes()[1].orders.values()
    told = messages.order(live, "P1")
    assert (told["type"], told["time_in_force"], told["expires_on"], told["post_only"]) == (
        "limit",
        "gtd",
        "2026-11-23",
        True,
    )


def test_terms_have_stable_words() -> None:
    flags = MARKET_TO_LIMIT | SelfTrade.DECREMENT << SELF_TRADE_SHIFT
    assert order_terms(TimeInForce.IOC, flags, 0) == {
        "type": "market_to_limit",
        "time_in_force": "ioc",
        "expires_on": None,
        "post_only": False,
        "self_trade": "decrement",
    }


def test_the_ticker_has_the_indicative_price_only_in_a_call() -> None:
    market = Market()
    product = market.product(1)
    assert messages.ticker(product, "P1")["indicative"] is None
    product.indicative = Indicative(705, 300, -200)
    assert messages.ticker(product, "P1")["indicative"] == {
        "price": "7.05",
        "quantity_kg": 300,
        "surplus_kg": -200,
    }


async def test_the_hub_asks_for_the_indicative_price_while_it_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub_module, "INDICATIVE_S", 0.01)
    floor = EngineFloor()
    floor.batch(SETUP)
    hub = Hub(floor)
    hub.start()
    await hub.ready.wait()
    try:
        hub.on_batch(floor.batch([to_phase(Phase.CALL), place(1, Side.SELL, 702, 500)]))
        await asyncio.sleep(0.05)
        product = hub.market.product(1)
        assert product.indicative is None
        hub.on_batch(floor.batch([place(2, Side.BUY, 708, 300)]))
        await asyncio.sleep(0.05)
        assert product.indicative == await floor.indicative(1)
        assert product.indicative is not None
        assert product.indicative.surplus_kg == -200
        hub.on_batch(floor.batch([UNCROSS]))
        await asyncio.sleep(0.05)
        assert product.indicative is None
        assert product.phase == Phase.CONTINUOUS
    finally:
        hub.stop()
