"""How often one may: a token bucket per account for orders, or per address for what needs no log-in."""

import math
import time
from collections.abc import Callable, Hashable
from typing import NamedTuple

from exchange.kernel.errors import RateLimited
from web.measures import RATE_LIMITED

MAX_BUCKETS = 100_000
"""Accounts remembered; beyond that, full buckets are forgotten, which changes nothing for them."""


class Allowance(NamedTuple):
    """What is left of a member's rate, for the response headers."""

    limit: int
    remaining: int
    reset_s: int
    """Seconds until the bucket is full again."""

    def headers(self) -> list[tuple[bytes, bytes]]:
        """X-RateLimit-Limit, -Remaining and -Reset."""
        return [
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-remaining", b"%d" % self.remaining),
            (b"x-ratelimit-reset", b"%d" % self.reset_s),
        ]


class TokenBuckets:
    """``rate_per_s`` orders per second for each account, ``burst`` at once after a pause."""

    def __init__(self, rate_per_s: int, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        assert rate_per_s > 0
        assert burst > 0
        self._rate = rate_per_s
        self._burst = burst
        self._clock = clock
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, account: Hashable) -> None:
        """Use one token. Raises RateLimited when there is none."""
        now = self._clock()
        tokens, since = self._buckets.get(account, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * self._rate)
        if tokens < 1:
            self._buckets[account] = (tokens, now)
            RATE_LIMITED.add()
            raise RateLimited(retry_after_s=self.retry_after_s)
        if len(self._buckets) >= MAX_BUCKETS and account not in self._buckets:
            self._forget_full(now)
        self._buckets[account] = (tokens - 1, now)

    def forget(self) -> None:
        """Everybody has a full bucket again."""
        self._buckets.clear()

    @property
    def retry_after_s(self) -> int:
        """Whole seconds after which a token is surely there."""
        return math.ceil(1 / self._rate)

    def allowance(self, account: Hashable) -> Allowance:
        """What is left for the account now."""
        now = self._clock()
        tokens, since = self._buckets.get(account, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * self._rate)
        return Allowance(self._burst, int(tokens), math.ceil((self._burst - tokens) / self._rate))

    def _forget_full(self, now: float) -> None:
        self._buckets = {
            account: (tokens, since)
            for account, (tokens, since) in self._buckets.items()
            if tokens + (now - since) * self._rate < self._burst
        }
