"""The figures of a half-year for the regulator, from the books of every package: whole numbers, canonical.

What the law wants recorded and reported: trade by way, product and county, members, receipts and stock,
delivery and default, clients' money, supervision and changes of rules (《商品现货市场交易特别规定（试行）》,
articles 10–16; provinces want a report at least every half-year). Members are named: the
regulator may see them, nobody else.
"""

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

from exchange.kernel.calendar import TIMEZONE, is_trading_day
from exchange.kernel.selectors import audit_counts
from exchange.markets.selectors import halts_between, products_by_number
from exchange.members.selectors import member_figures, members_by_account_no
from exchange.surveillance.arithmetic import bps_of
from exchange.surveillance.disclosure import Part, figures, grouped_by
from exchange.surveillance.selectors import alerts_between, cases_between
from exchange.surveillance.statistics import next_month, trading_parts
from settlement.period_figures import contract_figures, money_figures
from warehouse_receipts.statistics import delivered_parts, issued_parts, stock_by_store

VERSION = 1
LARGEST = 5
"""How many of the largest members of each side are named."""
ACTIONS = ("member.suspend", "member.reinstate", "surveillance.approve_rules", "surveillance.export")


def period_of(year: int, half: int) -> tuple[date, date]:
    """First and last day of a half-year."""
    assert half in (1, 2)
    return (date(year, 1, 1), date(year, 6, 30)) if half == 1 else (date(year, 7, 1), date(year, 12, 31))


def half_year_figures(year: int, half: int) -> dict[str, Any]:
    """Everything the report says, as the books are now. Stock and suspended members are as of now."""
    first, last = period_of(year, half)
    start, end = _midnight(first), _midnight(last + timedelta(days=1))
    parts = trading_parts(first, last)
    return {
        "version": VERSION,
        "year": year,
        "half": half,
        "first": first.isoformat(),
        "last": last.isoformat(),
        "trading_days": sum(is_trading_day(day) for day in _days(first, last)),
        "trading": _trading(parts, first, last),
        "members": member_figures(start, end),
        "largest": {side: _largest(parts, side) for side in ("buyer", "seller")},
        "receipts": _receipts(start, end),
        "contracts": _contracts(first, last),
        "money": money_figures(first, last)._asdict(),
        "supervision": {
            "alerts": alerts_between(first, last),
            "cases": cases_between(start, end),
            "halts": halts_between(start, end),
            "actions": audit_counts(ACTIONS, start, end),
        },
    }


def _trading(parts: list[Part], first: date, last: date) -> dict[str, Any]:
    products = products_by_number()
    by_product = grouped_by(parts, "product")
    return {
        "total": figures(parts),
        "buyers": len({part.buyer for part in parts}),
        "sellers": len({part.seller for part in parts}),
        "members": len({number for part in parts for number in (part.buyer, part.seller)}),
        "ways": _rows(parts, "way"),
        "counties": _rows(parts, "county"),
        "products": [
            {
                "code": products[number].code if number in products else str(number),
                "name": products[number].name_zh if number in products else str(number),
                **figures(own),
            }
            for number, own in sorted(by_product.items())
        ],
        "months": [{"month": f"{month:%Y-%m}", **figures(own)} for month, own in _by_month(first, last)],
    }


def _by_month(first: date, last: date) -> list[tuple[date, list[Part]]]:
    found, month = [], first
    while month <= last:
        end = next_month(month)
        found.append((month, trading_parts(month, end - timedelta(days=1))))
        month = end
    return found


def _rows(parts: list[Part], name: str) -> list[dict[str, Any]]:
    return [{name: key, **figures(own)} for key, own in sorted(grouped_by(parts, name).items())]


def _largest(parts: list[Part], side: str) -> list[dict[str, Any]]:
    """The largest members of a side with their share of all kg."""
    kg: Counter[int] = Counter()
    for part in parts:
        kg[getattr(part, side)] += part.kg
    largest = sorted(kg.items(), key=lambda each: (-each[1], each[0]))[:LARGEST]
    names = members_by_account_no(number for number, _ in largest)
    return [
        {
            "code": names[number].code if number in names else str(number),
            "name": names[number].name if number in names else str(number),
            "kg": own,
            "share_bps": bps_of(own, kg.total()),
        }
        for number, own in largest
    ]


def _receipts(start: datetime, end: datetime) -> dict[str, Any]:
    issued, delivered = issued_parts(start, end), delivered_parts(start, end)
    stores: dict[str, dict[str, Any]] = {}
    for row in stock_by_store():
        empty = {"name": row.warehouse_name, "county": row.county, "physical_kg": 0, "receipted_kg": 0}
        store = stores.setdefault(row.warehouse_code, {"code": row.warehouse_code, **empty})
        store["physical_kg"] += row.physical_kg
        store["receipted_kg"] += row.receipted_kg
    return {
        "issued_kg": sum(row.kg for row in issued),
        "issued": sum(row.number for row in issued),
        "delivered_kg": sum(row.kg for row in delivered),
        "loads": sum(row.number for row in delivered),
        "stores": [stores[code] for code in sorted(stores)],
    }


def _contracts(first: date, last: date) -> dict[str, Any]:
    found = contract_figures(first, last)
    return {**found._asdict(), "fulfilled_bps": found.fulfilled_bps}


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=TIMEZONE)
