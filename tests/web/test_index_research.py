"""The research series of the index as everybody sees and downloads them, before there are any and after."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client

from exchange import cli
from exchange.commands.outcome import Exit
from exchange.kernel.audit import SYSTEM
from exchange.price_index.research_series import keep_research_months, next_month
from exchange.price_index.services import publish
from tests.markets.cells import a_product, the_fuji
from tests.price_index.days import an_index, liquid, trade
from tests.price_index.test_research_series import Everything, a_month, end_of
from web.pages.visitors import forget_visitors

PAGE = "/index/research/"
AUGUST = date(2026, 8, 1)
EXAMPLE = Path("web/static/examples/index-formulas.csv")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()
    forget_visitors()


@pytest.fixture
def three_months(db: None) -> list[date]:
    """Two products by ones: 6.00 and 5.00, then 6.30 and 5.10, then nothing that may be told."""
    the_fuji()
    large, small = a_product(), a_product("HFS-Z75-1-XY", size_mm=75)
    september = next_month(AUGUST)
    a_month(AUGUST, {large.number: 600, small.number: 500})
    a_month(september, {large.number: 630, small.number: 510})
    keep_research_months(end_of(september), Everything())
    october = next_month(september)
    trade(october, large.number, 700)

    class Nothing(Everything):
        def products_told(self, month: date) -> range:
            return range(0)

    keep_research_months(end_of(october), Nothing())
    return [AUGUST, september, october]


@pytest.mark.django_db
def test_before_there_are_two_months_the_page_explains_and_offers_the_calculator(client: Client) -> None:
    html = client.get(PAGE).content.decode()
    assert "满两个月才有序列" in html
    assert "研究序列，不作结算依据" in html
    assert "jinguo index formulas" in html
    assert "data-chart" not in html
    assert PAGE in client.get("/index/").content.decode()
    assert client.get("/api/v1/index/research").json() == {"settlement_basis": False, "months": []}
    for name in ("series.csv", "inputs.csv", "figures.jsonl"):
        assert client.get(PAGE + name).status_code == 200
    client.cookies["django_language"] = "en"
    english = client.get(PAGE).content.decode()
    assert "no basis for settlement" in english


def test_page_files_and_api_agree(
    client: Client, three_months: list[date], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    html = client.get(PAGE + "?series=fisher").content.decode()
    answer = client.get("/api/v1/index/research").json()["months"]
    fisher = answer[1]["fisher"]
    # As many kilograms of each in both months: both baskets are the same, but for shares in whole per mille.
    assert fisher == f"{1_000 * 1_140 / 1_100:.2f}"
    assert f"1,{fisher[1:]}" in html
    assert "参与交易商太少，不公布" in html
    assert "旬邑县 红富士 纸袋 80# 一等 机械冷库" in html
    assert '"fisher"' not in html, "no names of the code"
    assert client.get(PAGE + "?series=nonsense").status_code == 200
    rows = list(csv.DictReader(io.StringIO(client.get(PAGE + "series.csv").content.decode("utf-8-sig"))))
    assert [row["月份"] for row in rows] == ["2026-10", "2026-09", "2026-08"]
    assert (rows[1]["费雪"], rows[0]["费雪"]) == (fisher, "")
    assert [row["摘要"] for row in reversed(rows)] == [each["hash"] for each in answer]
    assert answer[2]["cells"] == []

    inputs = tmp_path / "inputs.csv"
    inputs.write_bytes(client.get(PAGE + "inputs.csv").content)
    attributes = "variety,bagging,size_mm,grade,county,store_type"
    code = cli.run(
        ["index", "formulas", str(inputs), "--json", "--grow", "--attributes", attributes, "--places", "5"]
    )
    assert code == Exit.OK
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = {
        each["formula"]: each["value"]
        for each in lines
        if each["basis"] in ("fixed", "mean_published") and each["period"] == "2026-09"
    }
    for name in ("fisher", "tornqvist", "ccdi", "wtpd", "hedonic"):
        assert round(float(found[name]) * 1_000, 2) == float(answer[1][name]), name

    figures = tmp_path / "figures.jsonl"
    figures.write_bytes(client.get(PAGE + "figures.jsonl").content)
    assert cli.run(["index", "verify", str(figures)]) == Exit.OK
    verdicts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["hash"] for each in verdicts] == [each["hash"] for each in answer]


def test_the_published_index_stands_beside_by_its_monthly_mean(
    client: Client, three_months: list[date]
) -> None:
    an_index(base_day=date(2026, 8, 3))
    for day, price in ((date(2026, 8, 10), 620), (date(2026, 8, 11), 630)):
        liquid(day, 1, price)
        liquid(day, 2, 450)
        publish(day, actor=SYSTEM)
    # 60 % of 620/600 and of 630/600, the rest as in the base period.
    assert "1,025.00" in client.get(PAGE).content.decode()


def test_the_example_file_runs_through_every_formula(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        cli.run(["index", "formulas", str(EXAMPLE), "--attributes", "size_mm,bagging", "--json"]) == Exit.OK
    )
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each for each in lines if "error" in each] == []
    assert {"hedonic", "geary_khamis", "ccdi"} < {each["formula"] for each in lines}
    assert {each["basis"] for each in lines} >= {"rolling_year", "rolling_year_chained"}


def test_downloads_are_rationed(client: Client, db: None) -> None:
    answers = {client.get(PAGE + "inputs.csv").status_code for _ in range(40)}
    assert answers == {200, 429}
