"""The bulk writer: whole chunks in one statement, on whichever database the suite runs."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from exchange.kernel.bulk import bulk_writer, table_of
from exchange.kernel.models import Outbox
from exchange.trading.models import Bar, GoodsPosition, Order, RefusedOrder, Trade

pytestmark = pytest.mark.django_db

GOODS = table_of(GoodsPosition)
BARS = table_of(Bar)
REFUSED = table_of(RefusedOrder)


def goods() -> set[tuple[int, int, int, int]]:
    return set(GoodsPosition.objects.values_list("account_no", "product_number", "free_kg", "held_kg"))


def test_insert_writes_every_row_with_its_types():
    # Given trades with a date, and numbers up to the limits of the exchange
    day = date(2026, 11, 20)
    at_ns = 1_800_000_000_123_456_789
    row = (1, 2, 10**6, 10**9, 10**15, 3, 4, 5, 6, 0, 0, 10**12, 1, True, 2**62, at_ns, day, 0, 0)
    # When they are written in bulk
    bulk_writer().insert(table_of(Trade), [row, (2, *row[1:])])
    # Then the ORM reads them back unchanged
    assert list(Trade.objects.order_by("trade_id").values_list()) == [row, (2, *row[1:])]


def test_text_survives_whatever_is_in_it():
    awkward = ['"', "\\", "\\N", "nan", "", "a\tb", "a\nb", "苹果", "{1,2}", "'; DROP TABLE x; --"]
    rows = [(seq, 1, 1, text, 1, 0, 720, 1000, 0, 5, 0, 0, 0) for seq, text in enumerate(awkward, 1)]
    bulk_writer().insert(REFUSED, rows)
    stored = RefusedOrder.objects.order_by("seq").values_list("client_order_id", flat=True)
    assert list(stored) == awkward


def test_empty_chunks_touch_nothing(django_assert_num_queries):
    writer = bulk_writer()
    with django_assert_num_queries(0):
        writer.insert(GOODS, [])
        writer.upsert(GOODS, [], key=("account_no", "product_number"))
        assert writer.update(GOODS, [], key=("account_no", "product_number")) == 0


def test_upsert_inserts_new_rows_and_replaces_old_ones():
    writer = bulk_writer()
    key = ("account_no", "product_number")
    writer.upsert(GOODS, [(1, 1, 10, 0), (1, 2, 20, 5)], key=key)
    writer.upsert(GOODS, [(1, 2, 7, 0), (2, 1, 3, 3)], key=key)
    assert goods() == {(1, 1, 10, 0), (1, 2, 7, 0), (2, 1, 3, 3)}


def test_upsert_merges_each_column_its_own_way():
    writer = bulk_writer()
    merge = {"open": "keep", "high": "greatest", "low": "least", "volume_kg": "add", "turnover_fen": "add"}
    key = ("product_number", "period", "start_s")
    writer.upsert(BARS, [(1, "m", 60, 700, 720, 690, 710, 100, 71_000, 2)], key=key, merge=merge)
    writer.upsert(
        BARS, [(1, "m", 60, 715, 730, 700, 705, 50, 35_250, 1)], key=key, merge={**merge, "trades": "add"}
    )
    assert list(
        Bar.objects.values_list("open", "high", "low", "close", "volume_kg", "turnover_fen", "trades")
    ) == [(700, 730, 690, 705, 150, 106_250, 3)]


def test_update_changes_named_columns_of_known_rows_and_counts_them():
    writer = bulk_writer()
    writer.insert(GOODS, [(1, 1, 10, 0), (1, 2, 20, 5)])
    free = table_of(GoodsPosition, "account_no", "product_number", "free_kg")
    updated = writer.update(free, [(1, 2, 1), (9, 9, 1)], key=("account_no", "product_number"))
    assert updated == 1
    assert goods() == {(1, 1, 10, 0), (1, 2, 1, 5)}


def test_timestamps_and_nulls_are_stored_as_the_orm_stores_them():
    at = datetime(2026, 11, 20, 1, 2, 3, 456_789, tzinfo=UTC)
    with transaction.atomic():
        Outbox.objects.bulk_create([Outbox(reference=f"deposit:{n}", command=bytes(64)) for n in (1, 2)])
    first, second = Outbox.objects.order_by("id").values_list("id", flat=True)
    table = table_of(Outbox, "id", "created_at", "applied_seq", "reason")
    bulk_writer().update(table, [(first, at, None, None), (second, at, 7, 0)], key=("id",))
    assert list(Outbox.objects.filter(created_at=at).order_by("id").values_list("applied_seq", "reason")) == [
        (None, None),
        (7, 0),
    ]


def test_fetch_reads_by_a_set_of_keys():
    writer = bulk_writer()
    writer.insert(GOODS, [(number, 1, number * 10, 0) for number in range(1, 50)])
    rows = writer.fetch(
        "SELECT account_no, free_kg FROM trading_goodsposition "
        "WHERE account_no IN {keys} AND product_number = %s",
        [3, 5, 99],
        1,
    )
    assert sorted(rows) == [(3, 30), (5, 50)]


def test_a_row_that_breaks_a_constraint_fails_the_whole_statement():
    writer = bulk_writer()
    with pytest.raises(IntegrityError), transaction.atomic():
        writer.insert(GOODS, [(1, 1, 10, 0), (1, 2, -1, 0)])
    assert goods() == set()


def test_an_open_order_must_have_something_remaining():
    order = (1, 1, 1, "c", 1, 0, 0, 0, 0, 720, 1000, 1000, 0, 1, 0, 1, 1, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk_writer().insert(table_of(Order), [order])


def test_the_writer_fits_the_connection():
    assert type(bulk_writer()).__name__.lower().startswith(connection.vendor[:6])
