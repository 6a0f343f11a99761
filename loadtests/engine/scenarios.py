"""The five order flows of the benchmark, from our own generator, after the public description of their shape.

The *Matching Engine Algorithm Performance Challenge* (arXiv 2606.01183) measures an engine by its worst
scenario out of five: a still market, a normal day, price swings of 25 and 40 % and a flash crash. In each,
half of the messages are new orders (15 % of them immediate-or-cancel), 41 % cancels and 9 % modifies. Orders
are placed some ticks away from a wandering middle price, most of them near it; the sides take their prices
from different halves of the walk and arrive shuffled. An order is modified and cancelled soon after it came;
one in twenty stays, and these make the book that the others meet. A few cancels and modifies are sent twice.

Ours are batches of 64-byte commands for the engine's public interface: a thousand accounts with ample money
and goods, one product in continuous trading. The same seed gives the same bytes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.types import Command, CommandKind, Phase, Side, TimeInForce

ACCOUNTS = 1_000
PRODUCT = 1
START = 33_504
"""Middle price at the start, in ticks."""
LOW, HIGH = 1, 131_072
"""The price ladder, wide enough for the crash."""
DEEPEST = 799
"""Furthest distance from the middle price, in ticks."""
IOC_SHARE, REPLACE_SHARE, CANCEL_SHARE, AGAIN_SHARE = 0.15, 0.2, 0.95, 0.02
"""Of the new orders are immediate-or-cancel; of the others are replaced, are cancelled; of these twice."""
REPRICE_SHARE = 0.8
"""Of the replaces also go one tick towards the middle; all of them ask for more."""
FUNDS, GOODS = 4 * 10**14, 4 * 10**14
"""What every account has, in fen and kg: no order is refused for want of cover."""


@dataclass(frozen=True)
class Scenario:
    """One order flow: how much the middle price wanders, as a share of itself over the whole run."""

    name: str
    swing: float


SCENARIOS = (
    Scenario("static", 0.0),
    Scenario("normal", 0.02),
    Scenario("swing-25", 0.25),
    Scenario("swing-40", 0.40),
    Scenario("flash-crash", 0.60),
)

COMMANDS = np.dtype(
    [
        ("kind", "u1"),
        ("side", "u1"),
        ("tif", "u1"),
        ("flags", "u1"),
        ("product", "<u4"),
        ("time_ns", "<i8"),
        ("account", "<u4"),
        ("zero", "<u4"),
        ("order_id", "<u8"),
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("amount", "<i8"),
        ("zero_too", "<i8"),
    ]
)
"""``matching.types.COMMAND`` as an array."""

Array = npt.NDArray[Any]


def opening() -> bytes:
    """What comes before the clock starts: the product in continuous trading, accounts and what they have."""
    commands = [
        Command(CommandKind.PRODUCT, product=PRODUCT, price=LOW, quantity=HIGH, amount=1, order_id=1),
        Command(CommandKind.PHASE, product=PRODUCT, flags=Phase.CONTINUOUS),
    ]
    for account in range(1, ACCOUNTS + 1):
        commands += [
            Command(CommandKind.ACCOUNT, account=account, price=20, quantity=20, amount=200),
            Command(CommandKind.FUNDS, account=account, amount=FUNDS),
            Command(CommandKind.GOODS, account=account, product=PRODUCT, quantity=GOODS),
        ]
    return b"".join(command.pack() for command in commands)


def flow(scenario: Scenario, orders: int, seed: int) -> Array:
    """The messages of a scenario in order of arrival, about two for each new order."""
    random = np.random.Generator(np.random.PCG64(seed))
    lives = np.zeros((orders, 5), COMMANDS)  # place, replace, cancel, and the last two once more
    lives["kind"] = [
        getattr(CommandKind, kind) for kind in ("PLACE", "REPLACE", "CANCEL", "CANCEL", "REPLACE")
    ]
    lives["account"] = random.integers(1, ACCOUNTS + 1, (orders, 1))
    ioc = random.random(orders) < IOC_SHARE
    replaced = ~ioc & (random.random(orders) < REPLACE_SHARE)
    cancelled = ~ioc & (random.random(orders) < CANCEL_SHARE)
    again, too_late = random.random((2, orders)) < AGAIN_SHARE
    sent = [np.ones(orders, bool), replaced, cancelled, cancelled & again, replaced & cancelled & too_late]
    _write_orders(scenario, lives, ioc, random)
    return np.asarray(lives[np.stack(sent, axis=1)])


def _write_orders(scenario: Scenario, lives: Array, ioc: Array, random: np.random.Generator) -> None:
    """Fills in what each order is and what becomes of it."""
    orders = len(lives)
    side, price = _placed(scenario, orders, random)
    kg = random.integers(1, 101, orders)
    toward = np.where(side == Side.BUY, 1, -1) * (random.random(orders) < REPRICE_SHARE)
    place, later = lives[:, 0], lives[:, 1:]
    place["product"], place["side"], place["price"], place["quantity"] = PRODUCT, side, price, kg
    place["tif"] = np.where(ioc, TimeInForce.IOC, TimeInForce.DAY)
    later["order_id"] = np.arange(1, orders + 1)[:, None]
    for replace in (lives[:, 1], lives[:, 4]):
        replace["price"], replace["quantity"] = price + toward, kg + 1


def _placed(scenario: Scenario, orders: int, random: np.random.Generator) -> tuple[Array, Array]:
    """Side and price of every new order, in order of arrival."""
    step = scenario.swing / np.sqrt(orders)
    middle = START * np.exp(np.cumsum(random.normal(-step * step / 2, step, orders)))
    distance = random.choice(DEEPEST + 1, orders, p=_depth())
    buy = (
        np.arange(orders) < orders // 2
    )  # one side along the first half of the walk, the other along the rest
    price = np.rint(middle).astype(np.int64) + np.where(buy, -1, 1) * (distance + 1)
    arrival = random.permutation(orders)
    side = np.where(buy, Side.BUY, Side.SELL)
    return side[arrival], np.clip(price, LOW + 1, HIGH - 1)[arrival]


def _depth() -> Array:
    """Probability of each distance: a power law with a hump eight ticks from the middle."""
    ticks = np.arange(DEEPEST + 1)
    weight = 1 / (ticks + 1) ** 2.23 + 5 * np.exp(-0.5 * (ticks - 8.0) ** 2)
    return np.asarray(weight / weight.sum())
