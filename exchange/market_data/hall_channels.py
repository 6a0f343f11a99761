"""The channels of the halls: one auction, or the listings of a product, followed while somebody listens.

A subject is loaded from a picture when its first listener comes; what the feed brings meanwhile waits and is
applied after it. Then all its listeners get the same messages, each encoded once: a snapshot and then
updates, with the sequence rule of the other channels. When the last listener leaves it is forgotten.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Protocol

from exchange.kernel.calendar import now_ns
from exchange.market_data.desk_follower import DeskNews
from exchange.market_data.live_halls import (
    AUCTION_EVENTS,
    LISTING_EVENTS,
    AuctionPicture,
    ListingsPicture,
    Live,
    LiveAuction,
    LiveListings,
)
from exchange.market_data.messages import Message, encode
from exchange.market_data.streams import Sink
from matching.desk_events import DeskEventKind
from matching.desk_types import AUCTION

logger = logging.getLogger(__name__)

HALL_CHANNELS = frozenset({"auction", "listings"})
RETRY_S = 1.0

Key = tuple[str, int]
"""A channel, and the number of the auction or product."""

Spawn = Callable[[Coroutine[object, object, None]], None]


class HallSources(Protocol):
    """Where the pictures come from."""

    async def auction(self, number: int) -> AuctionPicture | None:
        """An auction that everybody may see, not older than the moment of the call; None: there is none."""

    async def listings(self, number: int) -> ListingsPicture:
        """The open listings of a product that everybody may see, not older than the moment of the call."""


class _Subject:
    """What somebody listens to. Without ``live`` it is being loaded."""

    __slots__ = ("backlog", "live", "sinks", "snapshot", "told_seq")

    def __init__(self) -> None:
        self.sinks: dict[Sink, None] = {}
        self.live: Live | None = None
        self.backlog: list[DeskNews] = []
        self.snapshot: Message | None = None
        self.told_seq = 0


class HallChannels:
    """Who listens to what in the halls, and what was last said."""

    def __init__(self, sources: HallSources, spawn: Spawn) -> None:
        self._sources = sources
        self._spawn = spawn
        self._subjects: dict[Key, _Subject] = {}
        self._keys_of: dict[Sink, dict[Key, None]] = {}
        self._changed: dict[Key, None] = {}

    @property
    def changed(self) -> bool:
        """Whether ``publish`` has something to say."""
        return bool(self._changed)

    # Listening ----------------------------------------------------------------------------------

    def subscribe(self, sink: Sink, channel: str, number: int) -> None:
        """Give the sink a snapshot, at once or when it is loaded, and then every change."""
        key = (channel, number)
        self._keys_of.setdefault(sink, {})[key] = None
        subject = self._subjects.get(key)
        if subject is None:
            subject = self._subjects[key] = _Subject()
            subject.sinks[sink] = None
            self._spawn(self._load(key, subject))
        elif subject.live is None:
            subject.sinks[sink] = None
        else:
            self._publish_one(key, subject)
            subject.sinks[sink] = None
            sink.offer(_snapshot(key, subject, subject.live))

    def unsubscribe(self, sink: Sink, channel: str, number: int) -> None:
        """Stop one subscription; unknown ones are ignored."""
        key = (channel, number)
        self._keys_of.get(sink, {}).pop(key, None)
        self._drop(sink, key)

    def leave(self, sink: Sink) -> None:
        """The socket is gone."""
        for key in self._keys_of.pop(sink, {}):
            self._drop(sink, key)

    def _drop(self, sink: Sink, key: Key) -> None:
        subject = self._subjects.get(key)
        if subject is None:
            return
        subject.sinks.pop(sink, None)
        if not subject.sinks:
            self._subjects.pop(key)
            self._changed.pop(key, None)

    def refresh(self, sink: Sink) -> None:
        """The sink dropped messages: say so and give it every snapshot again."""
        for key in self._keys_of.get(sink, {}):
            subject = self._subjects[key]
            if subject.live is not None:
                self._publish_one(key, subject)
                sink.offer(_resync(key, subject.told_seq))
                sink.offer(_snapshot(key, subject, subject.live))

    def restart(self, seq: int) -> None:
        """The feed had a gap: everything is loaded anew, and everybody is told."""
        self._changed.clear()
        for key, old in list(self._subjects.items()):
            subject = self._subjects[key] = _Subject()
            subject.sinks = old.sinks
            if old.live is not None:
                _offer(subject.sinks, _resync(key, seq))
            self._spawn(self._load(key, subject))

    # Loading ------------------------------------------------------------------------------------

    async def _load(self, key: Key, subject: _Subject) -> None:
        while self._subjects.get(key) is subject:
            try:
                live = await self._picture(key)
            except Exception:
                logger.exception("the hub could not load %s %d; trying again", *key)
                await asyncio.sleep(RETRY_S)
            else:
                if self._subjects.get(key) is subject:
                    self._begin(key, subject, live)
                return

    async def _picture(self, key: Key) -> Live | None:
        channel, number = key
        if channel == "listings":
            return LiveListings(await self._sources.listings(number))
        picture = await self._sources.auction(number)
        return None if picture is None else LiveAuction(picture)

    def _begin(self, key: Key, subject: _Subject, live: Live | None) -> None:
        if live is None:
            channel, number = key
            message = encode(channel, "unknown", seq=0, time_ns=now_ns(), auction=number)
            _offer(subject.sinks, message)
            for sink in list(subject.sinks):
                self.unsubscribe(sink, channel, number)
            return
        from_seq = live.seq
        for news in subject.backlog:
            if news.event.seq > from_seq:
                live.follow(news)
        live.take_update()
        subject.live, subject.backlog, subject.told_seq = live, [], live.seq
        _offer(subject.sinks, _snapshot(key, subject, live))

    # Following and publishing -------------------------------------------------------------------

    def follow(self, all_news: Iterable[DeskNews]) -> None:
        """What the desk did, in the order of the floor."""
        for news in all_news:
            for key in _keys(news):
                subject = self._subjects.get(key)
                if subject is None:
                    continue
                if subject.live is None:
                    subject.backlog.append(news)
                    continue
                subject.live.follow(news)
                if subject.live.changed:
                    self._changed[key] = None

    def publish(self) -> None:
        """Say what changed since it was last said."""
        for key in list(self._changed):
            self._publish_one(key, self._subjects[key])

    def _publish_one(self, key: Key, subject: _Subject) -> None:
        live = subject.live
        self._changed.pop(key, None)
        if live is None or not live.changed:
            return
        previous, subject.told_seq, subject.snapshot = subject.told_seq, live.seq, None
        message = encode(
            key[0],
            "update",
            seq=live.seq,
            time_ns=now_ns(),
            data=live.take_update(),
            product=live.product,
            auction=live.auction,
            prev_seq=previous,
        )
        _offer(subject.sinks, message)


def _keys(news: DeskNews) -> tuple[Key, ...]:
    """The channels an event is told on."""
    event = news.event
    if event.kind == DeskEventKind.DEAL:
        if event.side == AUCTION:
            return (("auction", event.other_id),)
        return (("listings", event.product),)
    by_bid = AUCTION_EVENTS.get(event.kind)
    if by_bid is not None:
        return (("auction", event.other_id if by_bid else event.order_id),)
    return (("listings", event.product),) if event.kind in LISTING_EVENTS else ()


def _snapshot(key: Key, subject: _Subject, live: Live) -> Message:
    """Made once and kept until something changes."""
    if subject.snapshot is None:
        subject.snapshot = encode(
            key[0],
            "snapshot",
            seq=subject.told_seq,
            time_ns=now_ns(),
            data=live.snapshot(),
            product=live.product,
            auction=live.auction,
        )
    return subject.snapshot


def _resync(key: Key, seq: int) -> Message:
    channel, number = key
    return encode(
        channel,
        "resync_required",
        seq=seq,
        time_ns=now_ns(),
        auction=number if channel == "auction" else None,
    )


def _offer(sinks: dict[Sink, None], message: Message) -> None:
    for sink in list(sinks):
        sink.offer(message)
