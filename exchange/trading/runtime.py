"""The process-wide gateway and feed of a web process.

Set once, before the server starts, by whoever starts the process (the command line, a test); faces and the
hub only get them.
"""

from exchange.trading.errors import FloorUnavailable
from exchange.trading.feed import FeedSource
from exchange.trading.gateway import Gateway


class _Runtime:
    gateway: Gateway | None = None
    feed: FeedSource | None = None


def install(gateway: Gateway | None, feed: FeedSource | None) -> None:
    """Make these the gateway and the feed of this process (None takes them away)."""
    _Runtime.gateway = gateway
    _Runtime.feed = feed


def gateway() -> Gateway:
    """The gateway of this process. Raises FloorUnavailable when there is none."""
    if _Runtime.gateway is None:
        raise FloorUnavailable
    return _Runtime.gateway


def feed() -> FeedSource:
    """The feed of this process. Raises FloorUnavailable when there is none."""
    if _Runtime.feed is None:
        raise FloorUnavailable
    return _Runtime.feed
