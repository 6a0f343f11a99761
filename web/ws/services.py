"""What the order path of one process shares: gateway, hub, rate limits, remembered credentials.

Built when the first request arrives, because only then is there an event loop to live on; built again
when the process was given another gateway (tests do that).
"""

import asyncio
from collections.abc import Callable, Iterable

from django.conf import settings

from exchange.kernel.errors import FloorUnavailable
from exchange.market_data.depth import Level
from exchange.market_data.floor_sources import FloorSources
from exchange.market_data.hub import Hub
from exchange.market_data.market import Indicative
from exchange.trading import runtime
from exchange.trading.gateway import Gateway
from exchange.trading.queries import AccountAnswer, IndicativeLine
from matching.types import CALL_PHASES, Phase, Side
from web.ws.credentials import Authenticator
from web.ws.directory import MemberDirectory
from web.ws.order_entry import OrderEntry
from web.ws.rate_limit import TokenBuckets
from web.ws.socket_guards import SocketGuards

READY_S = 5.0
"""How long a request waits for the hub of a process that has just started."""


class Services:
    """Everything the order path needs, bound to one event loop."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.loop = asyncio.get_running_loop()
        self._sources = FloorSources(gateway)
        self.hub = Hub(self._sources)
        self.buckets = TokenBuckets(settings.ORDER_RATE_PER_S, 2 * settings.ORDER_RATE_PER_S)
        self.entry = OrderEntry(gateway, self.hub.numbers, self.buckets)
        self.authenticator = Authenticator()
        self.directory = MemberDirectory()
        self.guards = SocketGuards()
        self._unsubscribe: Callable[[], None] = runtime.feed().subscribe(self.hub.on_batch)
        self.hub.start()

    async def market_known(self) -> None:
        """Wait until the products are known. Raises FloorUnavailable when that takes too long."""
        await _wait(self.hub.products_known)

    async def hub_ready(self) -> None:
        """Wait until the hub has the whole picture. Raises FloorUnavailable when that takes too long."""
        await _wait(self.hub.ready)

    async def indicative_now(self, number: int) -> Indicative | None:
        """What the call of a product would do if it ended now; None when it is in none."""
        if self.hub.market.product(number).phase not in CALL_PHASES:
            return None
        return await self._sources.indicative(number)

    def stop(self) -> None:
        """Leave the feed and end the hub."""
        self._unsubscribe()
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.hub.stop)
            self.loop.call_soon_threadsafe(self.guards.stop)


async def _wait(event: asyncio.Event) -> None:
    if event.is_set():
        return
    try:
        async with asyncio.timeout(READY_S):
            await event.wait()
    except TimeoutError:
        raise FloorUnavailable from None


class _Process:
    services: Services | None = None


def current() -> Services:
    """The services of this process; call it on the event loop. Raises FloorUnavailable without a gateway."""
    gateway = runtime.gateway()
    known = _Process.services
    if known is not None and known.gateway is gateway:
        return known
    if known is not None:
        known.stop()
    _Process.services = Services(gateway)
    return _Process.services


def acknowledged(account_no: int) -> int:
    """The highest sequence number acknowledged to the account by this process; from any thread."""
    known = _Process.services
    return known.entry.acknowledged(account_no) if known is not None else 0


def follows_the_market() -> bool:
    """Whether this process's live picture follows the floor, if anybody has asked for it yet; any thread."""
    known = _Process.services
    return known is None or known.hub.ready.is_set()


def live_phase(number: int, told: Phase) -> Phase:
    """The phase a product is in as the hub saw it, or what the floor was last told; from any thread."""
    known = _Process.services
    if known is None or not known.hub.ready.is_set():
        return told
    product = known.hub.market.products.get(number)
    return Phase(product.phase) if product is not None else told


async def indicatives_now(numbers: Iterable[int]) -> dict[int, IndicativeLine]:
    """What the calls of these products would do if they ended now; none while the floor does not answer."""
    try:
        answers = [await runtime.gateway().product(number) for number in numbers]
    except FloorUnavailable:
        return {}
    return {answer.product: answer.indicative for answer in answers if answer.indicative is not None}


async def account_now(account_no: int) -> AccountAnswer:
    """Funds and goods of an account as the floor has them. Raises FloorUnavailable."""
    return await runtime.gateway().account(account_no)


async def book_tops(numbers: Iterable[int], side: Side) -> dict[int, Level]:
    """The best level of one side of these books, as the hub sees them; nothing before it has the picture."""
    known = _Process.services
    if known is None or not known.hub.ready.is_set():
        return {}
    markets = known.hub.market.products
    tops = {number: markets[number].depth.top(side, 1) for number in numbers if number in markets}
    return {number: levels[0] for number, levels in tops.items() if levels}
