"""Negotiation (议价): COUNTER and ANSWER on listings that say their terms can be talked about.

Each member who is not the lister has one chain with him: proposals that answer each other, of which one
stands at a time. The member begins; then either side may make a new proposal, which ends the one that stood,
or the side it was made to accepts or refuses, or its maker takes it back. A proposal has an expiry of its
own, at the latest that of the listing.

A buyer's proposal holds its money: the price, or the bond where the listing says so. The seller's goods are
in the lot of his listing; who answers a buy listing delivers from his free goods when the two agree. An
agreement is a deal at once, also where takes need confirmation: both sides have said yes. It is paid the way
the listing says.
"""

from matching.desk_checks import check_price, refuse_if
from matching.desk_context import PROPOSAL_DUE, Answer, DeskContext, check_strangers
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_state import Listing, Proposal
from matching.desk_types import (
    NEGOTIABLE,
    NEGOTIATED,
    NO,
    TAKE_BACK,
    YES,
    DeskCommand,
    DeskSetting,
    HoldKind,
)
from matching.listing import (
    check_kg,
    check_other_side,
    end_proposal,
    open_listing,
    settle_left,
    tell_proposal,
)
from matching.payments import buyer_gives_fen
from matching.types import Reason, Side


def propose(desk: DeskContext, command: DeskCommand) -> Answer:
    """A proposal, or a counter-proposal, which ends the one that stood in its chain."""
    listing = open_listing(desk, command.id)
    proposer = desk.trader(command.account)
    member, other = _sides(desk, listing, command)
    desk.check_mode(listing.product, NEGOTIATED, dealing=False)
    refuse_if(not listing.flags & NEGOTIABLE, DeskReason.NOT_NEGOTIABLE)
    product, band = desk.product(listing.product), desk.state.setting(DeskSetting.BAND) == 1
    check_price(product, command.price, band=band)
    check_kg(listing, command.quantity)
    refuse_if(command.amount <= desk.now_ns, DeskReason.BAD_TIME)
    side = _side(listing, command.account)
    standing = desk.state.proposals.get(listing.chains.get(member, 0))
    number = desk.state.last_number + 1
    if side == Side.BUY:
        _hold(desk, listing, command, proposer.buyer_fee_bps, number, standing)
    if standing is not None:
        end_proposal(desk, standing, DeskReason.COUNTERED)
    proposal = Proposal(
        desk.next_number(),
        listing.number,
        member,
        command.account,
        other,
        side,
        command.price,
        command.quantity,
        proposer.buyer_fee_bps if side == Side.BUY else 0,
        min(command.amount, listing.valid_until_ns),
    )
    desk.state.proposals[number] = proposal
    listing.chains[member] = number
    desk.schedule(PROPOSAL_DUE, number, proposal.expires_ns)
    tell_proposal(desk, DeskEventKind.PROPOSED, proposal, listing.product, remaining=proposal.expires_ns)
    return Answer(number, listing.number, listing.product, proposal.price, 0, proposal.quantity)


def _sides(desk: DeskContext, listing: Listing, command: DeskCommand) -> tuple[int, int]:
    """Whose chain the proposal is in and who is to answer it, or a refusal."""
    if command.account != listing.account:
        refuse_if(command.other not in {0, listing.account}, Reason.BAD_PARAMETER)
        check_other_side(desk, listing, command.account)
        return command.account, listing.account
    refuse_if(command.other not in listing.chains, DeskReason.NOBODY_TO_ANSWER)
    check_other_side(desk, listing, command.other)
    return command.other, command.other


def _side(listing: Listing, account: int) -> Side:
    """Whether an account would buy or sell by this listing."""
    is_buyer = (listing.side == Side.BUY) == (account == listing.account)
    return Side.BUY if is_buyer else Side.SELL


def _hold(
    desk: DeskContext,
    listing: Listing,
    command: DeskCommand,
    fee_bps: int,
    number: int,
    standing: Proposal | None,
) -> None:
    """Holds a buyer's money; what his own standing proposal holds counts as free, and is."""
    need = buyer_gives_fen(listing.payment, command.price, command.quantity, fee_bps)
    freed = 0
    if standing is not None and standing.account == command.account:
        freed = desk.held(standing.account, HoldKind.PROPOSAL, standing.number)
    desk.check_aside(need - freed)
    desk.check_free(command.account, need, freed=freed)
    if standing is not None and freed:
        desk.release(command.account, HoldKind.PROPOSAL, standing.number, freed, listing.number)
    desk.hold(command.account, HoldKind.PROPOSAL, number, need, listing.number)


def answer(desk: DeskContext, command: DeskCommand) -> Answer:
    """The other side accepts or refuses a proposal, or its maker takes it back."""
    proposal = desk.state.proposals.get(command.id)
    refuse_if(proposal is None, DeskReason.UNKNOWN_PROPOSAL)
    assert proposal is not None
    refuse_if(command.account not in {proposal.account, proposal.other}, DeskReason.UNKNOWN_PROPOSAL)
    refuse_if(command.flags not in {NO, YES, TAKE_BACK}, Reason.BAD_PARAMETER)
    listing = desk.state.listings[proposal.listing]
    made_it = command.account == proposal.account
    if command.flags == TAKE_BACK:
        refuse_if(not made_it, DeskReason.NOT_YOUR_PROPOSAL)
        end_proposal(desk, proposal, DeskReason.TAKEN_BACK)
    else:
        refuse_if(made_it, DeskReason.OWN_PROPOSAL)
        if command.flags == YES:
            return _agree(desk, listing, proposal)
        end_proposal(desk, proposal, DeskReason.REFUSED)
    return Answer(proposal.number, listing.number, listing.product, remaining=listing.left)


def _agree(desk: DeskContext, listing: Listing, proposal: Proposal) -> Answer:
    """Both sides said yes: a deal on the proposal's terms."""
    acceptor = desk.trader(proposal.other)
    check_strangers(desk, proposal.account, proposal.other)
    desk.check_mode(listing.product, NEGOTIATED, dealing=True)
    price, kg = proposal.price, proposal.quantity
    check_kg(listing, kg)
    proposer_buys = proposal.side == Side.BUY
    buyer, seller = (
        (proposal.account, proposal.other) if proposer_buys else (proposal.other, proposal.account)
    )
    fee_bps = proposal.fee_bps if proposer_buys else acceptor.buyer_fee_bps
    total = buyer_gives_fen(listing.payment, price, kg, fee_bps)
    if not proposer_buys:
        desk.check_free(buyer, total, freed=_freed(desk, listing, kg))
    if listing.side == Side.BUY:
        desk.take_goods(seller, listing.product, kg)
        desk.release(buyer, HoldKind.LISTING, listing.number, _freed(desk, listing, kg), listing.number)
    if proposer_buys:
        desk.spend(buyer, HoldKind.PROPOSAL, proposal.number, total, listing.number)
    else:
        desk.debit(buyer, total)
    deal = desk.deal(
        mode=NEGOTIATED,
        subject=listing.number,
        product=listing.product,
        buyer=buyer,
        seller=seller,
        price=price,
        kg=kg,
        lot=listing.lot,
        fee_bps=fee_bps,
        payment=listing.payment,
    )
    end_proposal(desk, proposal, DeskReason.AGREED, deal=deal)
    listing.left -= kg
    settle_left(desk, listing)
    return Answer(deal, listing.number, listing.product, price, kg, listing.left)


def _freed(desk: DeskContext, listing: Listing, kg: int) -> int:
    """Fen a buy listing needs no more when so many kg of it are had otherwise."""
    if listing.side != Side.BUY:
        return 0
    return desk.held(listing.account, HoldKind.LISTING, listing.number) - listing.need_fen(listing.left - kg)
