"""How many orders a member may send."""

import pytest

from exchange.kernel.errors import RateLimited
from web.ws.rate_limit import TokenBuckets


class Clock:
    """A clock that moves when told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_allowed_then_refused_then_refilled() -> None:
    clock = Clock()
    buckets = TokenBuckets(rate_per_s=10, burst=3, clock=clock)
    for _ in range(3):
        buckets.take(1)
    with pytest.raises(RateLimited) as caught:
        buckets.take(1)
    assert caught.value.facts["retry_after_s"] == 1
    clock.now += 0.125
    buckets.take(1)
    with pytest.raises(RateLimited):
        buckets.take(1)


def test_one_member_does_not_use_the_rate_of_another() -> None:
    buckets = TokenBuckets(rate_per_s=1, burst=1, clock=Clock())
    buckets.take(1)
    buckets.take(2)


def test_the_headers_tell_what_is_left() -> None:
    clock = Clock()
    buckets = TokenBuckets(rate_per_s=10, burst=20, clock=clock)
    for _ in range(15):
        buckets.take(1)
    assert buckets.allowance(1) == (20, 5, 2)
    clock.now += 60
    assert buckets.allowance(1) == (20, 20, 0)
    assert dict(buckets.allowance(1).headers())[b"x-ratelimit-remaining"] == b"20"


def test_full_buckets_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.ws.rate_limit.MAX_BUCKETS", 2)
    clock = Clock()
    buckets = TokenBuckets(rate_per_s=1, burst=2, clock=clock)
    buckets.take(1)
    clock.now += 10
    buckets.take(2)
    buckets.take(2)
    buckets.take(3)
    with pytest.raises(RateLimited):
        buckets.take(2)
