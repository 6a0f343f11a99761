"""Listings (挂牌) and takes (摘牌): LIST, INVITE, WITHDRAW, TAKE, CONFIRM, and their ends.

A sell listing offers kg of one lot, a buy listing holds the money for all it asks. Who comes first is served
first: the order of commands decides. A take is for all that is left, or for at least the least take and a
multiple of its step. It names the price the taker saw.

With confirmation (sell listings only) a take reserves kg and holds the taker's money until the lister
confirms or refuses; at the deadline, at the latest when the listing runs out, everything is released.
Without, it is a deal at once.

How its deals are paid is the lister's choice and part of the listing: the full price at once, a bond with the
balance to come, or the price in escrow until the goods are accepted. Counter-offers cannot change it.

A listing ends when all of it is sold, when its lister or the operator withdraws it, or when its validity is
over: ``valid until`` is the first moment at which it cannot be taken any more. Its takes and proposals end
with it. It is remembered for a while, so that latecomers are told.
"""

from matching.desk_checks import Refused, check_price, refuse_if
from matching.desk_context import (
    LISTING_DUE,
    PROPOSAL_DUE,
    TAKE_DUE,
    Answer,
    DeskContext,
    check_strangers,
)
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_state import Listing, Proposal, Take
from matching.desk_types import (
    BY_THE_OPERATOR,
    CONFIRM,
    INVITED,
    LISTED,
    NEGOTIABLE,
    PAYMENTS,
    YES,
    DeskCommand,
    DeskSetting,
    HoldKind,
)
from matching.engine import AccountState, ProductState
from matching.payments import buyer_gives_fen
from matching.types import MAX_ORDER_ID, MAX_QUANTITY, Reason, Side

# --- listing ----------------------------------------------------------------------------------------------


def post(desk: DeskContext, command: DeskCommand) -> Answer:
    """A new listing; a buy listing's money goes on hold."""
    product, lister = desk.product(command.product), desk.trader(command.account)
    desk.check_mode(command.product, LISTED, dealing=False)
    listing = _checked_listing(desk, command, product, lister)
    if listing.side == Side.BUY:
        need = listing.need_fen(listing.quantity)
        desk.hold(listing.account, HoldKind.LISTING, listing.number, need, listing.number)
    else:
        desk.state.lots[listing.lot].promised += listing.quantity
    desk.state.listings[listing.number] = listing
    desk.schedule(LISTING_DUE, listing.number, listing.valid_until_ns)
    _tell(
        desk,
        DeskEventKind.LISTED,
        listing,
        reason=listing.flags,
        other_id=listing.lot,
        quantity=listing.quantity,
        remaining=listing.valid_until_ns,
        other=listing.least_kg,
    )
    return Answer(
        listing.number, listing.number, product=listing.product, price=listing.price, remaining=listing.left
    )


def _checked_listing(
    desk: DeskContext, command: DeskCommand, product: ProductState, lister: AccountState
) -> Listing:
    """The listing a LIST asks for, or a refusal."""
    sells = command.side == Side.SELL
    known_flags = NEGOTIABLE | INVITED | PAYMENTS | (CONFIRM if sells else 0)
    refuse_if(command.side not in {Side.BUY, Side.SELL}, Reason.BAD_PARAMETER)
    refuse_if(not 1 <= command.id <= MAX_ORDER_ID, Reason.BAD_PARAMETER)
    refuse_if(command.flags & ~known_flags != 0, Reason.BAD_PARAMETER)
    refuse_if(command.extra != 0 and not sells, Reason.BAD_PARAMETER)
    _check_payment(desk, command)
    refuse_if(command.id in desk.state.listings, DeskReason.NUMBER_TAKEN)
    check_price(product, command.price, band=desk.state.setting(DeskSetting.BAND) == 1)
    step = max(command.mode, 1) * product.step_kg
    least = command.other or step
    refuse_if(not 1 <= command.quantity <= MAX_QUANTITY or step > MAX_QUANTITY, Reason.BAD_QUANTITY)
    refuse_if(not sells and command.quantity % product.step_kg != 0, Reason.BAD_QUANTITY)
    refuse_if(least > command.quantity and command.other != 0, Reason.BAD_QUANTITY)
    refuse_if(command.amount <= desk.now_ns, DeskReason.BAD_TIME)
    if sells:
        lot = desk.lot_of(command.extra, command.account, command.product)
        refuse_if(lot.unpromised < command.quantity, DeskReason.LOT_TOO_SMALL)
    return Listing(
        command.id,
        command.account,
        command.product,
        command.side,
        command.price,
        command.quantity,
        command.amount,
        command.extra,
        least,
        step,
        command.flags,
        0 if sells else lister.buyer_fee_bps,
        left=command.quantity,
    )


def _check_payment(desk: DeskContext, command: DeskCommand) -> None:
    """Refuses two ways to pay at once, and one the product does not allow."""
    payment = command.flags & PAYMENTS
    refuse_if(payment == PAYMENTS, Reason.BAD_PARAMETER)
    refuse_if(payment & ~desk.state.products[command.product].modes != 0, DeskReason.PAYMENT_OFF)


def invite(desk: DeskContext, command: DeskCommand) -> Answer:
    """One more account may take and propose."""
    listing = open_listing(desk, command.id)
    desk.account(command.account)
    if command.account not in listing.invited:
        listing.invited.append(command.account)
        listing.invited.sort()
    desk.reports.tell(
        DeskEventKind.INVITATION,
        product=listing.product,
        order_id=listing.number,
        account=command.account,
    )
    return Answer(listing.number, listing.number, product=listing.product)


def withdraw(desk: DeskContext, command: DeskCommand) -> Answer:
    """The lister, or the operator, takes the listing back."""
    listing = open_listing(desk, command.id)
    by_operator = command.flags == BY_THE_OPERATOR
    refuse_if(command.flags not in {0, BY_THE_OPERATOR}, Reason.BAD_PARAMETER)
    refuse_if(not by_operator and command.account != listing.account, DeskReason.NOT_THE_LISTER)
    end(desk, listing, DeskReason.BY_OPERATOR if by_operator else Reason.BY_OWNER)
    return Answer(listing.number, listing.number, product=listing.product)


# --- taking -----------------------------------------------------------------------------------------------


def take(desk: DeskContext, command: DeskCommand) -> Answer:
    """Kg of a listing for the one who comes first."""
    listing = open_listing(desk, command.id)
    taker = desk.trader(command.account)
    check_other_side(desk, listing, command.account)
    desk.check_mode(listing.product, LISTED, dealing=True)
    refuse_if(command.price != listing.price, DeskReason.STALE_PRICE)
    check_kg(listing, command.quantity)
    if listing.side == Side.BUY:
        return _sell_into(desk, listing, command.account, command.quantity)
    if listing.flags & CONFIRM:
        return _reserve(desk, listing, command.account, command.quantity, taker.buyer_fee_bps)
    return _buy_at_once(desk, listing, command.account, command.quantity, taker.buyer_fee_bps)


def check_other_side(desk: DeskContext, listing: Listing, account: int) -> None:
    """Refuses whoever may not deal with the lister."""
    refuse_if(account == listing.account, DeskReason.OWN_LISTING)
    refuse_if(not listing.may_see(account), DeskReason.NOT_INVITED)
    check_strangers(desk, account, listing.account)


def check_kg(listing: Listing, kg: int) -> None:
    """Refuses kg that cannot be had: all that is left always can."""
    refuse_if(kg < 1, Reason.BAD_QUANTITY)
    refuse_if(kg > listing.left, DeskReason.ABOVE_REMAINING)
    if kg < listing.left:
        refuse_if(kg < listing.least_kg, DeskReason.BELOW_MINIMUM_TAKE)
        refuse_if(kg % listing.step_kg != 0, DeskReason.OFF_TAKE_STEP)


def _buy_at_once(desk: DeskContext, listing: Listing, taker: int, kg: int, fee_bps: int) -> Answer:
    desk.debit(taker, buyer_gives_fen(listing.payment, listing.price, kg, fee_bps))
    return _dealt(desk, listing, _deal(desk, listing, taker, listing.account, kg, fee_bps), kg)


def _sell_into(desk: DeskContext, listing: Listing, taker: int, kg: int) -> Answer:
    desk.take_goods(taker, listing.product, kg)
    paid = buyer_gives_fen(listing.payment, listing.price, kg, listing.fee_bps)
    desk.spend(listing.account, HoldKind.LISTING, listing.number, paid, listing.number)
    return _dealt(desk, listing, _deal(desk, listing, listing.account, taker, kg, listing.fee_bps), kg)


def _deal(desk: DeskContext, listing: Listing, buyer: int, seller: int, kg: int, fee_bps: int) -> int:
    return desk.deal(
        mode=LISTED,
        subject=listing.number,
        product=listing.product,
        buyer=buyer,
        seller=seller,
        price=listing.price,
        kg=kg,
        lot=listing.lot,
        fee_bps=fee_bps,
        payment=listing.payment,
    )


def _dealt(desk: DeskContext, listing: Listing, deal: int, kg: int) -> Answer:
    listing.left -= kg
    settle_left(desk, listing)
    return Answer(deal, listing.number, listing.product, listing.price, kg, listing.left)


def settle_left(desk: DeskContext, listing: Listing) -> None:
    """After kg went: holds no more money than what is left can cost, tells what is left, or ends."""
    if listing.side == Side.BUY:
        need = listing.need_fen(listing.left)
        over = desk.held(listing.account, HoldKind.LISTING, listing.number) - need
        desk.release(listing.account, HoldKind.LISTING, listing.number, over, listing.number)
    tell_left(desk, listing)
    if not listing.left and not listing.reserved:
        end(desk, listing, DeskReason.SOLD_OUT)


def tell_left(desk: DeskContext, listing: Listing) -> None:
    """How much of a listing can still be taken."""
    _tell(
        desk,
        DeskEventKind.LISTING_LEFT,
        listing,
        quantity=listing.left,
        remaining=listing.reserved,
    )


# --- takes that wait for confirmation ---------------------------------------------------------------------


def _reserve(desk: DeskContext, listing: Listing, taker: int, kg: int, fee_bps: int) -> Answer:
    number = desk.state.last_number + 1
    need = buyer_gives_fen(listing.payment, listing.price, kg, fee_bps)
    desk.hold(taker, HoldKind.TAKE, number, need, listing.number)
    deadline = desk.now_ns + desk.state.setting(DeskSetting.CONFIRM_NS)
    pending = Take(
        desk.next_number(),
        listing.number,
        taker,
        listing.price,
        kg,
        fee_bps,
        min(deadline, listing.valid_until_ns),
    )
    desk.state.takes[number] = pending
    listing.takes.append(number)
    listing.left -= kg
    listing.reserved += kg
    desk.schedule(TAKE_DUE, number, pending.deadline_ns)
    _tell_take(desk, DeskEventKind.TAKE_PENDING, listing, pending, remaining=pending.deadline_ns)
    tell_left(desk, listing)
    return Answer(number, listing.number, listing.product, listing.price, 0, listing.left)


def confirm(desk: DeskContext, command: DeskCommand) -> Answer:
    """The lister says yes or no to a take."""
    pending = desk.state.takes.get(command.id)
    refuse_if(pending is None, DeskReason.UNKNOWN_TAKE)
    assert pending is not None
    listing = desk.state.listings[pending.listing]
    refuse_if(command.account != listing.account, DeskReason.UNKNOWN_TAKE)
    if command.flags != YES:
        refuse_if(command.flags != 0, Reason.BAD_PARAMETER)
        _give_up(desk, listing, pending, DeskReason.REFUSED)
        tell_left(desk, listing)
        return Answer(pending.number, listing.number, listing.product, remaining=listing.left)
    desk.trader(command.account)
    check_strangers(desk, pending.account, listing.account)
    desk.check_mode(listing.product, LISTED, dealing=True)
    kg, fee_bps = pending.quantity, pending.fee_bps
    paid = buyer_gives_fen(listing.payment, pending.price, kg, fee_bps)
    desk.spend(pending.account, HoldKind.TAKE, pending.number, paid, listing.number)
    deal = _deal(desk, listing, pending.account, listing.account, kg, fee_bps)
    _forget_take(desk, listing, pending)
    _tell_take(desk, DeskEventKind.TAKE_ENDED, listing, pending, remaining=deal, reason=DeskReason.CONFIRMED)
    settle_left(desk, listing)
    return Answer(deal, listing.number, listing.product, pending.price, kg, listing.left)


def take_due_ns(desk: DeskContext, number: int) -> int:
    """When a take must have been confirmed."""
    pending = desk.state.takes.get(number)
    return 0 if pending is None else pending.deadline_ns


def take_overdue(desk: DeskContext, number: int) -> None:
    """The lister did not answer in time."""
    pending = desk.state.takes[number]
    listing = desk.state.listings[pending.listing]
    _give_up(desk, listing, pending, DeskReason.OVERDUE)
    tell_left(desk, listing)


def _give_up(desk: DeskContext, listing: Listing, pending: Take, reason: Reason | DeskReason) -> None:
    """Money and kg of a take are free again."""
    fen = desk.held(pending.account, HoldKind.TAKE, pending.number)
    desk.release(pending.account, HoldKind.TAKE, pending.number, fen, listing.number)
    _forget_take(desk, listing, pending)
    listing.left += pending.quantity
    _tell_take(desk, DeskEventKind.TAKE_ENDED, listing, pending, reason=reason)


def _forget_take(desk: DeskContext, listing: Listing, pending: Take) -> None:
    del desk.state.takes[pending.number]
    listing.takes.remove(pending.number)
    listing.reserved -= pending.quantity


# --- the end ----------------------------------------------------------------------------------------------


def listing_due_ns(desk: DeskContext, number: int) -> int:
    """When a listing runs out or, if it has ended, is forgotten."""
    listing = desk.state.listings.get(number)
    if listing is None:
        return 0
    if not listing.ended_ns:
        return listing.valid_until_ns
    return listing.forget_ns


def listing_due(desk: DeskContext, number: int) -> None:
    """The listing runs out or, if it has ended, is forgotten."""
    listing = desk.state.listings[number]
    if listing.ended_ns:
        del desk.state.listings[number]
    else:
        end(desk, listing, DeskReason.RUN_OUT)


def end(desk: DeskContext, listing: Listing, reason: Reason | DeskReason) -> None:
    """Nothing more is dealt by this listing; everything it holds is released."""
    for number in list(listing.takes):
        _give_up(desk, listing, desk.state.takes[number], reason)
    for _, number in sorted(listing.chains.items()):
        if number:
            end_proposal(desk, desk.state.proposals[number], reason)
    if listing.side == Side.BUY:
        fen = desk.held(listing.account, HoldKind.LISTING, listing.number)
        desk.release(listing.account, HoldKind.LISTING, listing.number, fen, listing.number)
    elif listing.left:
        desk.state.lots[listing.lot].promised -= listing.left
    listing.ended_ns = desk.now_ns
    listing.forget_ns = desk.now_ns + desk.state.setting(DeskSetting.KEEP_NS)
    desk.schedule(LISTING_DUE, listing.number, listing.forget_ns)
    _tell(
        desk,
        DeskEventKind.LISTING_ENDED,
        listing,
        reason=reason,
        quantity=listing.quantity,
        remaining=listing.left,
    )


def end_proposal(
    desk: DeskContext, proposal: Proposal, reason: Reason | DeskReason, *, deal: int = 0
) -> None:
    """A proposal stands no more; what is still on hold for it is released."""
    listing = desk.state.listings[proposal.listing]
    fen = desk.held(proposal.account, HoldKind.PROPOSAL, proposal.number)
    desk.release(proposal.account, HoldKind.PROPOSAL, proposal.number, fen, listing.number)
    del desk.state.proposals[proposal.number]
    listing.chains[proposal.member] = 0
    tell_proposal(
        desk, DeskEventKind.PROPOSAL_ENDED, proposal, listing.product, reason=reason, remaining=deal
    )


# --- words ------------------------------------------------------------------------------------------------


def open_listing(desk: DeskContext, number: int) -> Listing:
    """The listing, or a refusal if it is unknown or has ended."""
    listing = desk.state.listings.get(number)
    if listing is None:
        raise Refused(DeskReason.UNKNOWN_LISTING)
    refuse_if(listing.ended_ns != 0, DeskReason.LISTING_CLOSED)
    return listing


def _tell(desk: DeskContext, kind: DeskEventKind, listing: Listing, **more: int) -> None:
    desk.reports.tell(
        kind,
        side=listing.side,
        product=listing.product,
        order_id=listing.number,
        price=listing.price,
        account=listing.account,
        **more,
    )


def _tell_take(desk: DeskContext, kind: DeskEventKind, listing: Listing, pending: Take, **more: int) -> None:
    desk.reports.tell(
        kind,
        side=Side.BUY,
        product=listing.product,
        order_id=pending.number,
        other_id=listing.number,
        price=pending.price,
        quantity=pending.quantity,
        account=pending.account,
        other=listing.account,
        **more,
    )


def tell_proposal(
    desk: DeskContext, kind: DeskEventKind, proposal: Proposal, product: int, **more: int
) -> None:
    """An event about a proposal."""
    desk.reports.tell(
        kind,
        side=proposal.side,
        product=product,
        order_id=proposal.number,
        other_id=proposal.listing,
        price=proposal.price,
        quantity=proposal.quantity,
        account=proposal.account,
        other=proposal.other,
        **more,
    )


def proposal_due_ns(desk: DeskContext, number: int) -> int:
    """When a proposal runs out."""
    proposal = desk.state.proposals.get(number)
    return 0 if proposal is None else proposal.expires_ns


def proposal_due(desk: DeskContext, number: int) -> None:
    """A proposal runs out."""
    end_proposal(desk, desk.state.proposals[number], DeskReason.RUN_OUT)


DUE = {
    LISTING_DUE: (listing_due_ns, listing_due),
    TAKE_DUE: (take_due_ns, take_overdue),
    PROPOSAL_DUE: (proposal_due_ns, proposal_due),
}
"""By what falls due: when, and what happens then."""
