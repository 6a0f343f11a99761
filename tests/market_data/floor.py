"""A floor for the hub's tests: a real engine, batches as a feed brings them, pictures as tables give them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from exchange.kernel.calendar import trading_day
from exchange.market_data.live_halls import AuctionPicture, ListingsPicture
from exchange.market_data.market import Indicative, LiveOrder, Market
from exchange.market_data.sources import AccountPicture, Picture, ProductFacts, ProductPicture
from exchange.market_data.ticker import Ticker
from exchange.trading.feed import heads_of
from exchange.trading.floor_answers import desk_of_account
from matching.desk_types import DeskCommand
from matching.engine import new_engine
from matching.market import new_market
from matching.types import Command, CommandKind, Phase
from tests.matching.streams import Stream

TIME_NS = int(datetime(2026, 11, 20, 1, 30, tzinfo=UTC).timestamp()) * 10**9


PRODUCTS = 3
ACCOUNTS = 6
SETUP = [
    *(
        Command(CommandKind.PRODUCT, product=product, price=700, quantity=710, amount=100, order_id=100)
        for product in range(1, PRODUCTS + 1)
    ),
    *(Command(CommandKind.ACCOUNT, account=account) for account in range(1, ACCOUNTS + 1)),
    *(Command(CommandKind.FUNDS, account=account, amount=50_000_000) for account in range(1, ACCOUNTS + 1)),
    *(
        Command(CommandKind.GOODS, account=account, product=product, quantity=50_000)
        for account in range(1, ACCOUNTS + 1)
        for product in range(1, PRODUCTS + 1)
    ),
    *(
        Command(CommandKind.PHASE, product=product, flags=Phase.CONTINUOUS)
        for product in range(1, PRODUCTS + 1)
    ),
]
"""Three products in session and six accounts with money and goods."""


def random_stream(seed: int, length: int) -> list[Command]:
    """A lively market from its first command on."""
    return [command for command, _ in Stream(seed, new_engine()).commands(length)]


class FeedBatch(NamedTuple):
    """One batch of the feed."""

    first_seq: int
    time_ns: int
    events: bytes
    client_ids: list[str]
    last_seq: int
    heads: bytes


def follow(market: Market, batch: FeedBatch) -> None:
    """Apply a batch as the hub does."""
    market.apply(batch.first_seq, batch.last_seq, batch.time_ns, batch.events, batch.client_ids, batch.heads)


class EngineFloor:
    """Applies batches and answers the hub's questions."""

    def __init__(self, products: int = PRODUCTS) -> None:
        self.engine = new_market()
        self.codes = {number: f"P{number}" for number in range(1, products + 1)}
        self.true = Market()
        self.seq = 0
        self.pictures = 0

    def batch(
        self, commands: Iterable[Command | DeskCommand], client_ids: list[str] | None = None
    ) -> FeedBatch:
        """Apply one batch."""
        records = [command.pack() for command in commands]
        first = self.seq + 1
        events = self.engine.apply(b"".join(records), first)
        self.seq += len(records)
        names = client_ids or [f"c-{first + index}" for index in range(len(records))]
        made = FeedBatch(first, TIME_NS, events, names, self.seq, heads_of(b"".join(records)))
        follow(self.true, made)
        return made

    async def indicative(self, number: int) -> Indicative | None:
        found = self.engine.indicative(number)
        return None if found is None else Indicative(*found)

    async def picture(self) -> Picture:
        self.pictures += 1
        products = []
        for number, code in self.codes.items():
            known = self.true.product(number)
            state = self.engine.product(number)
            ticker = Ticker(720, trading_day(TIME_NS), last=known.ticker.last)
            ticker.open, ticker.high, ticker.low = known.ticker.open, known.ticker.high, known.ticker.low
            ticker.volume_kg, ticker.turnover_fen = known.ticker.volume_kg, known.ticker.turnover_fen
            phase = state.phase if state is not None else 0
            products.append(ProductPicture(number, code, phase, ticker, list(known.tape.recent)))
        resting = [replace(order) for order in self.true.orders.values()]
        return Picture(self.seq, TIME_NS, resting, products)

    async def auction(self, number: int) -> AuctionPicture | None:
        raise NotImplementedError

    async def listings(self, number: int) -> ListingsPicture:
        raise NotImplementedError

    async def account(self, account: int, *, desk: bool = False) -> AccountPicture:
        state = self.engine.account(account)
        assert state is not None
        orders = [
            LiveOrder(
                order.order_id,
                account,
                order.product,
                order.side,
                order.price,
                order.quantity,
                order.remaining,
            )
            for order in self.engine.open_orders(account)
        ]
        goods = [(line.product, line.free, line.held) for line in state.goods]
        own = desk_of_account(account, self.engine) if desk else None
        return AccountPicture(self.seq, state.funds_free, state.funds_held, goods, orders, own)

    async def products(self) -> list[ProductFacts]:
        return [ProductFacts(number, code, 720) for number, code in self.codes.items()]
