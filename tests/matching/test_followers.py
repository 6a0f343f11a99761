"""Whoever follows the events knows the book: nothing about resting orders has to be asked or guessed."""

from collections import Counter, defaultdict

import pytest

from matching.engine import Depth, DepthLevel, Engine
from matching.types import Event, EventKind, Reason, Side, unpack_events
from tests.matching.streams import PRODUCTS, Stream


class Follower:
    """Resting orders as told by events alone."""

    def __init__(self) -> None:
        self.resting: dict[int, Event] = {}
        """By order number: the event with the order's place and its open kg as ``remaining``."""
        self.filled: Counter[int] = Counter()

    def hear(self, event: Event) -> None:
        """Takes in one event, and checks what it says against what was heard before."""
        order_id = event.order_id
        match event.kind:
            case EventKind.TRADE:
                self.filled.update({order_id: event.quantity, event.other_id: event.quantity})
                if event.reason == Reason.CALL:
                    self.fill(order_id, event.account, event.quantity)
                else:
                    assert event.price == self.resting[event.other_id].price
                self.fill(event.other_id, event.other, event.quantity)
            case EventKind.RESTED:
                assert order_id not in self.resting
                assert event.quantity - event.remaining == self.filled[order_id]
                self.resting[order_id] = event
            case EventKind.CANCELLED if event.other == 1:
                assert self.resting.pop(order_id).remaining == event.remaining
            case EventKind.REDUCED if event.other == 1:
                assert self.resting[order_id].remaining == event.other_id
                assert event.quantity - event.remaining == self.filled[order_id]
                self.resting[order_id] = event
            case EventKind.REPLACED:
                assert self.resting.pop(order_id).remaining == event.remaining

    def fill(self, order_id: int, account: int, kg: int) -> None:
        """A trade takes kg from a resting order."""
        before = self.resting.pop(order_id)
        assert before.account == account
        if before.remaining > kg:
            self.resting[order_id] = before._replace(remaining=before.remaining - kg)

    def depth(self, product: int) -> Depth:
        """The book of a product."""
        return Depth(*(self.levels(product, side) for side in (Side.BUY, Side.SELL)))

    def levels(self, product: int, side: Side) -> tuple[DepthLevel, ...]:
        """One side of it, best first."""
        levels: dict[int, list[int]] = defaultdict(list)
        for order in self.resting.values():
            if (order.product, order.side) == (product, side):
                levels[order.price].append(order.remaining)
        prices = sorted(levels, reverse=side == Side.BUY)
        return tuple(DepthLevel(price, sum(levels[price]), len(levels[price])) for price in prices)


@pytest.mark.parametrize("seed", [300, 301, 302])
def test_the_events_tell_the_book(engine: Engine, seed: int) -> None:
    follower = Follower()

    for _, caused in Stream(seed, engine).commands(1_500):
        for event in unpack_events(caused):
            follower.hear(event)
        for product in range(1, PRODUCTS + 1):
            assert engine.depth(product, 1_000) == follower.depth(product)
