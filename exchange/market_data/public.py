"""The public channels: books, trades and tickers, each as a snapshot and then what changed.

Those of the halls are kept in ``hall_channels``; a socket meets them here as well.
"""

from collections.abc import Iterable, Iterator

from exchange.kernel.calendar import now_ns
from exchange.market_data import messages
from exchange.market_data.hall_channels import HALL_CHANNELS, HallChannels
from exchange.market_data.market import Market, ProductMarket
from exchange.market_data.messages import Message, encode
from exchange.market_data.streams import Sink

CHANNELS = ("book", "trades", "ticker")
ALL_PRODUCTS = 0
"""Product number under which the ticker of all products is subscribed."""

Key = tuple[str, int]
"""A channel and a product number."""


class PublicChannels:
    """Who listens to what, and what was last said. ``market`` and ``codes`` are the hub's."""

    def __init__(self, market: Market, codes: dict[int, str], halls: HallChannels) -> None:
        self.market = market
        self._halls = halls
        self._codes = codes
        self._sinks: dict[Key, dict[Sink, None]] = {}
        self._keys_of: dict[Sink, dict[Key, None]] = {}
        self._published: dict[Key, int] = {}
        self._snapshots: dict[Key, Message] = {}

    def subscribe(self, sink: Sink, channel: str, number: int) -> None:
        """Give the sink a snapshot and then every change. Subscribing again gives a fresh snapshot."""
        if channel in HALL_CHANNELS:
            self._halls.subscribe(sink, channel, number)
            return
        key = (channel, number)
        self.publish((number,) if number else self._codes)
        self._sinks.setdefault(key, {})[sink] = None
        self._keys_of.setdefault(sink, {})[key] = None
        self._offer_snapshots(sink, key)

    def unsubscribe(self, sink: Sink, channel: str, number: int) -> None:
        """Stop one subscription; unknown ones are ignored."""
        if channel in HALL_CHANNELS:
            self._halls.unsubscribe(sink, channel, number)
            return
        self._sinks.get((channel, number), {}).pop(sink, None)
        self._keys_of.get(sink, {}).pop((channel, number), None)

    def leave(self, sink: Sink) -> None:
        """The socket is gone."""
        for key in self._keys_of.pop(sink, {}):
            self._sinks[key].pop(sink, None)
        self._halls.leave(sink)

    def refresh(self, sink: Sink) -> None:
        """The sink dropped messages: say so and give it every snapshot again."""
        for key in self._keys_of.get(sink, {}):
            self._resync(sink, key)
        self._halls.refresh(sink)

    def restart(self, market: Market) -> None:
        """The picture was loaded anew: everybody starts from a snapshot."""
        self.market = market
        self._published.clear()
        self._snapshots.clear()
        for sink in list(self._keys_of):
            for key in self._keys_of[sink]:
                self._resync(sink, key)
        self._halls.restart(market.seq)

    def publish(self, numbers: Iterable[int]) -> None:
        """Say what changed in these products since it was last said."""
        now = now_ns()
        for number in numbers:
            product, code = self.market.products.get(number), self._codes.get(number)
            if product is not None and code is not None:
                self._publish_product(product, code, now)

    def _publish_product(self, product: ProductMarket, code: str, now: int) -> None:
        changes = product.depth.take_changes()
        trades = product.tape.take_unpublished()
        if changes:
            previous = self._advance("book", product)
            if sinks := self._sinks.get(("book", product.number)):
                delta = messages.book_delta(product.depth, changes)
                _offer(sinks, _message("book", "delta", code, product.seq, now, delta, previous))
        if trades:
            previous = self._advance("trades", product)
            if sinks := self._sinks.get(("trades", product.number)):
                latest = messages.trades(trades)
                _offer(sinks, _message("trades", "update", code, product.seq, now, latest, previous))
        if product.figures_changed:
            product.figures_changed = False
            previous = self._advance("ticker", product)
            self._publish_ticker(product, code, now, previous)

    def _publish_ticker(self, product: ProductMarket, code: str, now: int, previous: int) -> None:
        one = self._sinks.get(("ticker", product.number))
        everything = self._sinks.get(("ticker", ALL_PRODUCTS))
        if one or everything:
            figures = messages.ticker(product, code)
            message = _message("ticker", "update", code, product.seq, now, figures, previous)
            _offer(one or {}, message)
            _offer(everything or {}, message)

    def _advance(self, channel: str, product: ProductMarket) -> int:
        key = (channel, product.number)
        self._snapshots.pop(key, None)
        previous = self._published.get(key, product.seq)
        self._published[key] = product.seq
        return previous

    def _resync(self, sink: Sink, key: Key) -> None:
        channel, number = key
        seq = self.market.seq
        code = self._codes.get(number)
        sink.offer(encode(channel, "resync_required", seq=seq, time_ns=now_ns(), product=code))
        self.publish((number,) if number else self._codes)
        self._offer_snapshots(sink, key)

    def _offer_snapshots(self, sink: Sink, key: Key) -> None:
        for message in self._snapshots_of(key):
            sink.offer(message)

    def _snapshots_of(self, key: Key) -> Iterator[Message]:
        channel, number = key
        for wanted in (number,) if number else tuple(self._codes):
            yield self._snapshot(channel, wanted)

    def _snapshot(self, channel: str, number: int) -> Message:
        key = (channel, number)
        message = self._snapshots.get(key)
        if message is None:
            product = self.market.product(number)
            seq = self._published.setdefault(key, product.seq)
            content = _snapshot_content(channel, product, self._codes[number])
            message = _message(channel, "snapshot", self._codes[number], seq, now_ns(), content)
            self._snapshots[key] = message
        return message


def _snapshot_content(channel: str, product: ProductMarket, code: str) -> dict[str, object]:
    if channel == "book":
        return messages.book_snapshot(product.depth)
    if channel == "trades":
        return messages.trades(product.tape.recent)
    return messages.ticker(product, code)


def _message(
    channel: str, kind: str, code: str, seq: int, now: int, content: object, prev_seq: int | None = None
) -> Message:
    return encode(channel, kind, seq=seq, time_ns=now, data=content, product=code, prev_seq=prev_seq)


def _offer(sinks: dict[Sink, None], message: Message) -> None:
    for sink in list(sinks):
        sink.offer(message)
