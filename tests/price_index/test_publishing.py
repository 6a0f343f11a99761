"""From draft to final value, revisions, and what the stored evidence proves."""

from datetime import date

import msgspec
import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from exchange.kernel import audit
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.canonical import canonical_hash
from exchange.kernel.errors import BadCursor, BadParameter, BadTransition
from exchange.price_index import method, selectors, services
from exchange.price_index.errors import AlreadyPublished, EvidenceMismatch, NoIndexValue, UnknownIndex
from exchange.price_index.models import CellPrice, IndexValue
from exchange.price_index.types import NewIndexCell, ValueStatus
from tests.price_index.days import FRIDAY, MONDAY, TUESDAY, WEDNESDAY, an_index, liquid, trade

pytestmark = pytest.mark.django_db

DESK = Actor("index")


@pytest.fixture(autouse=True)
def _index(db: None) -> None:
    an_index()


def test_the_base_day_is_a_thousand_points() -> None:
    assert services.publish(FRIDAY, actor=DESK).value == 100_000


def test_the_index_weighs_the_change_of_each_cell() -> None:
    liquid(MONDAY, 1, 630)
    liquid(MONDAY, 2, 480)

    value = services.publish(MONDAY, actor=DESK)

    # 60 % x 630/600 + 40 % x (480 + 150)/(450 + 150): both cells 5 % up.
    assert (value.value, value.status) == (105_000, ValueStatus.PROVISIONAL)


def test_a_value_is_recomputed_from_nothing_but_its_evidence() -> None:
    liquid(MONDAY, 1, 633)
    trade(MONDAY, 2, 470)
    services.publish(MONDAY, actor=DESK)

    found = selectors.evidence_of(MONDAY)

    evidence = msgspec.json.decode(msgspec.json.encode(found.evidence))
    assert method.recompute(evidence) == found.row.value
    assert canonical_hash(evidence) == found.row.evidence_hash
    assert services.mismatches() == []


def test_evidence_names_no_member() -> None:
    liquid(MONDAY, 1, 633)
    services.publish(MONDAY, actor=DESK)

    rows = selectors.evidence_of(MONDAY).evidence["cells"][0]["trades"]

    assert {number for row in rows for number in row[:2]} == {1, 2, 3, 4}


def test_a_draft_is_seen_by_the_desk_only_and_can_be_computed_again() -> None:
    services.compute(MONDAY)
    liquid(MONDAY, 1, 630)
    again = services.compute(MONDAY)

    assert (again.value, again.status) == (103_000, ValueStatus.DRAFT)
    assert selectors.latest() is None
    assert selectors.published_values().rows == ()
    with pytest.raises(NoIndexValue):
        selectors.evidence_of(MONDAY)
    assert IndexValue.objects.count() == 1


def test_a_published_day_is_neither_computed_nor_published_again() -> None:
    services.publish(MONDAY, actor=DESK)

    with pytest.raises(AlreadyPublished):
        services.compute(MONDAY)
    with pytest.raises(AlreadyPublished):
        services.publish(MONDAY, actor=DESK)


def test_values_become_final_the_day_after() -> None:
    services.publish(MONDAY, actor=DESK)

    assert services.finalise_due(MONDAY) == 0
    assert services.finalise_due(TUESDAY) == 1
    assert selectors.evidence_of(MONDAY).row.status == ValueStatus.FINAL
    with pytest.raises(BadTransition):
        services.finalise(MONDAY, actor=DESK)


def test_a_revision_stands_beside_what_it_replaces() -> None:
    services.publish(MONDAY, actor=DESK)
    liquid(MONDAY, 1, 630)

    revised = services.revise(MONDAY, actor=DESK, reason="补登成交")

    assert (revised.value, revised.status, revised.revision) == (103_000, ValueStatus.REVISED, 1)
    assert selectors.evidence_of(MONDAY).row.value == 103_000
    assert selectors.evidence_of(MONDAY, revision=0).row.value == 100_000
    assert [(row.revision, row.status, row.reason) for row in selectors.revisions_of(MONDAY)] == [
        (1, ValueStatus.REVISED, "补登成交"),
        (0, ValueStatus.SUPERSEDED, ""),
    ]
    assert services.mismatches() == []
    assert audit.verify() == []


def test_a_revision_needs_a_reason_and_something_to_revise() -> None:
    with pytest.raises(NoIndexValue):
        services.revise(MONDAY, actor=DESK, reason="补登成交")
    services.publish(MONDAY, actor=DESK)
    with pytest.raises(BadParameter):
        services.revise(MONDAY, actor=DESK, reason=" ")


def test_published_values_are_paged_by_day_with_their_change() -> None:
    for day, price in ((FRIDAY, 600), (MONDAY, 630), (TUESDAY, 615)):
        liquid(day, 1, price)
        services.publish(day, actor=DESK)

    page = selectors.published_values(limit=2)
    rest = selectors.published_values(limit=2, cursor=page.cursor)

    assert [(row.day, row.value, row.previous) for row in page.rows + rest.rows] == [
        (TUESDAY, 101_500, 103_000),
        (MONDAY, 103_000, 100_000),
        (FRIDAY, 100_000, None),
    ]
    assert [row.change_bps for row in page.rows] == [-146, 300]
    assert rest.cursor is None
    with pytest.raises(BadCursor):
        selectors.published_values(cursor="yesterday")


def test_the_definition_is_public() -> None:
    found = selectors.definition()

    assert [(cell.product_code, cell.weight_bps, cell.base_price_milli) for cell in found.cells] == [
        ("HFS-Z80-1-XY", 6_000, 600_000),
        ("HFS-Z75-1-XY", 4_000, 600_000),
    ]
    with pytest.raises(UnknownIndex):
        selectors.definition("NONE")


def test_weights_sum_to_one() -> None:
    with pytest.raises(BadParameter):
        services.define_index(
            actor=SYSTEM,
            code="OTHER",
            name_zh="x",
            name_en="x",
            base_day=FRIDAY,
            cells=[NewIndexCell(1, "A", 9_999, 600, 0)],
        )


def test_the_database_keeps_value_and_evidence_as_they_were() -> None:
    services.publish(MONDAY, actor=DESK)

    for change in ({"value": 1}, {"evidence": "{}"}, {"evidence_hash": "0"}, {"day": TUESDAY}):
        with pytest.raises(IntegrityError), transaction.atomic():
            IndexValue.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        CellPrice.objects.update(price_milli=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        IndexValue.objects.all().delete()


def test_a_value_that_does_not_follow_from_its_evidence_is_not_published() -> None:
    services.compute(MONDAY)
    with connection.cursor() as cursor:
        drop = "DROP TRIGGER index_value_fixed"
        on = ' ON "price_index_indexvalue"' if connection.vendor == "postgresql" else ""
        cursor.execute(drop + on)
    IndexValue.objects.update(value=123_456)

    with pytest.raises(EvidenceMismatch):
        services.publish(MONDAY, actor=DESK)
    assert services.mismatches() == [f"XYAPI {MONDAY} 0"]


def test_evidence_of_another_method_is_not_read_by_this_one() -> None:
    services.publish(MONDAY, actor=DESK)
    evidence = selectors.evidence_of(MONDAY).evidence
    evidence["method"] = "9.9"

    with pytest.raises(ValueError, match=r"9\.9"):
        method.recompute(evidence)  # type: ignore[arg-type]


rows = st.lists(
    st.tuples(
        st.integers(1, 5),
        st.integers(6, 9),
        st.integers(300, 900),
        st.integers(1, 50).map(lambda hundreds: hundreds * 100),
        st.integers(1, 4),
        st.integers(0, 1),
    ).map(list),
    max_size=15,
)


@given(rows, rows, st.integers(0, 9))
def test_any_evidence_gives_a_price_inside_what_was_traded_or_none(
    trades: list[list[int]], window: list[list[int]], age_days: int
) -> None:
    cell = method.CellEvidence(
        product=1,
        code="A",
        weight_bps=10_000,
        base_price_milli=600_000,
        premium_discount_fen=0,
        trades=trades,
        window=window,
        quotes=None,
        carried={"day": date(2026, 12, 4).isoformat(), "price_milli": 600_000, "age_days": age_days},
        trade_ids={},
    )

    found = method.cell_price(cell, method.PARAMETERS)

    assert found == method.cell_price(cell, method.PARAMETERS)
    if found.level in (1, 2):
        prices = [row[2] * 1_000 for row in (trades if found.level == 1 else window)]
        assert found.price_milli is not None
        assert min(prices) <= found.price_milli <= max(prices)
    else:
        assert (found.price_milli is None) == (age_days > 5)


def test_wednesday_knows_the_trades_of_monday() -> None:
    trade(MONDAY, 1, 600, buyer=11, seller=1)
    trade(TUESDAY, 1, 620, buyer=12, seller=2)
    trade(WEDNESDAY, 1, 640, buyer=11, seller=2)

    services.compute(WEDNESDAY)

    draft = selectors.draft_of(WEDNESDAY)
    assert draft is not None
    assert len(draft.evidence["cells"][0]["window"]) == 3
    assert draft.evidence["cells"][0]["trade_ids"]["number"] == 1
