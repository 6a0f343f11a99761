"""One socket's way out: bounded, whatever the client does."""

import asyncio
from collections.abc import Callable

import pytest

from exchange.market_data.messages import Message
from web.ws import outbound
from web.ws.outbound import Outbound


class Pipe:
    """A link whose client reads when it is told to."""

    def __init__(self) -> None:
        self.full = False
        self.written: list[str] = []
        self.closed: int | None = None

    def write(self, text: str) -> None:
        self.written.append(text)

    def write_shared(self, message: Message) -> None:
        self.written.append(message.text)

    def congested(self) -> bool:
        return self.full

    def close(self, code: int) -> None:
        self.closed = code


class Recovered:
    """Counts how often fresh snapshots were asked for."""

    times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "POLL_S", 0.001)


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop turn until ``holds()`` is true."""
    for _ in range(5_000):
        if holds():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("waited for five seconds")


async def test_everything_goes_out_at_once_while_the_client_reads() -> None:
    pipe = Pipe()
    way = Outbound(pipe, Recovered())
    way.send("ack")
    way.offer(Message("book"))
    assert pipe.written == ["ack", "book"]


async def test_what_waits_is_sent_in_order_when_the_client_reads_again() -> None:
    pipe, recovered = Pipe(), Recovered()
    way = Outbound(pipe, recovered)
    pipe.full = True
    way.send("1")
    way.offer(Message("2"))
    way.send("3")
    assert pipe.written == []
    pipe.full = False
    way.send("4")
    await until(lambda: len(pipe.written) == 4)
    assert pipe.written == ["1", "2", "3", "4"]
    assert recovered.times == 0


async def test_channel_messages_are_dropped_when_the_client_lags_and_snapshots_follow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbound, "MAX_WAITING", 20)
    pipe, recovered = Pipe(), Recovered()
    way = Outbound(pipe, recovered)
    pipe.full = True
    for number in range(10_000):
        way.offer(Message(str(number)))
    way.send("ack")
    pipe.full = False
    await until(lambda: recovered.times == 1)
    assert pipe.written == [str(number) for number in range(10)] + ["ack"]
    assert pipe.closed is None


async def test_a_client_that_lets_its_answers_overflow_is_closed() -> None:
    pipe = Pipe()
    way = Outbound(pipe, Recovered())
    pipe.full = True
    for number in range(outbound.MAX_WAITING + 1):
        way.send(str(number))
    assert pipe.closed == 4013
    way.send("more")
    way.offer(Message("more"))
    assert pipe.written == []


async def test_a_client_that_takes_nothing_for_long_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "STALLED_S", 0.02)
    pipe = Pipe()
    way = Outbound(pipe, Recovered())
    pipe.full = True
    way.send("ack")
    await until(lambda: pipe.closed is not None)
    assert pipe.closed == 4013


async def test_large_messages_count_by_their_bytes() -> None:
    pipe = Pipe()
    way = Outbound(pipe, Recovered())
    pipe.full = True
    way.send("x" * (outbound.MAX_WAITING_BYTES // 2))
    assert pipe.closed is None
    way.send("x" * (outbound.MAX_WAITING_BYTES // 2 + 1))
    assert pipe.closed == 4013
