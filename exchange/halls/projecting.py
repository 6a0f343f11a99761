"""From the desk's events to the tables of the halls: takes, proposals, deals, bids, states, holds, ends.

The projector gives the events of a chunk in the order of the journal, inside its transaction, after it has
settled the chunk's deals. What a state changes is written at once, step by step, so that the database sees
the life of each listing and auction as it was; everything else is written together at the end, and then goods
that are no longer needed go back to their holders.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from exchange.halls.auctions import hand_back_left
from exchange.halls.credit import record_default
from exchange.halls.lives import step, subject_of
from exchange.halls.models import Auction, Award, Bid, Deal, DeskHold, Entry, Listing, Proposal, Take
from exchange.halls.types import (
    FINISHED_AUCTIONS,
    FLOOR_STATES,
    LISTING_ENDS,
    PROPOSAL_ENDS,
    TAKE_ENDS,
    AwardState,
    EntryState,
    ListingState,
    ProposalState,
    TakeState,
)
from exchange.kernel.calendar import datetime_of
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_types import AUCTION, AuctionKind
from matching.types import Event, Reason, Side

FLOOR = "floor"


class DeskFact(NamedTuple):
    """One event of the desk and when the floor took its command."""

    event: Event
    at_ns: int


class _Places:
    """Places of bids in the order of the journal, whatever the chunk."""

    PER_COMMAND = 1_000

    def __init__(self) -> None:
        self._seq = self._bids = 0

    def next(self, seq: int) -> int:
        """The place of the next bid of a command."""
        self._bids = self._bids + 1 if seq == self._seq else 0
        self._seq = seq
        return seq * self.PER_COMMAND + self._bids


_LISTING_FIELDS = ("left_kg", "reserved_kg", "state", "reason", "opened_at_ns", "ended_at_ns")
_AUCTION_FIELDS = (
    "defined", "state", "reason", "epoch", "price", "left_kg", "until_ns", "round", "bids", "leader_no",
    "reserve_met", "extensions", "paddles", "file", "file_hash", "ended_at_ns",
)  # fmt: skip


class HallsProjection:
    """One chunk. ``apply`` it once."""

    def __init__(self, files: Mapping[int, bytes]) -> None:
        """files: canonical bid files of the auctions that end in this chunk, by number."""
        self._files = files
        self._listings: dict[int, Listing] = {}
        self._auctions: dict[int, Auction] = {}
        self._bids: dict[int, Bid] = {}
        self._places = _Places()
        self._deals: list[Deal] = []
        self._dealt: Event | None = None
        self._holds: dict[tuple[int, int, int], DeskHold] = {}
        self._given_back: list[tuple[int | None, str]] = []
        self._read: dict[int, Callable[[Event, int], None]] = {
            DeskEventKind.HELD: self._held,
            DeskEventKind.LISTED: self._listed,
            DeskEventKind.LISTING_LEFT: self._listing_left,
            DeskEventKind.LISTING_ENDED: self._listing_ended,
            DeskEventKind.TAKE_PENDING: self._take_pending,
            DeskEventKind.TAKE_ENDED: self._take_ended,
            DeskEventKind.PROPOSED: self._proposed,
            DeskEventKind.PROPOSAL_ENDED: self._proposal_ended,
            DeskEventKind.DEAL: self._deal,
            DeskEventKind.DEAL_FEES: self._deal_fees,
            DeskEventKind.AUCTION_DEFINED: self._auction_defined,
            DeskEventKind.AUCTION_STATE: self._auction_state,
            DeskEventKind.ENTERED: self._entered,
            DeskEventKind.LEFT: self._left,
            DeskEventKind.BID_PLACED: self._bid_placed,
            DeskEventKind.BID_OPENED: self._bid_opened,
            DeskEventKind.EXTENDED: self._extended,
            DeskEventKind.AWARDED: self._awarded,
            DeskEventKind.PAYMENT_DUE: self._payment_due,
            DeskEventKind.OFFERED: self._offered,
            DeskEventKind.DEFAULTED: self._defaulted,
            DeskEventKind.FORFEITED: self._forfeited,
        }

    def apply(self, facts: Iterable[DeskFact]) -> None:
        """Writes everything the facts say, inside the caller's transaction."""
        for fact in facts:
            reader = self._read.get(fact.event.kind)
            if reader is not None:
                reader(fact.event, fact.at_ns)
        Listing.objects.bulk_update(self._listings.values(), _LISTING_FIELDS)
        Auction.objects.bulk_update(self._auctions.values(), _AUCTION_FIELDS)
        Bid.objects.bulk_create(self._bids.values())
        Deal.objects.bulk_create(self._deals)
        self._write_holds()
        for set_aside_id, why in self._given_back:
            hand_back_left(set_aside_id, why)

    # Rows in hand --------------------------------------------------------------------------------

    def _listing(self, number: int) -> Listing:
        row = self._listings.get(number)
        if row is None:
            row = self._listings[number] = Listing.objects.get(pk=number)
        return row

    def _auction(self, number: int) -> Auction:
        row = self._auctions.get(number)
        if row is None:
            row = self._auctions[number] = Auction.objects.get(pk=number)
        return row

    # Holds ---------------------------------------------------------------------------------------

    def _held(self, event: Event, _at_ns: int) -> None:
        self._holds[event.account, event.side, event.order_id] = DeskHold(
            account_no=event.account,
            kind=event.side,
            number=event.order_id,
            subject=event.other_id,
            product_number=event.product,
            quantity=event.remaining,
        )

    def _write_holds(self) -> None:
        over = [key for key, hold in self._holds.items() if not hold.quantity]
        for account_no, kind, number in over:
            DeskHold.objects.filter(account_no=account_no, kind=kind, number=number).delete()
        DeskHold.objects.bulk_create(
            [hold for hold in self._holds.values() if hold.quantity],
            update_conflicts=True,
            unique_fields=["account_no", "kind", "number"],
            update_fields=["quantity"],
        )

    # Listings ------------------------------------------------------------------------------------

    def _step_listing(self, row: Listing, to: ListingState, reason: int, at_ns: int) -> None:
        step(row, to, FLOOR, _word(reason), datetime_of(at_ns)).save()
        row.save(update_fields=_LISTING_FIELDS)

    def _listed(self, event: Event, at_ns: int) -> None:
        row = self._listing(event.order_id)
        row.opened_at_ns = at_ns
        self._step_listing(row, ListingState.OPEN, Reason.NONE, at_ns)

    def _listing_left(self, event: Event, _at_ns: int) -> None:
        row = self._listing(event.order_id)
        row.left_kg, row.reserved_kg = event.quantity, event.remaining

    def _listing_ended(self, event: Event, at_ns: int) -> None:
        row = self._listing(event.order_id)
        row.left_kg, row.reserved_kg = event.remaining, 0
        row.reason, row.ended_at_ns = event.reason, at_ns
        self._step_listing(row, LISTING_ENDS[event.reason], event.reason, at_ns)
        self._given_back.append((row.set_aside_id, subject_of(row)))

    def _take_pending(self, event: Event, at_ns: int) -> None:
        Take.objects.create(
            number=event.order_id,
            listing_id=event.other_id,
            account_no=event.account,
            lister_no=event.other,
            side=event.side,
            price=event.price,
            quantity_kg=event.quantity,
            deadline_ns=event.remaining,
            at_ns=at_ns,
        )

    def _take_ended(self, event: Event, at_ns: int) -> None:
        Take.objects.filter(number=event.order_id).update(
            state=TAKE_ENDS.get(event.reason, TakeState.ENDED),
            reason=event.reason,
            deal=event.remaining,
            ended_at_ns=at_ns,
        )

    def _proposed(self, event: Event, at_ns: int) -> None:
        lister_no = self._listing(event.other_id).account_no
        Proposal.objects.create(
            number=event.order_id,
            listing_id=event.other_id,
            member_no=event.other if event.account == lister_no else event.account,
            account_no=event.account,
            other_no=event.other or lister_no,
            side=event.side,
            price=event.price,
            quantity_kg=event.quantity,
            expires_ns=event.remaining,
            at_ns=at_ns,
        )

    def _proposal_ended(self, event: Event, at_ns: int) -> None:
        Proposal.objects.filter(number=event.order_id).update(
            state=PROPOSAL_ENDS.get(event.reason, ProposalState.ENDED),
            reason=event.reason,
            deal=event.remaining,
            ended_at_ns=at_ns,
        )

    # Deals ---------------------------------------------------------------------------------------

    def _deal(self, event: Event, _at_ns: int) -> None:
        self._dealt = event

    def _deal_fees(self, fees: Event, at_ns: int) -> None:
        deal, self._dealt = self._dealt, None
        assert deal is not None
        in_auction = deal.side == AUCTION
        self._deals.append(
            Deal(
                number=deal.order_id,
                mode=deal.side,
                listing_id=None if in_auction else deal.other_id,
                auction_id=deal.other_id if in_auction else None,
                product_number=deal.product,
                price=deal.price,
                quantity_kg=deal.quantity,
                buyer_no=deal.account,
                seller_no=deal.other,
                buyer_fee_fen=fees.price,
                seller_fee_fen=fees.quantity,
                deposit_fen=fees.remaining,
                payment=deal.reason,
                bond_fen=fees.other_id,
                set_aside_id=deal.remaining or None,
                at_ns=at_ns,
                seq=deal.seq,
            )
        )
        if in_auction:
            self._award_paid(deal)

    def _award_paid(self, deal: Event) -> None:
        bidder = deal.account if self._auction(deal.other_id).side == Side.SELL else deal.other
        award = self._award_of(
            deal.other_id, bidder, (AwardState.AWARDED, AwardState.DUE, AwardState.OFFERED), oldest=True
        )
        award.state, award.deal, award.due_fen = AwardState.PAID, deal.order_id, 0
        award.save(update_fields=["state", "deal", "due_fen"])

    # Auctions ------------------------------------------------------------------------------------

    def _auction_defined(self, event: Event, _at_ns: int) -> None:
        self._auction(event.order_id).defined = True

    def _auction_state(self, event: Event, at_ns: int) -> None:
        row = self._auction(event.order_id)
        row.epoch, row.price, row.left_kg = event.other, event.price, event.quantity
        row.until_ns, row.leader_no = event.remaining, event.account
        if row.kind == AuctionKind.ENGLISH:
            row.bids = event.other_id
        else:
            row.round = event.other_id
        if event.reason in (DeskReason.RESERVE_MET, DeskReason.RESERVE_NOT_MET):
            row.reserve_met = event.reason == DeskReason.RESERVE_MET
        state = FLOOR_STATES[event.side]
        if state in FINISHED_AUCTIONS:
            self._finish(row, event)
        if state != row.state:
            step(row, state, FLOOR, _word(event.reason), datetime_of(at_ns)).save()
            row.save(update_fields=_AUCTION_FIELDS)

    def _finish(self, row: Auction, event: Event) -> None:
        row.reason, row.ended_at_ns = event.reason, event.remaining
        document = self._files[row.pk]
        row.file, row.file_hash = document.decode(), hashlib.sha256(document).hexdigest()
        self._given_back.append((row.set_aside_id, subject_of(row)))
        for entry in Entry.objects.filter(auction=row, set_aside_id__isnull=False):
            self._given_back.append((entry.set_aside_id, f"{subject_of(row)}:supply:{entry.account_no}"))

    def _extended(self, event: Event, _at_ns: int) -> None:
        row = self._auction(event.order_id)
        row.until_ns, row.epoch, row.extensions = event.remaining, event.other, event.other_id

    def _entered(self, event: Event, at_ns: int) -> None:
        auction = self._auction(event.order_id)
        entry, _ = Entry.objects.get_or_create(
            auction=auction, account_no=event.account, defaults={"state": EntryState.ENTERED}
        )
        if not entry.paddle:
            auction.paddles += 1
            entry.paddle = auction.paddles
        entry.state, entry.quantity_kg, entry.at_ns = EntryState.ENTERED, event.quantity, at_ns
        entry.failure, entry.set_aside_id = "", event.other_id or None
        entry.save()

    def _left(self, event: Event, _at_ns: int) -> None:
        entry = Entry.objects.get(auction_id=event.order_id, account_no=event.account)
        if entry.set_aside_id is not None:
            self._given_back.append((entry.set_aside_id, f"auction:{event.order_id}:left:{event.account}"))
        entry.state, entry.set_aside_id = EntryState.LEFT, None
        entry.save()

    def _bid_placed(self, event: Event, at_ns: int) -> None:
        auction = self._auction(event.other_id)
        if auction.kind != AuctionKind.ENGLISH:
            auction.bids += 1
        place = self._places.next(event.seq)
        self._bids[place] = Bid(
            place=place,
            number=event.order_id,
            auction_id=event.other_id,
            account_no=event.account,
            price=event.price,
            quantity_kg=event.quantity,
            round=event.other,
            by_proxy=event.reason == DeskReason.PROXY,
            hidden=event.reason == DeskReason.HIDDEN,
            at_ns=at_ns,
            seq=event.seq,
        )

    def _bid_opened(self, event: Event, _at_ns: int) -> None:
        for bid in self._bids.values():
            if bid.number == event.order_id:
                bid.price, bid.quantity_kg, bid.hidden = event.price, event.quantity, False
        Bid.objects.filter(number=event.order_id).update(
            price=event.price, quantity_kg=event.quantity, hidden=False
        )

    # Awards --------------------------------------------------------------------------------------

    def _award_of(
        self, auction_id: int, account_no: int, states: Iterable[AwardState], *, oldest: bool = False
    ) -> Award:
        rows = Award.objects.filter(auction_id=auction_id, account_no=account_no, state__in=list(states))
        award = rows.order_by("id" if oldest else "-id").first()
        assert award is not None, f"auction {auction_id} has no award of {account_no}"
        return award

    def _new_award(self, event: Event, at_ns: int, state: AwardState, **more: int) -> Award:
        return Award.objects.create(
            auction_id=event.order_id,
            account_no=event.account,
            price=event.price,
            quantity_kg=event.quantity,
            state=state,
            reason=event.reason,
            at_ns=at_ns,
            seq=event.seq,
            **more,
        )

    def _awarded(self, event: Event, at_ns: int) -> None:
        """A runner-up's award is the offer he took."""
        if event.reason != DeskReason.RUNNER_UP:
            self._new_award(event, at_ns, AwardState.AWARDED, bid=event.other_id)

    def _payment_due(self, event: Event, _at_ns: int) -> None:
        award = self._award_of(event.order_id, event.account, (AwardState.AWARDED,))
        award.state, award.due_fen, award.deadline_ns = AwardState.DUE, event.other_id, event.remaining
        award.save(update_fields=["state", "due_fen", "deadline_ns"])

    def _offered(self, event: Event, at_ns: int) -> None:
        self._new_award(event, at_ns, AwardState.OFFERED, deadline_ns=event.remaining)

    def _defaulted(self, event: Event, at_ns: int) -> None:
        if event.reason == DeskReason.UNREVEALED:
            record_default(self._new_award(event, at_ns, AwardState.DEFAULTED))
            return
        award = self._award_of(
            event.order_id, event.account, (AwardState.DUE, AwardState.OFFERED), oldest=True
        )
        declined = event.reason == DeskReason.DECLINED
        award.state = AwardState.DECLINED if declined else AwardState.DEFAULTED
        award.reason, award.due_fen = event.reason, 0
        award.save(update_fields=["state", "reason", "due_fen"])
        if not declined:
            record_default(award)

    def _forfeited(self, event: Event, _at_ns: int) -> None:
        award = self._award_of(event.order_id, event.account, (AwardState.DEFAULTED,))
        award.forfeited_fen = event.remaining
        award.save(update_fields=["forfeited_fen"])


def _word(reason: int) -> str:
    """A reason of the desk in a history."""
    if not reason:
        return ""
    return (Reason(reason) if reason < DeskReason.DESK_CLOSED else DeskReason(reason)).name.lower()
