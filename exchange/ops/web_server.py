"""Daphne in the main thread, on uvloop.

install_event_loop() comes before Django is set up, because whatever loads Daphne first installs Twisted's
reactor on the event loop that is there at that moment. Daphne is not one of the installed apps: commands
that serve nobody do without it.
"""

import asyncio
import gc
import socket
from collections.abc import Callable
from typing import Any

MAX_SOCKET_MESSAGE = 65_536
"""Bytes of one message from a browser; the longest real one is below 300."""


class AddressInUse(Exception):
    """Nothing can listen at this host and port; the text says why."""


def install_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop as the loop of Twisted's reactor, which runs later in this thread. Returns the loop."""
    import uvloop

    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    import daphne.server  # noqa: F401
    from twisted.internet import reactor

    loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
    return loop


def check_address(host: str, port: int) -> None:
    """Raises AddressInUse when the server could not listen there."""
    try:
        (family, kind, _, _, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise AddressInUse(f"{host}:{port}: {error.strerror or error}") from error


def run_until_stopped(application: Any, host: str, port: int, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM, SIGINT or stop_server(). ready is called once the address listens.

    What is in memory by now stays there: the collector is told not to look at it again, for a look at all of
    it stops floor and sockets for a tenth of a second and more.
    """
    from daphne.endpoints import build_endpoint_description_strings
    from daphne.server import Server

    gc.collect()
    gc.freeze()
    Server(
        application,
        endpoints=build_endpoint_description_strings(host=host, port=port),
        ready_callable=ready,
        websocket_max_message_size=MAX_SOCKET_MESSAGE,
        websocket_max_frame_size=MAX_SOCKET_MESSAGE,
        server_name="jinguo",
        verbosity=0,
    ).run()


def stop_server() -> None:
    """Make run_until_stopped return; from any thread."""
    from twisted.internet import reactor as installed

    reactor: Any = installed
    reactor.callFromThread(reactor.stop)
