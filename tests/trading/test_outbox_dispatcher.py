"""The outbox dispatcher: in order, again until answered, never twice with effect."""

import threading

import pytest
from django.db import OperationalError, transaction

from exchange.kernel import outbox
from exchange.trading import outbox_dispatcher
from exchange.trading.errors import FloorUnavailable
from exchange.trading.outbox_dispatcher import OutboxDispatcher, client_id_of
from exchange.trading.replies import UNANSWERED, OrderStatus, Reply
from matching.types import Command, CommandKind

APPLIED = Reply(1, 0, OrderStatus.APPLIED, 0, 0, 0)
REJECTED = Reply(1, 0, OrderStatus.REJECTED, 11, 0, 0)


class Floor:
    """Takes commands and answers as told; then APPLIED."""

    def __init__(self, *answers: Reply | Exception) -> None:
        self.answers = list(answers)
        self.taken: list[str] = []

    def call_all(self, commands: list[tuple[bytes, str]]) -> list[Reply]:
        replies = []
        for _, client_id in commands:
            answer = self.answers.pop(0) if self.answers else APPLIED
            if isinstance(answer, Exception):
                raise answer
            self.taken.append(client_id)
            replies.append(answer)
        return replies


def enqueue(count: int) -> list[int]:
    with transaction.atomic():
        rows = outbox.enqueue_many(
            (Command(CommandKind.FUNDS, 1, account=1, amount=number), f"deposit:{number}")
            for number in range(1, count + 1)
        )
    return [row.pk for row in rows]


@pytest.mark.django_db
def test_rows_are_sent_in_order_and_only_once_while_the_projector_is_behind() -> None:
    ids = enqueue(3)
    floor = Floor()
    dispatcher = OutboxDispatcher(floor, lambda: True)
    assert dispatcher.step() == (3, True)
    assert dispatcher.step() == (0, True)
    assert floor.taken == [client_id_of(number) for number in ids]


@pytest.mark.django_db
def test_rows_without_an_answer_are_sent_again_with_the_same_id() -> None:
    ids = enqueue(3)
    floor = Floor(APPLIED, UNANSWERED, UNANSWERED)
    dispatcher = OutboxDispatcher(floor, lambda: True)
    assert dispatcher.step() == (1, False)
    assert dispatcher.step() == (2, True)
    first, second, third = (client_id_of(number) for number in ids)
    assert floor.taken == [first, second, third, second, third]


@pytest.mark.django_db
def test_a_refused_row_does_not_stop_the_next(caplog: pytest.LogCaptureFixture) -> None:
    enqueue(2)
    floor = Floor(REJECTED)
    assert OutboxDispatcher(floor, lambda: True).step() == (2, True)
    assert "The floor refused deposit:1" in caplog.text


@pytest.mark.django_db
def test_long_outboxes_are_sent_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_dispatcher, "PAGE", 2)
    ids = enqueue(5)
    floor = Floor()
    dispatcher = OutboxDispatcher(floor, lambda: True)
    assert [dispatcher.step() for _ in range(3)] == [(2, False), (2, False), (1, True)]
    assert floor.taken == [client_id_of(number) for number in ids]


@pytest.mark.django_db(transaction=True)
def test_the_loop_waits_for_the_projector_and_outlives_failures(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outbox_dispatcher, "_RETRY_S", 0.01)
    ids = enqueue(1)
    floor = Floor(FloorUnavailable(), OperationalError("gone away"))
    stop, caught_up, sent = threading.Event(), threading.Event(), threading.Event()
    take = floor.call_all

    def call_all(commands: list[tuple[bytes, str]]) -> list[Reply]:
        assert caught_up.is_set(), "sent the past again"
        replies = take(commands)
        sent.set()
        return replies

    monkeypatch.setattr(floor, "call_all", call_all)
    thread = threading.Thread(target=OutboxDispatcher(floor, caught_up.is_set).run, args=(stop,))
    thread.start()
    assert not sent.wait(0.1)
    caught_up.set()
    assert sent.wait(5)
    stop.set()
    thread.join()
    assert floor.taken == [client_id_of(ids[0])]
    assert caplog.text.count("The outbox waits") == 2


@pytest.mark.django_db
def test_how_long_the_oldest_row_waits_is_known() -> None:
    assert outbox.oldest_pending_s() == 0
    (number,) = enqueue(1)
    assert 0 <= outbox.oldest_pending_s() < 60
    outbox.mark_applied([outbox.Answer(number, 1, 0)])
    assert outbox.oldest_pending_s() == 0
