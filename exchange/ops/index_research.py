"""The research series of the index by the rule of the public statistics: at the end of a day they meet."""

from collections.abc import Sequence
from datetime import date

from exchange.members.selectors import members_by_account_no
from exchange.price_index.research_series import PairSum, keep_research_months
from exchange.surveillance.disclosure import Part, may_be_told
from exchange.surveillance.statistics import month_row


class StatisticsDisclosure:
    """A product is told where the month's statistics tell it apart; so no subtraction gives another away."""

    def products_told(self, month: date) -> set[int]:
        """Numbers of the products in the statistics of a month. Raises BadParameter for one without."""
        trading = month_row(month).figures["trading"]
        counties = trading["counties"] if trading else []
        return {each["product"] for county in counties for each in county["products"] if each["product"]}

    def may_be_told(self, pairs: Sequence[PairSum]) -> bool:
        """By the related parties registered now."""
        members = members_by_account_no(number for pair in pairs for number in (pair.buyer, pair.seller))
        parties = {no: row.related_group for no, row in members.items() if row.related_group}
        parts = [
            Part(pair.product, "", "", pair.buyer, pair.seller, pair.kg, pair.fen, pair.trades)
            for pair in pairs
        ]
        return may_be_told(parts, parties)


def keep_research(day: date) -> list[date]:
    """Keeps the research series of every month that ended by the end of a day; after the statistics' own."""
    return keep_research_months(day, StatisticsDisclosure())
