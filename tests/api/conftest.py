"""The fixtures of a running exchange."""

from tests.ws.live import client, connect, dealer, grower, other_dealer, product, traders

__all__ = ["client", "connect", "dealer", "grower", "other_dealer", "product", "traders"]
