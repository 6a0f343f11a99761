"""The family of index series as people, files and programs see it, and the desk of its weights."""

import csv
import io
import json
import re
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from exchange.kernel import calendar
from exchange.kernel.audit import SYSTEM
from exchange.kernel.canonical import canonical_hash
from exchange.price_index import editions, services
from tests.markets.cells import a_product, the_fuji
from tests.price_index.days import FRIDAY, MONDAY, TUESDAY, an_index, liquid
from tests.web.conftest import LogIn

pytestmark = pytest.mark.django_db

Z80, Z75 = "HFS-Z80-1-XY", "HFS-Z75-1-XY"
DESK = "/console/index/editions/"
API = "/api/v1/index"


@pytest.fixture(autouse=True)
def _fuji_of_two_sizes(db: None) -> None:
    the_fuji()
    a_product(Z80)
    a_product(Z75, size_mm=75, price=450)
    an_index()


@pytest.fixture
def _three_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two weeks, the first over: 80 mm at 6.00, 6.30 and 6.60 yuan."""
    monkeypatch.setattr(calendar, "today", lambda: TUESDAY)
    for day, price in ((FRIDAY, 600), (MONDAY, 630), (TUESDAY, 660)):
        liquid(day, 1, price)
        services.publish(day, actor=SYSTEM)


def page(address: str, client: Client | None = None) -> str:
    response = (client or Client()).get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_before_the_first_value_the_pages_say_so() -> None:
    assert "还没有公布过指数" in page("/index/")
    assert "还在用编制时的第一版权重" in page("/index/method/")
    assert Client().get(f"{API}/series").json() == {"items": [], "next_cursor": None}


def test_board_index_page_and_api_show_the_value_so_far(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    monkeypatch.setattr(calendar, "today", lambda: MONDAY)
    liquid(MONDAY, 1, 660)

    for address in ("/", "/index/", "/index/now/", "/index/indicative/"):
        page = client.get(address).content.decode()
        assert "盘中参考" in page, address
        assert "1,060.00" in page, address

    assert client.get("/api/v1/index/indicative").json()["item"]["value"] == "1060.00"
    services.publish(MONDAY, actor=SYSTEM)
    assert "盘中参考" not in client.get("/index/now/").content.decode()
    assert client.get("/api/v1/index/indicative").json() == {"item": None}
    assert FRIDAY.isoformat() not in client.get("/index/").content.decode()


@pytest.mark.usefixtures("_three_days")
def test_a_sub_index_by_day_and_week() -> None:
    headline, size_80, weeks = (
        page(f"/index/{query}") for query in ("", "?series=size:80", "?series=size:80&period=week")
    )

    assert "1,060.00" in headline  # 60 % x 1.1 + 40 %
    for found in (headline, size_80):
        assert set(re.findall(r'data-series="([^"]+)"', found)) == {
            "variety:fuji", "size:75", "size:80", "county:旬邑县", "store:cold", "bagging:paper",
        }  # fmt: skip
        assert "单一品种" in found
    points = json.loads(re.findall(r'<script id="index-points"[^>]*>(.*?)</script>', size_80)[0])
    assert points == [["2026-12-04", 100_000], ["2026-12-07", 105_000], ["2026-12-08", 110_000]]
    assert re.findall(r'data-period="([^"]+)"', weeks) == ["2026-W49"]
    assert "还没有一个月结束" in page("/index/?period=month")
    assert Client().get("/index/?series=size:90").status_code == 404
    reader = Client()
    reader.post("/i18n/setlang/", {"language": "en", "next": "/"})
    assert "80 mm" in page("/index/?series=size:80", reader)


@pytest.mark.usefixtures("_three_days")
def test_every_sub_index_is_checked_step_by_step_on_its_day() -> None:
    found = page(f"/index/{TUESDAY}/?series=size:80")

    assert found.count("与公布值一致") == 8  # the value, the headline and six sub-indexes
    steps = found[found.index('id="steps"') :]
    assert "1.100000" in steps
    assert "1,100.00" in steps
    assert Z75 not in steps[: steps.index("</section>")]


@pytest.mark.usefixtures("_three_days")
def test_a_series_is_downloaded() -> None:
    text = Client().get("/index/download.csv?series=county:旬邑县").content.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))

    assert [line["指数"] for line in lines] == ["1060.00", "1030.00", "1000.00"]
    assert (lines[0]["环比"], lines[0]["环比对比期"]) == ("2.91%", "2026-12-07")
    assert (lines[0]["均价 元/公斤"], lines[0]["成交 公斤"], lines[0]["状态"]) == ("6.60", "8000", "初值")
    assert all(len(line["证据摘要"]) == 64 for line in lines)


@pytest.mark.usefixtures("_three_days")
def test_programs_read_series_and_periods() -> None:
    series = {row["series"]: row for row in Client().get(f"{API}/series").json()["items"]}
    assert next(iter(series)) == "all"
    assert (series["size:80"]["value"], series["size:80"]["cells"]) == ("1100.00", 1)
    assert series["size:80"]["previous"] == {
        "period": "2026-12-07", "value": "1050.00", "change_bps": 476,
    }  # fmt: skip
    two = f"{API}/periods?series=size:80&limit=2"
    first = Client().get(two).json()
    rest = Client().get(f"{two}&cursor={first['next_cursor']}").json()
    assert [row["value"] for row in first["items"] + rest["items"]] == ["1100.00", "1050.00", "1000.00"]
    assert rest["next_cursor"] is None
    (week,) = Client().get(f"{API}/periods", {"period": "week"}).json()["items"]
    assert (week["period"], week["value"], week["mean_price"]) == ("2026-W49", "1000.00", "6.00000")
    day = Client().get(f"{API}/{TUESDAY}").json()
    assert [row["series"] for row in day["series"]] == list(series)
    for query, code in (
        ("series=size:90", "unknown_series"),
        ("period=year", "bad_parameter"),
        ("cursor=2026-W49", "bad_cursor"),
    ):
        assert Client().get(f"{API}/periods?{query}").json()["code"] == code


def post(client: Client, path: str, **fields: str) -> str:
    return client.post(DESK + path, fields, follow=True).content.decode()


def test_weights_are_proposed_by_one_and_approved_by_another(log_in: LogIn) -> None:
    for _ in range(2):
        liquid(calendar.today() - timedelta(days=30), 1, 600)
    liquid(calendar.today() - timedelta(days=30), 2, 400)
    maker, checker = log_in(), log_in(role="second")
    first_day = (calendar.today() + timedelta(days=30)).isoformat()

    filled = post(maker, "propose/", first_day=first_day, weights="", suggest="1")
    assert f"{Z80} 75%\n{Z75} 25%" in filled
    assert editions.editions() == []
    for wrong in ("nonsense", f"{Z80} 99", f"{Z80} 50.5\n{Z80} 49.5", f"{Z80} ¹00"):
        assert wrong.split()[0] in post(
            maker, "propose/", first_day=first_day, weights=wrong, reason="年度复审"
        )
    assert editions.editions() == []
    weights = f"{Z80} 75%\n\n{Z75}：25.00"
    assert "等待另一人复核" in post(
        maker, "propose/", first_day=first_day, weights=weights, reason="年度复审"
    )
    (row,) = editions.editions()
    assert "提出人不能复核" in post(maker, "decide/", verb="approve", subject=str(row.id), reason="自批")
    assert first_day not in page("/index/method/")
    assert "已批准" in post(checker, "decide/", verb="approve", subject=str(row.id), reason="同意")
    public = page("/index/method/")
    assert first_day in public
    assert "待链接日" in public
    lines = checker.get(f"{DESK}export.csv").content.decode("utf-8-sig").splitlines()
    assert [line.split(",")[2:4] for line in lines[1:]] == [[Z80, "75"], [Z75, "25"]]


def test_the_link_is_a_file_whose_hash_the_evidence_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar, "today", lambda: date(2026, 11, 10))
    proposal = editions.propose_edition(
        actor=SYSTEM, first_day=MONDAY, weights=[(Z80, 10_000)], reason="只剩一个品种"
    )
    editions.decide_edition(proposal, approve=True, reason="同意", actor=SYSTEM._replace(name="other"))
    for day, price in ((FRIDAY, 630), (MONDAY, 693)):
        liquid(day, 1, price)
        services.publish(day, actor=SYSTEM)

    document = Client().get("/index/editions/2/link.json").json()

    evidence = Client().get(f"/index/{MONDAY}/evidence.json").json()
    assert canonical_hash(document) == evidence["link"]["sha256"]
    assert document["value"] == 103_000
    assert "1,133.00" in page(f"/index/{MONDAY}/")
    assert Client().get("/index/editions/3/link.json").status_code == 404


def test_only_operators_see_and_change_weights() -> None:
    for method, path in (("get", ""), ("get", "export.csv"), ("post", "propose/"), ("post", "decide/")):
        response = getattr(Client(), method)(DESK + path)
        assert response.status_code == 302
        assert "/accounts/login/" in response["Location"]
