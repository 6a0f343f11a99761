"""The research series from the exchange's own trades: what enters it, what may be told, and that it stays."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange import cli
from exchange.commands.outcome import Exit
from exchange.kernel.canonical import canonical_hash, canonical_json
from exchange.members.models import Member
from exchange.ops.index_research import StatisticsDisclosure, keep_research
from exchange.price_index.research_method import (
    SERIES,
    ResearchCell,
    ResearchFigures,
    figures_after,
    period_of,
    season_of,
    shares_of,
)
from exchange.price_index.research_models import ResearchMonth
from exchange.price_index.research_multilateral import Splice, ccdi, hedonic, spliced, time_product_dummy
from exchange.price_index.research_series import (
    PairSum,
    keep_research_months,
    next_month,
    research_mismatches,
    research_months,
)
from exchange.surveillance.statistics import keep_months
from exchange.trading.models import Trade
from tests.markets.cells import a_product, the_fuji
from tests.members.people import register
from tests.price_index.days import trade

AUGUST, SEPTEMBER, OCTOBER = date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)


def months_after(first: str, number: int) -> list[str]:
    year, month = int(first[:4]), int(first[5:]) - 1
    return [f"{year + (month + at) // 12:04}-{(month + at) % 12 + 1:02}" for at in range(number)]


# The method ------------------------------------------------------------------------------------------


def cell(product: str, price_milli: int, share: int) -> ResearchCell:
    return ResearchCell(
        product=product, price_milli=price_milli, share_permille=share, attributes={"size": product[:2]}
    )


def published(months: Sequence[Sequence[ResearchCell]], first: str = "2025-10") -> list[ResearchFigures]:
    """Months one after the other, as they would have been published."""
    found: list[ResearchFigures] = []
    for month, cells in zip(months_after(first, len(months)), months, strict=True):
        previous = canonical_hash(found[-1]) if found else ""
        found.append(figures_after(found, month, cells, previous))
    return found


def walk(number: int) -> list[list[ResearchCell]]:
    """Three products whose prices and shares wander, each in its own way."""
    return [
        [
            cell("75a", 500_000 + 7_919 * at % 90_000, 300 + at),
            cell("80a", 600_000 + 6_101 * at % 70_000, 500 - at),
            cell("80b", 640_000 + 5_003 * at % 50_000, 200),
        ]
        for at in range(number)
    ]


def test_series_are_the_formulas_over_growing_windows_with_the_mean_splice() -> None:
    """Up to the rounding of each published value to a hundredth of a point."""
    months = walk(20)
    figures = published(months)
    periods = [period_of(each) for each in months]
    attributes = {each["product"]: each["attributes"] for each in months[0]}
    for name, levels in (
        ("ccdi", ccdi),
        ("wtpd", time_product_dummy),
        ("hedonic", lambda window: hedonic(window, attributes)),
    ):
        exact = spliced(periods, levels, splice=Splice.MEAN_PUBLISHED, grows=True)
        for each, level in zip(figures, exact, strict=True):
            value = each["values"][name]
            assert value is not None
            assert abs(value - level * 100_000) < 2, (name, each["month"])


def test_seasons_are_linked_once_a_year() -> None:
    """In each season prices double in its second month; each season begins where the one before did."""
    prices = {
        "2025-10": 400,
        "2025-11": 800,
        "2026-09": 500,
        "2026-10": 600,
        "2026-11": 1_200,
        "2027-10": 900,
    }
    months = [
        [cell("80a", 1_000 * prices[month], 1_000)] if month in prices else []
        for month in months_after("2025-10", 25)
    ]
    values = {each["month"]: each["values"]["fisher"] for each in published(months) if each["cells"]}
    assert values == {month: price * 250 for month, price in prices.items()}
    assert (season_of("2026-09"), season_of("2026-10")) == (2025, 2026)


def test_anyone_can_work_the_published_months_out_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [canonical_json(each) for each in published(walk(4))]
    path = tmp_path / "figures.jsonl"

    def verified(changed: Sequence[bytes]) -> tuple[int, list[bool]]:
        path.write_bytes(b"\n".join(changed) + b"\n")
        code = cli.run(["index", "verify", str(path)])
        return code, [json.loads(line)["agrees"] for line in capsys.readouterr().out.splitlines()]

    assert verified(lines) == (Exit.OK, [True] * 4)
    dearer = lines[1].replace(b'"share_permille":499', b'"share_permille":498')
    assert verified([lines[0], dearer, *lines[2:]]) == (Exit.DIFFERENCES, [True, False, False, True])
    assert verified([*lines[:2], lines[3]])[0] == Exit.DIFFERENCES, "a month is missing"
    assert verified([lines[0], *lines])[0] == Exit.DIFFERENCES
    for nonsense in (b"", b"{}", b"\xff", lines[0].replace(b"2025-10", b"2025-31"), b"[" * 100_000):
        assert verified([nonsense]) == (Exit.USAGE, [])
    zero = lines[0].replace(b'"price_milli":500000', b'"price_milli":0')
    assert zero != lines[0]
    assert verified([zero]) == (Exit.USAGE, [])


def test_a_month_that_cannot_be_compared_has_no_value_and_is_no_link() -> None:
    one, other = cell("80a", 600_000, 1_000), cell("75b", 500_000, 1_000)
    strange, after = published([[one], *[[other]] * 13, [cell("80a", 630_000, 1_000)]])[-2:]
    assert strange["values"] == dict.fromkeys(SERIES)
    assert after["values"] == dict.fromkeys(SERIES, 105_000), "however long it took"


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=30))
@settings(max_examples=25)
def test_shares_are_near_and_never_nothing(values: list[int]) -> None:
    for share, value in zip(shares_of(values), values, strict=True):
        assert share >= 1
        assert abs(share - Fraction(1_000 * value, sum(values))) <= 1


# The exchange's own ----------------------------------------------------------------------------------


class Everything:
    """Tells all."""

    def products_told(self, month: date) -> range:
        return range(100)

    def may_be_told(self, pairs: Sequence[PairSum]) -> bool:
        return True


def a_month(month: date, prices: dict[int, int], *, kg: int = 2_000) -> None:
    """Three buyers of three sellers on the 5th, alike in each product."""
    for product, price in prices.items():
        for buyer in (11, 12, 13):
            for seller in (1, 2, 3):
                trade(month + timedelta(days=4), product, price, kg, buyer=buyer, seller=seller)


def end_of(month: date) -> date:
    return next_month(month) - timedelta(days=1)


@pytest.mark.django_db
def test_a_month_is_kept_once_with_the_trades_that_count() -> None:
    the_fuji()
    product = a_product()
    a_month(AUGUST, {product.number: 600})
    fifth = AUGUST + timedelta(days=4)
    trade(fifth, product.number, 600, 900, buyer=14, seller=4)
    trade(fifth, product.number, 1_200, buyer=14, seller=4)
    related = [register(serial).account_no for serial in (1, 2)]
    Member.objects.filter(account_no__in=related).update(related_group="塬上红")
    trade(fifth, product.number, 640, 90_000, buyer=related[0], seller=related[1])
    a_month(SEPTEMBER, {product.number: 630})

    assert keep_research_months(end_of(AUGUST) - timedelta(days=1), Everything()) == []
    assert keep_research_months(end_of(SEPTEMBER), Everything()) == [AUGUST, SEPTEMBER]
    assert keep_research_months(end_of(SEPTEMBER), Everything()) == []

    first, second = research_months()
    (told,) = first.figures["cells"]
    assert (told["price_milli"], told["share_permille"]) == (600_000, 1_000)
    assert told["attributes"]["size_mm"] == str(product.size_mm)
    assert str(product.crop_year) not in told["product"]
    assert first.figures["values"] == dict.fromkeys(SERIES, 100_000)
    assert second.figures["values"] == dict.fromkeys(SERIES, 105_000)
    assert second.figures["previous"] == first.figures_hash
    assert research_mismatches() == []

    Trade.objects.filter(day__lt=SEPTEMBER).delete()
    assert research_months() == [first, second], "what was told stays"
    for change in (lambda rows: rows.update(figures="{}"), lambda rows: rows.delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change(ResearchMonth.objects.all())


@pytest.mark.django_db
def test_only_what_the_statistics_tell_apart_enters() -> None:
    cache.clear()
    sellers = [register(serial).account_no for serial in (1, 2, 3)]
    for buyer in (11, 12, 13):
        for seller in sellers:
            trade(AUGUST, 1, 600, buyer=buyer, seller=seller)
            trade(AUGUST, 2, 500, 3_000, buyer=buyer, seller=seller)
            trade(SEPTEMBER, 1, 660, buyer=buyer, seller=seller)
    trade(AUGUST, 3, 900, buyer=11, seller=sellers[0])
    trade(OCTOBER, 1, 700, buyer=11, seller=sellers[0])
    assert keep_research(end_of(AUGUST)) == [AUGUST]
    keep_months(end_of(AUGUST))

    (august,) = research_months()
    # The single deal in 3 is told together with the smaller of the others, so neither is told apart.
    assert [each["product"] for each in august.figures["cells"]] == ["2"]

    Member.objects.filter(account_no__in=sellers[:2]).update(related_group="秦果系")
    assert not StatisticsDisclosure().may_be_told([PairSum(1, 11, each, 1, 1, 1) for each in sellers])
    cache.clear()
    assert keep_research(end_of(OCTOBER)) == [SEPTEMBER, OCTOBER]
    told = [row.figures for row in research_months()]
    assert [bool(each["cells"]) for each in told] == [True, False, False]
    assert told[1]["values"] == dict.fromkeys(SERIES)
    assert research_mismatches() == []
