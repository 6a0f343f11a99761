"""The private channel: a member's own orders, trades, funds and goods, with a replay for reconnects.

An ``update`` carries everything one batch did to the member's orders, so a replay never cuts a command
in two. Funds and goods are told by ``balance`` messages, asked from the floor after a batch that
touched the account, because only the floor knows what is free.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine

from exchange.kernel.calendar import now_ns
from exchange.kernel.money import format_yuan
from exchange.market_data import desk_notices, messages
from exchange.market_data.market import AccountChanges
from exchange.market_data.messages import Message, encode
from exchange.market_data.sources import AccountPicture
from exchange.market_data.streams import AccountStream, Sink
from matching.types import CancelAllCause

logger = logging.getLogger(__name__)

BALANCE_PAUSE_S = 0.05
"""Shortest time between two balance messages of one account."""
STREAM_KEPT_S = 600.0
"""How long a private stream is kept after its last listener left."""


class PrivateStreams:
    """Every private stream of this process. ``watched`` is shared with the market that is followed."""

    def __init__(
        self, ask: Callable[[int, bool], Awaitable[AccountPicture]], codes: dict[int, str], watched: set[int]
    ) -> None:
        """ask: an account's picture, with the client order ids, and if wanted with its part of the desk."""
        self._picture = ask
        self._codes = codes
        self._watched = watched
        self._streams: dict[int, AccountStream] = {}
        self._accounts_of: dict[Sink, int] = {}
        self._due: set[int] = set()
        self._asking: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def subscribe(self, sink: Sink, account: int, head: int, since: int | None) -> None:
        """Replay what was missed after ``since`` when that is possible, else a snapshot; then follow."""
        self._accounts_of[sink] = account
        stream = self._streams.get(account)
        if stream is None:
            stream = self._streams[account] = AccountStream(account, head)
            self._watched.add(account)
        missed = stream.missed(since) if since is not None and since <= head else None
        if missed is not None and since is not None:
            for message in missed:
                sink.offer(message)
            stream.join(sink, max(since, stream.last_seq))
            self._ask(account)
            return
        await self._snapshot(sink, stream)

    async def _snapshot(self, sink: Sink, stream: AccountStream) -> None:
        picture = await self._picture(stream.account, True)
        if self._accounts_of.get(sink) != stream.account:
            return
        sink.offer(self._snapshot_message(picture))
        for message in stream.missed(picture.seq) or ():
            sink.offer(message)
        stream.join(sink, max(picture.seq, stream.last_seq))

    def leave(self, sink: Sink) -> None:
        """The socket is gone, or does not want its private stream any more."""
        account = self._accounts_of.pop(sink, None)
        if account is not None and (stream := self._streams.get(account)) is not None:
            stream.leave(sink, time.monotonic())

    def refresh(self, sink: Sink) -> None:
        """The sink dropped messages: say so and give it a snapshot."""
        account = self._accounts_of.get(sink)
        stream = None if account is None else self._streams.get(account)
        if stream is not None:
            sink.offer(encode("account", "resync_required", seq=stream.last_seq, time_ns=now_ns()))
            self._spawn(self._snapshot(sink, stream))

    def restart(self, head: int) -> None:
        """The feed had a gap: the streams begin anew at ``head`` and everybody gets a snapshot."""
        for account in list(self._streams):
            renewed = AccountStream(account, head)
            renewed.sinks = self._streams[account].sinks
            renewed.idle_since = self._streams[account].idle_since
            self._streams[account] = renewed
        for sink in list(self._accounts_of):
            self.refresh(sink)

    def publish(self, changes: dict[int, AccountChanges], seq: int, time_ns: int) -> None:
        """Tell the watched accounts what the batch that ended at ``seq`` did to them."""
        for account, change in changes.items():
            stream = self._streams.get(account)
            if stream is None:
                continue
            if change.orders or change.fills or change.desk or change.cancelled_by:
                content = self._content(change, time_ns)
                previous = stream.last_seq
                stream.publish(
                    encode("account", "update", seq=seq, time_ns=time_ns, data=content, prev_seq=previous)
                )
            if change.balances and stream.sinks:
                self._ask(account)

    def _content(self, change: AccountChanges, time_ns: int) -> dict[str, object]:
        content: dict[str, object] = {
            "orders": [messages.order(live, self._codes[live.product]) for live in change.orders.values()],
            "trades": [messages.fill(fill, self._codes[fill.product], time_ns) for fill in change.fills],
        }
        if change.desk:
            content["desk"] = [desk_notices.notice(told, self._code) for told in change.desk]
        if change.cancelled_by:
            content["cancelled_by"] = CancelAllCause(change.cancelled_by).name.lower()
        return content

    def expire(self) -> None:
        """Forget streams nobody came back to."""
        oldest = time.monotonic() - STREAM_KEPT_S
        for account, stream in list(self._streams.items()):
            if stream.idle_since is not None and stream.idle_since < oldest:
                del self._streams[account]
                self._watched.discard(account)

    def stop(self) -> None:
        """End what is still being asked."""
        for task in list(self._tasks):
            task.cancel()

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.warning("a private stream could not ask the floor", exc_info=task.exception())

    def _ask(self, account: int) -> None:
        """Have a balance message sent soon; one question at a time per account."""
        self._due.add(account)
        if account not in self._asking:
            self._asking.add(account)
            self._spawn(self._tell_balances(account))

    async def _tell_balances(self, account: int) -> None:
        try:
            while account in self._due:
                self._due.discard(account)
                message = self._balance_message(await self._picture(account, False))
                stream = self._streams.get(account)
                for sink in list(stream.sinks) if stream is not None else ():
                    sink.offer(message)
                await asyncio.sleep(BALANCE_PAUSE_S)
        finally:
            self._asking.discard(account)

    def _code(self, product: int) -> str:
        """Product code; empty in the moment between a product's definition and its table row being read."""
        return self._codes.get(product, "")

    def _balances(self, picture: AccountPicture) -> dict[str, object]:
        return {
            "funds": {"free": format_yuan(picture.funds_free), "held": format_yuan(picture.funds_held)},
            "goods": [
                {"product": self._code(product), "free_kg": free, "held_kg": held}
                for product, free, held in picture.goods
            ],
        }

    def _balance_message(self, picture: AccountPicture) -> Message:
        return encode("account", "balance", seq=picture.seq, time_ns=now_ns(), data=self._balances(picture))

    def _snapshot_message(self, picture: AccountPicture) -> Message:
        orders = [
            messages.order(live, self._codes[live.product])
            for live in picture.orders
            if live.product in self._codes
        ]
        content = {"orders": orders, **self._balances(picture)}
        if picture.desk is not None:
            content["desk"] = desk_notices.desk_of(picture.desk, self._code)
        return encode("account", "snapshot", seq=picture.seq, time_ns=now_ns(), data=content)
