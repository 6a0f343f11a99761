"""Streams of commands: lively ones from a seed, and hypothesis strategies that also leave the path."""

from collections.abc import Callable, Iterator
from itertools import chain
from random import Random
from typing import Any

from hypothesis import strategies as st

from matching.engine import Engine
from matching.types import (
    CALL_PHASES,
    MARKET_TO_LIMIT,
    POST_ONLY,
    SELF_TRADE_SHIFT,
    Command,
    CommandKind,
    Phase,
    SelfTrade,
    TieRule,
    TimeInForce,
)

ACCOUNTS = 6
PRODUCTS = 3
LOW, HIGH = 700, 720
TICKS = [1, 2, 5]
DAYS = [101, 102, 103]
"""Last days of orders; a close ends one of these days or the one before."""
SETUP = [
    *(
        Command(CommandKind.PRODUCT, product=product, price=LOW, quantity=HIGH, amount=100, order_id=100)
        for product in range(1, PRODUCTS + 1)
    ),
    *(
        Command(
            CommandKind.ACCOUNT,
            account=account,
            price=20 * account,
            quantity=15,
            amount=200,
            order_id=1 if account == 2 else 0,
        )
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
"""Three products in session and six accounts, two of them one party, with something to trade with."""

WEIGHTS = {
    CommandKind.PLACE: 60,
    CommandKind.CANCEL: 8,
    CommandKind.REPLACE: 17,
    CommandKind.CANCEL_ALL: 0.5,
    CommandKind.FUNDS: 3,
    CommandKind.GOODS: 3,
    CommandKind.ACCOUNT: 1.5,
    CommandKind.PRODUCT: 3,
    CommandKind.PHASE: 5,
    CommandKind.UNCROSS: 2.5,
    CommandKind.RULES: 2,
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
            CommandKind.UNCROSS: self._uncross,
            CommandKind.RULES: self._rules,
        }

    def commands(self, length: int) -> Iterator[tuple[Command, bytes]]:
        """The set-up and so many commands more, each with the events it caused."""
        kinds = self._random.choices(list(WEIGHTS), weights=list(WEIGHTS.values()), k=length)
        made = (
            self._makers[kind](self._random.randint(1, ACCOUNTS), self._product_number()) for kind in kinds
        )
        for seq, command in enumerate(chain(SETUP, made), 1):
            yield command, self._engine.apply(command.pack(), seq)

    # --- what it draws from -------------------------------------------------------------------------

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _product_number(self) -> int:
        return self._random.randint(1, PRODUCTS)

    def _phase_of(self, product: int) -> Phase:
        state = self._engine.product(product)
        return Phase(state.phase) if state else Phase.CLOSED

    def _price(self, product: int) -> int:
        """Mostly inside the band and on tick."""
        state = self._engine.product(product)
        if state is None or self._chance(0.1):
            return self._random.randint(LOW - 5, HIGH + 5)
        return self._random.randint(state.low, state.high) // state.tick * state.tick

    def _kg(self) -> int:
        return 100 * self._random.randint(1, 30)

    def _day(self) -> int:
        return self._random.choice(DAYS)

    def _closing_day(self) -> int:
        return self._random.choice([0, DAYS[0] - 1, DAYS[0] - 1, self._day()])

    def _self_trade(self) -> int:
        """One of the modes, seldom none of them."""
        mode = 3 if self._chance(0.01) else self._random.choice(list(SelfTrade))
        return mode << SELF_TRADE_SHIFT

    def _order_id(self, account: int) -> int:
        """Mostly an open order of the account, sometimes any."""
        orders = self._engine.open_orders(account)
        if orders and self._chance(0.9):
            return self._random.choice(orders).order_id
        return self._random.randint(0, self._engine.last_order_id + 1)

    # --- members ------------------------------------------------------------------------------------

    def _place(self, account: int, product: int) -> Command:
        """In a call mostly what a call takes."""
        plain = self._phase_of(product) in CALL_PHASES and self._chance(0.9)
        tif = self._random.choices(list(TimeInForce), weights=[6, 0, 0, 2] if plain else [6, 1.5, 1.5, 2])[0]
        kg, flags, minimum = self._kg(), self._self_trade(), 0
        if not plain and self._chance(0.4):
            flags |= self._random.choices([POST_ONLY, MARKET_TO_LIMIT, 3], weights=[10, 10, 1])[0]
        if not plain and self._chance(0.1):
            minimum = kg if self._chance(0.1) else self._kg()
        return Command(
            CommandKind.PLACE,
            product=product,
            account=account,
            side=self._random.randint(1, 2),
            tif=tif,
            flags=flags,
            order_id=self._day() if tif == TimeInForce.GTD else 0,
            price=self._price(product),
            quantity=kg,
            amount=minimum,
        )

    def _cancel(self, account: int, product: int) -> Command:
        return Command(CommandKind.CANCEL, account=account, order_id=self._order_id(account))

    def _replace(self, account: int, product: int) -> Command:
        """Of an open order often only the quantity changes."""
        order_id = self._order_id(account)
        found = [order for order in self._engine.open_orders(account) if order.order_id == order_id]
        price = self._price(found[0].product if found else product)
        if found and self._chance(0.5):
            price = found[0].price
        return Command(
            CommandKind.REPLACE,
            account=account,
            order_id=order_id,
            price=price,
            quantity=self._kg(),
            flags=self._self_trade(),
        )

    def _cancel_all(self, account: int, product: int) -> Command:
        return Command(CommandKind.CANCEL_ALL, account=account, product=self._random.choice([0, product]))

    # --- the exchange -------------------------------------------------------------------------------

    def _funds(self, account: int, product: int) -> Command:
        return Command(CommandKind.FUNDS, account=account, amount=self._random.randint(-5_000_000, 9_000_000))

    def _goods(self, account: int, product: int) -> Command:
        kg = self._random.randint(-9_000, 20_000)
        return Command(CommandKind.GOODS, account=account, product=product, quantity=kg)

    def _account(self, account: int, product: int) -> Command:
        """Other rates, at times suspended, at times of one party with another."""
        fee, suspended = self._random.randint(0, 300), self._chance(0.05)
        group = self._random.choice([0, 0, self._random.randint(1, ACCOUNTS)])
        return Command(
            CommandKind.ACCOUNT,
            account=account,
            price=fee,
            quantity=15,
            amount=200,
            flags=suspended,
            order_id=group,
        )

    def _product(self, account: int, product: int) -> Command:
        """Another band and step, preferably for a product that is closed."""
        closed = [number for number in range(1, PRODUCTS + 1) if self._phase_of(number) == Phase.CLOSED]
        if closed:
            product = self._random.choice(closed)
        low, high = LOW + self._random.randint(-3, 8), HIGH + self._random.randint(-8, 3)
        step_kg = self._random.choice([100, 100, 50])
        return Command(
            CommandKind.PRODUCT, product=product, price=low, quantity=high, amount=step_kg, order_id=100
        )

    def _phase(self, account: int, product: int) -> Command:
        """A pause soon ends; a call is mostly left to UNCROSS."""
        paused = [
            number
            for number in range(1, PRODUCTS + 1)
            if self._phase_of(number) in {Phase.CLOSED, Phase.HALTED}
        ]
        if paused and self._chance(0.9):
            product = paused[0]
        phase = self._phase_of(product)
        following = {
            Phase.CONTINUOUS: [Phase.CALL, Phase.CALL, Phase.HALTED, Phase.CLOSED],
            Phase.CLOSED: [Phase.CALL, Phase.CONTINUOUS, Phase.CLOSED],
            Phase.HALTED: [Phase.CALL, Phase.CONTINUOUS],
        }.get(phase, [Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED, Phase.VOLATILITY])
        return Command(
            CommandKind.PHASE,
            product=product,
            flags=self._random.choice(following),
            amount=self._closing_day(),
        )

    def _uncross(self, account: int, product: int) -> Command:
        """Mostly of a product that is in a call."""
        calls = [number for number in range(1, PRODUCTS + 1) if self._phase_of(number) in CALL_PHASES]
        if calls and self._chance(0.9):
            product = self._random.choice(calls)
        return Command(
            CommandKind.UNCROSS,
            product=product,
            flags=self._random.choice([*[Phase.CONTINUOUS] * 4, Phase.HALTED, Phase.CLOSED]),
            price=self._random.choice([0, 0, self._price(product)]),
            amount=self._closing_day(),
        )

    def _rules(self, account: int, product: int) -> Command:
        """Mostly a tick that fits the resting orders; a range within which not everything may trade."""
        owners = range(1, ACCOUNTS + 1)
        prices = [o.price for a in owners for o in self._engine.open_orders(a) if o.product == product]
        fitting = [tick for tick in TICKS if all(price % tick == 0 for price in prices)]
        return Command(
            CommandKind.RULES,
            product=product,
            price=self._random.choice([0, *[self._random.randint(LOW, HIGH)] * 3]),
            quantity=self._random.choice([0, self._random.randint(2, 8)]),
            amount=self._random.choice(fitting if self._chance(0.9) else TICKS),
            flags=self._random.choice(list(TieRule)),
        )


# --- hypothesis ------------------------------------------------------------------------------------


def either(*strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One of them; what is named twice is twice as likely (to ``one_of`` it would be the same)."""
    return st.integers(0, len(strategies) - 1).flatmap(strategies.__getitem__)


def numbers(low: int, high: int, *, bits: int, signed: bool = False) -> st.SearchStrategy[int]:
    """Mostly within bounds, sometimes any number the field can carry."""
    least, most = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    edges = st.sampled_from([least, most, max(least, -1), 0, 10**6, 10**6 + 1, 10**9, 10**15, 10**15 + 1])
    return either(
        *[st.integers(low, high)] * 8,
        st.integers(least, most),
        edges.filter(lambda value: least <= value <= most),
    )


anything = st.builds(
    Command,
    st.one_of(st.integers(0, max(CommandKind) + 1), st.integers(0, 255)),
    time_ns=st.just(0),
    product=numbers(1, PRODUCTS, bits=32),
    account=numbers(1, ACCOUNTS, bits=32),
    side=numbers(1, 2, bits=8),
    tif=numbers(0, 3, bits=8),
    flags=numbers(0, 15, bits=8),
    order_id=st.one_of(numbers(1, 20, bits=64), st.just(100)),
    price=numbers(LOW, HIGH, bits=64, signed=True),
    quantity=st.one_of(
        numbers(1, 30, bits=64, signed=True), st.integers(1, 30).map(lambda lots: 100 * lots), st.just(HIGH)
    ),
    amount=st.one_of(numbers(0, 300, bits=64, signed=True), st.integers(-(10**6), 10**6)),
)
"""Any command at all."""


products = st.sampled_from([1, 1, 1, 2, 3])
accounts = st.integers(1, 4)
prices = st.integers(LOW + 5, LOW + 15)
quantities = st.integers(1, 12).map(lambda lots: 100 * lots)
days = st.sampled_from([0, DAYS[0] - 1, *DAYS])
modes = st.sampled_from([mode << SELF_TRADE_SHIFT for mode in SelfTrade])
none = st.just(0)
resting = st.tuples(st.just(TimeInForce.DAY), none, none, none)
dated = st.tuples(st.just(TimeInForce.GTD), none, st.sampled_from(DAYS), none)
immediate = st.tuples(st.sampled_from([TimeInForce.IOC, TimeInForce.FOK]), none, none, none)
flagged = st.tuples(st.just(TimeInForce.DAY), st.sampled_from([POST_ONLY, MARKET_TO_LIMIT]), none, none)
partly = st.tuples(st.sampled_from([TimeInForce.DAY, TimeInForce.IOC]), none, none, quantities)
mixed = st.tuples(st.sampled_from(list(TimeInForce)), st.integers(0, 3), days, either(none, quantities))
terms = either(*[resting] * 7, *[dated] * 4, immediate, immediate, flagged, partly, mixed)
"""Time in force, flags, day and minimum that mostly go together."""


def _place(
    product: int, account: int, side: int, price: int, kg: int, mode: int, term: tuple[int, int, int, int]
) -> Command:
    tif, flags, day, minimum = term
    return Command(
        CommandKind.PLACE,
        product=product,
        account=account,
        side=side,
        tif=tif,
        flags=flags | mode,
        order_id=day,
        price=price,
        quantity=kg,
        amount=minimum,
    )


def _commands(kind: CommandKind, **fields: st.SearchStrategy[int]) -> st.SearchStrategy[Command]:
    """Commands of one kind; fields that are not named are zero."""
    return st.fixed_dictionaries(fields).map(lambda values: Command(kind, **values))


places = st.builds(_place, products, accounts, st.integers(1, 2), prices, quantities, modes, terms)
replaces = _commands(
    CommandKind.REPLACE,
    account=accounts,
    order_id=st.integers(1, 10),
    price=prices,
    quantity=quantities,
    flags=modes,
)
phases = _commands(
    CommandKind.PHASE, product=products, flags=st.sampled_from([Phase.CALL, Phase.CALL, *Phase]), amount=days
)
uncrosses = _commands(
    CommandKind.UNCROSS,
    product=products,
    flags=st.sampled_from([Phase.CONTINUOUS, Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED, Phase.CALL]),
    price=either(none, prices),
    amount=days,
)
rules = _commands(
    CommandKind.RULES,
    product=products,
    price=either(none, prices),
    quantity=st.integers(0, 6),
    amount=st.sampled_from([1, 1, *TICKS]),
    flags=st.sampled_from(list(TieRule)),
)
groupings = _commands(
    CommandKind.ACCOUNT, account=accounts, price=st.integers(0, 300), order_id=st.integers(0, ACCOUNTS)
)
bands = _commands(
    CommandKind.PRODUCT,
    product=products,
    price=st.integers(LOW, LOW + 8),
    quantity=st.integers(HIGH - 8, HIGH),
    amount=st.just(100),
    order_id=st.just(100),
)

commands = either(*[places] * 9, *[replaces] * 3, phases, uncrosses, rules, groupings, bands, anything)
"""Any command at all, with a liking for those that do something."""


def _call(product: int, before: list[Command], during: list[Command], after: list[Command]) -> list[Command]:
    """A call of one product from beginning to end, and what happens meanwhile."""
    begin = Command(CommandKind.PHASE, product=product, flags=Phase.CALL)
    end = Command(CommandKind.UNCROSS, product=product, flags=Phase.CONTINUOUS)
    return [*before, begin, *during, end, *after]


batches = st.one_of(
    st.lists(commands, max_size=40),
    st.lists(commands, min_size=12, max_size=60),
    st.builds(
        _call,
        products,
        st.lists(commands, max_size=10),
        st.lists(either(*[places] * 6, replaces, rules), min_size=8, max_size=30),
        st.lists(commands, max_size=10),
    ),
)
"""Short ones, long ones, and such with a call."""
