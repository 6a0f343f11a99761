"""The sockets of an auction under load: watchers who only listen, and bidders who take turns.

Run as a process of its own by ``loadtests.auction``, so that what drives and counts costs what is measured as
little as possible. All watchers get the same bytes: a message is decoded once, however many receive it.

    python -m loadtests.auction_sockets URL CROWD.json --watchers 1000 --rate 10 --seconds 30

Writes one line of JSON a second on stdout: latencies in ms of the bids acknowledged and of those all watchers
have seen by then; the last line has the totals.
"""

import argparse
import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import picows
import uvloop

from loadtests.wire import connect, decode

AT_ONCE = 32
"""Sockets that are being opened at a time."""
READY_S = 120.0
LINGER_S = 3.0
"""How long is waited for the last answers."""
REMEMBERED = 256
"""Messages whose content is remembered by their bytes."""


def price_text(fen: int) -> str:
    """Yuan per kg: 720 → "7.20"."""
    return f"{fen // 100}.{fen % 100:02}"


class Bids:
    """What was bid when, acknowledged when, and seen by how many."""

    def __init__(self, watchers: int) -> None:
        self.watchers = watchers
        self.sent_at: dict[str, float] = {}
        self.seen_by: Counter[str] = Counter()
        self.ack_ms: list[float] = []
        self.seen_ms: list[float] = []
        self.complete = 0
        self._count = 0
        self._done = asyncio.Event()
        self.first_ms: list[float] = []
        self.answers: Counter[str] = Counter()

    def acknowledged(self, price: str, code: str) -> None:
        """The answer to a bid came; code is empty when it was taken."""
        now = time.perf_counter()
        self.ack_ms.append((now - self.sent_at[price]) * 1_000)
        self.answers[code or "ack"] += 1
        if code:
            del self.sent_at[price]
        self._look()

    def seen(self, price: str, now: float) -> None:
        """One watcher saw a bid."""
        sent_at = self.sent_at.get(price)
        if sent_at is None:
            return
        self.seen_by[price] += 1
        if self.seen_by[price] == 1:
            self.first_ms.append((now - sent_at) * 1_000)
        if self.seen_by[price] == self.watchers:
            self.seen_ms.append((now - sent_at) * 1_000)
            self.complete += 1
            self._look()

    @property
    def unseen(self) -> int:
        """Bids that not all watchers have seen."""
        return len(self.sent_at) - self.complete

    async def done_after(self, count: int) -> None:
        """Waits until so many bids are answered, and those taken seen by all."""
        self._count = count
        self._look()
        await self._done.wait()

    def _look(self) -> None:
        if self._count and not self.unseen and self.answers.total() >= self._count:
            self._done.set()

    def take(self) -> dict[str, Any]:
        """Latencies since the last call."""
        taken = {"ack_ms": self.ack_ms, "seen_ms": self.seen_ms}
        self.ack_ms, self.seen_ms = [], []
        return taken


class Content:
    """What messages say, by their bytes: prices of new bids; and the auction's epoch, and that it is open."""

    def __init__(self) -> None:
        self.prices: dict[bytes, tuple[str, ...]] = {}
        self.epoch = 0
        self.opened = asyncio.Event()

    def of(self, payload: bytes) -> tuple[str, ...]:
        """Prices of the bids a message brings."""
        known = self.prices.get(payload)
        if known is None:
            known = self._read(decode(payload))
            if len(self.prices) >= REMEMBERED:
                self.prices.clear()
            self.prices[payload] = known
        return known

    def _read(self, message: dict[str, Any]) -> tuple[str, ...]:
        data = message.get("data")
        if message.get("channel") != "auction" or not data:
            return ()
        self.epoch = data.get("epoch", self.epoch)
        if data.get("state") == "open":
            self.opened.set()
        if message["type"] != "update":
            return ()
        return tuple(bid["price"] for bid in data.get("latest_bids", ()) if not bid["by_proxy"])


class Socket(picows.WSListener):
    """One socket; ``ready`` when it has what it waits for, ``lost`` when the exchange closed it."""

    def __init__(self) -> None:
        self.transport: picows.WSTransport | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        """The handshake is done."""
        self.transport = transport

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        """Remembered, so that the run tells."""
        self.lost = True
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("the exchange closed a socket"))

    def send(self, message: dict[str, Any]) -> None:
        """One message."""
        assert self.transport is not None
        self.transport.send(picows.WSMsgType.TEXT, msgspec.json.encode(message))

    def close(self) -> None:
        """Ends the socket."""
        if self.transport is not None:
            self.transport.disconnect()


class Watcher(Socket):
    """Listens to one auction."""

    def __init__(self, auction: int, bids: Bids, content: Content) -> None:
        super().__init__()
        self.auction, self.bids, self.content = auction, bids, content

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        """Subscribes."""
        super().on_ws_connected(transport)
        self.send({"op": "subscribe", "channel": "auction", "auction": self.auction})

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        """Counts the bids a message brings."""
        if frame.msg_type is not picows.WSMsgType.TEXT:
            return
        payload = frame.get_payload_as_bytes()
        if b'"snapshot"' in payload and not self.ready.done():
            self.content.of(payload)
            self.ready.set_result(None)
            return
        prices = self.content.of(payload)
        if prices:
            now = time.perf_counter()
            for price in prices:
                self.bids.seen(price, now)


class Bidder(Socket):
    """A member in the auction."""

    def __init__(self, auction: int, bids: Bids) -> None:
        super().__init__()
        self.auction, self.bids = auction, bids
        self.waiting: dict[str, str] = {}

    def enter(self, client_id: str) -> None:
        """Puts up bond and fee reserve."""
        message = {"op": "auction.enter", "auction_id": self.auction, "client_id": client_id}
        self.send({**message, "id": "enter"})

    def bid(self, price: str, epoch: int, client_id: str) -> None:
        """One bid; prices are never bid twice, so the price names it."""
        self.waiting[client_id] = price
        self.bids.sent_at[price] = time.perf_counter()
        message = {"op": "auction.bid", "auction_id": self.auction, "price": price, "epoch": epoch}
        self.send({**message, "client_id": client_id, "id": client_id})

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        """Books the answer to a bid or to the entry."""
        if frame.msg_type is not picows.WSMsgType.TEXT:
            return
        answer = decode(frame.get_payload_as_bytes())
        number = answer.get("id")
        code = answer["code"] if answer.get("type") == "error" else ""
        if number == "enter":
            if code in ("", "already_entered"):
                self.ready.set_result(None)
            else:
                self.ready.set_exception(ConnectionError(f"a member could not enter: {code}"))
        elif number in self.waiting:
            self.bids.acknowledged(self.waiting.pop(number), code)


async def opened(
    makers: list[tuple[Callable[[], Socket], str | None]], url: str, began: Callable[[Any], None]
) -> list[Any]:
    """The sockets of these makers, each ready, a few at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(maker: Callable[[], Socket], key: str | None) -> Any:
        async with gate:
            made = await connect(url, maker, key)
            began(made)
            await asyncio.wait_for(made.ready, READY_S)
            return made

    return list(await asyncio.gather(*(one(maker, key) for maker, key in makers)))


def report(line: dict[str, Any]) -> None:
    """One line for the process that counts."""
    print(json.dumps(line), flush=True)


async def run(options: argparse.Namespace, crowd: dict[str, Any]) -> None:
    """The whole run."""
    auction, url = crowd["auction"], options.url.replace("http", "ws", 1) + "/ws/v1"
    bids, content = Bids(options.watchers), Content()
    watchers = await opened(
        [(lambda: Watcher(auction, bids, content), None)] * options.watchers, url, lambda _: None
    )
    bidders = await opened(
        [(lambda: Bidder(auction, bids), member["key"]) for member in crowd["members"]],
        url,
        lambda bidder: bidder.enter(f"enter-{auction}"),
    )
    report({"watchers": len(watchers), "bidders": len(bidders)})
    await content.opened.wait()
    count = int(options.rate * options.seconds)
    await _bid(crowd, options, bidders, bids, content, count)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(bids.done_after(count), LINGER_S)
    lost = sum(socket.lost for socket in (*watchers, *bidders))
    last = {"sent": count, "answers": dict(bids.answers), "unseen": bids.unseen, "lost": lost}
    report({**bids.take(), **last, "first_seen_ms": bids.first_ms})
    for socket in (*watchers, *bidders):
        socket.close()


async def _bid(
    crowd: dict[str, Any],
    options: argparse.Namespace,
    bidders: list[Bidder],
    bids: Bids,
    content: Content,
    count: int,
) -> None:
    """Bids at an even rate, each by the next bidder and one step better than the last."""
    started = time.perf_counter()
    told_at = started
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / options.rate - time.perf_counter()))
        price = crowd["start_fen"] + number * crowd["step_fen"]
        client_id = f"bid-{crowd['auction']}-{number}"
        bidders[number % len(bidders)].bid(price_text(price), content.epoch, client_id)
        if time.perf_counter() - told_at >= 1.0:
            told_at = time.perf_counter()
            report(bids.take())


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("crowd", help="file with the output of `jinguo demo crowd`")
    parser.add_argument("--watchers", type=int, default=1_000)
    parser.add_argument("--rate", type=float, default=10.0, help="bids a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    crowd = json.loads(Path(options.crowd).read_text(encoding="utf-8"))
    uvloop.run(run(options, crowd))


if __name__ == "__main__":
    main()
