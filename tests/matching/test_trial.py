"""A trial says what the order then does, and is refused for what the order is refused for."""

from collections import Counter

import pytest

from matching.engine import Engine, new_engine
from matching.trial import Trial, trial
from matching.types import (
    MARKET_TO_LIMIT,
    SELF_TRADE_SHIFT,
    Command,
    CommandKind,
    Event,
    EventKind,
    Phase,
    Reason,
    SelfTrade,
    Side,
    unpack_events,
)
from tests.matching.streams import ACCOUNTS, Stream

LENGTH = 700
EVERYBODY = range(1, ACCOUNTS + 1)


class Trying:
    """An engine that tries every order before it is placed and keeps what the trial said."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.tried: Trial | None = None
        self.shared_levels = False

    def apply(self, record: bytes, seq: int) -> bytes:
        self.tried = None
        if record[0] == CommandKind.PLACE:
            command = Command.unpack(record)
            before = self._engine.state_hash() if seq % 50 == 0 else ""
            self.tried = trial(self._engine, record, EVERYBODY)
            assert not before or self._engine.state_hash() == before
            self.shared_levels = _meets_own_among_others(self._engine, command)
        return self._engine.apply(record, seq)

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)


def _meets_own_among_others(engine: Engine, command: Command) -> bool:
    """Whether the order of two parties at one price decides what happens."""
    if (command.flags >> SELF_TRADE_SHIFT) & 3 == SelfTrade.CANCEL_OLDEST:
        return False
    party = (1, 2) if command.account in (1, 2) else (command.account,)
    other_side = Side.SELL if command.side == Side.BUY else Side.BUY
    depth = engine.depth(command.product, 10_000)
    levels = {level.price: level.kg for level in (depth.asks if other_side == Side.SELL else depth.bids)}
    own: Counter[int] = Counter()
    for number in party:
        for order in engine.open_orders(number):
            if (order.product, order.side) == (command.product, other_side):
                own[order.price] += order.remaining
    return any(0 < kg < levels[price] for price, kg in own.items())


def _check(said: Trial, command: Command, events: list[Event]) -> None:
    first = events[0]
    rested = [event for event in events if event.kind == EventKind.RESTED]
    dropped = [e for e in events if e.kind == EventKind.CANCELLED and e.order_id == first.order_id]
    trades = [event for event in events if event.kind == EventKind.TRADE]
    assert said.traded_kg == sum(trade.quantity for trade in trades)
    assert said.traded_amount == sum(trade.quantity * trade.price for trade in trades)
    assert (said.rest_kg, said.rest_price) == ((rested[0].remaining, rested[0].price) if rested else (0, 0))
    assert said.ended == (dropped[0].reason if dropped else Reason.NONE)
    assert said.volatility == any(event.kind == EventKind.PHASED for event in events)


@pytest.mark.parametrize("seed", range(4))
def test_a_trial_says_what_the_order_then_does(seed: int) -> None:
    trying = Trying(new_engine("fast"))
    seen: Counter[str] = Counter()
    for command, record in Stream(seed, trying).commands(LENGTH):  # type: ignore[arg-type]
        said = trying.tried
        if said is None:
            continue
        events = unpack_events(record)
        refused = events[0].reason if events[0].kind == EventKind.REJECTED else Reason.NONE
        assert said.refused == refused, command
        if refused:
            seen[f"refused {said.refused.name}"] += 1
        elif trying.shared_levels:
            assert said.traded_kg <= sum(e.quantity for e in events if e.kind == EventKind.TRADE)
            seen["least"] += 1
        else:
            _check(said, command, events)
            seen["trades" if said.traded_kg else "rests" if said.rest_kg else "ends"] += 1
    assert min(seen["trades"], seen["rests"], seen["ends"], seen["refused PRICE_BAND"]) > 0, seen


def test_worst_cost_and_fees_are_those_of_the_account(engine: Engine) -> None:
    """A dealer at 20 basis points buys over two prices; a seller's deposit is kept back."""
    commands = [
        Command(CommandKind.PRODUCT, product=1, price=600, quantity=800, amount=100, order_id=100),
        Command(CommandKind.ACCOUNT, account=1, price=20, quantity=0, amount=200),
        Command(CommandKind.ACCOUNT, account=2, price=20, quantity=10, amount=200),
        Command(CommandKind.FUNDS, account=1, amount=2_000_000),
        Command(CommandKind.GOODS, account=2, product=1, quantity=5_000),
        Command(CommandKind.PHASE, product=1, flags=Phase.CONTINUOUS),
        Command(CommandKind.PLACE, product=1, account=2, side=Side.SELL, price=700, quantity=1_000),
        Command(CommandKind.PLACE, product=1, account=2, side=Side.SELL, price=710, quantity=1_000),
    ]
    engine.apply(b"".join(command.pack() for command in commands), 1)
    buy = Command(CommandKind.PLACE, product=1, account=1, side=Side.BUY, price=720, quantity=2_500)

    said = trial(engine, buy.pack())
    assert said.hold == said.worst_amount + said.worst_fee == 1_800_000 + 3_600
    assert (said.traded_kg, said.traded_amount, said.traded_fee) == (2_000, 1_410_000, 2_820)
    assert (said.best_price, said.rest_kg, said.rest_price) == (700, 500, 720)
    to_limit = trial(engine, buy._replace(flags=MARKET_TO_LIMIT).pack())
    assert (to_limit.traded_kg, to_limit.rest_kg, to_limit.rest_price) == (1_000, 1_500, 700)
    assert trial(engine, buy._replace(quantity=3_000).pack()).refused == Reason.INSUFFICIENT_FUNDS

    sell = Command(CommandKind.PLACE, product=1, account=2, side=Side.SELL, price=690, quantity=3_000)
    offered = trial(engine, sell.pack())
    assert (offered.hold, offered.worst_amount, offered.worst_fee, offered.worst_deposit) == (
        3_000,
        2_070_000,
        2_070,
        41_400,
    )
    assert trial(engine, sell._replace(account=9).pack()).refused == Reason.UNKNOWN_ACCOUNT
