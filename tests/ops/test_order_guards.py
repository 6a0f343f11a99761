"""Guards of orders: what lapses cancels once, what is heard of does not."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.kernel.audit import Actor
from exchange.kernel.calendar import NS_PER_MS, NS_PER_S
from exchange.kernel.models import AuditEntry, Outbox
from exchange.ops import order_guards
from exchange.ops.models import OrderGuard
from exchange.ops.order_errors import BadTimeout, TooManyGuards
from matching.types import CancelAllCause, Command, CommandKind

pytestmark = pytest.mark.django_db

ANNA = Actor("anna", ip="10.0.0.1")
NOW = 1_700_000_000 * NS_PER_S


def arm(timeout_ms: int, time_ns: int = NOW, account_no: int = 7) -> int:
    return order_guards.arm_cancel_after(
        actor=ANNA, account_no=account_no, timeout_ms=timeout_ms, time_ns=time_ns
    )


def connect(connection_id: str, *, process: str = "web1", session: str = "key", time_ns: int = NOW) -> None:
    order_guards.guard_connection(
        actor=ANNA,
        account_no=7,
        session=session,
        connection_id=connection_id,
        process=process,
        time_ns=time_ns,
    )


def cancelled() -> Iterator[tuple[int, int]]:
    """Account and cause of what the floor is told."""
    for row in Outbox.objects.filter(reference__startswith="guard:").order_by("id"):
        command = Command.unpack(bytes(row.command))
        assert (command.kind, command.product) == (CommandKind.CANCEL_ALL, 0)
        yield command.account, command.flags


def test_a_switch_that_is_armed_again_and_again_cancels_once_when_it_is_not() -> None:
    for second in range(5):
        assert arm(2_000, NOW + second * NS_PER_S) == NOW + (second + 2) * NS_PER_S
        assert order_guards.cancel_lapsed(NOW + second * NS_PER_S) == 0
    lapse = NOW + 6 * NS_PER_S
    assert order_guards.cancel_lapsed(lapse - 1) == 0
    assert order_guards.cancel_lapsed(lapse) == 1
    assert order_guards.cancel_lapsed(lapse + NS_PER_S) == 0
    assert list(cancelled()) == [(7, CancelAllCause.CANCEL_AFTER)]
    assert order_guards.cancel_after_of(7) == 0
    actions = list(AuditEntry.objects.order_by("number").values_list("actor", "action", "ip"))
    assert actions == [
        ("anna", "orders.cancel_after_armed", "10.0.0.1"),
        ("clock", "orders.cancelled_by_guard", None),
    ]
    arm(1_000, lapse)
    assert order_guards.cancel_lapsed(lapse + NS_PER_S) == 1


def test_zero_switches_it_off_and_nothing_else_is_a_timeout() -> None:
    arm(600_000)
    assert arm(0) == 0
    assert order_guards.cancel_lapsed(NOW + 3_600 * NS_PER_S) == 0
    for timeout_ms in (-1, 1, 999, 600_001):
        with pytest.raises(BadTimeout):
            arm(timeout_ms)
    assert not OrderGuard.objects.exists()


def test_the_last_socket_of_a_session_cancels_and_no_earlier_one() -> None:
    connect("a")
    connect("b", process="web2")
    connect("other", session="another key")
    order_guards.release_connections(["a"])
    assert order_guards.cancel_lapsed(NOW) == 0
    order_guards.release_connections(["a", "b"])
    assert order_guards.cancel_lapsed(NOW) == 1
    assert list(cancelled()) == [(7, CancelAllCause.DISCONNECT)]
    assert list(OrderGuard.objects.values_list("connection", flat=True)) == ["other"]


def test_a_process_that_was_killed_renews_nothing_and_its_lease_runs_out() -> None:
    connect("dead", process="web1", session="x")
    connect("alive", process="web2", session="y")
    later = NOW + order_guards.lease_ns()
    assert order_guards.renew_connections("web2", ["alive"], later - NS_PER_MS) == {"alive"}
    assert order_guards.cancel_lapsed(later - 1) == 0
    assert order_guards.cancel_lapsed(later) == 1
    assert order_guards.renew_connections("web1", ["dead"], later) == frozenset()
    assert list(OrderGuard.objects.values_list("connection", flat=True)) == ["alive"]


def test_a_guard_whose_socket_never_opened_is_not_kept_alive_with_the_others() -> None:
    connect("gone in the handshake")
    connect("open")
    later = NOW + order_guards.lease_ns()
    assert order_guards.renew_connections("web1", ["open"], later - NS_PER_MS) == {"open"}
    assert order_guards.cancel_lapsed(later) == 0, "another socket of the session lives"
    order_guards.release_connections(["open"])
    assert order_guards.cancel_lapsed(later) == 1


def test_an_account_has_so_many_guarded_sockets_and_no_more() -> None:
    for number in range(order_guards.MAX_CONNECTIONS):
        connect(str(number))
    with pytest.raises(TooManyGuards):
        connect("one more")


class Guards:
    """What the guards should do, in plain Python."""

    def __init__(self) -> None:
        self.now = NOW
        self.switches: dict[int, int] = {}
        self.sockets: dict[str, list[int]] = {}
        """Session and moment of the lapse, by name; the session is the last digit of the account as well."""
        self.cancelled: list[tuple[int, int]] = []

    def look(self) -> None:
        for account_no, lapse in sorted(self.switches.items()):
            if lapse <= self.now:
                del self.switches[account_no]
                self.cancelled.append((account_no, CancelAllCause.CANCEL_AFTER))
        lapsed = {name for name, (_, lapse) in self.sockets.items() if lapse <= self.now}
        sessions = {self.sockets.pop(name)[0] for name in lapsed}
        alive = {session for session, _ in self.sockets.values()}
        self.cancelled += [(session, CancelAllCause.DISCONNECT) for session in sessions - alive]


ACCOUNTS = st.integers(1, 2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("arm"), ACCOUNTS, st.integers(0, 12)),
        st.tuples(st.just("connect"), ACCOUNTS, st.sampled_from("xy")),
        st.tuples(st.just("release"), st.integers(0, 5), st.none()),
        st.tuples(st.just("renew"), st.sampled_from("xy"), st.none()),
        st.tuples(st.just("look"), st.integers(0, 8), st.none()),
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_armed_renewed_and_lost_cancels_exactly_what_lapsed(
    steps: list[tuple[str, Any, Any]],
) -> None:
    guards, process_of = Guards(), dict[str, str]()
    with transaction.atomic():
        for step, one, other in steps:
            if step == "arm":
                arm(other * 1_000, guards.now, one)
                guards.switches.pop(one, None)
                if other:
                    guards.switches[one] = guards.now + other * NS_PER_S
            elif step == "connect":
                name = str(len(process_of))
                process_of[name] = other
                order_guards.guard_connection(
                    actor=ANNA,
                    account_no=one,
                    session=f"key {one}",
                    connection_id=name,
                    process=other,
                    time_ns=guards.now,
                )
                guards.sockets[name] = [one, guards.now + order_guards.lease_ns()]
            elif step == "release":
                order_guards.release_connections([str(one)])
                if str(one) in guards.sockets:
                    guards.sockets[str(one)][1] = 0
            elif step == "renew":
                held = [name for name, process in process_of.items() if process == one]
                alive = order_guards.renew_connections(one, held, guards.now)
                mine = {
                    name for name in guards.sockets if process_of[name] == one and guards.sockets[name][1]
                }
                assert alive == mine
                for name in mine:
                    guards.sockets[name][1] = guards.now + order_guards.lease_ns()
            else:
                guards.now += one * NS_PER_S
                order_guards.cancel_lapsed(guards.now)
                guards.look()
                assert sorted(cancelled()) == sorted(guards.cancelled)
        assert order_guards.guards_armed() == {
            "cancel_after": len(guards.switches),
            "connection": len(guards.sockets),
        }
        transaction.set_rollback(True)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_two_clocks_cancel_once() -> None:
    for account_no in range(1, 11):
        arm(1_000, account_no=account_no)
    found: list[int] = []
    start = threading.Barrier(2)

    def look() -> None:
        start.wait()
        found.append(order_guards.cancel_lapsed(NOW + NS_PER_S))
        connections.close_all()

    watchers = [threading.Thread(target=look) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    assert sum(found) == 10
    assert sorted(account for account, _ in cancelled()) == list(range(1, 11))
