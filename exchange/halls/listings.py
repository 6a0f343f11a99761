"""Changing listings: draft, submit, approve, refuse, withdraw, relist.

A listing is drafted and submitted by its member, approved by the operator (never the same person), and goes
to the floor in two steps: first its receipts are set aside as a lot, then, once floor and register agree, it
is listed (``floor_answers``). What happens to it there, takes and counter-offers and its end, members ask of
the floor directly. To edit an open listing is to withdraw it and list it anew.

Each change is one transaction: rows, the step in its history, the audit entry, and what the floor is told.
"""

from django.db import transaction

from exchange.halls.checks import (
    check_listing_terms,
    invited_accounts,
    offered_kg,
    product_for,
    wanted_kg,
)
from exchange.halls.errors import StillOpen
from exchange.halls.lives import facts_of, step, subject_of
from exchange.halls.locks import lock_listing
from exchange.halls.models import Invitation, Listing
from exchange.halls.photographs import fitting_photos
from exchange.halls.selectors import listing_row
from exchange.halls.types import ListingRow, ListingState, NewListing
from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, BadTransition
from matching.desk_types import (
    BY_THE_OPERATOR,
    CONFIRM,
    INVITED,
    LISTED,
    NEGOTIABLE,
    NEGOTIATED,
    DeskCommand,
    DeskCommandKind,
)
from matching.types import Side
from settlement.errors import SamePerson
from warehouse_receipts.setting_aside import set_aside
from warehouse_receipts.types import Business


@transaction.atomic
def draft_listing(
    *, actor: Actor, account_no: int, terms: NewListing, previous_id: int | None = None
) -> ListingRow:
    """Writes down an offer that nobody sees yet.

    Raises UnknownProduct, ModeOff, UnknownReceipt, ReceiptInBusiness, … , BadPrice, PriceBand, BadQuantity,
    BadValidity, BadMinimumTake, BadInvitation, MoreThanReceipts, TermsMissing, PaymentOff, BadParameter,
    UnknownPhoto, TooManyPhotos.
    """
    product = product_for(terms.product_number, LISTED)
    if terms.negotiable:
        product_for(terms.product_number, NEGOTIATED)
    sells = terms.side == Side.SELL
    relisted = _reserved_by(previous_id)
    if sells and not set(terms.receipt_nos) <= relisted:
        kg = offered_kg(terms.quantity_kg, terms.receipt_nos, account_no=account_no, product=product)
    elif sells:
        kg = wanted_kg(terms.quantity_kg)
    else:
        kg = wanted_kg(terms.quantity_kg)
    check_listing_terms(terms, product, kg)
    invited = invited_accounts(terms.invited, account_no)
    listing = Listing.objects.create(
        account_no=account_no,
        product_number=product.number,
        side=terms.side,
        price=terms.price,
        quantity_kg=kg,
        left_kg=kg,
        minimum_kg=terms.minimum_kg or min(kg, terms.steps * product.step_kg),
        step_kg=terms.steps * product.step_kg,
        steps=terms.steps,
        valid_until_ns=terms.valid_until_ns,
        negotiable=terms.negotiable,
        confirm=terms.confirm,
        payment=terms.payment,
        invited_only=bool(invited),
        receipt_nos=sorted(terms.receipt_nos) if sells else [],
        note=terms.note,
        photos=fitting_photos(terms.photos, account_no=account_no, receipt_nos=terms.receipt_nos),
        previous_id=previous_id,
        created_by=actor.name,
        created_at=calendar.now(),
    )
    Invitation.objects.bulk_create(Invitation(listing=listing, account_no=number) for number in invited)
    _audit(listing, actor, "listing.draft")
    return listing_row(listing)


def _reserved_by(listing_id: int | None) -> set[str]:
    """Receipts an open listing has set aside: they come back before the next one needs them."""
    if listing_id is None:
        return set()
    return set(Listing.objects.values_list("receipt_nos", flat=True).get(pk=listing_id))


@transaction.atomic
def submit_listing(*, actor: Actor, account_no: int, listing_id: int) -> ListingRow:
    """Asks for the operator's approval. Raises UnknownListing, BadTransition."""
    listing = lock_listing(listing_id, account_no)
    _step(listing, ListingState.SUBMITTED, actor)
    listing.submitted_by, listing.submitted_at = actor.name, calendar.now()
    listing.save(update_fields=["state", "submitted_by", "submitted_at"])
    _audit(listing, actor, "listing.submit")
    return listing_row(listing)


@transaction.atomic
def approve_listing(*, actor: Actor, listing_id: int, note: str = "") -> ListingRow:
    """Lets a listing into the hall: its goods are set aside, then it is listed.

    Raises UnknownListing, BadTransition, SamePerson, BadValidity (it waited too long), and what keeps its
    receipts from being set aside (ReceiptInBusiness while the listing it replaces has not ended).
    """
    listing = lock_listing(listing_id)
    if listing.submitted_by == actor.name:
        raise SamePerson
    _step(listing, ListingState.APPROVED, actor, note)
    listing.checked_by, listing.checked_at, listing.audit_note = actor.name, calendar.now(), note[:300]
    if listing.side == Side.SELL:
        listing.set_aside_id = set_aside(
            holder_no=listing.account_no,
            receipt_nos=listing.receipt_nos,
            business=Business.LISTING,
            reference=subject_of(listing),
            actor=actor,
        ).id
    listing.save(update_fields=["state", "checked_by", "checked_at", "audit_note", "set_aside_id"])
    if listing.side == Side.BUY:
        send_listing(listing)
    _audit(listing, actor, "listing.approve", note)
    return listing_row(listing)


def send_listing(listing: Listing) -> None:
    """Tells the floor of an approved listing whose goods, if it sells, are set aside."""
    flags = NEGOTIABLE * listing.negotiable | CONFIRM * listing.confirm | INVITED * listing.invited_only
    flags |= listing.payment
    command = DeskCommand(
        DeskCommandKind.LIST,
        product=listing.product_number,
        account=listing.account_no,
        other=listing.minimum_kg,
        side=listing.side,
        mode=listing.steps,
        flags=flags,
        id=listing.pk,
        price=listing.price,
        quantity=listing.quantity_kg,
        amount=listing.valid_until_ns,
        extra=listing.set_aside_id or 0,
    )
    subject = subject_of(listing)
    outbox.enqueue_many(
        [
            (command, f"{subject}:open"),
            *(
                (
                    DeskCommand(DeskCommandKind.INVITE, account=number, id=listing.pk),
                    f"{subject}:invite:{number}",
                )
                for number in listing.invitations.order_by("account_no").values_list("account_no", flat=True)
            ),
        ]
    )


@transaction.atomic
def refuse_listing(*, actor: Actor, listing_id: int, reason: str) -> ListingRow:
    """Says why a listing does not come into the hall. Raises UnknownListing, BadTransition, BadParameter."""
    _check_reason(reason)
    listing = lock_listing(listing_id)
    if listing.submitted_by == actor.name:
        raise SamePerson
    _step(listing, ListingState.REFUSED, actor, reason)
    listing.checked_by, listing.checked_at, listing.audit_note = actor.name, calendar.now(), reason[:300]
    listing.save(update_fields=["state", "checked_by", "checked_at", "audit_note"])
    _audit(listing, actor, "listing.refuse", reason)
    return listing_row(listing)


@transaction.atomic
def take_back_listing(*, actor: Actor, account_no: int, listing_id: int) -> ListingRow:
    """Takes back a draft, or a listing nobody has approved yet.

    An open one is withdrawn on the floor. Raises UnknownListing, StillOpen, BadTransition.
    """
    listing = lock_listing(listing_id, account_no)
    if listing.state in (ListingState.APPROVED, ListingState.OPEN):
        raise StillOpen
    _step(listing, ListingState.WITHDRAWN, actor)
    listing.save(update_fields=["state"])
    _audit(listing, actor, "listing.take_back")
    return listing_row(listing)


@transaction.atomic
def withdraw_by_operator(*, actor: Actor, listing_id: int, reason: str) -> ListingRow:
    """Asks the floor to end an open listing. Raises UnknownListing, BadTransition, BadParameter."""
    _check_reason(reason)
    listing = lock_listing(listing_id)
    if listing.state != ListingState.OPEN:
        raise BadTransition(state=listing.state, event="withdraw")
    command = DeskCommand(DeskCommandKind.WITHDRAW, flags=BY_THE_OPERATOR, id=listing.pk)
    row = outbox.enqueue(command, f"{subject_of(listing)}:withdraw:{calendar.now_ns()}")
    listing.audit_note = reason[:300]
    listing.save(update_fields=["audit_note"])
    _audit(listing, actor, "listing.withdraw_by_operator", reason, outbox=row.pk)
    return listing_row(listing)


@transaction.atomic
def relist(*, actor: Actor, account_no: int, listing_id: int, terms: NewListing) -> ListingRow:
    """Edits: withdraws the listing, if it still stands, and submits a new one that follows it.

    The new one is audited as any other, and can be approved once the goods of the old one are back. Raises
    what ``draft_listing`` does, UnknownListing, and BadTransition for one that was never in the hall.
    """
    old = lock_listing(listing_id, account_no)
    if not old.opened_at_ns or Listing.objects.filter(previous=old).exists():
        raise BadTransition(state=old.state, event="relist")
    new = draft_listing(actor=actor, account_no=account_no, terms=terms, previous_id=old.pk)
    if old.state == ListingState.OPEN:
        command = DeskCommand(DeskCommandKind.WITHDRAW, account=account_no, id=old.pk)
        outbox.enqueue(command, f"{subject_of(old)}:withdraw:relist")
    return submit_listing(actor=actor, account_no=account_no, listing_id=new.id)


def _step(listing: Listing, to: ListingState, actor: Actor, reason: str = "") -> None:
    step(listing, to, actor.name, reason).save()


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise BadParameter(name="reason")


def _audit(listing: Listing, actor: Actor, action: str, reason: str = "", **more: int) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=subject_of(listing),
        reason=reason,
        after={"state": str(listing.state), **facts_of(listing), **more},
    )
