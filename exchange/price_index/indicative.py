"""The index as it would be now, while the day goes on: by the same method, from the trades and quotes so far.

Nobody publishes it, nothing is stored, and it says so where it is shown. It ends when the day's value is out.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.cache import cache

from exchange.kernel import calendar
from exchange.price_index import method
from exchange.price_index.collecting import collect
from exchange.price_index.models import IndexDefinition
from exchange.price_index.types import BASE_VALUE, HEADLINE, IndexValueRow, Level, change_bps

FRESH_S = 60
"""How old it may be before somebody's question makes it anew."""
KEPT_S = 600
"""How long others are told the older one meanwhile."""
KEY = "index:indicative:1:{index}:{day}"
ASKED_TODAY = frozenset({Level.TRADES, Level.WINDOW, Level.QUOTES})


@dataclass(frozen=True, slots=True)
class IndicativeRow:
    """An indicative value in hundredths of a point; `previous`: the last published one, or the base."""

    day: date
    value: int
    previous: int
    coverage_bps: int
    """Weight of the cells that have a price today at all."""
    computed_at: datetime

    @property
    def change_bps(self) -> int:
        """Change against `previous` in basis points, rounded half up."""
        return change_bps(self.value, self.previous)


def indicative(last: IndexValueRow | None, index_code: str = HEADLINE) -> IndicativeRow | None:
    """Today's value so far, at most a minute old while people ask. last: what was published last.

    None when today's is published already, nothing of today is behind it, or too little has a price.
    """
    day = calendar.today()
    if last is not None and last.day == day:
        return None
    key = KEY.format(index=index_code, day=day)
    fresh = not cache.add(f"{key}:fresh", True, FRESH_S)
    kept: tuple[IndicativeRow | None] | None = cache.get(key)
    if fresh and kept is not None:
        return kept[0]
    found = _reckoned(index_code, day, last)
    cache.set(key, (found,), KEPT_S)
    return found


def _reckoned(index_code: str, day: date, last: IndexValueRow | None) -> IndicativeRow | None:
    definition = IndexDefinition.objects.filter(code=index_code).first()
    if definition is None:
        return None
    result = method.apply(collect(definition, day))
    if result.value is None or not any(cell.level in ASKED_TODAY for cell in result.cells):
        return None
    previous = BASE_VALUE if last is None or not last.value else last.value
    return IndicativeRow(day, result.value, previous, result.coverage_bps, calendar.now())
