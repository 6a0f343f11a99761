"""Answering an intention: inquiries 询盘, what the two say to each other, contacts, blocks, reports of abuse.

Nothing here binds anybody. A conversation is between its two parties; the operator reads one only when one of
them has reported it.
"""

from django.db import IntegrityError, transaction

from exchange.bulletin import supply_checks as checks
from exchange.bulletin.supply_errors import (
    BadContact,
    InquiryOver,
    InquiryStands,
    IntentionNotOpen,
    NotYourStep,
    OwnIntention,
    ReportedAlready,
    TermsChanged,
    UnknownIntention,
)
from exchange.bulletin.supply_locks import lock_inquiry, lock_intention, take_turn
from exchange.bulletin.supply_models import (
    AbuseReport,
    Inquiry,
    InquiryContact,
    InquiryMessage,
    Intention,
    MemberBlock,
)
from exchange.bulletin.supply_selectors import reported_conversation
from exchange.bulletin.supply_text import plain_text
from exchange.bulletin.supply_types import (
    INQUIRY_STEPS,
    MAX_BLOCKED,
    MAX_MESSAGE,
    MAX_PERSON,
    TALKING,
    InquiryEvent,
    InquiryState,
    IntentionState,
    MessageRow,
    ReportKind,
    ReportRow,
)
from exchange.halls.once import once
from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.characters import can_be_shown, phone_in
from exchange.kernel.errors import BadParameter, BadTransition
from exchange.members.selectors import member_by_account_no

MAX_REPORT = 300


# Inquiries -------------------------------------------------------------------------------------------


@transaction.atomic
def inquire(
    *,
    actor: Actor,
    account_no: int,
    intention_id: int,
    version: int,
    quantity_kg: int,
    price: int | None,
    text: str,
) -> int:
    """Asks about an intention on the board; the inquiry's number. version: of the terms seen.

    Raises UnknownIntention, MemberSuspended, OwnIntention, Blocked, IntentionNotOpen, TermsChanged,
    InquiryStands, BadIntentionQuantity, BadPrice, BadText, ContactInText, TooManyMessages.
    """
    take_turn(account_no)
    checks.good_standing(account_no)
    intention = lock_intention(intention_id)
    _check_may_inquire(intention, account_no, version)
    checks.check_kg(quantity_kg, quantity_kg)
    checks.check_price(price)
    words = plain_text(text, name=("说明", "The note"), most=MAX_MESSAGE)
    checks.check_inquiry_limit(account_no)
    checks.check_message_limit(account_no)
    at = calendar.now()
    row = Inquiry.objects.create(
        intention=intention,
        intention_version=intention.version,
        account_no=account_no,
        owner_no=intention.account_no,
        quantity_kg=quantity_kg,
        price=price,
        opened_at=at,
        last_at=at,
    )
    _write(row, actor, account_no, words)
    return row.pk


def _check_may_inquire(intention: Intention, account_no: int, version: int) -> None:
    checks.check_strangers(account_no, intention.account_no)
    checks.check_not_blocked(account_no, intention.account_no)
    on_the_board = intention.state == IntentionState.OPEN and intention.valid_until >= calendar.today()
    if not on_the_board or member_by_account_no(intention.account_no).status != checks.ACTIVE:
        raise IntentionNotOpen
    if intention.version != version:
        raise TermsChanged
    if Inquiry.objects.filter(intention=intention, account_no=account_no, state=InquiryState.OPEN).exists():
        raise InquiryStands


def say(*, actor: Actor, account_no: int, inquiry_id: int, text: str, key: str) -> int:
    """Writes to the other party and returns the message's number; the same key again returns the first one's.

    Raises UnknownInquiry, InquiryOver, Blocked, MemberSuspended, BadText, ContactInText, TooManyMessages.
    """
    return once(account_no, f"say:{key}", lambda: _say(actor, account_no, inquiry_id, text))[0]


def _say(actor: Actor, account_no: int, inquiry_id: int, text: str) -> int:
    take_turn(account_no)
    checks.good_standing(account_no)
    row = lock_inquiry(inquiry_id, account_no)
    _check_talking(row)
    words = plain_text(text, name=("消息", "The message"), most=MAX_MESSAGE, contacts=_exchanged(row))
    checks.check_message_limit(account_no)
    return _write(row, actor, account_no, words)


def agree(*, actor: Actor, account_no: int, inquiry_id: int) -> None:
    """The owner says that they agree. It binds nobody. Raises UnknownInquiry, NotYourStep, BadTransition."""
    _answer(actor, account_no, inquiry_id, InquiryState.AGREED)


def decline(*, actor: Actor, account_no: int, inquiry_id: int) -> None:
    """The owner is not interested. Raises UnknownInquiry, NotYourStep, BadTransition."""
    _answer(actor, account_no, inquiry_id, InquiryState.DECLINED)


def withdraw(*, actor: Actor, account_no: int, inquiry_id: int) -> None:
    """Who asked is not interested any more. Raises UnknownInquiry, NotYourStep, BadTransition."""
    _answer(actor, account_no, inquiry_id, InquiryState.WITHDRAWN)


@transaction.atomic
def _answer(actor: Actor, account_no: int, inquiry_id: int, to: InquiryState) -> None:
    row = lock_inquiry(inquiry_id, account_no)
    if (to == InquiryState.WITHDRAWN) != (account_no == row.account_no):
        raise NotYourStep
    if to == InquiryState.AGREED:
        checks.good_standing(account_no)
        checks.check_not_blocked(row.account_no, row.owner_no)
    if to not in INQUIRY_STEPS[row.state]:
        raise BadTransition(state=row.state, event=to.value)
    row.state = to
    row.save(update_fields=["state"])
    _write(row, actor, account_no, event=InquiryEvent(to.value))


def mark_seen(*, account_no: int, inquiry_id: int, message_id: int) -> None:
    """The party has seen everything up to a message; never less than before."""
    rows = Inquiry.objects.filter(pk=inquiry_id)
    rows.filter(account_no=account_no, seen_by_asker__lt=message_id).update(seen_by_asker=message_id)
    rows.filter(owner_no=account_no, seen_by_owner__lt=message_id).update(seen_by_owner=message_id)


def _check_talking(row: Inquiry) -> None:
    if row.state not in TALKING:
        raise InquiryOver
    checks.check_not_blocked(row.account_no, row.owner_no)


def _write(
    row: Inquiry, actor: Actor, account_no: int, text: str = "", *, event: InquiryEvent | None = None
) -> int:
    at = calendar.now()
    message = InquiryMessage.objects.create(
        inquiry=row, sender_no=account_no, by=actor.name, text=text, event=event or "", at=at
    )
    own = "seen_by_asker" if account_no == row.account_no else "seen_by_owner"
    setattr(row, own, message.pk)
    row.last_at = at
    row.save(update_fields=["last_at", own])
    return message.pk


# Contacts --------------------------------------------------------------------------------------------


@transaction.atomic
def give_contact(*, actor: Actor, account_no: int, inquiry_id: int, person: str, phone: str) -> None:
    """Gives whom to call; each sees the other's only when both have given one. Given again, it is replaced.

    Raises UnknownInquiry, InquiryOver, Blocked, MemberSuspended, BadContact.
    """
    checks.good_standing(account_no)
    row = lock_inquiry(inquiry_id, account_no)
    _check_talking(row)
    name, number = person.strip(), phone_in(phone)
    if not (0 < len(name) <= MAX_PERSON and can_be_shown(name)) or number is None:
        raise BadContact(most=MAX_PERSON)
    _contact, new = InquiryContact.objects.update_or_create(
        inquiry=row,
        account_no=account_no,
        defaults={"person": name, "phone": number, "by": actor.name, "at": calendar.now()},
    )
    if new:
        _write(row, actor, account_no, event=InquiryEvent.CONTACT)


def _exchanged(row: Inquiry) -> bool:
    return InquiryContact.objects.filter(inquiry=row).count() == 2


# Blocks and reports ----------------------------------------------------------------------------------


@transaction.atomic
def block(*, actor: Actor, account_no: int, other_no: int) -> None:
    """Ends all talk with a member on the board. Raises UnknownMember, BadParameter (oneself, or too many)."""
    take_turn(account_no)
    member_by_account_no(other_no)
    if other_no == account_no or MemberBlock.objects.filter(account_no=account_no).count() >= MAX_BLOCKED:
        raise BadParameter(name="member")
    MemberBlock.objects.get_or_create(
        account_no=account_no, blocked_no=other_no, defaults={"by": actor.name, "at": calendar.now()}
    )


def unblock(*, account_no: int, other_no: int) -> None:
    """Lets a member talk to this one again."""
    MemberBlock.objects.filter(account_no=account_no, blocked_no=other_no).delete()


@transaction.atomic
def report_intention(
    *, actor: Actor, account_no: int, intention_id: int, kind: ReportKind, text: str
) -> None:
    """Tells the operator that an intention is not what it should be.

    Raises UnknownIntention, OwnIntention, ReportedAlready, BadText, ContactInText, TooManyMessages.
    """
    take_turn(account_no)
    intention = lock_intention(intention_id)
    if intention.account_no == account_no:
        raise OwnIntention
    if intention.state == IntentionState.TAKEN_DOWN:
        raise UnknownIntention(detail=str(intention_id))
    _report(actor, account_no, intention, None, intention.account_no, kind, text)


@transaction.atomic
def report_inquiry(*, actor: Actor, account_no: int, inquiry_id: int, kind: ReportKind, text: str) -> None:
    """Tells the operator about the other party of a conversation, which the operator may then read.

    Raises UnknownInquiry, ReportedAlready, BadText, ContactInText, TooManyMessages.
    """
    take_turn(account_no)
    row = lock_inquiry(inquiry_id, account_no)
    accused = row.owner_no if account_no == row.account_no else row.account_no
    _report(actor, account_no, row.intention, row, accused, kind, text)


def read_reported(*, actor: Actor, report_id: int) -> tuple[ReportRow, list[MessageRow]]:
    """The operator opens a report; that a conversation was read is put on record. Raises NotFound."""
    row, messages = reported_conversation(report_id)
    if row.inquiry_id is not None:
        audit.record(
            actor=actor, action="inquiry.read", subject=f"inquiry:{row.inquiry_id}", after={"report": row.id}
        )
    return row, messages


def _report(
    actor: Actor,
    account_no: int,
    intention: Intention,
    inquiry: Inquiry | None,
    accused_no: int,
    kind: ReportKind,
    text: str,
) -> None:
    words = plain_text(text, name=("举报说明", "The report"), most=MAX_REPORT, contacts=True, empty=True)
    checks.check_report_limit(account_no)
    try:
        with transaction.atomic():
            AbuseReport.objects.create(
                intention=intention,
                inquiry=inquiry,
                reporter_no=account_no,
                accused_no=accused_no,
                kind=kind,
                text=words,
                by=actor.name,
                at=calendar.now(),
            )
    except IntegrityError as error:
        raise ReportedAlready from error
