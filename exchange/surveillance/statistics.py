"""The public statistics 市场统计: what was traded, issued and delivered, by month and year.

Only what ``disclosure`` lets through leaves here. The figures of a month that is over are kept as they were
first told, with their hash; those of the current month are worked out when asked for, at most once a minute.
A year is the sum of what its months told, so that it says nothing they did not.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import msgspec
from django.core.cache import cache
from django.db import transaction

from exchange.kernel import calendar
from exchange.kernel.calendar import TIMEZONE
from exchange.kernel.canonical import canonical_hash, canonical_json
from exchange.kernel.errors import BadParameter
from exchange.markets.selectors import products_by_number
from exchange.members.selectors import members_by_account_no
from exchange.surveillance.disclosure import Part, published
from exchange.surveillance.models import MonthlyStatistics
from exchange.trading.day_reading import first_trading_day, members_trading, traded_parts
from exchange.trading.types import MODE_WORDS
from warehouse_receipts.statistics import ReceiptPart, delivered_parts, issued_parts

METHOD = 1
LIVE_S = 60
"""How long the figures of a month that is not kept are remembered."""
OVER_S = 86_400
"""The same for what is counted over a year that is over."""
RECEIPT_WAY = "receipt"
ALL_MONTHS = 1_200
SUMS = ("kg", "fen", "number")
"""What may be added up over months; members may not."""


class MonthRow(NamedTuple):
    """A month as it is told. figures: ``trading``, ``issued``, ``delivered``, each None or as published."""

    month: date
    final: bool
    """Over, and kept as it was first told."""
    figures: dict[str, Any]
    figures_hash: str


class YearRow(NamedTuple):
    """The sum of a year's months: kg, fen and number of trades; None where no month told anything."""

    year: int
    months: int
    """That told of trading."""
    withheld: int
    """That did not although there was some."""
    total: dict[str, int] | None
    members: int
    """Who traded in it, each once, withheld months included."""
    ways: list[dict[str, Any]]
    counties: list[dict[str, Any]]


def month_of(text: str) -> date:
    """``2026-11`` as the first day of the month. Raises BadParameter."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise BadParameter(name="month") from None


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month + timedelta(days=31)).replace(day=1)


def months() -> list[date]:
    """Every month from that of the first trade to this one, oldest first."""
    month = (first_trading_day() or calendar.today()).replace(day=1)
    found = []
    while month <= calendar.today():
        found.append(month)
        month = next_month(month)
    return found


def month_row(month: date) -> MonthRow:
    """The figures of a month. Raises BadParameter for one before the first trade or to come."""
    if month not in months():
        raise BadParameter(name="month")
    return _rows([month])[0]


def month_rows(limit: int = ALL_MONTHS) -> list[MonthRow]:
    """The latest months, oldest first."""
    return _rows(months()[-limit:])


def _rows(wanted: list[date]) -> list[MonthRow]:
    """Months that are kept, in one query, and the others as they are now."""
    kept = {row.month: row for row in MonthlyStatistics.objects.filter(month__in=wanted)}
    return [_kept(kept[month]) if month in kept else _live(month) for month in wanted]


def _kept(row: MonthlyStatistics) -> MonthRow:
    return MonthRow(row.month, True, msgspec.json.decode(row.figures), row.figures_hash)


def _live(month: date) -> MonthRow:
    key = f"statistics:{METHOD}:{month.isoformat()}"
    told: dict[str, Any] | None = cache.get(key)
    if told is None:
        told = figures_of(month)
        cache.set(key, told, LIVE_S)
    return MonthRow(month, False, told, canonical_hash(told))


def keep_months(day: date) -> list[date]:
    """Keeps the figures of every month that ended by the end of a day; the months kept now. Run daily."""
    kept = []
    for month in months():
        if next_month(month) - timedelta(days=1) > day:
            break
        with transaction.atomic():
            if MonthlyStatistics.objects.filter(month=month).exists():
                continue
            told = figures_of(month)
            MonthlyStatistics.objects.create(
                month=month,
                figures=canonical_json(told).decode(),
                figures_hash=canonical_hash(told),
                computed_at=calendar.now(),
            )
            kept.append(month)
    return kept


def figures_of(month: date) -> dict[str, Any]:
    """What may be told of a month, from the books as they are."""
    end = next_month(month)
    start_at, end_at = _midnight(month), _midnight(end)
    return {
        "method": METHOD,
        "month": f"{month:%Y-%m}",
        "trading": _told(trading_parts(month, end - timedelta(days=1))),
        "issued": _told([_of_receipts(row) for row in issued_parts(start_at, end_at)]),
        "delivered": _told([_of_receipts(row) for row in delivered_parts(start_at, end_at)]),
    }


def _told(parts: list[Part]) -> dict[str, Any] | None:
    """What may be told of parts, by the related parties registered now."""
    members = members_by_account_no(number for part in parts for number in (part.buyer, part.seller))
    return published(parts, {no: row.related_group for no, row in members.items() if row.related_group})


def trading_parts(first: date, last: date) -> list[Part]:
    """What was traded in some days, with the county of each product."""
    counties = {number: product.county for number, product in products_by_number().items()}
    return [
        Part(
            product=row.product_number,
            county=counties.get(row.product_number, ""),
            way=MODE_WORDS[row.mode],
            buyer=row.buyer_no,
            seller=row.seller_no,
            kg=row.kg,
            fen=row.fen,
            number=row.trades,
        )
        for row in traded_parts(first, last)
    ]


def _of_receipts(row: ReceiptPart) -> Part:
    owner = row.owner_no
    return Part(row.product_number, row.county, RECEIPT_WAY, owner, owner, row.kg, 0, row.number)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=TIMEZONE)


# Years -----------------------------------------------------------------------------------------------


def year_rows(rows: Sequence[MonthRow]) -> list[YearRow]:
    """The years of some months, newest first, each as the sum of its months."""
    years: dict[int, list[dict[str, Any] | None]] = {}
    for row in rows:
        years.setdefault(row.month.year, []).append(row.figures["trading"])
    return [_year(year, found) for year, found in sorted(years.items(), reverse=True)]


def _year(year: int, found: list[dict[str, Any] | None]) -> YearRow:
    told = [month for month in found if month is not None]
    total: Counter[str] = Counter()
    for month in told:
        total.update({name: month["total"][name] for name in SUMS})
    return YearRow(
        year=year,
        months=len(told),
        withheld=len(found) - len(told),
        total=dict(total) if told else None,
        members=_members_of(year) if told else 0,
        ways=_summed([row for month in told for row in month["ways"]], "way"),
        counties=_summed([row for month in told for row in month["counties"]], "county"),
    )


def _members_of(year: int) -> int:
    key = f"statistics:{METHOD}:members:{year}"
    count: int | None = cache.get(key)
    if count is None:
        count = members_trading(date(year, 1, 1), date(year, 12, 31))
        cache.set(key, count, OVER_S if year < calendar.today().year else LIVE_S)
    return count


def _summed(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Rows of several months by their name, largest first, the rest last."""
    sums: dict[str, Counter[str]] = {}
    for row in rows:
        own = sums.setdefault(row[name], Counter())
        own.update({figure: row[figure] for figure in SUMS})
    ordered = sorted(sums.items(), key=lambda each: (each[0] == "", -each[1]["kg"]))
    return [{name: key, **own} for key, own in ordered]
