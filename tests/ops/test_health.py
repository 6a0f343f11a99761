"""/healthz and /readyz: plain answers, and a reason when it is not ready."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from exchange.ops import health
from exchange.ops.workers import Worker
from exchange.trading import runtime
from exchange.trading.errors import FloorUnavailable
from exchange.trading.projection_progress import PROGRESS
from exchange.trading.queries import HeadAnswer


class Floor:
    """Stands in for the gateway: answers one question."""

    def __init__(self, seq: int = 0, silent_s: float = 0, failure: Exception | None = None) -> None:
        self._seq = seq
        self._silent_ns = int(silent_s * 1e9)
        self._failure = failure

    async def head(self) -> HeadAnswer:
        if self._failure is not None:
            raise self._failure
        return HeadAnswer(self._seq, "00" * 32, time.time_ns() - self._silent_ns, 0, 0)


@pytest.fixture
def projected(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A projector of this process that stands at seq 100."""
    PROGRESS.follow(100)
    yield
    PROGRESS.leave()


async def readiness(floor: Floor | None, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    def gateway() -> Floor:
        if floor is None:
            raise FloorUnavailable
        return floor

    monkeypatch.setattr(runtime, "gateway", gateway)
    return await health.readiness()


@pytest.mark.usefixtures("projected")
async def test_ready_when_the_floor_runs_and_the_tables_are_close(monkeypatch: pytest.MonkeyPatch) -> None:
    state = await readiness(Floor(seq=120), monkeypatch)
    assert state == {"status": "ready", "seq": 120, "projected_seq": 100}


@pytest.mark.usefixtures("projected")
@pytest.mark.parametrize(
    ("floor", "code"),
    [
        (None, "floor_unavailable"),
        (Floor(failure=FloorUnavailable()), "floor_unavailable"),
        (Floor(seq=100, silent_s=60), "journal_silent"),
        (Floor(seq=100 + health.MAX_BEHIND + 1), "projection_behind"),
    ],
)
async def test_not_ready_says_why(floor: Floor | None, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    state = await readiness(floor, monkeypatch)
    assert (state["status"], state["code"]) == ("not_ready", code)
    assert state["reason"]


@pytest.mark.usefixtures("projected")
async def test_a_halted_projector_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    PROGRESS.halt("IntegrityError: a receipt is missing")
    state = await readiness(Floor(seq=100), monkeypatch)
    assert (state["code"], state["reason"]) == ("projector_halted", "IntegrityError: a receipt is missing")


@pytest.mark.usefixtures("projected")
async def test_the_answers_are_plain_asgi(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer_of(application: Any) -> tuple[int, Any]:
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await application({"type": "http"}, asyncio.Event().wait, send)
        return sent[0]["status"], json.loads(sent[1]["body"])

    monkeypatch.setattr(runtime, "gateway", lambda: Floor(seq=100))
    assert await answer_of(health.healthz) == (200, {"status": "ok"})
    assert (await answer_of(health.readyz))[0] == 200
    monkeypatch.setattr(runtime, "gateway", lambda: Floor(failure=FloorUnavailable()))
    assert (await answer_of(health.readyz))[0] == 503


def test_a_worker_that_fails_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    failed = threading.Event()

    def work(_stop: threading.Event) -> None:
        raise RuntimeError("out of apples")

    def on_failure(name: str) -> None:
        told.append(name)
        failed.set()

    worker = Worker("projector", work, on_failure)
    worker.start()
    assert failed.wait(5)
    worker.stop()
    assert told == ["projector"]
    assert "out of apples" in caplog.text


def test_a_worker_told_to_stop_has_not_failed() -> None:
    told: list[str] = []
    worker = Worker("clock", lambda stop: stop.wait() and None, told.append)
    worker.start()
    worker.stop()
    never_started = Worker("clock", lambda stop: None, told.append)
    never_started.stop()
    assert told == []
