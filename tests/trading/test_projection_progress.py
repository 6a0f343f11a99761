"""Waiting for rows: woken in the same process, polled across processes."""

import threading

import pytest

from exchange.trading import selectors
from exchange.trading.models import ProjectorPosition
from exchange.trading.projection_progress import PROGRESS, ProjectionProgress


def later(action) -> threading.Thread:
    thread = threading.Timer(0.05, action)
    thread.start()
    return thread


def test_a_waiter_is_woken_when_its_rows_are_committed():
    progress = ProjectionProgress()
    progress.follow(10)
    thread = later(lambda: progress.advance(12))
    assert progress.wait(12, timeout_s=10)
    thread.join()


def test_waiting_ends_with_the_timeout():
    progress = ProjectionProgress()
    progress.follow(10)
    assert progress.wait(10, timeout_s=0)
    assert not progress.wait(11, timeout_s=0.01)


def test_waiting_ends_when_the_projector_halts():
    progress = ProjectionProgress()
    progress.follow(10)
    thread = later(lambda: progress.halt("a trade is not covered"))
    assert not progress.wait(11, timeout_s=10)
    assert progress.halt_reason == "a trade is not covered"
    thread.join()


@pytest.mark.django_db
def test_without_a_projector_in_this_process_the_table_tells_the_position():
    assert not PROGRESS.following
    assert selectors.projected_seq() == 0
    assert selectors.projector_halt_reason() == ""
    ProjectorPosition.objects.create(name=selectors.PROJECTOR, seq=7, chain_hash="00", halt_reason="why")
    assert selectors.projected_seq() == 7
    assert selectors.projector_halt_reason() == "why"
    assert selectors.wait_until_projected(7, timeout_s=0)
    assert not selectors.wait_until_projected(8, timeout_s=5), "a halted projector is not waited for"


@pytest.mark.django_db
def test_polling_gives_up_at_the_deadline():
    ProjectorPosition.objects.create(name=selectors.PROJECTOR, seq=7, chain_hash="00")
    assert not selectors.wait_until_projected(8, timeout_s=0.05)
