"""An auction and the listings of a product as their channels show them: a picture, then the desk's events.

Each keeps what it told last, so that an update carries only what is different now, and the news that are
events in themselves: bids, extensions, awards, deals. Whatever the events hide stays hidden here: nothing
comes from anywhere else.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from exchange.halls.types import FINISHED_AUCTIONS, FLOOR_STATES, AuctionRow, HallState
from exchange.market_data import hall_messages as messages
from exchange.market_data.desk_follower import DeskNews
from exchange.market_data.hall_messages import LiveBid, LiveListing
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_types import INVITED, AuctionKind
from matching.types import Event

SHOWN_BIDS = 50
"""Latest bids in a snapshot."""
SHOWN_DEALS = 20
"""Latest deals in a snapshot; those before somebody listened are in the API."""


@dataclass(frozen=True, slots=True)
class AuctionPicture:
    """One auction after the command ``seq``, as its tables have it."""

    seq: int
    row: AuctionRow
    product: str
    owner: str
    paddles: dict[int, int]
    """By account."""
    bids: list[LiveBid]
    """The latest, oldest first."""


@dataclass(frozen=True, slots=True)
class ListingsPicture:
    """The listings of a product that everybody may see, after the command ``seq``."""

    seq: int
    product: str
    listings: list[LiveListing]


class Live(ABC):
    """Something people listen to. ``seq`` is that of the last event that changed it."""

    seq: int
    changed: bool
    product: str
    auction: int | None
    """Number of the auction in the envelope of its messages."""

    @abstractmethod
    def follow(self, news: DeskNews) -> None:
        """One event about it, after the picture it began with."""

    @abstractmethod
    def snapshot(self) -> dict[str, object]:
        """All of it."""

    @abstractmethod
    def take_update(self) -> dict[str, object]:
        """What changed since the last snapshot or update."""


class LiveAuction(Live):
    """One auction."""

    def __init__(self, picture: AuctionPicture) -> None:
        self.seq, self.product, self.auction = picture.seq, picture.product, picture.row.id
        self.changed = False
        self._row, self._owner = picture.row, picture.owner
        self._paddles = dict(picture.paddles)
        self._bids = deque(picture.bids, maxlen=SHOWN_BIDS)
        self._new_bids: list[LiveBid] = []
        self._news: dict[str, list[dict[str, object]]] = {}
        self._extended: str | None = None
        self._told = self._state()

    def _state(self) -> dict[str, object]:
        leader = self._paddle(self._row.leader_no)
        state = messages.auction(self._row, self.product, self._owner)
        return {**state, "leader": str(leader) if leader else None}

    def _paddle(self, account: int) -> int:
        return self._paddles.get(account, 0)

    def snapshot(self) -> dict[str, object]:
        """See Live: the state and the latest bids, oldest first."""
        return {**self._told, "latest_bids": [messages.bid(bid) for bid in self._bids]}

    def take_update(self) -> dict[str, object]:
        """See Live: fields of the state, and what happened."""
        before, self._told = self._told, self._state()
        update: dict[str, object] = {"auction_id": self.auction}
        update |= {key: value for key, value in self._told.items() if before[key] != value}
        if self._new_bids:
            update["latest_bids"] = [messages.bid(bid) for bid in self._new_bids]
        if self._extended:
            update["extended"] = self._extended
        update |= self._news
        self._new_bids, self._extended, self._news = [], None, {}
        self.changed = False
        return update

    def follow(self, news: DeskNews) -> None:
        """See Live."""
        event = news.event
        self.seq, self.changed = event.seq, True
        match event.kind:
            case DeskEventKind.AUCTION_STATE:
                self._stated(event)
            case DeskEventKind.ENTERED:
                self._paddles.setdefault(event.account, max(self._paddles.values(), default=0) + 1)
                self._row = replace(self._row, entered=self._row.entered + 1)
            case DeskEventKind.LEFT:
                self._row = replace(self._row, entered=self._row.entered - 1)
            case DeskEventKind.BID_PLACED:
                self._placed(event, news.at_ns)
            case DeskEventKind.BID_OPENED:
                self._opened(event)
            case DeskEventKind.EXTENDED:
                self._row = replace(
                    self._row, until_ns=event.remaining, epoch=event.other, extensions=event.other_id
                )
                self._extended = messages.EXTENSION_WORDS[event.reason]
            case DeskEventKind.ROUND_ENDED:
                self._tell("ended_rounds", messages.ended_round(event))
            case DeskEventKind.AWARDED:
                self._tell("awards", messages.award(event, self._paddle(event.account)))
            case DeskEventKind.DEFAULTED:
                self._tell("defaults", messages.award(event, self._paddle(event.account)))
            case DeskEventKind.DEAL:
                self._tell("deals", messages.deal(event, news.at_ns))

    def _tell(self, what: str, content: dict[str, object]) -> None:
        self._news.setdefault(what, []).append(content)

    def _stated(self, event: Event) -> None:
        row, state = self._row, FLOOR_STATES[event.side]
        english = row.kind == AuctionKind.ENGLISH
        met = row.reserve_met
        if event.reason in (DeskReason.RESERVE_MET, DeskReason.RESERVE_NOT_MET):
            met = event.reason == DeskReason.RESERVE_MET
        over = state in FINISHED_AUCTIONS
        self._row = replace(
            row,
            state=state,
            epoch=event.other,
            price=event.price,
            left_kg=event.quantity,
            until_ns=event.remaining,
            opens_at_ns=event.remaining if state == HallState.ANNOUNCED else row.opens_at_ns,
            bids=event.other_id if english else row.bids,
            round=row.round if english else event.other_id,
            leader_no=event.account,
            reserve_met=met,
            reason=event.reason if over else row.reason,
            ended_at_ns=event.remaining if over else row.ended_at_ns,
        )

    def _placed(self, event: Event, at_ns: int) -> None:
        if self._row.kind != AuctionKind.ENGLISH:
            self._row = replace(self._row, bids=self._row.bids + 1)
        bid = LiveBid(
            event.order_id,
            self._paddle(event.account),
            event.price,
            event.quantity,
            event.other,
            event.reason == DeskReason.PROXY,
            at_ns,
            event.seq,
        )
        self._bids.append(bid)
        self._new_bids.append(bid)

    def _opened(self, event: Event) -> None:
        for at, bid in enumerate(self._bids):
            if bid.number == event.order_id:
                self._bids[at] = bid._replace(price=event.price, quantity_kg=event.quantity)
        self._tell("opened_bids", messages.opened_bid(event, self._paddle(event.account)))


class LiveListings(Live):
    """The listings of one product that everybody may see."""

    auction = None

    def __init__(self, picture: ListingsPicture) -> None:
        self.seq, self.product = picture.seq, picture.product
        self.changed = False
        self._listings = {live.number: live for live in picture.listings}
        self._touched: dict[int, None] = {}
        self._ended: list[dict[str, object]] = []
        self._deals: deque[dict[str, object]] = deque(maxlen=SHOWN_DEALS)
        self._new_deals: list[dict[str, object]] = []

    def snapshot(self) -> dict[str, object]:
        """See Live: open listings by number, and the latest deals since somebody listens."""
        return {"listings": self._shown(sorted(self._listings)), "deals": list(self._deals)}

    def take_update(self) -> dict[str, object]:
        """See Live: listings that are new or changed, those that ended, and deals."""
        update = {
            "listings": self._shown(number for number in self._touched if number in self._listings),
            "ended": self._ended,
            "deals": self._new_deals,
        }
        self._touched, self._ended, self._new_deals = {}, [], []
        self.changed = False
        return dict(update)

    def _shown(self, numbers: Iterable[int]) -> list[dict[str, object]]:
        return [messages.listing(self._listings[number]) for number in numbers]

    def follow(self, news: DeskNews) -> None:
        """See Live. What is for invited members only is not followed."""
        event = news.event
        number = event.other_id if event.kind == DeskEventKind.DEAL else event.order_id
        if event.kind == DeskEventKind.LISTED:
            if event.reason & INVITED:
                return
            self._listings[number] = LiveListing.of(event)
        known = self._listings.get(number)
        if known is None:
            return
        self.seq, self.changed = event.seq, True
        self._touched[number] = None
        match event.kind:
            case DeskEventKind.LISTING_LEFT:
                self._listings[number] = known._replace(left_kg=event.quantity, reserved_kg=event.remaining)
            case DeskEventKind.LISTING_ENDED:
                del self._listings[number]
                self._ended.append(messages.ended_listing(event))
            case DeskEventKind.DEAL:
                deal = {**messages.deal(event, news.at_ns), "listing_id": number}
                self._deals.append(deal)
                self._new_deals.append(deal)


AUCTION_EVENTS: dict[int, bool] = {
    DeskEventKind.AUCTION_STATE: False,
    DeskEventKind.ENTERED: False,
    DeskEventKind.LEFT: False,
    DeskEventKind.ROUND_ENDED: False,
    DeskEventKind.EXTENDED: False,
    DeskEventKind.AWARDED: False,
    DeskEventKind.DEFAULTED: False,
    DeskEventKind.BID_PLACED: True,
    DeskEventKind.BID_OPENED: True,
}
"""Events an auction's channel follows; true: the auction is ``other_id``, not ``order_id``."""

LISTING_EVENTS = frozenset({DeskEventKind.LISTED, DeskEventKind.LISTING_LEFT, DeskEventKind.LISTING_ENDED})
