"""The reference price after a day: closing call, else mean, else the last; once per day, in order."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from exchange.kernel import outbox
from exchange.kernel.audit import SYSTEM
from exchange.markets import services
from exchange.markets.changing import set_limits
from exchange.markets.models import DayReference
from exchange.markets.reference_prices import TradedDay, day_references
from exchange.markets.selectors import product_by_code
from exchange.markets.types import Limits, ReferenceSource, TradingRules
from exchange.ops.reference_prices import traded_day
from exchange.trading.types import TradeMode, TradeRow
from tests.markets.cells import a_product, the_fuji

DAY = date(2026, 11, 20)
CODE = "HFS-Z80-1-XY"


def trade(seq: int, price: int, kg: int, *, in_call: bool = False, mode: int = TradeMode.SPOT) -> TradeRow:
    return TradeRow(seq, 1, price, kg, price * kg, 1, 2, 0, 0, 0, 0, 0, 0, in_call, seq, 0, DAY, mode)


@pytest.mark.parametrize(
    ("trades", "closing", "mean", "count"),
    [
        ([], None, None, 0),
        ([trade(1, 700, 1_000), trade(2, 703, 1_000)], None, 702, 2),
        ([trade(1, 700, 3_000), trade(2, 710, 1_000, in_call=True)], 710, 703, 2),
        ([trade(1, 710, 1_000, in_call=True), trade(2, 700, 3_000)], None, 703, 2),
        ([trade(1, 700, 1_000), trade(2, 900, 9_000, mode=TradeMode.AUCTION)], None, 700, 1),
        ([trade(1, 900, 9_000, mode=TradeMode.AUCTION)], None, None, 0),
        ([trade(2, 700, 1_000, in_call=True), trade(3, 720, 1_000, mode=TradeMode.LISTED)], 700, 710, 2),
    ],
)
def test_what_a_days_trades_say(
    trades: list[TradeRow], closing: int | None, mean: int | None, count: int
) -> None:
    found = traded_day(trades)
    assert (found.closing, found.mean, found.trades) == (closing, mean, count)


def roll(day: date, closing: int | None = None, mean: int | None = None) -> tuple[str, int] | None:
    traded = TradedDay(closing, mean, *((2, 2_000) if mean else (0, 0)))
    row = services.roll_reference(actor=SYSTEM, code=CODE, day=day, traded=traded)
    return None if row is None else (row.source.value, row.price)


@pytest.mark.django_db
def test_a_day_is_rolled_once_and_never_behind_a_later_one() -> None:
    the_fuji()
    product = a_product(price=620)
    assert roll(DAY, closing=641, mean=635) == ("closing", 641)
    assert roll(DAY, closing=999, mean=999) == ("closing", 641), "run again it is the same"
    assert roll(DAY + timedelta(days=1)) == ("kept", 641)
    assert roll(DAY + timedelta(days=3), mean=630) == ("mean", 630)
    told = len(outbox.pending())
    assert roll(DAY + timedelta(days=2), mean=500) is None, "yesterday's news"
    set_limits(
        actor=SYSTEM,
        code=CODE,
        limits=Limits(630, 1_000, 1_000, reference_rolls=False),
        reason="理事会定价",
    )
    assert roll(DAY + timedelta(days=4), mean=700) == ("off", 630)
    assert product_by_code(CODE).reference_price == 630
    assert len(outbox.pending()) == told + 2, "the operator's change alone was told"
    sources = [(row.day.day, row.before, row.price, row.source) for row in day_references(product.number)]
    assert sources == [
        (24, 630, 630, ReferenceSource.OFF),
        (23, 641, 630, ReferenceSource.MEAN),
        (21, 641, 641, ReferenceSource.KEPT),
        (20, 620, 641, ReferenceSource.CLOSING),
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        DayReference.objects.update(price=1)


@pytest.mark.django_db
def test_a_price_whose_band_holds_no_tick_is_not_rolled_to() -> None:
    the_fuji()
    a_product(price=620)
    services.set_trading_rules(actor=SYSTEM, code=CODE, rules=TradingRules(tick_fen=300), reason="大单位报价")
    assert roll(DAY, mean=700) == ("kept", 620)
