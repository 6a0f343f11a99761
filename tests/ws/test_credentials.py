"""Who is asking, and whose page it is."""

import asyncio
from datetime import UTC, datetime

import pytest
from django.test import override_settings

from exchange.kernel.errors import NotAuthenticated, NotPermitted
from exchange.members.types import MemberIdentity
from web.ws import credentials
from web.ws.credentials import Authenticator, Credential, Headers, check_origin, credential_of, from_our_pages

MEMBER = MemberIdentity(1, 1, "D001", "name", "dealer", 1, "d001", "trader", frozenset({"trade"}), False)


def headers(**given: str) -> Headers:
    return Headers(given.get("authorization"), given.get("cookie"), given.get("origin"), given.get("host"))


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("https://localhost", "localhost", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://localhost:8000", "localhost:9000", False),
        ("http://evil.example", "evil.example", False),
        ("http://localhost:8000.evil.example", "localhost:8000", False),
        ("http://evil.example/localhost:8000", "localhost:8000", False),
        ("null", "localhost:8000", False),
        ("", "", False),
        ("https://shop.example", "localhost:8000", True),
    ],
)
def test_only_our_own_pages_are_ours(origin: str, host: str, ours: bool) -> None:
    assert from_our_pages(headers(origin=origin, host=host), ["https://shop.example"]) is ours


def test_a_request_without_origin_is_not_from_our_pages() -> None:
    assert not from_our_pages(headers(host="localhost"), [])
    with pytest.raises(NotPermitted):
        check_origin(headers(host="localhost"), Credential("session", "x"))


def test_a_key_needs_no_origin() -> None:
    check_origin(headers(host="localhost", origin="https://evil.example"), Credential("key", "x"))
    check_origin(headers(), None)


def test_a_key_goes_before_a_cookie() -> None:
    both = headers(authorization="Bearer abc", cookie="sessionid=xyz")
    assert credential_of(both) == Credential("key", "abc")
    assert credential_of(headers(cookie="a=b; sessionid=xyz")) == Credential("session", "xyz")
    assert credential_of(headers(cookie="a=b")) is None
    assert credential_of(headers()) is None


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic abc", "Bearer " + "x" * 257])
def test_what_is_no_bearer_key_is_refused(value: str) -> None:
    with pytest.raises(NotAuthenticated):
        credential_of(headers(authorization=value))


@pytest.mark.parametrize("cookie", ["sessionid=" + "x" * 300, "=;=;", "sessionid", "\x00"])
def test_a_strange_cookie_is_nobody(cookie: str) -> None:
    assert credential_of(headers(cookie=cookie)) is None


class Tables:
    """The look-up in the tables, counted."""

    def __init__(self, member: MemberIdentity | None) -> None:
        self.member = member
        self.asked = 0

    def __call__(self, credential: Credential) -> MemberIdentity | None:
        self.asked += 1
        return self.member


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, tzinfo=UTC).timestamp()

    def monotonic(self) -> float:
        return self.now


async def test_a_revoked_key_stops_working_when_what_is_remembered_is_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tables, clock = Tables(MEMBER), Clock()
    monkeypatch.setattr(credentials, "_look_up", tables)
    monkeypatch.setattr(credentials, "time", clock)
    authenticator, key = Authenticator(), Credential("key", "abc")
    for _ in range(3):
        assert await authenticator.identify(key) == MEMBER
    assert tables.asked == 1
    tables.member = None
    clock.now += credentials.REMEMBERED_S + 0.1
    with pytest.raises(NotAuthenticated):
        await authenticator.identify(key)
    with pytest.raises(NotAuthenticated):
        await authenticator.identify(key)
    assert tables.asked == 2


async def test_a_full_hall_is_looked_up_together(monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []

    def look_up_all(asked: list[Credential]) -> list[MemberIdentity | None]:
        batches.append(len(asked))
        return [MEMBER if each.value != "gone" else None for each in asked]

    monkeypatch.setattr(credentials, "_look_up_all", look_up_all)
    monkeypatch.setattr(credentials, "MAX_TOGETHER", 50)
    authenticator = Authenticator()
    keys = [Credential("key", f"k{number}") for number in range(99)]
    asking = [asyncio.create_task(authenticator.identify(key)) for key in (*keys, keys[0])]
    leaving = asyncio.create_task(authenticator.identify(keys[1]))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await asyncio.gather(*asking) == [MEMBER] * 100
    assert batches == [50, 49]
    with pytest.raises(NotAuthenticated):
        await authenticator.identify(Credential("key", "gone"))


async def test_tables_that_fail_fail_who_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_asked: list[Credential]) -> list[MemberIdentity | None]:
        raise RuntimeError("no tables")

    monkeypatch.setattr(credentials, "_look_up_all", broken)
    authenticator = Authenticator()
    with pytest.raises(RuntimeError):
        await authenticator.identify(Credential("key", "abc"))
    monkeypatch.setattr(credentials, "_look_up_all", lambda asked: [MEMBER for _ in asked])
    assert await authenticator.identify(Credential("key", "abc")) == MEMBER


async def test_a_person_without_a_member_is_nobody_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_look_up", Tables(None))
    assert await Authenticator().identify(Credential("session", "abc")) is None
    assert await Authenticator().identify(None) is None


@override_settings(SESSION_COOKIE_NAME="jinguo")
def test_the_cookie_is_the_configured_one() -> None:
    assert credential_of(headers(cookie="jinguo=xyz; sessionid=no")) == Credential("session", "xyz")
