"""The feed between processes: Redis pub/sub from the floor to every web process.

A message can be lost with a connection; batches carry their sequences, so a follower sees the hole and
takes a new snapshot.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

import msgspec
import redis
import redis.asyncio

from exchange.trading.feed import FeedBatch, Follower

logger = logging.getLogger(__name__)

CHANNEL = "jinguo:feed"
_RETRY_S = 0.2
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(FeedBatch)


class RedisFeed:
    """The floor's end. See FeedPublisher."""

    def __init__(self, url: str) -> None:
        self._redis: redis.Redis = redis.Redis.from_url(url, socket_timeout=30)

    def publish(self, batch: FeedBatch) -> None:
        """See FeedPublisher. A failure costs followers a snapshot, not the floor its life."""
        try:
            self._redis.publish(CHANNEL, _encode(batch))
        except redis.RedisError as error:
            logger.error("The feed could not be sent: %s", error)

    def close(self) -> None:
        """Let go of the connection."""
        self._redis.close()


class RedisFeedSource:
    """A web process's end. See FeedSource."""

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self._redis = redis.asyncio.Redis.from_url(url, socket_timeout=None)
        self._followers: tuple[Follower, ...] = ()
        self.listening = asyncio.Event()
        self._task = loop.create_task(self._listen())

    def subscribe(self, follower: Follower) -> Callable[[], None]:
        """See FeedSource."""
        self._followers = (*self._followers, follower)

        def unsubscribe() -> None:
            self._followers = tuple(each for each in self._followers if each is not follower)

        return unsubscribe

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    async for message in channel.listen():
                        self.listening.set()
                        if message["type"] == "message":
                            self._receive(message["data"])
            except (redis.RedisError, OSError) as error:
                logger.error("The feed cannot be heard: %s", error)
                await asyncio.sleep(_RETRY_S)

    def _receive(self, message: bytes) -> None:
        batch = _decoder.decode(message)
        for follower in self._followers:
            try:
                follower(batch)
            except Exception:
                logger.exception("A follower of the feed failed at seq %s", batch.last_seq)

    async def close(self) -> None:
        """Let go of the connection."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._redis.aclose()
