"""Changing auctions: draft, submit, approve, refuse, announce, pause, resume, cancel, supply.

As with listings (``listings``) goods are set aside when the operator approves, and the floor is told of the
auction once it and the register agree (``floor_answers``). It is announced by a word of its own, and opens,
extends, closes and awards by itself: all of that is the desk's, with time that comes from commands.

Each change is one transaction: rows, the step in its history, the audit entry, and what the floor is told.
"""

from django.db import transaction

from exchange.halls.auction_selectors import auction_row, entry_row
from exchange.halls.checks import check_price, offered_kg, product_for, wanted_kg
from exchange.halls.errors import BadAuctionTerms, NotOnTheFloor, NotReverse
from exchange.halls.lives import facts_of, step, subject_of
from exchange.halls.locks import lock_auction
from exchange.halls.models import Auction, Entry
from exchange.halls.photographs import fitting_photos
from exchange.halls.types import (
    RUNNING_AUCTIONS,
    AuctionRow,
    EntryRow,
    EntryState,
    HallState,
    NewAuction,
)
from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, BadTransition, error_for_reason
from exchange.markets.types import ProductRow
from matching.auctions.kinds import fit, limit_of
from matching.auctions.rules import Terms
from matching.desk_events import DeskReason
from matching.desk_types import (
    AUCTION,
    CANCEL,
    PAUSE,
    RESUME,
    AuctionKind,
    AuctionParameter,
    DeskCommand,
    DeskCommandKind,
)
from matching.types import Side
from settlement.errors import SamePerson
from warehouse_receipts.setting_aside import hand_back, set_aside, set_aside_by_id
from warehouse_receipts.types import Business, SetAsideState

_PARAMETERS = tuple(AuctionParameter)


@transaction.atomic
def draft_auction(*, actor: Actor, account_no: int, terms: NewAuction) -> AuctionRow:
    """Writes down an auction that nobody sees yet.

    Raises UnknownProduct, ModeOff, UnknownReceipt, ReceiptInBusiness, …, BadPrice, PriceBand, OffTick,
    BadQuantity, MoreThanReceipts, TermsMissing, BadTime, BadAuctionTerms, UnknownPhoto, TooManyPhotos.
    """
    product = product_for(terms.product_number, AUCTION)
    if terms.side == Side.SELL:
        kg = offered_kg(terms.quantity_kg, terms.receipt_nos, account_no=account_no, product=product)
    else:
        kg = wanted_kg(terms.quantity_kg)
    _check_terms(terms, product, kg)
    auction = Auction.objects.create(
        account_no=account_no,
        product_number=product.number,
        side=terms.side,
        kind=terms.kind,
        title=terms.title,
        start_price=terms.start_price,
        quantity_kg=kg,
        left_kg=kg,
        opens_at_ns=terms.opens_at_ns,
        parameters={str(int(key)): value for key, value in sorted(terms.parameters.items()) if value},
        receipt_nos=sorted(terms.receipt_nos) if terms.side == Side.SELL else [],
        photos=fitting_photos(terms.photos, account_no=account_no, receipt_nos=terms.receipt_nos),
        note=terms.note,
        created_by=actor.name,
        created_at=calendar.now(),
    )
    _audit(auction, actor, "auction.draft")
    return auction_row(auction)


def _check_terms(terms: NewAuction, product: ProductRow, kg: int) -> None:
    if terms.side not in (Side.BUY, Side.SELL):
        raise BadParameter(name="side")
    if terms.side == Side.BUY and terms.kind in (AuctionKind.DUTCH, AuctionKind.CLOCK):
        raise BadAuctionTerms(name="kind")
    check_price(terms.start_price, product)
    if terms.opens_at_ns <= calendar.now_ns():
        raise error_for_reason(DeskReason.BAD_TIME)
    for key, value in terms.parameters.items():
        if key not in _PARAMETERS or not 0 <= value <= limit_of(AuctionParameter(key)):
            raise BadAuctionTerms(name=AuctionParameter(key).name.lower())
    if terms.parameters.get(AuctionParameter.STEP, 1) % product.tick_fen:
        raise BadAuctionTerms(name="step")
    if not fit(_rule_terms(terms, product, kg)):
        raise BadAuctionTerms(name=terms.kind.name.lower())


def _rule_terms(terms: NewAuction, product: ProductRow, kg: int) -> Terms:
    """The same as the rules read them, with the desk's defaults."""
    given = Terms(0, product.number, terms.kind, terms.side, terms.start_price, kg, terms.opens_at_ns)
    for key, value in terms.parameters.items():
        setattr(given, AuctionParameter(key).name.lower(), value)
    if not given.whole_lot:
        given.kg_step = given.kg_step or product.step_kg
        given.min_take = given.min_take or given.kg_step
    return given


@transaction.atomic
def submit_auction(*, actor: Actor, account_no: int, auction_id: int) -> AuctionRow:
    """Asks for the operator's approval. Raises UnknownAuction, BadTransition."""
    auction = lock_auction(auction_id, account_no)
    _step(auction, HallState.SUBMITTED, actor)
    auction.submitted_by, auction.submitted_at = actor.name, calendar.now()
    auction.save(update_fields=["state", "submitted_by", "submitted_at"])
    _audit(auction, actor, "auction.submit")
    return auction_row(auction)


@transaction.atomic
def approve_auction(
    *, actor: Actor, auction_id: int, note: str = "", announce_at_once: bool = False
) -> AuctionRow:
    """Approves an auction: its goods are set aside and the floor is told of it.

    announce_at_once: announced without a further word as soon as the floor has it. Raises UnknownAuction,
    BadTransition, SamePerson, BadTime (it should have opened), and what keeps its receipts from being set
    aside.
    """
    auction = lock_auction(auction_id)
    if auction.submitted_by == actor.name:
        raise SamePerson
    if auction.opens_at_ns <= calendar.now_ns():
        raise error_for_reason(DeskReason.BAD_TIME)
    _step(auction, HallState.APPROVED, actor, note)
    auction.checked_by, auction.checked_at, auction.audit_note = actor.name, calendar.now(), note[:300]
    auction.announce = announce_at_once
    if auction.side == Side.SELL:
        auction.set_aside_id = set_aside(
            holder_no=auction.account_no,
            receipt_nos=auction.receipt_nos,
            business=Business.AUCTION,
            reference=subject_of(auction),
            actor=actor,
        ).id
    auction.save(
        update_fields=["state", "checked_by", "checked_at", "audit_note", "announce", "set_aside_id"]
    )
    if auction.side == Side.BUY:
        send_auction(auction)
    _audit(auction, actor, "auction.approve", note)
    return auction_row(auction)


def send_auction(auction: Auction) -> None:
    """Tells the floor of an approved auction whose goods, if it is a sale, are set aside."""
    subject = subject_of(auction)
    define = DeskCommand(
        DeskCommandKind.AUCTION,
        product=auction.product_number,
        account=auction.account_no,
        side=auction.side,
        mode=auction.kind,
        id=auction.pk,
        price=auction.start_price,
        quantity=auction.quantity_kg,
        amount=auction.opens_at_ns,
        extra=auction.set_aside_id or 0,
    )
    parameters = sorted((int(key), value) for key, value in auction.parameters.items())
    outbox.enqueue_many(
        [
            (define, f"{subject}:define"),
            *(
                (
                    DeskCommand(DeskCommandKind.AUCTION_SET, other=key, id=auction.pk, amount=value),
                    f"{subject}:set:{key}",
                )
                for key, value in parameters
            ),
        ]
    )
    if auction.announce:
        send_announcement(auction)


def send_announcement(auction: Auction) -> None:
    """Tells the floor to announce it."""
    outbox.enqueue(
        DeskCommand(DeskCommandKind.ANNOUNCE, id=auction.pk),
        f"{subject_of(auction)}:{_next(auction)}:announce",
    )


def _next(auction: Auction) -> int:
    auction.controls += 1
    auction.save(update_fields=["controls"])
    return auction.controls


@transaction.atomic
def refuse_auction(*, actor: Actor, auction_id: int, reason: str) -> AuctionRow:
    """Says why an auction is not held. Raises UnknownAuction, BadTransition, SamePerson, BadParameter."""
    _check_reason(reason)
    auction = lock_auction(auction_id)
    if auction.submitted_by == actor.name:
        raise SamePerson
    _step(auction, HallState.REFUSED, actor, reason)
    auction.checked_by, auction.checked_at, auction.audit_note = actor.name, calendar.now(), reason[:300]
    auction.save(update_fields=["state", "checked_by", "checked_at", "audit_note"])
    _audit(auction, actor, "auction.refuse", reason)
    return auction_row(auction)


@transaction.atomic
def take_back_auction(*, actor: Actor, account_no: int, auction_id: int) -> AuctionRow:
    """Takes back a draft, or an auction nobody has approved yet. Raises UnknownAuction, BadTransition."""
    auction = lock_auction(auction_id, account_no)
    if auction.state not in (HallState.DRAFT, HallState.SUBMITTED):
        raise BadTransition(state=auction.state, event="take_back")
    _step(auction, HallState.CANCELLED, actor)
    auction.save(update_fields=["state"])
    _audit(auction, actor, "auction.take_back")
    return auction_row(auction)


@transaction.atomic
def announce_auction(*, actor: Actor, auction_id: int) -> AuctionRow:
    """Shows it: entry begins, and it opens by itself. Raises UnknownAuction, BadTransition, NotOnTheFloor."""
    auction = lock_auction(auction_id)
    if auction.state != HallState.APPROVED:
        raise BadTransition(state=auction.state, event="announce")
    if not auction.defined:
        raise NotOnTheFloor
    send_announcement(auction)
    _audit(auction, actor, "auction.announce")
    return auction_row(auction)


def pause_auction(*, actor: Actor, auction_id: int, reason: str) -> AuctionRow:
    """Stops the clock of an open auction. Raises UnknownAuction, BadTransition, BadParameter."""
    return _control(actor, auction_id, reason, PAUSE, "pause", (HallState.OPEN,))


def resume_auction(*, actor: Actor, auction_id: int, reason: str) -> AuctionRow:
    """Lets a paused auction go on, its end moved by the time paused. Raises as ``pause_auction``."""
    return _control(actor, auction_id, reason, RESUME, "resume", (HallState.PAUSED,))


def cancel_auction(*, actor: Actor, auction_id: int, reason: str) -> AuctionRow:
    """Ends an auction without a result; everything is released. Raises as ``pause_auction``."""
    states = (HallState.APPROVED, HallState.ANNOUNCED, *RUNNING_AUCTIONS)
    return _control(actor, auction_id, reason, CANCEL, "cancel", states)


@transaction.atomic
def _control(
    actor: Actor, auction_id: int, reason: str, flags: int, word: str, states: tuple[HallState, ...]
) -> AuctionRow:
    _check_reason(reason)
    auction = lock_auction(auction_id)
    if auction.state not in states:
        raise BadTransition(state=auction.state, event=word)
    if not auction.defined:
        raise NotOnTheFloor
    command = DeskCommand(DeskCommandKind.CONTROL, flags=flags, id=auction.pk)
    outbox.enqueue(command, f"{subject_of(auction)}:{_next(auction)}:{word}")
    auction.audit_note = reason[:300]
    auction.save(update_fields=["audit_note"])
    _audit(auction, actor, f"auction.{word}", reason)
    return auction_row(auction)


# Goods for a reverse auction -------------------------------------------------------------------------


@transaction.atomic
def supply(*, actor: Actor, account_no: int, auction_id: int, receipt_nos: tuple[str, ...]) -> EntryRow:
    """Puts up receipts to enter a reverse auction 竞卖: they are set aside, then the member is entered.

    Raises UnknownAuction, NotReverse, NotAnnounced, AuctionOver, OwnAuction, AlreadyEntered, and what keeps
    the receipts from being set aside.
    """
    auction = lock_auction(auction_id)
    _check_supply(auction, account_no)
    product = product_for(auction.product_number, AUCTION)
    kg = offered_kg(0, receipt_nos, account_no=account_no, product=product)
    entry, _ = Entry.objects.get_or_create(
        auction=auction, account_no=account_no, defaults={"state": EntryState.PREPARING}
    )
    if entry.state == EntryState.ENTERED or entry.set_aside_id is not None:
        raise error_for_reason(DeskReason.ALREADY_ENTERED)
    entry.attempts += 1
    entry.state, entry.failure, entry.quantity_kg = EntryState.PREPARING, "", min(kg, auction.quantity_kg)
    entry.set_aside_id = set_aside(
        holder_no=account_no,
        receipt_nos=receipt_nos,
        business=Business.AUCTION,
        reference=f"{subject_of(auction)}:supply:{account_no}",
        actor=actor,
    ).id
    entry.save(update_fields=["attempts", "state", "failure", "quantity_kg", "set_aside_id"])
    audit.record(
        actor=actor,
        action="auction.supply",
        subject=subject_of(auction),
        after={"account": account_no, "receipts": sorted(receipt_nos)},
    )
    return entry_row(entry)


def _check_supply(auction: Auction, account_no: int) -> None:
    if auction.side != Side.BUY:
        raise NotReverse
    if auction.account_no == account_no:
        raise error_for_reason(DeskReason.OWN_AUCTION)
    if auction.state in (HallState.DRAFT, HallState.SUBMITTED, HallState.APPROVED):
        raise error_for_reason(DeskReason.NOT_ANNOUNCED)
    if auction.state not in (HallState.ANNOUNCED, HallState.OPEN, HallState.PAUSED):
        raise error_for_reason(DeskReason.AUCTION_OVER)


def send_entry(entry: Entry) -> None:
    """Tells the floor that a supplier enters with the lot set aside for it."""
    command = DeskCommand(
        DeskCommandKind.ENTER,
        account=entry.account_no,
        id=entry.auction_id,
        quantity=entry.quantity_kg,
        extra=entry.set_aside_id or 0,
    )
    outbox.enqueue(command, f"auction:{entry.auction_id}:enter:{entry.account_no}:{entry.attempts}")


def hand_back_left(set_aside_id: int | None, why: str) -> None:
    """What is left of goods set aside can be sold again; nothing happens if nothing is left."""
    if set_aside_id is not None and set_aside_by_id(set_aside_id).state == SetAsideState.ACTIVE:
        hand_back(set_aside_id, reference=why)


def _step(auction: Auction, to: HallState, actor: Actor, reason: str = "") -> None:
    step(auction, to, actor.name, reason).save()


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise BadParameter(name="reason")


def _audit(auction: Auction, actor: Actor, action: str, reason: str = "") -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=subject_of(auction),
        reason=reason,
        after={
            "state": str(auction.state),
            "kind": int(auction.kind),
            "opens_at_ns": auction.opens_at_ns,
            **facts_of(auction),
        },
    )
