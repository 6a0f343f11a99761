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


@dataclass(frozen=True, slots=True)
class IndicativeRow:
    """An indicative value in hundredths of a point; `previous`: the last published number, or the base."""

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

    None when today's is published already, nothing of today is behind it, too little has a price, or the
    first who asks in ten minutes still has it reckoned: nobody reckons the same beside them.
    """
    day = calendar.today()
    if last is not None and last.day == day:
        return None
    key = KEY.format(index=index_code, day=day)
    if not cache.add(f"{key}:fresh", True, FRESH_S):
        kept: tuple[IndicativeRow | None] | None = cache.get(key)
        return None if kept is None else kept[0]
    found = _reckoned(index_code, day, last)
    cache.set(key, (found,), KEPT_S)
    return found


def _reckoned(index_code: str, day: date, last: IndexValueRow | None) -> IndicativeRow | None:
    definition = IndexDefinition.objects.filter(code=index_code).first()
    if definition is None:
        return None
    evidence = collect(definition, day)
    result = method.apply(evidence)
    if result.value is None or not _of_today(evidence, result):
        return None
    before = None if last is None else last.value or last.previous
    return IndicativeRow(day, result.value, before or BASE_VALUE, result.coverage_bps, calendar.now())


def _of_today(evidence: method.Evidence, result: method.IndexResult) -> bool:
    """Whether a price of the day is behind it: a window may hold trades of the days before alone."""
    return any(
        found.level in (Level.TRADES, Level.QUOTES) or (found.level == Level.WINDOW and cell["trades"])
        for cell, found in zip(evidence["cells"], result.cells, strict=True)
    )
