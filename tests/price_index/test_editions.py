"""Editions of weights: two people, notice, the link, and what comes after it."""

from collections.abc import Sequence
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.kernel.proposal_errors import ChangeDecided, ChangeWaits, NotYourChange, OwnChange
from exchange.price_index import editions, selectors, series_selectors, services
from exchange.price_index.errors import BadWeights, EditionTooSoon
from exchange.price_index.models import IndexEdition, IndexLink, IndexWeight
from exchange.price_index.season_weights import apportioned, shares_of_season
from exchange.price_index.types import Level
from tests.markets.cells import a_product, the_fuji
from tests.price_index.days import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, an_index, liquid, trade

pytestmark = pytest.mark.django_db

ANNA, BELA = Actor("anna"), Actor("bela")
THURSDAY_BEFORE = date(2026, 12, 3)
TODAY = date(2026, 11, 10)
Z80, Z75, Z85 = "HFS-Z80-1-XY", "HFS-Z75-1-XY", "HFS-Z85-1-XY"
NEW = ((Z80, 5_000), (Z75, 3_000), (Z85, 2_000))


@pytest.fixture(autouse=True)
def _index_of_two_cells_and_a_third_product(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cell 2 is normalised by -1.50 yuan in the first edition; its product has no discount any more."""
    the_fuji()
    a_product(Z80)
    a_product(Z75, size_mm=75, price=450)
    a_product(Z85, size_mm=85, price=700)
    an_index(THURSDAY_BEFORE)
    monkeypatch.setattr(calendar, "today", lambda: TODAY)


def propose(weights: Sequence[tuple[str, int]] = NEW, first_day: date = MONDAY) -> int:
    return editions.propose_edition(
        actor=ANNA, first_day=first_day, weights=weights, reason="按上季成交额调整权重"
    )


def approve(proposal: int, actor: Actor = BELA) -> int | None:
    return editions.decide_edition(proposal, approve=True, reason="同意", actor=actor)


def published(day: date, *prices: int) -> dict[str, int | None]:
    """Publishes a day on which product n traded at the n-th price (0: not at all); its series."""
    for number, price in enumerate(prices, start=1):
        if price:
            liquid(day, number, price)
    services.publish(day, actor=ANNA)
    return {row.series.code: row.value for row in series_selectors.family_on(day)}


def test_the_series_go_on_from_the_link_day_with_the_new_weights() -> None:
    approve(propose())

    # 630/600 and (480 + 150)/(450 + 150): 5 % up; the third cell is not in the index yet.
    assert published(FRIDAY, 630, 480, 700)["all"] == 105_000
    after = published(MONDAY, 693, 480, 770)

    # 105,000 x (50 % x 693/630 + 30 % x 480/480 + 20 % x 770/700) = 105,000 x 1.07.
    assert after["all"] == after["variety:fuji"] == 112_350
    assert (after["size:80"], after["size:75"]) == (115_500, 105_000)
    assert after["size:85"] == 110_000  # a new group begins with 1000 points on the link day
    evidence = selectors.evidence_of(MONDAY).evidence
    assert (evidence["link"]["edition"], evidence["link"]["value"]) == (2, 105_000)
    assert [cell["base_price_milli"] for cell in evidence["cells"]] == [630_000, 480_000, 700_000]
    (row,) = editions.editions(approved_only=True)
    assert (row.number, row.link_day, row.link_value, row.waits_for) == (2, FRIDAY, 105_000, ())
    assert row.sha256 == evidence["link"]["sha256"]
    assert selectors.definition().cells[2].weight_bps == 2_000
    assert services.mismatches() == []


def test_a_price_carried_over_the_link_is_normalised_anew() -> None:
    approve(propose(first_day=THURSDAY))
    published(FRIDAY, 630, 480)
    published(WEDNESDAY, 630, 0, 700)

    assert published(THURSDAY, 630)["all"] == 105_000

    assert [cell["base_price_milli"] for cell in selectors.evidence_of(THURSDAY).evidence["cells"]] == [
        630_000,
        480_000,
        700_000,
    ]
    cells = selectors.evidence_of(THURSDAY).cells
    assert (cells[1].level, cells[1].price_milli, cells[1].observed_on) == (Level.CARRIED, 480_000, FRIDAY)


def test_the_link_waits_for_a_cell_without_a_price() -> None:
    approve(propose())

    published(FRIDAY, 630, 480)
    assert editions.editions()[0].waits_for == (Z85,)
    assert published(MONDAY, 660, 480, 700)["all"] == 108_000  # 60 % x 1.1 + 40 % x 1.05, the old weights

    assert editions.editions()[0].link_day == MONDAY
    assert published(TUESDAY, 660, 480, 770)["all"] == 110_160  # 108,000 x (1 + 20 % x 10 %)
    assert services.mismatches() == []


def test_a_day_computed_with_the_old_weights_puts_the_link_off() -> None:
    approve(propose())
    liquid(FRIDAY, 3, 700)
    services.compute(MONDAY)
    published(FRIDAY, 630, 480)

    assert editions.editions()[0].waits_for == (MONDAY.isoformat(),)
    assert not IndexLink.objects.exists()
    published(MONDAY, 630, 480, 700)
    assert editions.editions()[0].link_day == MONDAY


def test_a_revision_of_an_earlier_day_leaves_what_the_link_waits_for() -> None:
    approve(propose())
    published(FRIDAY, 630, 480)
    published(MONDAY, 630, 480)
    trade(FRIDAY, 1, 660)

    services.revise(FRIDAY, actor=BELA, reason="补录成交")

    assert editions.editions()[0].waits_for == (Z85,)


def test_a_later_edition_overtakes_one_that_could_not_be_linked() -> None:
    approve(propose())
    approve(propose(((Z80, 10_000),), TUESDAY))
    published(FRIDAY, 630, 480)
    published(MONDAY, 630, 480)

    newest, overtaken = editions.editions()

    assert (newest.number, newest.link_day, overtaken.number, overtaken.overtaken) == (3, MONDAY, 2, True)
    assert published(TUESDAY, 693)["all"] == 115_500
    assert services.mismatches() == []


def test_two_people_and_twenty_days() -> None:
    for first_day in (date(2026, 11, 29), date(2026, 11, 9)):
        with pytest.raises(EditionTooSoon):
            propose(first_day=first_day)
    proposal = propose(first_day=date(2026, 11, 30))
    with pytest.raises(ChangeWaits):
        propose()
    with pytest.raises(OwnChange):
        approve(proposal, ANNA)
    with pytest.raises(NotYourChange):
        editions.withdraw_edition(proposal, reason="不是我的", actor=BELA)
    assert approve(proposal) == 2
    with pytest.raises(ChangeDecided):
        approve(proposal)
    with pytest.raises(EditionTooSoon):
        propose(first_day=date(2026, 11, 30))  # one edition for a day
    changes: list[dict[str, object]] = [
        {"weights": []},
        {"first_day": TUESDAY},
        {"state": "waiting"},
        {"decided_by": "anna"},
    ]
    for column in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            IndexEdition.objects.update(**column)


def test_notice_runs_from_the_approval_and_computed_days_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    late = propose()
    monkeypatch.setattr(calendar, "today", lambda: date(2026, 11, 18))
    with pytest.raises(EditionTooSoon):
        approve(late)
    assert editions.editions()[0].state == "waiting"
    editions.withdraw_edition(late, reason="来不及", actor=ANNA)
    services.compute(WEDNESDAY)
    with pytest.raises(EditionTooSoon, match=r"2026-12-10"):
        propose(first_day=WEDNESDAY)


@pytest.mark.parametrize(
    "weights",
    [
        (),
        ((Z80, 9_999),),
        ((Z80, 5_000), (Z80, 5_000)),
        ((Z80, 10_000), (Z75, 0)),
        ((Z80, 11_000), (Z75, -1_000)),
        (("NONE", 10_000),),
    ],
)
def test_weights_that_are_not_right_are_refused(weights: tuple[tuple[str, int], ...]) -> None:
    with pytest.raises(BadWeights):
        propose(weights)
    assert not IndexEdition.objects.exists()


def test_weights_or_links_changed_behind_the_triggers_are_found() -> None:
    approve(propose())
    published(FRIDAY, 630, 480, 700)
    published(MONDAY, 630, 480, 700)
    with pytest.raises(IntegrityError), transaction.atomic():
        IndexLink.objects.update(value=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        IndexWeight.objects.update(edition=9)
    table = "price_index_indexweight"
    with connection.cursor() as cursor:
        on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
        cursor.execute(f'DROP TRIGGER "{table}_no_update"{on}')
    IndexWeight.objects.filter(edition=2, product_number=3).update(base_price_milli=690_000)

    assert services.mismatches() == [f"XYAPI {MONDAY} 0", "XYAPI edition 2"]


def test_the_season_proposes_weights_by_value() -> None:
    for day in (FRIDAY, MONDAY):
        liquid(day, 1, 600)
    liquid(MONDAY, 2, 400)
    trade(MONDAY, 1, 600, 900)  # below the least lot

    first, second, third = shares_of_season(FRIDAY, TUESDAY)

    # 16 t x 6.00 against 8 t x 4.00 yuan: three quarters.
    assert [(row.product.code, row.value_fen, row.weight_bps) for row in (first, second, third)] == [
        (Z80, 9_600_000, 7_500),
        (Z75, 3_200_000, 2_500),
        (Z85, 0, 0),
    ]
    assert (first.trades, first.volume_kg) == (8, 16_000)
    assert apportioned({1: 1, 2: 1, 3: 1}) == {1: 3_334, 2: 3_333, 3: 3_333}
    assert apportioned({1: 10**9, 2: 1}) == {1: 10_000}
    assert apportioned({}) == {}
