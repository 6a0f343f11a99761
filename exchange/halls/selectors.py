"""Reading 挂牌大厅: listings, takes, counter-offers, deals, holds. Auctions: ``auction_selectors``.

Who may see what is decided here: a listing for invited members is seen by them, its lister and the operator;
a listing that is not in the hall by its lister and the operator; takes and chains by their two parties.
"""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from exchange.halls.asking import ListingFilter, ListingPage
from exchange.halls.models import Deal, DeskHold, HallStep, Listing, Proposal, Take
from exchange.halls.types import (
    ENDED_LISTINGS,
    WAITING_LISTINGS,
    DealRow,
    HoldRow,
    ListingRow,
    ListingState,
    ProposalRow,
    ProposalState,
    StepRow,
    TakeRow,
    TakeState,
)
from exchange.kernel.errors import error_for_reason
from exchange.members.selectors import members_by_account_no
from matching.desk_events import DeskReason

MAX_ROWS = 501
"""Most rows of one answer: a page of the API, and one more that tells of the next."""

_SORTS = {
    "newest": ("-id",),
    "price": ("price", "-id"),
    "-price": ("-price", "-id"),
    "kg": ("left_kg", "-id"),
    "-kg": ("-left_kg", "-id"),
    "ends": ("valid_until_ns", "-id"),
}
_SHOWN_ENDS = (ListingState.SOLD_OUT, ListingState.WITHDRAWN, ListingState.EXPIRED)


# Listings --------------------------------------------------------------------------------------------


def listings(
    *,
    viewer_no: int | None = None,
    wanted: ListingFilter | None = None,
    sort: str = "newest",
    offset: int = 0,
    limit: int = 50,
) -> ListingPage:
    """Open listings the viewer (an account; None: the public) may see. sort is one of LISTING_SORTS."""
    rows = _filtered(Listing.objects.filter(state=ListingState.OPEN), wanted or ListingFilter())
    rows = rows.filter(_visible_to(viewer_no)).order_by(*_SORTS.get(sort, _SORTS["newest"]))
    return _page(rows, offset, limit)


def _filtered(rows: QuerySet[Listing], wanted: ListingFilter) -> QuerySet[Listing]:
    if wanted.side is not None:
        rows = rows.filter(side=wanted.side)
    if wanted.product_numbers:
        rows = rows.filter(product_number__in=wanted.product_numbers)
    if wanted.lowest is not None:
        rows = rows.filter(price__gte=wanted.lowest)
    if wanted.highest is not None:
        rows = rows.filter(price__lte=wanted.highest)
    if wanted.least_kg is not None:
        rows = rows.filter(left_kg__gte=wanted.least_kg)
    if wanted.negotiable is not None:
        rows = rows.filter(negotiable=wanted.negotiable)
    if wanted.payment is not None:
        rows = rows.filter(payment=wanted.payment)
    return rows


def _visible_to(viewer_no: int | None) -> Q:
    if viewer_no is None:
        return Q(invited_only=False)
    invited = Listing.objects.filter(invitations__account_no=viewer_no).values("id")
    return Q(invited_only=False) | Q(account_no=viewer_no) | Q(id__in=invited)


def listing_by_id(listing_id: int, *, viewer_no: int | None = None, operator: bool = False) -> ListingRow:
    """A listing the viewer may see. Raises UnknownListing, also for one that is not for him."""
    rows = Listing.objects.filter(pk=listing_id)
    if not operator:
        in_hall = Q(state__in=(ListingState.OPEN, *_SHOWN_ENDS), opened_at_ns__gt=0)
        own = Q(pk__in=[]) if viewer_no is None else Q(account_no=viewer_no)
        rows = rows.filter((in_hall & _visible_to(viewer_no)) | own)
    listing = rows.select_related("next").first()
    if listing is None:
        raise error_for_reason(DeskReason.UNKNOWN_LISTING)
    return listing_row(listing)


def listings_of(account_no: int, *, show: str = "all", offset: int = 0, limit: int = 50) -> ListingPage:
    """A member's own listings, newest first; show: open, waiting, done or all."""
    states = {"open": (ListingState.OPEN,), "waiting": WAITING_LISTINGS, "done": ENDED_LISTINGS}
    rows = Listing.objects.filter(account_no=account_no)
    if show in states:
        rows = rows.filter(state__in=states[show])
    return _page(rows.order_by("-id"), offset, limit)


def listings_to_check(*, offset: int = 0, limit: int = 50) -> ListingPage:
    """What waits for the operator's approval, oldest first."""
    return _page(Listing.objects.filter(state=ListingState.SUBMITTED).order_by("id"), offset, limit)


def listings_for_operator(*, offset: int = 0, limit: int = 50) -> ListingPage:
    """Every listing in the hall, newest first."""
    return _page(Listing.objects.filter(state=ListingState.OPEN).order_by("-id"), offset, limit)


def invited_codes(listing_id: int) -> list[str]:
    """Codes of the members a listing is for; for its lister and the operator."""
    numbers = Listing.objects.filter(pk=listing_id).values_list("invitations__account_no", flat=True)
    return sorted(member.code for member in members_by_account_no(no for no in numbers if no).values())


def steps(subject: str) -> list[StepRow]:
    """The history of ``listing:12`` or ``auction:7``, oldest first."""
    rows = HallStep.objects.filter(subject=subject).order_by("id")
    return [StepRow(row.from_state, row.to_state, row.actor, row.reason, row.at) for row in rows]


def _page(rows: QuerySet[Listing], offset: int, limit: int) -> ListingPage:
    start, count = max(0, offset), max(1, min(limit, MAX_ROWS))
    found = list(rows.select_related("next")[start : start + count + 1])
    more = start + count if len(found) > count else None
    return ListingPage(tuple(map(listing_row, found[:count])), more, rows.count())


def listing_row(listing: Listing) -> ListingRow:
    """A listing as it leaves the package."""
    follower = getattr(listing, "next", None)
    return ListingRow(
        id=listing.pk,
        no=str(listing),
        account_no=listing.account_no,
        product_number=listing.product_number,
        side=listing.side,
        price=listing.price,
        quantity_kg=listing.quantity_kg,
        left_kg=listing.left_kg,
        reserved_kg=listing.reserved_kg,
        minimum_kg=listing.minimum_kg,
        step_kg=listing.step_kg,
        valid_until_ns=listing.valid_until_ns,
        negotiable=listing.negotiable,
        confirm=listing.confirm,
        payment=listing.payment,
        invited_only=listing.invited_only,
        receipt_nos=tuple(listing.receipt_nos),
        set_aside_id=listing.set_aside_id,
        note=listing.note,
        state=ListingState(listing.state),
        reason=listing.reason,
        failure=listing.failure,
        audit_note=listing.audit_note,
        created_by=listing.created_by,
        created_at=listing.created_at,
        submitted_at=listing.submitted_at,
        checked_by=listing.checked_by,
        checked_at=listing.checked_at,
        opened_at_ns=listing.opened_at_ns,
        ended_at_ns=listing.ended_at_ns,
        previous_id=listing.previous_id,
        next_id=None if follower is None else follower.pk,
        photos=tuple(listing.photos or ()),
    )


# Takes -----------------------------------------------------------------------------------------------


def takes_to_answer(lister_no: int) -> list[TakeRow]:
    """Takes that wait for this lister's word, the most urgent first."""
    rows = Take.objects.filter(lister_no=lister_no, state=TakeState.PENDING)
    return _takes(rows.order_by("deadline_ns", "number"))


def takes_of(account_no: int, *, before: int | None = None, limit: int = 50) -> list[TakeRow]:
    """Takes a member made that needed confirmation, newest first; `before` is a number of one."""
    rows = Take.objects.filter(account_no=account_no)
    if before is not None:
        rows = rows.filter(number__lt=before)
    return _takes(rows.order_by("-number")[: min(limit, MAX_ROWS)])


def takes_on(listing_id: int, *, viewer_no: int) -> list[TakeRow]:
    """Takes on a listing that the viewer is a party to, newest first."""
    mine = Q(account_no=viewer_no) | Q(lister_no=viewer_no)
    return _takes(Take.objects.filter(mine, listing_id=listing_id).order_by("-number"))


def take_by_id(number: int, *, viewer_no: int) -> TakeRow:
    """A take the viewer is a party to. Raises UnknownTake."""
    mine = Q(account_no=viewer_no) | Q(lister_no=viewer_no)
    found = _takes(Take.objects.filter(mine, number=number))
    if not found:
        raise error_for_reason(DeskReason.UNKNOWN_TAKE)
    return found[0]


def _takes(rows: Iterable[Take] | QuerySet[Take]) -> list[TakeRow]:
    if isinstance(rows, QuerySet):
        rows = rows.select_related("listing")
    return [
        TakeRow(
            id=row.number,
            listing_id=row.listing_id,
            product_number=row.listing.product_number,
            account_no=row.account_no,
            lister_no=row.lister_no,
            side=row.side,
            price=row.price,
            quantity_kg=row.quantity_kg,
            payment=row.listing.payment,
            deadline_ns=row.deadline_ns,
            state=TakeState(row.state),
            reason=row.reason,
            deal=row.deal,
            at_ns=row.at_ns,
            ended_at_ns=row.ended_at_ns,
        )
        for row in rows
    ]


# Negotiation -----------------------------------------------------------------------------------------


def proposals_to_answer(account_no: int) -> list[ProposalRow]:
    """Standing proposals that wait for this member's answer, the most urgent first."""
    rows = Proposal.objects.filter(other_no=account_no, state=ProposalState.STANDING)
    return _proposals(rows.order_by("expires_ns", "number"))


def proposals_of(account_no: int, *, before: int | None = None, limit: int = 50) -> list[ProposalRow]:
    """What a member proposed, newest first; `before` is a number of one."""
    rows = Proposal.objects.filter(account_no=account_no)
    if before is not None:
        rows = rows.filter(number__lt=before)
    return _proposals(rows.order_by("-number")[: min(limit, MAX_ROWS)])


def chains(listing_id: int, *, viewer_no: int) -> dict[int, list[ProposalRow]]:
    """Chains of counter-offers on a listing by the member that is not the lister, each oldest first.

    The lister sees all of them, another member its own, nobody else any.
    """
    rows = Proposal.objects.filter(listing_id=listing_id)
    rows = rows.filter(Q(member_no=viewer_no) | Q(listing__account_no=viewer_no)).order_by("number")
    found: dict[int, list[ProposalRow]] = {}
    for row in _proposals(rows):
        found.setdefault(row.member_no, []).append(row)
    return found


def proposal_by_id(number: int, *, viewer_no: int) -> ProposalRow:
    """A proposal the viewer is a party to. Raises UnknownProposal."""
    mine = Q(account_no=viewer_no) | Q(other_no=viewer_no)
    found = _proposals(Proposal.objects.filter(mine, number=number))
    if not found:
        raise error_for_reason(DeskReason.UNKNOWN_PROPOSAL)
    return found[0]


def _proposals(rows: QuerySet[Proposal]) -> list[ProposalRow]:
    return [
        ProposalRow(
            id=row.number,
            listing_id=row.listing_id,
            product_number=row.listing.product_number,
            member_no=row.member_no,
            account_no=row.account_no,
            other_no=row.other_no,
            side=row.side,
            price=row.price,
            quantity_kg=row.quantity_kg,
            payment=row.listing.payment,
            expires_ns=row.expires_ns,
            state=ProposalState(row.state),
            reason=row.reason,
            deal=row.deal,
            at_ns=row.at_ns,
            ended_at_ns=row.ended_at_ns,
        )
        for row in rows.select_related("listing")
    ]


# Deals and holds -------------------------------------------------------------------------------------


def deals_of(account_no: int, *, before: int | None = None, limit: int = 50) -> list[DealRow]:
    """Deals of the halls a member is a party to, newest first; ``before`` is a deal's number."""
    rows = Deal.objects.filter(Q(buyer_no=account_no) | Q(seller_no=account_no))
    if before is not None:
        rows = rows.filter(number__lt=before)
    return [deal_row(row) for row in rows.order_by("-number")[: max(1, min(limit, MAX_ROWS))]]


def deals_on(listing_id: int, *, viewer_no: int | None, operator: bool = False) -> list[DealRow]:
    """Deals on a listing that the viewer is a party to (the operator: all), newest first."""
    rows = Deal.objects.filter(listing_id=listing_id)
    if not operator:
        rows = rows.filter(Q(buyer_no=viewer_no) | Q(seller_no=viewer_no))
    return [deal_row(row) for row in rows.order_by("-number")]


def deal_row(row: Deal) -> DealRow:
    """A deal as it leaves the package."""
    return DealRow(
        id=row.number,
        mode=row.mode,
        listing_id=row.listing_id,
        auction_id=row.auction_id,
        product_number=row.product_number,
        price=row.price,
        quantity_kg=row.quantity_kg,
        amount_fen=row.price * row.quantity_kg,
        buyer_no=row.buyer_no,
        seller_no=row.seller_no,
        buyer_fee_fen=row.buyer_fee_fen,
        seller_fee_fen=row.seller_fee_fen,
        deposit_fen=row.deposit_fen,
        payment=row.payment,
        bond_fen=row.bond_fen,
        set_aside_id=row.set_aside_id,
        at_ns=row.at_ns,
        seq=row.seq,
    )


def holds_of(account_no: int) -> list[HoldRow]:
    """What the desk holds of a member, and what for."""
    fields = ("kind", "number", "subject", "product_number", "quantity")
    return [HoldRow._make(row) for row in DeskHold.objects.filter(account_no=account_no).values_list(*fields)]
