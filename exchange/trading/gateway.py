"""The gateway: where a web process meets the floor.

It lives on the event loop and is cheap: submit keeps 64 bytes and a callback; what one turn of the loop
submitted goes to the bus together, and answers come back one batch at a time. Whatever the floor does not
answer within timeout_s is given UNANSWERED (or, from the coroutines, FloorUnavailable), so no request ever
hangs on a stopped floor.

All methods are called on the loop's own thread. Other threads use BlockingGateway.
"""

import asyncio
import itertools
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from exchange.trading.bus import Mailbox, Sent, Uplink
from exchange.trading.errors import FloorUnavailable
from exchange.trading.queries import (
    AccountAnswer,
    AccountQuery,
    Answer,
    DepthAnswer,
    DepthQuery,
    DeskAnswer,
    DeskQuery,
    HeadAnswer,
    HeadQuery,
    ProductAnswer,
    ProductQuery,
    Query,
    StatsAnswer,
    StatsQuery,
    TrialAnswer,
    TrialQuery,
)
from exchange.trading.replies import UNANSWERED, Reply

logger = logging.getLogger(__name__)

OnReply = Callable[[Reply], None]
_AnswerT = TypeVar(
    "_AnswerT",
    DepthAnswer,
    AccountAnswer,
    ProductAnswer,
    HeadAnswer,
    DeskAnswer,
    TrialAnswer,
    StatsAnswer,
)
_ResultT = TypeVar("_ResultT")

TIMEOUT_S = 5.0
"""How long the floor may take to answer before a request is told that it is not available."""

MAX_WAITING = 100_000
"""Commands of one gateway that may wait for the floor; more are refused, not queued."""

_SWEEP_S = 0.25


class Gateway:
    """Commands and questions to the floor, answers back onto the event loop."""

    def __init__(
        self,
        connect: Callable[[Mailbox], Uplink],
        loop: asyncio.AbstractEventLoop,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """connect: the bus's way to make this gateway an uplink, e.g. InProcessBus.connect."""
        self._loop = loop
        self._timeout_s = timeout_s
        self._tokens = itertools.count(1)
        self._waiting: dict[int, tuple[float, OnReply]] = {}
        self._questions: dict[int, asyncio.Future[Answer]] = {}
        self._sweeping = False
        self._gathered: list[Sent] = []
        self.head_seq = 0
        """Highest sequence this gateway has seen acknowledged or published."""
        self._uplink = connect(self)

    def submit(self, command: bytes, client_id: str, on_reply: OnReply) -> None:
        """Send one 64-byte command; on_reply is called once, on the loop, after it is durable.

        client_id is the sender's own id for a safe resend ("" for none; then nothing is remembered).
        Raises FloorUnavailable at once when the floor is gone; a later failure is reply UNANSWERED.
        """
        self._uplink.check_open()
        if len(self._waiting) >= MAX_WAITING:
            raise FloorUnavailable
        token = next(self._tokens)
        self._waiting[token] = (time.monotonic() + self._timeout_s, on_reply)
        if not self._gathered:
            self._loop.call_soon(self._send_gathered)
        self._gathered.append(Sent(token, command, client_id))
        if not self._sweeping:
            self._sweeping = True
            self._loop.call_later(_SWEEP_S, self._sweep)

    def _send_gathered(self) -> None:
        gathered, self._gathered = self._gathered, []
        if gathered:
            self._uplink.send(gathered)

    async def call(self, command: bytes, client_id: str = "") -> Reply:
        """Send one command and wait for its durable reply. Raises FloorUnavailable on time-out."""
        future: asyncio.Future[Reply] = self._loop.create_future()

        def settle(reply: Reply) -> None:
            if not future.done():
                future.set_result(reply)

        self.submit(command, client_id, settle)
        reply = await future
        if reply is UNANSWERED:
            raise FloorUnavailable
        return reply

    async def depth(self, product: int, levels: int = 0) -> DepthAnswer:
        """The book of a product; levels = 0 for all of it."""
        return await self._ask(DepthQuery(product, levels), DepthAnswer)

    async def account(self, account: int, *, desk: bool = False) -> AccountAnswer:
        """Funds, goods and open orders of an account; with desk what it has at the desk too."""
        return await self._ask(AccountQuery(account, desk), AccountAnswer)

    async def product(self, product: int) -> ProductAnswer:
        """Phase and limits of a product."""
        return await self._ask(ProductQuery(product), ProductAnswer)

    async def head(self) -> HeadAnswer:
        """Where the floor stands; raises FloorUnavailable when it does not run."""
        return await self._ask(HeadQuery(), HeadAnswer)

    async def desk(self) -> DeskAnswer:
        """How the desk's time stands."""
        return await self._ask(DeskQuery(), DeskAnswer)

    async def trial(self, query: TrialQuery) -> TrialAnswer:
        """What an order would do, without doing it."""
        return await self._ask(query, TrialAnswer)

    async def stats(self) -> StatsAnswer:
        """What the floor has done since it started."""
        return await self._ask(StatsQuery(), StatsAnswer)

    async def _ask(self, query: Query, kind: type[_AnswerT]) -> _AnswerT:
        token = next(self._tokens)
        future: asyncio.Future[Answer] = self._loop.create_future()
        self._questions[token] = future
        self._send_gathered()
        try:
            self._uplink.ask(token, query)
            answer = await asyncio.wait_for(future, self._timeout_s)
        except TimeoutError:
            raise FloorUnavailable from None
        finally:
            self._questions.pop(token, None)
        assert isinstance(answer, kind)
        self.saw(answer.seq)
        return answer

    async def close(self) -> None:
        """Leave the bus; whatever still waits is given up."""
        await self._uplink.close()
        self._give_up()

    def saw(self, seq: int) -> None:
        """The market has reached this sequence (also told by the feed)."""
        self.head_seq = max(self.head_seq, seq)

    # The mailbox: called by the bus, on any thread.

    def deliver(self, replies: list[tuple[int, Reply]]) -> None:
        """See Mailbox."""
        self._on_loop(self._settle, replies)

    def deliver_answer(self, token: int, answer: Answer) -> None:
        """See Mailbox."""
        self._on_loop(self._settle_answer, token, answer)

    def floor_gone(self) -> None:
        """See Mailbox."""
        self._on_loop(self._give_up)

    def _on_loop(self, function: Callable[..., None], *arguments: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)

    def _settle(self, replies: list[tuple[int, Reply]]) -> None:
        waiting = self._waiting
        for token, reply in replies:
            entry = waiting.pop(token, None)
            if entry is not None:
                _call(entry[1], reply)
        self.saw(replies[-1][1].seq)

    def _settle_answer(self, token: int, answer: Answer) -> None:
        future = self._questions.get(token)
        if future is not None and not future.done():
            future.set_result(answer)

    def _give_up(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for _, on_reply in waiting.values():
            _call(on_reply, UNANSWERED)
        for future in self._questions.values():
            if not future.done():
                future.set_exception(FloorUnavailable())

    def _sweep(self) -> None:
        """Give up on what waited too long; the oldest come first in the dict."""
        now = time.monotonic()
        late = list(itertools.takewhile(lambda entry: entry[1][0] <= now, self._waiting.items()))
        for token, (_, on_reply) in late:
            if self._waiting.pop(token, None) is not None:
                _call(on_reply, UNANSWERED)
        if self._waiting:
            self._loop.call_later(_SWEEP_S, self._sweep)
        else:
            self._sweeping = False


def _call(on_reply: OnReply, reply: Reply) -> None:
    """One broken receiver must not cost the others of its batch their replies."""
    try:
        on_reply(reply)
    except Exception:
        logger.exception("A receiver of a reply failed (seq %s)", reply.seq)


class BlockingGateway:
    """A gateway for threads without an event loop (outbox dispatcher, clock, command line)."""

    def __init__(
        self, connect: Callable[[Mailbox, asyncio.AbstractEventLoop], Uplink], timeout_s: float = TIMEOUT_S
    ) -> None:
        """connect: like Gateway's, with the loop this gateway runs in its own thread."""
        self._timeout_s = timeout_s
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="blocking-gateway", daemon=True)
        self._thread.start()
        self._gateway: Gateway = self._run(self._make(connect))

    async def _make(self, connect: Callable[[Mailbox, asyncio.AbstractEventLoop], Uplink]) -> Gateway:
        return Gateway(lambda mailbox: connect(mailbox, self._loop), self._loop, self._timeout_s)

    def call(self, command: bytes, client_id: str = "") -> Reply:
        """See Gateway.call."""
        return self._run(self._gateway.call(command, client_id))

    def call_all(self, commands: list[tuple[bytes, str]]) -> list[Reply]:
        """Send commands in this order without waiting between them; UNANSWERED where no answer came."""
        return self._run(self._call_all(commands))

    async def _call_all(self, commands: list[tuple[bytes, str]]) -> list[Reply]:
        futures: list[asyncio.Future[Reply]] = []
        for command, client_id in commands:
            future: asyncio.Future[Reply] = self._loop.create_future()
            futures.append(future)
            self._gateway.submit(command, client_id, future.set_result)
        return list(await asyncio.gather(*futures))

    def head(self) -> HeadAnswer:
        """See Gateway.head."""
        return self._run(self._gateway.head())

    def account(self, account: int) -> AccountAnswer:
        """See Gateway.account."""
        return self._run(self._gateway.account(account))

    def product(self, product: int) -> ProductAnswer:
        """See Gateway.product."""
        return self._run(self._gateway.product(product))

    def desk(self) -> DeskAnswer:
        """See Gateway.desk."""
        return self._run(self._gateway.desk())

    def depth(self, product: int, levels: int = 0) -> DepthAnswer:
        """See Gateway.depth."""
        return self._run(self._gateway.depth(product, levels))

    def _run(self, coroutine: Coroutine[Any, Any, _ResultT]) -> _ResultT:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def close(self) -> None:
        """Leave the bus, stop the loop and its thread."""
        self._run(self._gateway.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
