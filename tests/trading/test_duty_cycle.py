"""The projector's manners: it yields to the order path and to web users, and works on when nobody waits."""

import pytest

from exchange.trading.duty_cycle import DutyCycle


def busy(duty: DutyCycle, per_s: int) -> None:
    """Ten seconds of a floor that takes so many commands a second."""
    for tenth in range(101):
        duty.observe(per_s * tenth // 10, tenth / 10)


def test_it_rests_six_times_its_work_while_orders_come_in_fast():
    duty = DutyCycle()
    busy(duty, 5_000)
    assert duty.arrivals_per_s == pytest.approx(5_000, rel=0.01)
    assert duty.rest_s(0.04, behind=10_000) == pytest.approx(0.24)


def test_it_leaves_only_a_gap_for_other_writers_while_the_floor_is_idle():
    duty = DutyCycle()
    busy(duty, 10)
    assert duty.rest_s(0.04, behind=10_000) == pytest.approx(0.006)
    assert duty.rest_s(0.0001, behind=0) == pytest.approx(0.001)


def test_it_takes_half_the_time_once_it_is_far_behind():
    duty = DutyCycle()
    busy(duty, 5_000)
    assert duty.rest_s(0.04, behind=1_000_000) == pytest.approx(0.04)


def test_in_a_process_of_its_own_it_never_rests_for_the_floor():
    duty = DutyCycle(shares_interpreter=False)
    busy(duty, 20_000)
    assert duty.rest_s(0.04, behind=10_000) == pytest.approx(0.006)


def test_a_burst_is_over_a_few_seconds_after_it_ends():
    duty = DutyCycle()
    busy(duty, 5_000)
    for tenth in range(40):
        duty.observe(50_000, 10.1 + tenth / 10)
    assert duty.arrivals_per_s < duty.busy_per_s


def test_chunks_grow_and_shrink_to_the_time_a_transaction_may_take():
    duty = DutyCycle()
    duty.worked(256, 0.001)
    assert duty.budget == 512
    duty.worked(512, 0.4)
    assert duty.budget == 256
    for _ in range(20):
        duty.worked(duty.budget, 10.0)
    assert duty.budget == duty.smallest
    for _ in range(20):
        duty.worked(duty.budget, 1e-6)
    assert duty.budget == duty.largest


def test_nothing_done_changes_nothing():
    duty = DutyCycle()
    duty.worked(0, 0.1)
    assert duty.budget == 256
