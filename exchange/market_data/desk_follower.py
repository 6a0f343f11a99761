"""The desk's events as the market meets them: news for the halls, notices for the accounts they are about."""

from collections.abc import Container
from typing import NamedTuple

from matching.desk_events import DeskEventKind as E
from matching.types import Event

BOTH = frozenset(
    {
        E.TAKE_PENDING,
        E.TAKE_ENDED,
        E.PROPOSED,
        E.PROPOSAL_ENDED,
        E.DEAL,
        E.AWARDED,
        E.DECISION_DUE,
        E.PAYMENT_DUE,
        E.OFFERED,
        E.DEFAULTED,
        E.FORFEITED,
    }
)
"""Events that are for ``other`` as well as for ``account``."""

FOR_ACCOUNTS = BOTH | {
    E.HELD,
    E.LISTED,
    E.LISTING_LEFT,
    E.LISTING_ENDED,
    E.INVITATION,
    E.ENTERED,
    E.LEFT,
    E.BID_PLACED,
}
"""Events that are for ``account``: of a listing its lister, of a bid its bidder."""

BALANCES = frozenset({E.HELD, E.DEAL, E.FORFEITED})
"""Events after which something else is free or held of those they name."""

FOR_HALLS = frozenset(
    {
        E.LISTED,
        E.LISTING_LEFT,
        E.LISTING_ENDED,
        E.DEAL,
        E.AUCTION_STATE,
        E.ENTERED,
        E.LEFT,
        E.BID_PLACED,
        E.BID_OPENED,
        E.ROUND_ENDED,
        E.EXTENDED,
        E.AWARDED,
        E.DEFAULTED,
    }
)
"""Events the halls follow; how much of each is told to everybody is decided in ``live_halls``."""


class DeskNews(NamedTuple):
    """One event of the desk and when the floor took its command."""

    event: Event
    at_ns: int


class Notice(NamedTuple):
    """One event for one account."""

    account: int
    event: Event
    fees: Event | None = None
    """The DEAL_FEES of a DEAL."""


class DeskFollower:
    """Collects what the desk did, until it is taken."""

    def __init__(self, watched: Container[int]) -> None:
        """watched: accounts somebody listens for."""
        self._watched = watched
        self._news: list[DeskNews] = []
        self._notices: list[Notice] = []
        self._dealt: Event | None = None

    def follow(self, event: Event, at_ns: int) -> None:
        """One event of a desk kind, in order."""
        kind = event.kind
        if kind in FOR_HALLS:
            self._news.append(DeskNews(event, at_ns))
        if kind == E.DEAL:
            self._dealt = event
        elif kind == E.DEAL_FEES and self._dealt is not None:
            self._note(self._dealt, event)
            self._dealt = None
        elif kind in FOR_ACCOUNTS:
            self._note(event)

    def _note(self, event: Event, fees: Event | None = None) -> None:
        for account in (event.account, event.other) if event.kind in BOTH else (event.account,):
            if account in self._watched:
                self._notices.append(Notice(account, event, fees))

    def take_news(self) -> list[DeskNews]:
        """What happened since the last call."""
        news, self._news = self._news, []
        return news

    def take_notices(self) -> list[Notice]:
        """What happened to watched accounts since the last call."""
        notices, self._notices = self._notices, []
        return notices
