"""Holidays by two people: from the notice to trading days, and a year nobody has entered is warned of."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from exchange.kernel import calendar
from exchange.kernel.models import CalendarYear
from exchange.kernel.trading_calendar import calendar_years, load
from tests.trading.exchange_in_tables import TableExchange
from tests.web.conftest import LogIn
from tests.web.test_editions_desk import operator

pytestmark = pytest.mark.django_db

PAGE = "/console/calendar/"
NEXT = {
    "year": "2027",
    "text": "2027-01-01 元旦\n2027-02-05 2027-02-11 春节\n\n2027-10-01,2027-10-07,国庆节",
    "source": "国办发明电〔2026〕9号",
    "reason": "国务院公布放假安排",
}
NOW = date(2026, 12, 5)


@pytest.fixture
def december(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Early in December of the last year that is built in; what a test learns is forgotten."""
    at = calendar.day_bounds_ns(NOW)[0] + 36_000 * calendar.NS_PER_S
    monkeypatch.setattr("time.time_ns", lambda: at)
    yield
    calendar.learn({})


@pytest.mark.usefixtures("december")
def test_a_year_is_warned_of_entered_and_approved(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    maker, checker = operator("maker"), operator("checker")
    assert "2027 年的节假日还没有批准" in maker.get("/console/audit/").content.decode()
    assert calendar.is_trading_day(date(2027, 2, 8))
    html = maker.post(f"{PAGE}propose/", NEXT, follow=True).content.decode()
    assert "2027-02-08 周一" in html
    assert "2027-02-06" not in html.split("改为休市：")[1].split("</p>")[0], "a Saturday in winter"
    (row,) = calendar_years()
    form = {"subject": row.id, "verb": "approve", "reason": "与通知一致"}
    assert "提出人不能复核" in maker.post(f"{PAGE}decide/", form, follow=True).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert "节假日已批准" in checker.post(f"{PAGE}decide/", form, follow=True).content.decode()
    assert "已经处理" in checker.post(f"{PAGE}decide/", form, follow=True).content.decode()
    assert not calendar.is_trading_day(date(2027, 2, 8))
    assert calendar.add_trading_days(date(2027, 2, 4), 1) == date(2027, 2, 12)
    assert "还没有批准" not in maker.get("/console/audit/").content.decode()
    calendar.learn({})
    load()
    assert date(2027, 10, 7) in calendar.holidays_of(2027)
    assert len(calendar.holidays_of(2027)) == 15
    assert calendar.holidays_of(2026) == {day for day in calendar.HOLIDAYS if day.year == 2026}
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarYear.objects.update(holidays=[])

    exported = maker.get(f"{PAGE}export.csv").content
    file = SimpleUploadedFile("holidays.csv", exported + "2027-12-31,2027-12-31,加休\n".encode())
    sent = {**NEXT, "text": "", "file": file, "reason": "年末加休一天"}
    assert "2027-12-31 周五" in maker.post(f"{PAGE}propose/", sent, follow=True).content.decode()
    assert "已有同类提案" in maker.post(f"{PAGE}propose/", NEXT).content.decode()
    withdrawn = {"subject": calendar_years()[0].id, "verb": "withdraw", "reason": "录错"}
    assert "提案已撤回" in maker.post(f"{PAGE}decide/", withdrawn, follow=True).content.decode()


@pytest.mark.usefixtures("december")
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"text": "2027-02-05 2027-02-11 春节\n元旦"}, "第 2 行"),
        ({"text": "2027-02-29 闰日"}, "没有这一天"),
        ({"text": "2026-12-31 2027-01-01 元旦"}, "不是 2027 年"),
        ({"text": "2027-02-11 2027-02-05 春节"}, "1 至 31 天"),
        ({"text": "2027-02-05 2027-02-11 春节\n2027-02-11 元宵"}, "重叠"),
        ({"text": ""}, "1 至 40 段"),
        ({"source": ""}, "source"),
        ({"year": "2025"}, "year"),
        ({"reason": ""}, "reason"),
        ({"year": "2026", "text": "2026-12-25 圣诞"}, "2026-01-01"),
    ],
)
def test_what_is_wrong_says_where_and_keeps_what_was_typed(changed: dict[str, str], message: str) -> None:
    answer = operator("maker").post(f"{PAGE}propose/", {**NEXT, **changed})
    assert answer.status_code in {400, 409, 422}
    html = answer.content.decode()
    assert message in html
    assert {**NEXT, **changed}["text"].splitlines()[:1] == [] or {**NEXT, **changed}["text"][:10] in html
    assert calendar_years() == []


def test_only_the_operator_comes_in(market: TableExchange, log_in: LogIn) -> None:
    for client, status in ((Client(), 302), (log_in(market.dealers[0]), 403)):
        for path in (PAGE, f"{PAGE}export.csv"):
            assert client.get(path).status_code == status
        for path in (f"{PAGE}propose/", f"{PAGE}decide/"):
            assert client.post(path, NEXT).status_code == status
    assert calendar_years() == []
