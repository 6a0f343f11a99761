"""The bare echo against which the order path is measured; mounted only when BENCH_ECHO is set."""

from typing import Any

from web.ws.link import Send


async def echo(receive: Any, send: Send) -> None:
    """Send every text back."""
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event["text"]})
