"""Where the hub gets what the feed does not tell: the floor at a batch boundary, and the tables."""

from typing import NamedTuple, Protocol

from exchange.market_data.live_halls import AuctionPicture, ListingsPicture
from exchange.market_data.market import Indicative, LiveOrder
from exchange.market_data.ticker import TapeTrade, Ticker
from exchange.trading.queries import DeskOfAccount


class Batch(Protocol):
    """One committed batch of the floor, as the feed delivers it."""

    @property
    def first_seq(self) -> int:
        """Sequence number of the first command."""

    @property
    def last_seq(self) -> int:
        """Sequence number of the last command."""

    @property
    def time_ns(self) -> int:
        """When the floor applied the batch."""

    @property
    def events(self) -> bytes:
        """The event records."""

    @property
    def client_ids(self) -> list[str]:
        """The senders' own ids, one per command."""

    @property
    def heads(self) -> bytes:
        """What events do not tell of the commands; see ``exchange.trading.feed``."""


class ProductPicture(NamedTuple):
    """One product at a sequence number: what it is called, its phase, and what was traded so far."""

    number: int
    code: str
    phase: int
    ticker: Ticker
    tape: list[TapeTrade]


class Picture(NamedTuple):
    """The market at one sequence number: every resting order and every product."""

    seq: int
    time_ns: int
    orders: list[LiveOrder]
    products: list[ProductPicture]


class AccountPicture(NamedTuple):
    """One account at one sequence number; funds in fen, goods as (product, free kg, held kg)."""

    seq: int
    funds_free: int
    funds_held: int
    goods: list[tuple[int, int, int]]
    orders: list[LiveOrder]
    desk: DeskOfAccount | None = None
    """Only if it was asked for."""


class ProductFacts(NamedTuple):
    """What the tables say of a product; the reference price in fen per kg."""

    number: int
    code: str
    reference: int


class Sources(Protocol):
    """The port through which the hub asks."""

    async def picture(self) -> Picture:
        """The whole market, not older than the moment of the call."""

    async def account(self, account: int, *, desk: bool = False) -> AccountPicture:
        """One account now, with desk also its part of the desk; the client order ids are left empty."""

    async def indicative(self, number: int) -> Indicative | None:
        """What the call of a product would do if it ended now."""

    async def products(self) -> list[ProductFacts]:
        """Every product there is."""

    async def auction(self, number: int) -> AuctionPicture | None:
        """See HallSources."""

    async def listings(self, number: int) -> ListingsPicture:
        """See HallSources."""
