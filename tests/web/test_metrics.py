"""Who may read /metrics."""

from typing import Any

import pytest
from pytest_django import Settings

from web.metrics import may_read


def scope(peer: str | None = "127.0.0.1", **headers: str) -> dict[str, Any]:
    return {
        "method": "GET",
        "client": [peer, 40_000] if peer else None,
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }


@pytest.fixture(autouse=True)
def _embedded(settings: Settings) -> None:
    settings.METRICS_TOKEN, settings.REDIS_URL, settings.HTTPS = "", "", False


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.1", "::1"])
def test_this_machine_reads_the_metrics_of_an_embedded_exchange(peer: str) -> None:
    assert may_read(scope(peer))


@pytest.mark.parametrize("peer", ["192.0.2.7", "10.0.0.1", "::ffff:10.0.0.1", "localhost.example", "", None])
def test_nobody_else_does(peer: str | None) -> None:
    assert not may_read(scope(peer))


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "x_real_ip", "via"])
def test_nor_who_comes_through_a_proxy(header: str) -> None:
    assert not may_read(scope(**{header: "127.0.0.1"}))


@pytest.mark.parametrize(("name", "value"), [("REDIS_URL", "redis://localhost"), ("HTTPS", True)])
def test_in_production_loopback_may_be_a_proxy_and_is_not_enough(
    settings: Settings, name: str, value: object
) -> None:
    setattr(settings, name, value)
    assert not may_read(scope())


def test_with_a_token_only_the_token_counts(settings: Settings) -> None:
    settings.METRICS_TOKEN, settings.REDIS_URL = "s3cret", "redis://localhost"
    assert may_read(scope("192.0.2.7", authorization="Bearer s3cret"))
    for wrong in ("Bearer s3cre", "Bearer ", "s3cret", "Basic s3cret"):
        assert not may_read(scope(authorization=wrong))
    assert not may_read(scope())
