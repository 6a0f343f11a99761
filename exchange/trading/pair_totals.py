"""What each pair of buyer and seller traded in a product on a day: what quotations are reckoned from.

Trades of the books and deals of the halls alike: whatever became a trade. Sums per pair are enough to leave
out related parties and to see what a publication would tell of one member.
"""

from collections.abc import Iterable
from datetime import date

from django.db.models import Count, Max, Min, Sum

from exchange.trading.models import Trade
from exchange.trading.types import PairTotal


def trades_by_day(first: date, last: date) -> dict[date, int]:
    """Number of trades of each day that had any, both days included. Answered from an index alone."""
    rows = Trade.objects.filter(day__gte=first, day__lte=last).order_by().values_list("day")
    return dict(rows.annotate(trades=Count("pk")))


def pair_totals(days: Iterable[date]) -> list[PairTotal]:
    """Totals of all pairs on these days, by day, product, buyer and seller."""
    keys = ("day", "product_number", "buyer_no", "seller_no")
    rows = Trade.objects.filter(day__in=set(days)).order_by(*keys).values_list(*keys)
    sums = rows.annotate(
        trades=Count("pk"), kg=Sum("quantity"), amount=Sum("amount_fen"), low=Min("price"), high=Max("price")
    )
    return [PairTotal._make(row) for row in sums]
