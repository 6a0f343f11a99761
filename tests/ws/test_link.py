"""Writing to a socket on a server that waits in ``send``."""

import asyncio
from typing import Any

from exchange.market_data.messages import Message
from web.ws.link import WRITER_QUEUE, AsgiLink, link_for


class Server:
    """An ASGI server whose client reads only when it is let."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.sent: list[dict[str, Any]] = []

    async def send(self, event: dict[str, Any]) -> None:
        await self.reads.wait()
        self.sent.append(event)


async def test_messages_go_out_in_order_while_the_client_reads() -> None:
    server = Server()
    server.reads.set()
    link = link_for(server.send)
    assert isinstance(link, AsgiLink)
    link.write("1")
    link.write_shared(Message("2"))
    async with asyncio.timeout(5):
        await link.drained()
    assert [event["text"] for event in server.sent] == ["1", "2"]
    assert not link.congested()
    link.stop()


async def test_a_client_that_does_not_read_makes_the_link_congested() -> None:
    server = Server()
    link = AsgiLink(server.send)
    for number in range(WRITER_QUEUE + 1):
        link.write(str(number))
    assert link.congested()
    server.reads.set()
    async with asyncio.timeout(5):
        await link.drained()
    assert not link.congested()
    assert len(server.sent) == WRITER_QUEUE + 1
    link.stop()


async def test_closing_drops_what_waits() -> None:
    server = Server()
    link = AsgiLink(server.send)
    link.write("never read")
    link.close(4013)
    server.reads.set()
    async with asyncio.timeout(5):
        await link.drained()
    assert server.sent[-1] == {"type": "websocket.close", "code": 4013}
    assert len(server.sent) == 1
    link.stop()
