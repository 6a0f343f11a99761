"""Sub-indexes: their arithmetic, and how they are kept with the value they belong to."""

from fractions import Fraction
from typing import Any, cast

import msgspec
import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange import cli
from exchange.commands.outcome import Exit
from exchange.kernel.audit import SYSTEM
from exchange.price_index import collecting, method, selectors, series_selectors, services
from exchange.price_index.errors import EvidenceMismatch, UnknownSeries
from exchange.price_index.formulas import rounded
from exchange.price_index.models import CellPrice, IndexValue, SeriesValue
from exchange.price_index.periods import Period
from exchange.price_index.series_types import HEADLINE_SERIES, Dimension, Figures, Series
from exchange.price_index.sub_indexes import PricedCell, family
from tests.markets.cells import a_product, the_fuji
from tests.price_index.days import FRIDAY, MONDAY, TUESDAY, an_index, liquid, trade

START = 100_000

prices = st.integers(1, 10**6)


def cell(weight: int, base: int, price: int | None, size: str) -> PricedCell:
    attributes = {"variety": "fuji", "size": size}
    return PricedCell(attributes, weight, base, price, Figures(1, 1_000, 1_000 * (price or 0)))


cells_lists = st.lists(
    st.builds(cell, st.integers(1, 800), prices, prices, st.sampled_from(["70", "75", "80", "85"])),
    min_size=1,
    max_size=10,
)


def values_of(cells: list[PricedCell], **starts: int) -> dict[str, int | None]:
    found = family(cells, starts=starts, start=START, min_coverage_bps=6_000)
    return {each.series.code: each.value for each in found}


@settings(max_examples=30)
@given(cells_lists)
def test_sub_indexes_are_the_headline_over_their_cells(cells: list[PricedCell]) -> None:
    headline, *others = family(cells, starts={}, start=START, min_coverage_bps=6_000)
    by_size = [each for each in others if each.series.dimension == Dimension.SIZE]

    (all_of_it,) = (each for each in others if each.series.dimension == Dimension.VARIETY)
    assert all_of_it[1:] == headline[1:]
    total = headline.weight_bps
    assert sum(each.weight_bps for each in by_size) == total
    assert sum(each.cells for each in by_size) == len(cells)
    # Every value is rounded to an integer: the mean of rounded ones is less than one away.
    assert headline.value is not None
    mean = sum((Fraction((each.value or 0) * each.weight_bps, total) for each in by_size), Fraction(0))
    assert abs(mean - headline.value) <= 1
    for each in by_size:
        own = [own for own in cells if own.attributes["size"] == each.series.key]
        renormalised = [Fraction(own.weight_bps, each.weight_bps) for own in own]
        assert sum(renormalised) == 1
        relatives = [Fraction(own.price_milli or 0, own.base_price_milli) for own in own]
        terms = (w * r for w, r in zip(renormalised, relatives, strict=True))
        assert each.value == rounded(START * sum(terms, Fraction(0)))


@settings(max_examples=30)
@given(cells_lists, st.integers(1, 10**6), st.integers(1, 10**6))
def test_after_a_link_every_series_goes_on_where_it_was(
    cells: list[PricedCell], headline: int, size_80: int
) -> None:
    """Base prices are those of the link day: with the prices of that day, nothing has moved."""
    linked = [own._replace(base_price_milli=own.price_milli or 1) for own in cells]

    found = values_of(linked, **{"all": headline, "size:80": size_80})

    assert found.pop("all") == headline
    assert found.pop("size:80", size_80) == size_80
    assert set(found.values()) == {START}


def test_a_group_needs_the_least_coverage_of_its_own_weight() -> None:
    cells = [
        cell(5_000, 600_000, 630_000, "80"),
        cell(2_000, 600_000, None, "75"),
        cell(2_900, 600_000, 660_000, "75"),
        cell(100, 600_000, None, "70"),
    ]

    found = family(cells, starts={}, start=START, min_coverage_bps=6_000)

    shown = {each.series.code: (each.value, each.coverage_bps, each.cells) for each in found}
    # 29/49 of the weight has a price: not enough; 79 of 100 of the headline is.
    assert shown["size:75"] == (None, 5_918, 2)
    assert shown["size:70"] == (None, 0, 1)
    assert shown["size:80"] == (105_000, 10_000, 1)
    assert shown["all"] == (rounded(START * Fraction(5_000 * 105 + 2_900 * 110, 7_900 * 100)), 7_900, 4)


# Stored ----------------------------------------------------------------------------------------------


@pytest.fixture
def _fuji_of_two_sizes(db: None) -> None:
    the_fuji()
    a_product()
    a_product("HFS-Z75-1-XY", size_mm=75, price=450)
    an_index()


def values_on(day: Any) -> dict[str, int | None]:
    return {row.series.code: row.value for row in series_selectors.family_on(day)}


@pytest.mark.django_db
@pytest.mark.usefixtures("_fuji_of_two_sizes")
def test_sub_indexes_are_published_revised_and_compared_with_the_value() -> None:
    services.publish(FRIDAY, actor=SYSTEM)
    liquid(MONDAY, 1, 630)
    services.publish(MONDAY, actor=SYSTEM)
    assert values_on(MONDAY) == {
        "all": 103_000,
        "variety:fuji": 103_000,
        "size:75": 100_000,
        "size:80": 105_000,
        "county:旬邑县": 103_000,
        "store:cold": 103_000,
        "bagging:paper": 103_000,
    }
    liquid(MONDAY, 1, 642)
    trade(MONDAY, 1, 100)  # an outlier: no figure counts it

    services.revise(MONDAY, actor=SYSTEM, reason="补登成交")

    size_80 = series_selectors.series_in("size:80")
    (monday, friday) = series_selectors.rows(size_80, Period.DAY)
    assert series_selectors.rows(size_80, Period.DAY, most=1) == [monday]
    assert (monday.value, monday.revised, friday.revised) == (106_000, True, False)
    assert monday.before is not None
    assert (monday.before.key, monday.before.change_bps) == (FRIDAY.isoformat(), 600)
    assert monday.figures == Figures(8, 16_000, 16_000 * 636_000)
    assert [row.value for row in series_selectors.rows(HEADLINE_SERIES, Period.DAY)] == [103_600, 100_000]
    (found,) = (row for row in series_selectors.family_on(MONDAY) if row.series == size_80)
    assert (found.cells, found.weight_bps, found.before) == (1, 6_000, monday.before)
    assert services.mismatches() == []
    for unknown in ("size:90", "all:x", "colour:red", "size:", "county:\x00"):
        with pytest.raises(UnknownSeries):
            series_selectors.series_in(unknown)


@pytest.mark.django_db
@pytest.mark.usefixtures("_fuji_of_two_sizes")
def test_a_series_that_paused_is_compared_with_its_last_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series_selectors, "LOOK_BACK_DAYS", 1)  # Friday is further back
    services.publish(FRIDAY, actor=SYSTEM)
    liquid(MONDAY, 1, 630)
    services.publish(MONDAY, actor=SYSTEM)

    for row in series_selectors.family_on(MONDAY):
        monday, _ = series_selectors.rows(row.series, Period.DAY)
        assert row.before == monday.before
        assert row.before is not None


@pytest.mark.django_db
@pytest.mark.usefixtures("_fuji_of_two_sizes")
def test_the_database_keeps_sub_indexes_and_cells_as_they_were() -> None:
    services.compute(MONDAY)
    services.compute(MONDAY)  # a draft may go with all it has
    services.publish(MONDAY, actor=SYSTEM)
    value = IndexValue.objects.get()

    for forbidden in (
        lambda: SeriesValue.objects.update(points=1),
        lambda: SeriesValue.objects.all().delete(),
        lambda: CellPrice.objects.all().delete(),
        lambda: SeriesValue.objects.create(
            value=value, dimension="size", key="99", points=1, coverage_bps=1, weight_bps=1, cells=1,
            trades=0, volume_kg=0, turnover_milli=0,
        ),
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            forbidden()


@pytest.mark.django_db
@pytest.mark.usefixtures("_fuji_of_two_sizes")
def test_a_sub_index_that_does_not_follow_from_the_evidence_is_not_published(
    capsys: pytest.CaptureFixture[str],
) -> None:
    services.compute(MONDAY)
    assert cli.run(["index", "verify"]) == Exit.OK
    with connection.cursor() as cursor:
        on = ' ON "price_index_seriesvalue"' if connection.vendor == "postgresql" else ""
        cursor.execute("DROP TRIGGER index_series_fixed" + on)
    SeriesValue.objects.filter(dimension="size", key="75").update(points=123_456)

    with pytest.raises(EvidenceMismatch):
        services.publish(MONDAY, actor=SYSTEM)
    capsys.readouterr()
    assert cli.run(["index", "verify", "--json"]) == Exit.DIFFERENCES
    assert msgspec.json.decode(capsys.readouterr().out) == {"mismatches": [f"XYAPI {MONDAY} 0"]}


@pytest.mark.django_db
def test_evidence_of_version_1_0_is_read_by_version_1_0() -> None:
    an_index()
    liquid(TUESDAY, 1, 633)
    services.publish(TUESDAY, actor=SYSTEM)
    found = selectors.evidence_of(TUESDAY)
    old = msgspec.json.decode(msgspec.json.encode(found.evidence))
    old["method"] = "1.0"
    del old["link"]
    for each in old["cells"]:
        del each["attributes"]

    by_old = method.apply(cast("method.Evidence", old))

    by_new = method.apply(cast("method.Evidence", found.evidence))
    assert (by_old.value, by_old.cells) == (found.row.value, by_new.cells)
    assert by_old.series == ()
    assert [each.series for each in by_new.series] == [Series(Dimension.ALL)]  # products nobody described


@pytest.mark.django_db
@pytest.mark.usefixtures("_fuji_of_two_sizes")
def test_days_of_version_1_0_stay_in_the_series(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        for module in (collecting, services):
            patched.setattr(module, "METHOD_VERSION", "1.0")
        services.publish(FRIDAY, actor=SYSTEM)
    liquid(MONDAY, 1, 630)
    services.publish(MONDAY, actor=SYSTEM)

    monday, friday = series_selectors.rows(HEADLINE_SERIES, Period.DAY)

    assert (friday.value, friday.figures, series_selectors.family_on(FRIDAY)) == (100_000, Figures(), [])
    assert monday.before is not None
    assert monday.before.key == FRIDAY.isoformat()
    assert services.mismatches() == []
    services.revise(FRIDAY, actor=SYSTEM, reason="按新方法重算")
    assert selectors.evidence_of(FRIDAY).row.method_version == "1.1"
    assert services.mismatches() == []
