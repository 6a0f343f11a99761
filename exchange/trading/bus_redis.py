"""The bus between processes: one Redis stream to the floor, one pub/sub channel back to each gateway.

A gateway gathers what is submitted while its last write is under way and adds it as one stream entry. The
floor reads from where its journal ended: the position in the stream is journaled with the batch, in the
same commit, so after any crash a command is taken exactly once. Entries older than STALE_S when the floor
comes to them (it was down) are dropped: their senders have been told "not available" long ago, and an
order must not appear minutes later. Replies go over pub/sub and may be lost with a connection; the
sender's time-out and a resend with the same client id bring them back from the floor's memory.
"""

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
import redis
import redis.asyncio

from exchange.trading.bus import Envelope, Intake, Mailbox, QueryEnvelope, Sent
from exchange.trading.queries import Answer, Query, decode_answer, decode_query, encode
from exchange.trading.replies import Reply
from matching.types import RECORD_SIZE

logger = logging.getLogger(__name__)

STREAM = "jinguo:commands"
REPLIES = "jinguo:replies:"
STALE_S = 10.0
ENTRY_COMMANDS = 256
"""Commands in one stream entry at most."""
READ_ENTRIES = 16
"""Stream entries in one micro-batch at most."""
STREAM_ENTRIES = 100_000
"""Entries the stream keeps at most when no floor reads it."""

_TRIM_EVERY_S = 5.0
_RETRY_S = 0.2

_encode = msgspec.msgpack.Encoder().encode
_decode_senders = msgspec.msgpack.Decoder(list[tuple[int, str]]).decode
_decode_replies: msgspec.msgpack.Decoder[list[tuple[int, Reply]]] = msgspec.msgpack.Decoder(
    list[tuple[int, Reply]]
)
_REPLIES_TAG, _ANSWER_TAG = b"r", b"a"


class RedisBus:
    """The floor's end. See CommandBus."""

    def __init__(self, url: str) -> None:
        self._redis: redis.Redis = redis.Redis.from_url(url, socket_timeout=30)
        self._position = "0-0"
        self._skew_s: float | None = None
        self._trimmed_at = time.monotonic()

    def start_at(self, position: str) -> None:
        """See CommandBus."""
        self._position = position or "0-0"

    def take(self, timeout_s: float) -> Intake:
        """See CommandBus. A Redis that does not answer is reported and tried again: the floor outlives it."""
        try:
            if self._skew_s is None:
                seconds, microseconds = self._redis.time()
                self._skew_s = seconds + microseconds / 1e6 - time.time()
            read: Any = self._redis.xread(
                {STREAM: self._position}, count=READ_ENTRIES, block=max(int(timeout_s * 1000), 1)
            )
            self._trim()
        except redis.RedisError as error:
            logger.error("The bus does not answer: %s", error)
            time.sleep(_RETRY_S)
            return Intake([], [], self._position)
        entries = read[0][1] if isinstance(read, list) and read else []
        envelopes: list[Envelope] = []
        queries: list[QueryEnvelope] = []
        for entry_id, fields in entries:
            self._position = entry_id.decode()
            self._open(self._position, fields, envelopes, queries)
        return Intake(envelopes, queries, self._position)

    def _open(
        self,
        entry_id: str,
        fields: dict[bytes, bytes],
        envelopes: list[Envelope],
        queries: list[QueryEnvelope],
    ) -> None:
        if self._is_stale(entry_id):
            logger.warning("Dropped a bus entry nobody waits for any more: %s", entry_id)
            return
        try:
            gateway = fields[b"g"].decode()
            if b"q" in fields:
                queries.append(QueryEnvelope(decode_query(fields[b"q"]), int(fields[b"t"]), gateway))
                return
            commands, senders = fields[b"c"], _decode_senders(fields[b"i"])
            if len(commands) != RECORD_SIZE * len(senders):
                raise ValueError("commands and senders do not agree")
        except (KeyError, ValueError) as error:
            logger.error("Dropped a bus entry that is not ours: %s: %s", entry_id, error)
            return
        for at, (token, client_id) in enumerate(senders):
            command = commands[at * RECORD_SIZE : (at + 1) * RECORD_SIZE]
            envelopes.append(Envelope(command, client_id, token, gateway))

    def _is_stale(self, entry_id: str) -> bool:
        at_s = int(entry_id.partition("-")[0]) / 1000
        return time.time() + (self._skew_s or 0.0) - at_s > STALE_S

    def _trim(self) -> None:
        """Forget what is both taken and stale."""
        now = time.monotonic()
        if now - self._trimmed_at < _TRIM_EVERY_S:
            return
        self._trimmed_at = now
        stale_ms = int((time.time() + (self._skew_s or 0.0) - STALE_S) * 1000)
        taken_ms = int(self._position.partition("-")[0])
        self._redis.xtrim(STREAM, minid=min(stale_ms, taken_ms), approximate=True)

    def answer(self, envelopes: Sequence[Envelope], replies: Sequence[Reply]) -> None:
        """One message per gateway and batch. A failure costs the senders a resend, not the floor its life."""
        by_gateway: dict[str, list[tuple[int, Reply]]] = {}
        for envelope, reply in zip(envelopes, replies, strict=True):
            by_gateway.setdefault(envelope.reply_to, []).append((envelope.token, reply))
        self._publish([(gateway, _REPLIES_TAG + _encode(pairs)) for gateway, pairs in by_gateway.items()])

    def answer_query(self, envelope: QueryEnvelope, answer: Answer) -> None:
        """See CommandBus."""
        message = _ANSWER_TAG + envelope.token.to_bytes(8, "little") + encode(answer)
        self._publish([(envelope.reply_to, message)])

    def _publish(self, messages: list[tuple[str, bytes]]) -> None:
        try:
            pipeline = self._redis.pipeline(transaction=False)
            for gateway, message in messages:
                pipeline.publish(REPLIES + gateway, message)
            pipeline.execute()
        except redis.RedisError as error:
            logger.error("Replies could not be sent: %s", error)

    def close(self) -> None:
        """Gateways learn of it by their time-out."""
        self._redis.close()


class RedisUplink:
    """A gateway's end, on the event loop. See Uplink."""

    def __init__(self, url: str, mailbox: Mailbox, loop: asyncio.AbstractEventLoop) -> None:
        self._mailbox = mailbox
        self._gateway = uuid.uuid4().hex
        self._redis = redis.asyncio.Redis.from_url(url, socket_timeout=None)
        self._commands: list[Sent] = []
        self._questions: list[tuple[int, Query]] = []
        self._listening = asyncio.Event()
        self._something = asyncio.Event()
        self._tasks = [loop.create_task(self._listen()), loop.create_task(self._write())]

    def check_open(self) -> None:
        """See Uplink. Between processes a floor that is gone is only noticed by the time-out."""

    def send(self, commands: list[Sent]) -> None:
        """See Uplink."""
        self._commands += commands
        self._something.set()

    def ask(self, token: int, query: Query) -> None:
        """See Uplink."""
        self._questions.append((token, query))
        self._something.set()

    async def _write(self) -> None:
        await self._listening.wait()
        while True:
            await self._something.wait()
            self._something.clear()
            while self._commands or self._questions:
                try:
                    await self._write_some()
                except (redis.RedisError, OSError) as error:
                    logger.error("Commands could not be sent: %s", error)
                    await asyncio.sleep(_RETRY_S)

    async def _write_some(self) -> None:
        """What waits now, commands before questions. What fails is not sent again: its sender will."""
        pipeline = self._redis.pipeline(transaction=False)
        commands, self._commands = self._commands, []
        questions, self._questions = self._questions, []
        for start in range(0, len(commands), ENTRY_COMMANDS):
            part = commands[start : start + ENTRY_COMMANDS]
            fields: dict[Any, Any] = {
                "g": self._gateway,
                "c": b"".join([command for _, command, _ in part]),
                "i": _encode([(token, client_id) for token, _, client_id in part]),
            }
            pipeline.xadd(STREAM, fields, maxlen=STREAM_ENTRIES, approximate=True)
        for token, query in questions:
            pipeline.xadd(STREAM, {"g": self._gateway, "t": token, "q": encode(query)})
        await pipeline.execute()

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=False) as channel:
                    await channel.subscribe(REPLIES + self._gateway)
                    async for message in channel.listen():
                        self._listening.set()
                        if message["type"] == "message":
                            self._receive(message["data"])
            except (redis.RedisError, OSError) as error:
                logger.error("Replies cannot be heard: %s", error)
                await asyncio.sleep(_RETRY_S)

    def _receive(self, message: bytes) -> None:
        if message[:1] == _REPLIES_TAG:
            self._mailbox.deliver(_decode_replies.decode(message[1:]))
        else:
            self._mailbox.deliver_answer(int.from_bytes(message[1:9], "little"), decode_answer(message[9:]))

    async def close(self) -> None:
        """Let go of the connections."""
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._redis.aclose()
