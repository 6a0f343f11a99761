"""Charts and day statistics, folded from the stored minute, hour and day bars."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from django.db.models import OuterRef, Subquery

from exchange.kernel.calendar import TIMEZONE
from exchange.trading.models import Bar
from exchange.trading.types import BarRow, DayStatistics

Period = Literal["1m", "5m", "15m", "30m", "1h", "1d", "1w", "1M"]

MAX_BARS = 1_000
_WITH_PRODUCT = ("product_number", *BarRow._fields)


class _Fold(NamedTuple):
    stored: str
    most: int
    """Stored bars one bar of this period can have."""
    begin: Callable[[int], int]
    """Epoch second the bar begins that a stored bar belongs to."""


def bars(product_number: int, period: Period, limit: int = 300, before_s: int | None = None) -> list[BarRow]:
    """The newest bars of a product, oldest first; `before_s` pages to earlier ones.

    Periods begin in Asia/Shanghai: days at midnight, weeks on Monday, months on the first. A period
    without trades has no bar.
    """
    wanted = max(1, min(limit, MAX_BARS))
    fold = _FOLDS[period]
    stored = Bar.objects.filter(product_number=product_number, period=fold.stored)
    if before_s is not None:
        stored = stored.filter(start_s__lt=fold.begin(before_s))
    rows = stored.order_by("-start_s").values_list(*BarRow._fields)[: wanted * fold.most]
    return _folded(map(BarRow._make, reversed(rows)), fold.begin)[-wanted:]


def day_statistics(day: date, product_numbers: Iterable[int] | None = None) -> dict[int, DayStatistics]:
    """Statistics of a trading day by product, with the close of the last earlier day that traded.

    Without `product_numbers`: all products that ever traded until that day.
    """
    start_s = _day_start(day)
    days = Bar.objects.filter(period=Bar.DAY)
    if product_numbers is not None:
        days = days.filter(product_number__in=list(product_numbers))
    today = {
        bar[0]: BarRow._make(bar[1:]) for bar in days.filter(start_s=start_s).values_list(*_WITH_PRODUCT)
    }
    before = Bar.objects.filter(
        product_number=OuterRef("product_number"), period=Bar.DAY, start_s__lt=start_s
    ).order_by("-start_s")
    latest = days.filter(start_s=Subquery(before.values("start_s")[:1]))
    closes = dict(latest.values_list("product_number", "close"))
    return {
        number: _statistics(number, day, today.get(number), closes.get(number))
        for number in sorted(today.keys() | closes.keys())
    }


def _statistics(
    product_number: int, day: date, bar: BarRow | None, previous_close: int | None
) -> DayStatistics:
    if bar is None:
        return DayStatistics(product_number, day, None, None, None, None, 0, 0, 0, previous_close)
    return DayStatistics(
        product_number,
        day,
        bar.open,
        bar.high,
        bar.low,
        bar.close,
        bar.volume_kg,
        bar.turnover_fen,
        bar.trades,
        previous_close,
    )


def _folded(rows: Iterable[BarRow], begin: Callable[[int], int]) -> list[BarRow]:
    folded: list[BarRow] = []
    for row in rows:
        start_s = begin(row.start_s)
        if folded and folded[-1].start_s == start_s:
            folded[-1] = _joined(folded[-1], row)
        else:
            folded.append(row._replace(start_s=start_s))
    return folded


def _joined(bar: BarRow, later: BarRow) -> BarRow:
    return BarRow(
        bar.start_s,
        bar.open,
        max(bar.high, later.high),
        min(bar.low, later.low),
        later.close,
        bar.volume_kg + later.volume_kg,
        bar.turnover_fen + later.turnover_fen,
        bar.trades + later.trades,
    )


def _every(seconds: int) -> Callable[[int], int]:
    """Periods that divide the hour begin at the same second everywhere."""
    return lambda second: second // seconds * seconds


def _day_start(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=TIMEZONE).timestamp())


def _local_day(second: int) -> date:
    return datetime.fromtimestamp(second, TIMEZONE).date()


def _day_begin(second: int) -> int:
    return _day_start(_local_day(second))


def _week_begin(second: int) -> int:
    day = _local_day(second)
    return _day_start(day - timedelta(days=day.weekday()))


def _month_begin(second: int) -> int:
    return _day_start(_local_day(second).replace(day=1))


_FOLDS: dict[str, _Fold] = {
    "1m": _Fold(Bar.MINUTE, 1, _every(60)),
    "5m": _Fold(Bar.MINUTE, 5, _every(300)),
    "15m": _Fold(Bar.MINUTE, 15, _every(900)),
    "30m": _Fold(Bar.MINUTE, 30, _every(1800)),
    "1h": _Fold(Bar.HOUR, 1, _every(3600)),
    "1d": _Fold(Bar.DAY, 1, _day_begin),
    "1w": _Fold(Bar.DAY, 7, _week_begin),
    "1M": _Fold(Bar.DAY, 31, _month_begin),
}
