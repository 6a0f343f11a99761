"""Streams of commands: lively ones from a seed, and hypothesis strategies that also leave the path."""

from collections.abc import Callable, Iterator
from itertools import chain
from random import Random

from hypothesis import strategies as st

from matching.engine import Engine
from matching.types import Command, CommandKind, Phase

ACCOUNTS = 6
PRODUCTS = 3
LOW, HIGH = 700, 710
SETUP = [
    *(
        Command(CommandKind.PRODUCT, product=product, price=LOW, quantity=HIGH, amount=100, order_id=100)
        for product in range(1, PRODUCTS + 1)
    ),
    *(
        Command(CommandKind.ACCOUNT, account=account, price=20 * account, quantity=15, amount=200)
        for account in range(1, ACCOUNTS + 1)
    ),
    *(Command(CommandKind.FUNDS, account=account, amount=6_000_000) for account in range(1, ACCOUNTS + 1)),
    *(
        Command(CommandKind.GOODS, account=account, product=product, quantity=8_000)
        for account in range(1, ACCOUNTS + 1)
        for product in range(1, PRODUCTS + 1)
    ),
    *(
        Command(CommandKind.PHASE, product=product, flags=Phase.CONTINUOUS)
        for product in range(1, PRODUCTS + 1)
    ),
]
"""Three products in session and four accounts with something to trade with."""

WEIGHTS = {
    CommandKind.PLACE: 60,
    CommandKind.CANCEL: 10,
    CommandKind.REPLACE: 20,
    CommandKind.CANCEL_ALL: 0.5,
    CommandKind.FUNDS: 3,
    CommandKind.GOODS: 3,
    CommandKind.ACCOUNT: 1,
    CommandKind.PRODUCT: 1,
    CommandKind.PHASE: 1.5,
}


class Stream:
    """A deterministic stream of mostly sensible commands, each played on an engine when it is made."""

    def __init__(self, seed: int, engine: Engine) -> None:
        self._random = Random(seed)
        self._engine = engine
        self._makers: dict[CommandKind, Callable[[int, int], Command]] = {
            CommandKind.PLACE: self._place,
            CommandKind.CANCEL: self._cancel,
            CommandKind.REPLACE: self._replace,
            CommandKind.CANCEL_ALL: self._cancel_all,
            CommandKind.FUNDS: self._funds,
            CommandKind.GOODS: self._goods,
            CommandKind.ACCOUNT: self._account,
            CommandKind.PRODUCT: self._product,
            CommandKind.PHASE: self._phase,
        }

    def commands(self, length: int) -> Iterator[tuple[Command, bytes]]:
        """The set-up and so many commands more, each with the events it caused."""
        kinds = self._random.choices(list(WEIGHTS), weights=list(WEIGHTS.values()), k=length)
        made = (
            self._makers[kind](self._random.randint(1, ACCOUNTS), self._product_number()) for kind in kinds
        )
        for seq, command in enumerate(chain(SETUP, made), 1):
            yield command, self._engine.apply(command.pack(), seq)

    def _product_number(self) -> int:
        return self._random.randint(1, PRODUCTS)

    def _price(self) -> int:
        return self._random.randint(LOW - 1, HIGH + 1)

    def _kg(self) -> int:
        return 100 * self._random.randint(1, 30)

    def _order_id(self, account: int) -> int:
        """Mostly an open order of the account, sometimes any."""
        orders = self._engine.open_orders(account)
        if orders and self._random.random() < 0.9:
            return self._random.choice(orders).order_id
        return self._random.randint(0, self._engine.last_order_id + 1)

    def _place(self, account: int, product: int) -> Command:
        return Command(
            CommandKind.PLACE,
            product=product,
            account=account,
            side=self._random.randint(1, 2),
            tif=self._random.random() < 0.15,
            price=self._price(),
            quantity=self._kg(),
        )

    def _cancel(self, account: int, product: int) -> Command:
        return Command(CommandKind.CANCEL, account=account, order_id=self._order_id(account))

    def _replace(self, account: int, product: int) -> Command:
        """Of an open order often only the quantity changes."""
        order_id, price = self._order_id(account), self._price()
        prices = [order.price for order in self._engine.open_orders(account) if order.order_id == order_id]
        if prices and self._random.random() < 0.5:
            price = prices[0]
        return Command(
            CommandKind.REPLACE, account=account, order_id=order_id, price=price, quantity=self._kg()
        )

    def _cancel_all(self, account: int, product: int) -> Command:
        return Command(CommandKind.CANCEL_ALL, account=account, product=self._random.choice([0, product]))

    def _funds(self, account: int, product: int) -> Command:
        return Command(CommandKind.FUNDS, account=account, amount=self._random.randint(-5_000_000, 9_000_000))

    def _goods(self, account: int, product: int) -> Command:
        kg = self._random.randint(-9_000, 20_000)
        return Command(CommandKind.GOODS, account=account, product=product, quantity=kg)

    def _account(self, account: int, product: int) -> Command:
        fee, suspended = self._random.randint(0, 300), self._random.random() < 0.1
        return Command(
            CommandKind.ACCOUNT, account=account, price=fee, quantity=15, amount=200, flags=suspended
        )

    def _product(self, account: int, product: int) -> Command:
        low, high = LOW + self._random.randint(-3, 3), HIGH + self._random.randint(-3, 3)
        return Command(
            CommandKind.PRODUCT, product=product, price=low, quantity=high, amount=100, order_id=100
        )

    def _phase(self, account: int, product: int) -> Command:
        """A phase that is not continuous soon ends."""
        flags = self._random.choice([Phase.CLOSED, Phase.HALTED])
        states = filter(None, map(self._engine.product, range(1, PRODUCTS + 1)))
        paused = [state.number for state in states if state.phase != Phase.CONTINUOUS]
        if paused:
            product, flags = paused[0], Phase.CONTINUOUS
        return Command(CommandKind.PHASE, product=product, flags=flags)


# --- hypothesis ------------------------------------------------------------------------------------


def numbers(low: int, high: int, *, bits: int, signed: bool = False) -> st.SearchStrategy[int]:
    """Mostly within bounds, sometimes any number the field can carry."""
    least, most = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    edges = st.sampled_from([least, most, max(least, -1), 0, 10**6, 10**6 + 1, 10**9, 10**15, 10**15 + 1])
    return st.one_of(
        *([st.integers(low, high)] * 8),
        st.integers(least, most),
        edges.filter(lambda value: least <= value <= most),
    )


commands = st.builds(
    Command,
    st.one_of(
        *([st.just(int(CommandKind.PLACE))] * 6),
        *([st.just(int(CommandKind.REPLACE))] * 3),
        st.integers(0, 10),
        st.integers(0, 255),
    ),
    time_ns=st.just(0),
    product=numbers(1, PRODUCTS, bits=32),
    account=numbers(1, ACCOUNTS, bits=32),
    side=numbers(1, 2, bits=8),
    tif=numbers(0, 1, bits=8),
    flags=numbers(0, 2, bits=8),
    order_id=st.one_of(numbers(1, 20, bits=64), st.just(100)),
    price=numbers(LOW, HIGH, bits=64, signed=True),
    quantity=st.one_of(
        numbers(1, 30, bits=64, signed=True), st.integers(1, 30).map(lambda lots: 100 * lots), st.just(HIGH)
    ),
    amount=st.one_of(numbers(0, 300, bits=64, signed=True), st.integers(-(10**6), 10**6)),
)
"""Any command at all, with a liking for those that do something."""

batches = st.lists(commands, max_size=40)
