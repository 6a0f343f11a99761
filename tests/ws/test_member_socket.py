"""A member's socket while the tables are away: messages are answered, and the key is looked up again."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import OperationalError

from exchange.kernel.errors import NotAuthenticated
from exchange.members.types import MemberIdentity
from tests.ws.test_order_terms import MEMBER, ORDER
from tests.ws.test_outbound import Pipe, until
from web.ws import member_socket, order_trials
from web.ws.credentials import Credential
from web.ws.member_socket import POLICY_VIOLATION, MemberSocket


class KeyDesk:
    """An authenticator that gives, look-up by look-up, the answers it was told."""

    def __init__(self, *answers: Exception | MemberIdentity) -> None:
        self.answers = list(answers)

    async def identify(self, _credential: Credential) -> MemberIdentity:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def socket_of(link: Pipe, **services: Any) -> MemberSocket:
    made = SimpleNamespace(loop=asyncio.get_running_loop(), hub=Mock(), entry=Mock(), **services)
    socket = MemberSocket(made, link, MEMBER, Credential("key", "secret"))  # type: ignore[arg-type]
    socket.open()
    return socket


async def test_a_request_that_the_tables_fail_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise OperationalError("the tables are away")

    monkeypatch.setattr(order_trials, "in_tables", away)
    link = Pipe()
    socket = socket_of(link)
    socket.receive(json.dumps({"op": "order.test", "id": 7, **ORDER}))
    await until(lambda: link.written != [])
    told = json.loads(link.written[0])
    assert (told["type"], told["code"]) == ("error", "internal_error")
    assert (told["op"], told["id"]) == ("order.test", 7)
    socket.close()


async def test_a_key_revoked_after_the_tables_were_away_still_closes_the_socket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(member_socket, "CREDENTIAL_CHECK_S", 0)
    link, keys = Pipe(), KeyDesk(OperationalError("the tables are away"), MEMBER, NotAuthenticated())
    socket = socket_of(link, authenticator=keys)
    await until(lambda: link.closed is not None)
    assert (link.closed, keys.answers) == (POLICY_VIOLATION, [])
    socket.close()
