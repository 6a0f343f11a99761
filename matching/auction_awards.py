"""From the end of an auction to its deals: awards, payments, defaults, the runner-up, the owner's decision.

A sale's winner pays at once: his bond and fee reserve first, the rest from his free money. If that is not
enough, the payment is due within PAY_NS; he may PAY until then. If he does not, his bond goes to the owner,
his fee reserve comes back to him, and of a whole lot the runner-up is offered it at his own bid for
RUNNER_UP_NS, paid in full from his free money. Where a member may win several times, or less than he entered
for, his bond counts by kg.

A reverse auction's winner is paid at once from what the owner has on hold, and his goods are in the lot he
entered with: nobody can default.

Everybody else gets his money back when the bids are over, or, where the best bid is below reserve and the
owner has DECISION_NS to accept it, everybody but the best bidder.
"""

from matching.auctions.rules import Allocation
from matching.desk_checks import Refused, refuse_if
from matching.desk_context import AUCTION_DUE, Answer, DeskContext
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_state import Auction, Award, Entry
from matching.desk_types import (
    AUCTION,
    ENDED_STATES,
    YES,
    AuctionState,
    DeskCommand,
    DeskSetting,
    HoldKind,
)
from matching.holds import buy_hold_fen
from matching.types import Reason, Side

MONEY_OF_ENTRY = (HoldKind.BOND, HoldKind.FEE_RESERVE)


# --- words ------------------------------------------------------------------------------------------------


def tell(desk: DeskContext, kind: DeskEventKind, auction: Auction, **more: int) -> None:
    """An event about an auction."""
    desk.reports.tell(kind, product=auction.terms.product, order_id=auction.number, **more)


def tell_state(desk: DeskContext, auction: Auction) -> None:
    """What all can see of an auction now."""
    rules, terms = auction.rules, auction.terms
    is_open = auction.state == AuctionState.OPEN
    price = terms.start if rules is None else rules.price_now
    tell(
        desk,
        DeskEventKind.AUCTION_STATE,
        auction,
        side=auction.state,
        other=auction.epoch,
        price=price,
        quantity=terms.quantity - auction.sold if auction.state in ENDED_STATES else _kg_left(auction),
        remaining=_state_until(auction),
        other_id=0 if rules is None else rules.round,
        account=rules.leader if rules is not None and is_open else 0,
        reason=rules.reserve_state if rules is not None and is_open else auction.reason,
    )


def _kg_left(auction: Auction) -> int:
    return auction.terms.quantity if auction.rules is None else auction.rules.kg_left


def _state_until(auction: Auction) -> int:
    """The ``remaining`` of AUCTION_STATE."""
    if auction.state in ENDED_STATES:
        return auction.ended_ns
    if auction.state == AuctionState.DECIDING:
        return auction.deadline_ns
    if auction.state == AuctionState.PAYING:
        return next_deadline_ns(auction)
    return auction.terms.opens_ns if auction.rules is None else auction.rules.changes_at_ns


# --- when -------------------------------------------------------------------------------------------------


def next_deadline_ns(auction: Auction) -> int:
    """When the next award must have been paid; 0: none waits."""
    return min((award.deadline_ns for award in auction.awards if award.deadline_ns), default=0)


def due_ns(desk: DeskContext, number: int) -> int:
    """When something happens to an auction by itself; 0: never."""
    auction = desk.state.auctions.get(number)
    if auction is None or auction.state == AuctionState.DEFINED:
        return 0
    if auction.state in ENDED_STATES:
        return auction.forget_ns
    if auction.state == AuctionState.ANNOUNCED:
        return auction.terms.opens_ns
    if auction.state == AuctionState.DECIDING:
        return auction.deadline_ns
    moments = [next_deadline_ns(auction)]
    if auction.state in {AuctionState.OPEN, AuctionState.REVEALING} and auction.rules is not None:
        moments.append(auction.rules.due_ns)
    return min((moment for moment in moments if moment), default=0)


def reschedule(desk: DeskContext, auction: Auction) -> None:
    """Notes when it is due next."""
    moment = due_ns(desk, auction.number)
    if moment:
        desk.schedule(AUCTION_DUE, auction.number, moment)


# --- the end of the bids ----------------------------------------------------------------------------------


def close(desk: DeskContext, auction: Auction) -> None:
    """The bids are over: who wins, who gets his money back."""
    rules = auction.rules
    assert rules is not None
    for told in rules.opened():
        desk.reports.tell(product=auction.terms.product, **told._asdict())
    for account in rules.unrevealed():
        _forfeit_unrevealed(desk, auction, account)
    result = rules.result()
    if result.allocation and not result.reserve_met:
        _ask_owner(desk, auction, result.allocation[0])
        return
    if not result.allocation:
        bid_for = any(line.number for line in rules.log)
        end(
            desk,
            auction,
            AuctionState.UNSOLD,
            DeskReason.RESERVE_NOT_MET if bid_for and auction.terms.reserve else DeskReason.NO_BIDS,
        )
        return
    award_new(desk, auction)
    finish(desk, auction)


def _forfeit_unrevealed(desk: DeskContext, auction: Auction, account: int) -> None:
    """Who did not reveal loses his bond."""
    tell(
        desk,
        DeskEventKind.DEFAULTED,
        auction,
        account=account,
        other=auction.account,
        reason=DeskReason.UNREVEALED,
    )
    fen = desk.held(account, HoldKind.BOND, auction.number)
    _forfeit(desk, auction, account, fen, DeskReason.UNREVEALED)


def _forfeit(desk: DeskContext, auction: Auction, account: int, fen: int, reason: DeskReason) -> None:
    """A bond goes to the owner."""
    if fen:
        desk.spend(account, HoldKind.BOND, auction.number, fen, auction.number, DeskReason.PAID_OVER)
        desk.credit(auction.account, fen)
        tell(
            desk,
            DeskEventKind.FORFEITED,
            auction,
            account=account,
            other=auction.account,
            remaining=fen,
            reason=reason,
        )


def _ask_owner(desk: DeskContext, auction: Auction, best: Allocation) -> None:
    """The best bid is below reserve: it stands until the owner has decided."""
    auction.state = AuctionState.DECIDING
    auction.deadline_ns = desk.now_ns + desk.state.setting(DeskSetting.DECISION_NS)
    release_entries(desk, auction, but=best.bidder)
    reschedule(desk, auction)
    tell(
        desk,
        DeskEventKind.DECISION_DUE,
        auction,
        account=auction.account,
        other=best.bidder,
        price=best.price,
        quantity=best.kg,
        remaining=auction.deadline_ns,
    )
    tell_state(desk, auction)


def decide(desk: DeskContext, command: DeskCommand) -> Answer:
    """The owner takes the best bid though it is below reserve, or not."""
    auction = known_auction(desk, command.id)
    refuse_if(command.account != auction.account, DeskReason.NOT_THE_OWNER)
    refuse_if(auction.state != AuctionState.DECIDING, DeskReason.NOTHING_TO_DECIDE)
    refuse_if(command.flags not in {0, YES}, Reason.BAD_PARAMETER)
    if command.flags == YES:
        award_new(desk, auction, DeskReason.ACCEPTED)
        finish(desk, auction)
    else:
        end(desk, auction, AuctionState.UNSOLD, DeskReason.REFUSED)
    return Answer(auction.number, auction.number, auction.terms.product, quantity=auction.sold)


# --- awards and payment -----------------------------------------------------------------------------------


def award_new(desk: DeskContext, auction: Auction, reason: DeskReason | Reason = Reason.NONE) -> None:
    """Awards what the rules allocated and was not awarded yet."""
    assert auction.rules is not None
    allocations = auction.rules.result().allocation
    for allocation in allocations[auction.counted :]:
        auction.counted += 1
        _award(desk, auction, allocation, reason)


def _award(desk: DeskContext, auction: Auction, allocation: Allocation, reason: DeskReason | Reason) -> None:
    entry = auction.entries[allocation.bidder]
    award = Award(allocation.bidder, allocation.kg, allocation.price, allocation.bid, int(reason))
    award.bond = _share(entry.bond, entry, award.kg)
    award.fee_reserve = _share(entry.fee_reserve, entry, award.kg)
    entry.awarded += award.kg
    auction.awards.append(award)
    _tell_award(desk, DeskEventKind.AWARDED, auction, award, other_id=award.bid, reason=award.reason)
    missing = _settle(desk, auction, award)
    if missing:
        award.deadline_ns = desk.now_ns + desk.state.setting(DeskSetting.PAY_NS)
        _tell_award(
            desk,
            DeskEventKind.PAYMENT_DUE,
            auction,
            award,
            other_id=missing,
            remaining=award.deadline_ns,
        )


def _share(fen: int, entry: Entry, kg: int) -> int:
    """What of a sum at entry belongs to the next so many kg; all parts together are the sum."""
    return fen * (entry.awarded + kg) // entry.kg - fen * entry.awarded // entry.kg


def _tell_award(desk: DeskContext, kind: DeskEventKind, auction: Auction, award: Award, **more: int) -> None:
    tell(
        desk,
        kind,
        auction,
        account=award.account,
        other=auction.account,
        price=award.price,
        quantity=award.kg,
        **more,
    )


def _settle(desk: DeskContext, auction: Auction, award: Award) -> int:
    """Pays an award and makes the deal; or does nothing and says how many fen are missing."""
    if auction.terms.side == Side.BUY:
        return _buy_from(desk, auction, award)
    buyer = desk.account(award.account)
    total = buy_hold_fen(award.price, award.kg, buyer.buyer_fee_bps)
    bond = min(award.bond, total)
    fee_reserve = min(award.fee_reserve, total - bond)
    rest = total - bond - fee_reserve
    if rest > buyer.funds_free:
        return rest
    desk.debit(award.account, rest)
    parts = ((HoldKind.BOND, bond, award.bond), (HoldKind.FEE_RESERVE, fee_reserve, award.fee_reserve))
    for kind, used, had in parts:
        desk.spend(award.account, kind, auction.number, used, auction.number)
        desk.release(award.account, kind, auction.number, had - used, auction.number)
    auction.promised -= award.kg
    award.deal = desk.deal(
        mode=AUCTION,
        subject=auction.number,
        product=auction.terms.product,
        buyer=award.account,
        seller=auction.account,
        price=award.price,
        kg=award.kg,
        lot=auction.lot,
        fee_bps=buyer.buyer_fee_bps,
    )
    _settled(auction, award)
    return 0


def _buy_from(desk: DeskContext, auction: Auction, award: Award) -> int:
    """The owner of a reverse auction buys."""
    entry = auction.entries[award.account]
    total = buy_hold_fen(award.price, award.kg, auction.fee_bps)
    desk.spend(auction.account, HoldKind.NEED, auction.number, total, auction.number)
    entry.promised -= award.kg
    award.deal = desk.deal(
        mode=AUCTION,
        subject=auction.number,
        product=auction.terms.product,
        buyer=auction.account,
        seller=award.account,
        price=award.price,
        kg=award.kg,
        lot=entry.lot,
        fee_bps=auction.fee_bps,
    )
    award.bond = award.fee_reserve = 0
    _settled(auction, award)
    return 0


def _settled(auction: Auction, award: Award) -> None:
    auction.sold += award.kg
    award.deadline_ns = award.bond = award.fee_reserve = 0


def pay(desk: DeskContext, command: DeskCommand) -> Answer:
    """A winner pays what is due, or the runner-up takes what he is offered."""
    auction = known_auction(desk, command.id)
    waiting = [award for award in auction.awards if award.deadline_ns and award.account == command.account]
    refuse_if(not waiting, DeskReason.NOTHING_TO_PAY)
    award = waiting[0]
    if award.reason == DeskReason.RUNNER_UP:
        desk.trader(command.account)
    refuse_if(_settle(desk, auction, award) > 0, Reason.INSUFFICIENT_FUNDS)
    if award.reason == DeskReason.RUNNER_UP:
        _tell_award(desk, DeskEventKind.AWARDED, auction, award, other_id=award.bid, reason=award.reason)
    finish(desk, auction)
    reschedule(desk, auction)
    return Answer(award.deal, auction.number, auction.terms.product, award.price, award.kg)


def default(desk: DeskContext, auction: Auction, award: Award) -> None:
    """An award was not paid, or an offer not taken, in time."""
    offered = award.reason == DeskReason.RUNNER_UP
    award.deadline_ns = 0
    _tell_award(
        desk,
        DeskEventKind.DEFAULTED,
        auction,
        award,
        reason=DeskReason.DECLINED if offered else DeskReason.DEFAULT,
    )
    _forfeit(desk, auction, award.account, award.bond, DeskReason.DEFAULT)
    fee_reserve, award.bond, award.fee_reserve = award.fee_reserve, 0, 0
    desk.release(award.account, HoldKind.FEE_RESERVE, auction.number, fee_reserve, auction.number)
    if auction.terms.whole_lot and not offered:
        _offer_runner_up(desk, auction)


def _offer_runner_up(desk: DeskContext, auction: Auction) -> None:
    """The next best bidder may have the lot at his own bid."""
    assert auction.rules is not None
    second = auction.rules.runner_up
    if second is None:
        return
    award = Award(second.bidder, second.kg, second.price, second.bid, int(DeskReason.RUNNER_UP))
    award.deadline_ns = desk.now_ns + desk.state.setting(DeskSetting.RUNNER_UP_NS)
    auction.awards.append(award)
    _tell_award(desk, DeskEventKind.OFFERED, auction, award, remaining=award.deadline_ns)


# --- the end ----------------------------------------------------------------------------------------------


def finish(desk: DeskContext, auction: Auction) -> None:
    """After the bids: ends the auction, or waits for those who have yet to pay."""
    assert auction.rules is not None
    if not auction.rules.closed:
        return
    if next_deadline_ns(auction):
        release_entries(desk, auction)
        auction.state = AuctionState.PAYING
        reschedule(desk, auction)
        tell_state(desk, auction)
    elif auction.sold:
        end(desk, auction, AuctionState.AWARDED, Reason.NONE)
    else:
        end(desk, auction, AuctionState.UNSOLD, DeskReason.DEFAULT if auction.awards else DeskReason.NO_BIDS)


def end(desk: DeskContext, auction: Auction, state: AuctionState, reason: Reason | DeskReason) -> None:
    """Nothing more comes of it: everything it holds is released."""
    for award in auction.awards:
        award.deadline_ns = award.bond = award.fee_reserve = 0
    release_entries(desk, auction)
    if auction.promised:
        desk.state.lots[auction.lot].promised -= auction.promised
        auction.promised = 0
    need = desk.held(auction.account, HoldKind.NEED, auction.number)
    desk.release(auction.account, HoldKind.NEED, auction.number, need, auction.number)
    auction.state, auction.reason = state, int(reason)
    auction.ended_ns = desk.now_ns
    auction.forget_ns = desk.now_ns + desk.state.setting(DeskSetting.KEEP_NS)
    reschedule(desk, auction)
    tell_state(desk, auction)


def release_entries(desk: DeskContext, auction: Auction, *, but: int = 0) -> None:
    """Gives everybody back what no award waits for; one bidder may be left out."""
    waiting: dict[int, list[Award]] = {}
    for award in auction.awards:
        if award.deadline_ns:
            waiting.setdefault(award.account, []).append(award)
    for account in sorted(auction.entries):
        if account != but:
            release_entry(desk, auction, account, waiting.get(account, []))


def release_entry(desk: DeskContext, auction: Auction, account: int, waiting: list[Award]) -> None:
    """Gives one bidder back what none of his awards waits for."""
    kept = (sum(award.bond for award in waiting), sum(award.fee_reserve for award in waiting))
    for kind, fen in zip(MONEY_OF_ENTRY, kept, strict=True):
        over = desk.held(account, kind, auction.number) - fen
        desk.release(account, kind, auction.number, over, auction.number)
    entry = auction.entries[account]
    if entry.promised:
        desk.state.lots[entry.lot].promised -= entry.promised
        entry.promised = 0


def known_auction(desk: DeskContext, number: int) -> Auction:
    """The auction, or a refusal."""
    auction = desk.state.auctions.get(number)
    if auction is None:
        raise Refused(DeskReason.UNKNOWN_AUCTION)
    return auction
