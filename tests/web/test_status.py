"""The public status page: calm when all is well, plain when it is not."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from exchange.kernel import calendar
from exchange.kernel.audit import SYSTEM
from exchange.markets import services
from exchange.markets.selectors import halts_between
from exchange.ops import status, trading_stop
from tests.trading.exchange_in_tables import TableExchange

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What the floor says of itself."""
    state: dict[str, object] = {"status": "ready", "seq": 7, "projected_seq": 7}

    async def readiness() -> dict[str, object]:
        return state

    monkeypatch.setattr(status, "readiness", readiness)
    return state


def page(language: str = "") -> str:
    client = Client()
    if language:
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    response = client.get("/status/")
    assert response.status_code == 200
    return response.content.decode()


def test_all_is_well_in_both_languages_without_a_log_in(
    market: TableExchange, ready: dict[str, object]
) -> None:
    html = page()
    assert "一切正常" in html
    assert "没有事件" in html
    assert "All systems operational." in page("en")


def test_halts_are_told_once_with_begin_and_end_and_without_reasons(
    market: TableExchange, ready: dict[str, object]
) -> None:
    for code in ("FUJI-70", "FUJI-71"):
        services.halt(actor=SYSTEM, code=code, reason="某会员涉嫌操纵")
    services.close_session(actor=SYSTEM, reason="收市")
    services.open_session(actor=SYSTEM, reason="开市")
    assert [len(each.products) for each in status.status_now().incidents] in ([2], [1, 1])
    html = page()
    assert "尚未恢复" in html
    assert "操纵" not in html
    services.resume(actor=SYSTEM, code="FUJI-70", reason="核查完毕")
    found = status.status_now()
    assert found.halted == 1
    ended = {code: each.ended_at for each in found.incidents for code in each.products}
    assert ended["FUJI-70"] is not None
    assert ended["FUJI-71"] is None


def test_a_halt_that_goes_on_over_sessions_is_one_halt_and_began_when_it_began(
    market: TableExchange, ready: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    services.halt(actor=SYSTEM, code="FUJI-70", reason="核查")
    halted_by = calendar.now()
    services.close_session(actor=SYSTEM, reason="收市")
    monkeypatch.setattr(status, "LOOK_BACK", timedelta(0))
    began = status.status_now().incidents[0].began_at
    assert began <= halted_by
    services.open_session(actor=SYSTEM, reason="开市")
    assert halts_between(began, calendar.now()) == 1
    assert halts_between(halted_by, calendar.now()) == 0, "the opening only says it again"
    services.resume(actor=SYSTEM, code="FUJI-70", reason="核查完毕")
    assert status.status_now().incidents == ()


def test_a_halt_ends_with_the_product(
    market: TableExchange, ready: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    services.halt(actor=SYSTEM, code="FUJI-70", reason="核查")
    halted_by = calendar.now()
    services.close_session(actor=SYSTEM, reason="收市")
    services.open_session(actor=SYSTEM, reason="开市")
    services.delist_product(actor=SYSTEM, code="FUJI-70", reason="摘牌")
    (halt,) = status.status_now().incidents
    assert halt.ended_at is not None
    assert halts_between(halt.began_at, calendar.now()) == 1
    assert halts_between(halted_by, calendar.now()) == 0, "it was halted before"
    monkeypatch.setattr(status, "LOOK_BACK", timedelta(0))
    assert status.status_now().incidents == ()


def test_a_trading_stop_is_one_incident_and_says_that_money_is_checked(
    market: TableExchange, ready: dict[str, object]
) -> None:
    trading_stop.stop_if_needed(actor=SYSTEM, why="银行余额与账面相差 100 元")
    html = page()
    assert [each.kind for each in status.status_now().incidents] == ["stop"]
    assert "核清前停止交易" in html
    assert "100 元" not in html


@pytest.mark.parametrize(
    ("code", "words"),
    [("floor_unavailable", "不可接单"), ("projection_behind", "有延迟"), ("projector_halted", "有延迟")],
)
def test_what_is_affected_is_named(
    market: TableExchange, ready: dict[str, object], code: str, words: str
) -> None:
    ready.update(status="not_ready", code=code, reason="internal words")
    html = page()
    assert words in html
    assert "部分服务受影响" in html
    assert "internal words" not in html


def test_many_who_look_ask_once(
    market: TableExchange, ready: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    page()
    monkeypatch.setattr(status, "products", None)
    assert "一切正常" in page()
