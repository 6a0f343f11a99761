"""Replies as read from events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.trading.replies import OrderStatus, Reply, pack_result, replies_of, unpack_result
from matching.engine import Engine, new_engine
from matching.types import Command, CommandKind, Reason, TimeInForce
from tests.trading.floor_kit import BUYER, PRODUCT, SELLER, buy, opened_market, sell


class Market:
    """An engine that answers one command at a time."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.seq = 0
        for command in opened_market():
            self(command)

    def __call__(self, command: Command) -> Reply:
        self.seq += 1
        (reply,) = replies_of(self.engine.apply(command.pack(), self.seq))
        assert reply.seq == self.seq
        return reply


@pytest.fixture(params=["fast", "reference"])
def market(request: pytest.FixtureRequest) -> Market:
    return Market(new_engine(request.param))


def test_a_resting_order_is_open(market: Market) -> None:
    reply = market(sell(700, 1000))
    assert reply[1:] == (1, OrderStatus.OPEN, Reason.NONE, 0, 1000, False)


def test_a_crossing_order_tells_what_traded_and_what_rests(market: Market) -> None:
    market(sell(700, 1000))
    reply = market(buy(700, 1500))
    assert reply[1:] == (2, OrderStatus.PARTIALLY_FILLED, Reason.NONE, 1000, 500, False)


def test_an_order_that_trades_whole_is_filled(market: Market) -> None:
    market(sell(700, 1000))
    assert market(buy(710, 400))[1:] == (2, OrderStatus.FILLED, Reason.NONE, 400, 0, False)


def test_the_rest_of_an_immediate_order_is_cancelled_with_its_reason(market: Market) -> None:
    market(sell(700, 300))
    reply = market(buy(700, 1000, tif=TimeInForce.IOC))
    assert reply[1:] == (2, OrderStatus.CANCELLED, Reason.IOC_REST, 300, 0, False)


def test_a_refused_order_tells_why(market: Market) -> None:
    reply = market(buy(100, 1000))
    assert (reply.status, reply.reason, reply.filled_kg) == (OrderStatus.REJECTED, Reason.PRICE_BAND, 0)


def test_a_cancel_names_the_order(market: Market) -> None:
    order_id = market(sell(700, 1000)).order_id
    reply = market(Command(CommandKind.CANCEL, account=SELLER, order_id=order_id))
    assert (reply.order_id, reply.status, reply.reason) == (order_id, OrderStatus.CANCELLED, Reason.BY_OWNER)
    assert reply.remaining_kg == 0


def test_a_replace_that_reduces_keeps_the_filled_part(market: Market) -> None:
    order_id = market(sell(700, 1000)).order_id
    market(buy(700, 300))
    reply = market(Command(CommandKind.REPLACE, account=SELLER, order_id=order_id, price=700, quantity=600))
    assert reply[1:] == (order_id, OrderStatus.PARTIALLY_FILLED, Reason.NONE, 300, 300, False)


def test_a_replace_that_crosses_tells_the_whole_order(market: Market) -> None:
    market(buy(650, 200))
    order_id = market(sell(700, 1000)).order_id
    reply = market(Command(CommandKind.REPLACE, account=SELLER, order_id=order_id, price=650, quantity=1200))
    assert reply[1:] == (order_id, OrderStatus.PARTIALLY_FILLED, Reason.NONE, 200, 1000, False)


def test_a_replace_that_trades_whole_is_filled(market: Market) -> None:
    market(buy(650, 2000))
    order_id = market(sell(700, 1000)).order_id
    reply = market(Command(CommandKind.REPLACE, account=SELLER, order_id=order_id, price=650, quantity=1000))
    assert reply[1:] == (order_id, OrderStatus.FILLED, Reason.NONE, 1000, 0, False)


def test_commands_without_an_order_of_their_own_are_applied(market: Market) -> None:
    market(sell(700, 1000))
    market(sell(701, 1000))
    for command in (
        Command(CommandKind.FUNDS, account=BUYER, amount=100),
        Command(CommandKind.CANCEL_ALL, account=SELLER),
        Command(CommandKind.PHASE, product=PRODUCT, flags=0),
    ):
        assert market(command)[1:] == (0, OrderStatus.APPLIED, Reason.NONE, 0, 0, False)


def test_closing_a_session_that_cancels_orders_is_applied(market: Market) -> None:
    market(sell(700, 1000))
    assert market(Command(CommandKind.PHASE, product=PRODUCT, flags=0)).status is OrderStatus.APPLIED


def test_a_batch_gives_one_reply_for_each_command(market: Market) -> None:
    commands = [sell(700, 1000), buy(700, 300), buy(100, 100), buy(700, 900)]
    events = market.engine.apply(b"".join(command.pack() for command in commands), market.seq + 1)
    replies = replies_of(events)
    assert [reply.seq for reply in replies] == [market.seq + n for n in (1, 2, 3, 4)]
    assert [reply.status.name for reply in replies] == ["OPEN", "FILLED", "REJECTED", "PARTIALLY_FILLED"]


@given(
    st.builds(
        Reply,
        seq=st.integers(0, 2**64 - 1),
        order_id=st.integers(0, 2**64 - 1),
        status=st.sampled_from(OrderStatus),
        reason=st.sampled_from(Reason),
        filled_kg=st.integers(0, 2**62),
        remaining_kg=st.integers(0, 2**62),
    )
)
def test_a_remembered_result_is_the_reply_marked_as_a_duplicate(reply: Reply) -> None:
    assert unpack_result(pack_result(reply)) == reply._replace(duplicate=True)
