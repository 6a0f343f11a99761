"""What everybody is told of the market gives no member away, and stays when its month is over."""

import io
import json
import zipfile
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.kernel.calendar import today
from exchange.members.models import Member
from exchange.surveillance.disclosure import Part, grouped_by, may_be_told, published, told_apart
from exchange.surveillance.models import MonthlyStatistics
from exchange.surveillance.statistics import keep_months, month_row, month_rows, year_rows
from exchange.trading.models import Trade
from tests.members.people import register
from tests.price_index.days import trade

PARTS = st.lists(
    st.builds(
        Part,
        product=st.integers(1, 5),
        county=st.sampled_from(["旬邑县", "淳化县", "乾县"]),
        way=st.sampled_from(["spot", "listing", "auction"]),
        buyer=st.integers(11, 16),
        seller=st.integers(1, 6),
        kg=st.integers(1, 100).map(lambda number: number * 100),
        fen=st.just(700),
        number=st.just(1),
    ),
    max_size=60,
).map(lambda parts: [part._replace(county=f"县{part.product % 3}") for part in parts])
PARTIES = st.dictionaries(st.sampled_from([1, 2, 11, 12, 13]), st.sampled_from(["甲", "乙"]))


@given(PARTS, PARTIES)
@settings(max_examples=60)
def test_every_figure_and_every_difference_of_figures_may_be_told(
    parts: list[Part], parties: dict[int, str]
) -> None:
    told = published(parts, parties)
    if told is None:
        assert not may_be_told(parts, parties)
        return
    for name in ("product", "county", "way"):
        apart = told_apart(grouped_by(parts, name), parties)
        assert all(may_be_told(own, parties) for _, own in apart)
        assert sorted(part for _, own in apart for part in own) == sorted(parts)
    for rows in (told["ways"], told["counties"]):
        assert sum(row["kg"] for row in rows) == told["total"]["kg"]
    for county in told["counties"]:
        assert sum(row["kg"] for row in county["products"]) == county["kg"]


def test_what_one_member_dominates_goes_with_others() -> None:
    def deals(product: int, kgs: dict[tuple[int, int], int]) -> list[Part]:
        return [Part(product, "旬邑县", "spot", b, s, kg, kg, 1) for (b, s), kg in kgs.items()]

    many = {(buyer, seller): 1_000 for buyer in (11, 12, 13) for seller in (1, 2, 3)}
    few = {(11, 1): 500, (12, 1): 500}
    one_buyer = {(11, seller): 10_000 for seller in (1, 2, 3)} | {(12, 1): 100, (13, 2): 100}
    assert published(deals(1, few), {}) is None
    assert published(deals(1, one_buyer), {}) is None
    assert published(deals(1, many), {11: "甲", 12: "甲"}) is None, "the two would know the third's"
    told = published(deals(1, many) + deals(2, {**many, (14, 1): 1_000}) + deals(3, few), {})
    assert told is not None
    products = [(row["product"], row["kg"]) for row in told["counties"][0]["products"]]
    assert products == [(2, 10_000), (0, 10_000)], "the two small deals took the smaller product with them"


def a_month(day: date, kg: int = 2_000) -> None:
    for buyer in (11, 12, 13):
        for seller in (1, 2, 3):
            trade(day, 1, 600, kg, buyer=buyer, seller=seller)


@pytest.mark.django_db
def test_a_month_that_is_over_is_kept_and_a_year_is_the_sum_of_its_months() -> None:
    cache.clear()
    this = today().replace(day=1)
    last = (this - timedelta(days=1)).replace(day=1)
    before = (last - timedelta(days=1)).replace(day=1)
    a_month(before)
    trade(last, 1, 600, buyer=11, seller=1)
    a_month(this, 3_000)
    assert keep_months(this - timedelta(days=2)) == [before]
    assert keep_months(this) == [last]
    assert keep_months(this) == []
    kept = month_row(before)
    assert (kept.final, kept.figures["trading"]["total"]["kg"]) == (True, 18_000)
    assert month_row(last).figures["trading"] is None, "one deal is nobody's business"
    Trade.objects.filter(day=before).delete()
    trade(before, 1, 600, buyer=11, seller=1)
    assert month_row(before) == kept
    assert not month_row(this).final
    assert {row.members for row in year_rows(month_rows())} == {6}
    total = sum(row.total["kg"] for row in year_rows(month_rows()) if row.total)
    assert total == 18_000 + 27_000
    with pytest.raises(IntegrityError), transaction.atomic():
        MonthlyStatistics.objects.update(figures="{}")


@pytest.mark.django_db
def test_related_members_are_one_party() -> None:
    sellers = [register(serial).account_no for serial in (1, 2, 3)]
    for buyer in (11, 12, 13):
        for seller in sellers:
            trade(today(), 1, 600, buyer=buyer, seller=seller)
    for group, told in (("", True), ("秦果系", False)):
        Member.objects.filter(account_no__in=sellers[:2]).update(related_group=group)
        cache.clear()
        assert (month_row(today().replace(day=1)).figures["trading"] is not None) is told


@pytest.mark.django_db
def test_everybody_reads_and_downloads_them(client: Client) -> None:
    cache.clear()
    assert client.get("/statistics/").status_code == 200, "before the first trade"
    assert client.get("/api/v1/statistics").json()["trading"] is None
    a_month(today())
    cache.clear()
    page = client.get("/statistics/")
    assert "18" in page.content.decode()
    month = f"{today():%Y-%m}"
    told = client.get(f"/api/v1/statistics?month={month}").json()
    assert told["trading"]["total"] == {
        "quantity_kg": 18_000,
        "amount": "108000.00",
        "number": 9,
        "members": 6,
    }
    assert (told["month"], told["months"], told["final"]) == (month, [month], False)
    text = client.get("/statistics/statistics.csv").content.decode("utf-8-sig")
    assert f"{month},成交,合计,,,18000,108000.00,9,6,否" in text.splitlines()
    book = client.get(f"/statistics/statistics.xlsx?month={month}").content
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        assert "108000" in archive.read("xl/worksheets/sheet1.xml").decode()
    for wrong in ("2020-01", "2026-13", "x", "2026-11-01"):
        assert client.get(f"/statistics/?month={wrong}").status_code == 422
        answer = client.get(f"/api/v1/statistics?month={wrong}")
        assert (answer.status_code, json.loads(answer.content)["code"]) == (422, "bad_parameter")
