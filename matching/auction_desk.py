"""Auctions (竞价) at the desk: from AUCTION to the last bid. The rules of each kind: ``matching/auctions``.
What follows the bids: ``matching/auction_awards.py``.

Life: DEFINED → ANNOUNCED → OPEN ⇄ PAUSED → (REVEALING) → (DECIDING) → (PAYING) → AWARDED | UNSOLD |
CANCELLED. It opens by itself; with fewer than MIN_BIDDERS entered it is unsold then. Who enters puts up bond
and fee reserve for the kg he may bid for; in a reverse auction also a lot of his. The owner and his group are
kept out, and so is who is suspended.

Interruptions: a gap between two desk times that is longer than STALL_NS is an outage. Whatever the auction is
waiting for comes later by the gap, and so it does by a pause; both begin a new epoch. A bid names the epoch
its maker saw, so that nobody bids on what he could not know.
"""

from collections.abc import Callable
from dataclasses import replace

from matching.auction_awards import (
    award_new,
    close,
    default,
    due_ns,
    end,
    finish,
    known_auction,
    next_deadline_ns,
    release_entry,
    reschedule,
    tell,
    tell_state,
)
from matching.auctions.dutch import Dutch
from matching.auctions.kinds import Rules, begin, fit, limit_of
from matching.auctions.rules import Line, LogAction, Terms, Told
from matching.auctions.sealed import Sealed
from matching.desk_checks import Refused, refuse_if
from matching.desk_context import AUCTION_DUE, Answer, DeskContext, check_strangers
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_state import Auction, Entry
from matching.desk_types import (
    ABOVE_ALERT,
    AUCTION,
    CANCEL,
    ENDED_STATES,
    PAUSE,
    RESUME,
    TICKING_STATES,
    AuctionKind,
    AuctionParameter,
    AuctionState,
    DeskCommand,
    DeskCommandKind,
    HoldKind,
)
from matching.holds import buy_hold_fen
from matching.types import MAX_ORDER_ID, MAX_PRICE, MAX_QUANTITY, Reason, Side

KG_PER_T = 1_000


# --- before it opens --------------------------------------------------------------------------------------


def define(desk: DeskContext, command: DeskCommand) -> Answer:
    """A new auction, not yet announced; the owner's goods or money are bound."""
    desk.product(command.product)
    owner = desk.trader(command.account)
    reverse = command.side == Side.BUY
    refuse_if(command.side not in {Side.BUY, Side.SELL}, Reason.BAD_PARAMETER)
    refuse_if(command.mode not in set(AuctionKind), Reason.BAD_PARAMETER)
    refuse_if(reverse and command.mode in {AuctionKind.DUTCH, AuctionKind.CLOCK}, Reason.BAD_PARAMETER)
    refuse_if(reverse and command.extra != 0, Reason.BAD_PARAMETER)
    refuse_if(not 1 <= command.id <= MAX_ORDER_ID, Reason.BAD_PARAMETER)
    refuse_if(command.id in desk.state.auctions, DeskReason.NUMBER_TAKEN)
    refuse_if(not 1 <= command.price <= MAX_PRICE, Reason.BAD_PRICE)
    refuse_if(not 1 <= command.quantity <= MAX_QUANTITY, Reason.BAD_QUANTITY)
    refuse_if(command.amount <= desk.now_ns, DeskReason.BAD_TIME)
    terms = Terms(
        command.id,
        command.product,
        command.mode,
        command.side,
        command.price,
        command.quantity,
        command.amount,
    )
    auction = Auction(command.id, command.account, terms, command.extra, 0, AuctionState.DEFINED)
    if reverse:
        auction.fee_bps = owner.buyer_fee_bps
        need = buy_hold_fen(terms.start, terms.quantity, auction.fee_bps)
        desk.hold(auction.account, HoldKind.NEED, auction.number, need, auction.number)
    else:
        lot = desk.lot_of(command.extra, command.account, command.product)
        refuse_if(lot.unpromised < command.quantity, DeskReason.LOT_TOO_SMALL)
        lot.promised += command.quantity
        auction.promised = command.quantity
    desk.state.auctions[auction.number] = auction
    tell(
        desk,
        DeskEventKind.AUCTION_DEFINED,
        auction,
        side=terms.side,
        account=auction.account,
        other=terms.kind,
        price=terms.start,
        quantity=terms.quantity,
        remaining=terms.opens_ns,
        other_id=auction.lot,
    )
    return _answer(auction)


def set_parameter(desk: DeskContext, command: DeskCommand) -> Answer:
    """One parameter of an auction that is not yet announced."""
    auction = known_auction(desk, command.id)
    refuse_if(auction.state != AuctionState.DEFINED, DeskReason.ALREADY_ANNOUNCED)
    refuse_if(command.other not in set(AuctionParameter), Reason.BAD_PARAMETER)
    parameter = AuctionParameter(command.other)
    refuse_if(not 0 <= command.amount <= limit_of(parameter), Reason.BAD_PARAMETER)
    setattr(auction.terms, parameter.name.lower(), command.amount)
    return _answer(auction)


def announce(desk: DeskContext, command: DeskCommand) -> Answer:
    """The auction is shown, and members may enter."""
    auction = known_auction(desk, command.id)
    terms = auction.terms
    refuse_if(auction.state != AuctionState.DEFINED, DeskReason.ALREADY_ANNOUNCED)
    desk.check_mode(terms.product, AUCTION, dealing=False)
    refuse_if(terms.opens_ns <= desk.now_ns, DeskReason.BAD_TIME)
    product = desk.product(terms.product)
    refuse_if(terms.start % product.tick != 0 or terms.step % product.tick != 0, Reason.OFF_TICK)
    complete = _with_defaults(terms, product.step_kg)
    refuse_if(not fit(complete), Reason.BAD_PARAMETER)
    auction.terms = complete
    auction.state = AuctionState.ANNOUNCED
    desk.schedule(AUCTION_DUE, auction.number, terms.opens_ns)
    tell_state(desk, auction)
    return _answer(auction)


def _with_defaults(terms: Terms, step_kg: int) -> Terms:
    """The terms with units of kg, where they count."""
    if terms.whole_lot:
        return terms
    kg_step = terms.kg_step or step_kg
    return replace(terms, kg_step=kg_step, min_take=terms.min_take or kg_step)


# --- entry ------------------------------------------------------------------------------------------------


def enter(desk: DeskContext, command: DeskCommand) -> Answer:
    """A member puts up bond and fee reserve, in a reverse auction also goods, to be allowed to bid."""
    auction = known_auction(desk, command.id)
    terms = auction.terms
    _check_stranger(desk, auction, command.account)
    refuse_if(auction.state == AuctionState.DEFINED, DeskReason.NOT_ANNOUNCED)
    may = auction.state in {AuctionState.ANNOUNCED, AuctionState.OPEN, AuctionState.PAUSED}
    refuse_if(not may or _is_revealing(auction), DeskReason.AUCTION_OVER)
    refuse_if(command.account in auction.entries, DeskReason.ALREADY_ENTERED)
    kg = command.quantity or terms.quantity
    least = terms.quantity if terms.whole_lot else 1
    refuse_if(not least <= kg <= terms.quantity, Reason.BAD_QUANTITY)
    entry = Entry(
        kg,
        command.extra,
        _per_t(terms.bond_fen_per_t, kg),
        _per_t(terms.fee_reserve_fen_per_t, kg),
    )
    if terms.side == Side.BUY:
        lot = desk.lot_of(command.extra, command.account, terms.product)
        refuse_if(lot.unpromised < kg, DeskReason.LOT_TOO_SMALL)
    else:
        refuse_if(command.extra != 0, Reason.BAD_PARAMETER)
    total = entry.bond + entry.fee_reserve
    desk.check_aside(total)
    desk.check_free(command.account, total)
    for kind, fen in ((HoldKind.BOND, entry.bond), (HoldKind.FEE_RESERVE, entry.fee_reserve)):
        if fen:
            desk.hold(command.account, kind, auction.number, fen, auction.number)
    if terms.side == Side.BUY:
        lot.promised += kg
        entry.promised = kg
    auction.entries[command.account] = entry
    tell(
        desk,
        DeskEventKind.ENTERED,
        auction,
        account=command.account,
        quantity=kg,
        price=entry.bond,
        remaining=entry.fee_reserve,
        other_id=entry.lot,
    )
    return _answer(auction)


def _per_t(fen: int, kg: int) -> int:
    """So many fen per t for these kg, rounded up."""
    return -(-fen * kg // KG_PER_T)


def leave(desk: DeskContext, command: DeskCommand) -> Answer:
    """A bidder whom no bid binds gets his money and goods back."""
    auction = known_auction(desk, command.id)
    refuse_if(command.account not in auction.entries, DeskReason.NOT_ENTERED)
    refuse_if(auction.state in ENDED_STATES, DeskReason.AUCTION_OVER)
    bound = auction.rules is not None and auction.rules.binds(command.account)
    waits = any(award.deadline_ns and award.account == command.account for award in auction.awards)
    refuse_if(bound or waits, DeskReason.BINDING_BID)
    release_entry(desk, auction, command.account, [])
    del auction.entries[command.account]
    tell(desk, DeskEventKind.LEFT, auction, account=command.account)
    return _answer(auction)


# --- bids -------------------------------------------------------------------------------------------------


def bid(desk: DeskContext, command: DeskCommand) -> Answer:
    """A bid of any kind of auction."""
    refuse_if(command.flags & ~ABOVE_ALERT != 0, Reason.BAD_PARAMETER)
    auction, rules = _bidding(desk, command)
    line = _line(desk, command, LogAction.BID)
    line.price, line.kg, line.maximum = command.price, command.quantity, command.amount
    return _place(desk, auction, rules, line, above_alert=command.flags == ABOVE_ALERT)


def commit(desk: DeskContext, command: DeskCommand) -> Answer:
    """The hash of a bid that is to be revealed."""
    auction, rules = _bidding(desk, command)
    refuse_if(not isinstance(rules, Sealed), DeskReason.WRONG_KIND)
    line = _line(desk, command, LogAction.COMMIT)
    line.text = command.commitment.hex()
    return _place(desk, auction, rules, line)


def reveal(desk: DeskContext, command: DeskCommand) -> Answer:
    """The bid behind a hash."""
    auction = known_auction(desk, command.id)
    rules = auction.rules
    refuse_if(command.account not in auction.entries, DeskReason.NOT_ENTERED)
    refuse_if(auction.state == AuctionState.PAUSED, DeskReason.AUCTION_PAUSED)
    refuse_if(auction.state in ENDED_STATES, DeskReason.AUCTION_OVER)
    if not isinstance(rules, Sealed):
        raise Refused(DeskReason.WRONG_KIND if rules is not None else DeskReason.NOT_OPEN)
    line = _line(desk, command, LogAction.REVEAL)
    line.price, line.kg, line.text = command.price, command.quantity, command.nonce.hex()
    return _place(desk, auction, rules, line, above_alert=True)


def _bidding(desk: DeskContext, command: DeskCommand) -> tuple[Auction, Rules]:
    """An auction that takes bids, of this account and now; or a refusal."""
    auction = known_auction(desk, command.id)
    _check_stranger(desk, auction, command.account)
    refuse_if(auction.state == AuctionState.DEFINED, DeskReason.NOT_ANNOUNCED)
    refuse_if(auction.state == AuctionState.ANNOUNCED, DeskReason.NOT_OPEN)
    refuse_if(auction.state == AuctionState.PAUSED, DeskReason.AUCTION_PAUSED)
    if auction.state != AuctionState.OPEN or auction.rules is None:
        raise Refused(DeskReason.AUCTION_OVER)
    refuse_if(command.account not in auction.entries, DeskReason.NOT_ENTERED)
    refuse_if(command.other != auction.epoch, DeskReason.STALE_EPOCH)
    return auction, auction.rules


def _check_stranger(desk: DeskContext, auction: Auction, account: int) -> None:
    """Refuses who may not bid in an auction: the owner, his group, the suspended."""
    desk.trader(account)
    refuse_if(account == auction.account, DeskReason.OWN_AUCTION)
    check_strangers(desk, account, auction.account)


def _line(desk: DeskContext, command: DeskCommand, action: LogAction) -> Line:
    """The line of the bid file, with the number it gets if it is good."""
    return Line(action, desk.now_ns, desk.state.last_number + 1, command.account)


def _place(
    desk: DeskContext, auction: Auction, rules: Rules, line: Line, *, above_alert: bool = False
) -> Answer:
    """Takes a good bid: tells what all may know, and deals with what follows from it."""
    rules.check(line)
    _check_alert(auction.terms, line, above_alert=above_alert)
    _check_bond(auction, rules, line)
    desk.next_number()
    _tell_all(desk, auction, rules.place(line))
    answer = Answer(line.number, auction.number, auction.terms.product)
    if auction.terms.kind == AuctionKind.ENGLISH:
        tell_state(desk, auction)
        answer = answer._replace(price=rules.price_now)
    elif isinstance(rules, Dutch):
        award_new(desk, auction)
        award = auction.awards[-1]
        if not rules.closed:
            tell_state(desk, auction)
        answer = answer._replace(
            order_id=award.deal or line.number,
            price=award.price,
            quantity=award.kg,
            remaining=rules.kg_left,
        )
    finish(desk, auction)
    reschedule(desk, auction)
    return answer


def _check_alert(terms: Terms, line: Line, *, above_alert: bool) -> None:
    """Refuses what looks like a slip of the finger and is not marked as meant."""
    if terms.alert and not above_alert:
        highest = line.maximum or line.price
        refuse_if(terms.better(highest, terms.alert), DeskReason.ALERT_PRICE)


def _check_bond(auction: Auction, rules: Rules, line: Line) -> None:
    """Refuses kg for which no bond was put up."""
    entry = auction.entries[line.bidder]
    if isinstance(rules, Dutch):
        kg = rules.kg_of(line) + entry.awarded
    else:
        kg = 0 if line.action == LogAction.COMMIT else line.kg or auction.terms.quantity
    refuse_if(kg > entry.kg, DeskReason.BEYOND_BOND)


def _tell_all(desk: DeskContext, auction: Auction, told: list[Told]) -> None:
    for each in told:
        epoch = auction.epoch if each.kind == DeskEventKind.EXTENDED else each.other
        desk.reports.tell(product=auction.terms.product, **each._replace(other=epoch)._asdict())


# --- what comes by itself ---------------------------------------------------------------------------------


def happen(desk: DeskContext, number: int) -> None:
    """What is due happens."""
    auction = desk.state.auctions[number]
    if auction.state in ENDED_STATES:
        del desk.state.auctions[number]
        return
    when_ns = due_ns(desk, number)
    if auction.state == AuctionState.ANNOUNCED:
        _open(desk, auction)
    elif auction.state == AuctionState.DECIDING:
        end(desk, auction, AuctionState.UNSOLD, DeskReason.OVERDUE)
    elif next_deadline_ns(auction) == when_ns:
        for award in [award for award in auction.awards if award.deadline_ns == when_ns]:
            default(desk, auction, award)
        finish(desk, auction)
    else:
        _advance(desk, auction)
    reschedule(desk, auction)


def _open(desk: DeskContext, auction: Auction) -> None:
    if len(auction.entries) < auction.terms.min_bidders:
        end(desk, auction, AuctionState.UNSOLD, DeskReason.TOO_FEW_BIDDERS)
        return
    auction.rules = begin(auction.terms)
    auction.state = AuctionState.OPEN
    tell_state(desk, auction)


def _advance(desk: DeskContext, auction: Auction) -> None:
    rules = auction.rules
    assert rules is not None
    _tell_all(desk, auction, rules.advance())
    if not rules.closed:
        if _is_revealing(auction):
            auction.state = AuctionState.REVEALING
        tell_state(desk, auction)
    elif isinstance(rules, Dutch):
        finish(desk, auction)
    else:
        close(desk, auction)


def _is_revealing(auction: Auction) -> bool:
    return isinstance(auction.rules, Sealed) and auction.rules.revealing


# --- interruptions ----------------------------------------------------------------------------------------


def control(desk: DeskContext, command: DeskCommand) -> Answer:
    """The operator pauses, resumes or cancels."""
    auction = known_auction(desk, command.id)
    refuse_if(command.flags not in {PAUSE, RESUME, CANCEL}, Reason.BAD_PARAMETER)
    refuse_if(auction.state in ENDED_STATES, DeskReason.AUCTION_OVER)
    if command.flags == PAUSE:
        running = auction.state in {AuctionState.OPEN, AuctionState.REVEALING}
        refuse_if(not running, DeskReason.NOT_OPEN)
        auction.state, auction.paused_ns = AuctionState.PAUSED, desk.now_ns
        tell_state(desk, auction)
        reschedule(desk, auction)
    elif command.flags == RESUME:
        refuse_if(auction.state != AuctionState.PAUSED, DeskReason.NOT_PAUSED)
        auction.state = AuctionState.REVEALING if _is_revealing(auction) else AuctionState.OPEN
        _move(desk, auction, desk.now_ns, desk.now_ns - auction.paused_ns, DeskReason.PAUSED)
    else:
        if auction.rules is not None:
            if auction.state == AuctionState.PAUSED:
                auction.rules.stand_still(desk.now_ns, desk.now_ns - auction.paused_ns)
            auction.rules.log.append(Line(LogAction.CANCEL, desk.now_ns))
        end(desk, auction, AuctionState.CANCELLED, DeskReason.BY_OPERATOR)
    return _answer(auction)


def after_outage(desk: DeskContext, now_ns: int) -> None:
    """Nothing was heard since the desk's time: what auctions wait for comes later by as much."""
    gap_ns = now_ns - desk.now_ns
    for _, auction in sorted(desk.state.auctions.items()):
        if auction.state == AuctionState.ANNOUNCED and auction.terms.opens_ns <= now_ns:
            auction.terms.opens_ns = now_ns
            tell_state(desk, auction)
            reschedule(desk, auction)
        elif auction.state in TICKING_STATES:
            for award in auction.awards:
                award.deadline_ns += gap_ns if award.deadline_ns else 0
            auction.deadline_ns += gap_ns if auction.deadline_ns else 0
            _move(desk, auction, now_ns, gap_ns, DeskReason.OUTAGE)


def _move(desk: DeskContext, auction: Auction, now_ns: int, by_ns: int, reason: DeskReason) -> None:
    """An auction that stood still goes on, in a new epoch."""
    rules = auction.rules
    assert rules is not None
    if auction.state in {AuctionState.OPEN, AuctionState.REVEALING}:
        rules.stand_still(now_ns, by_ns)
    auction.epoch += 1
    tell_state(desk, auction)
    until_ns = rules.changes_at_ns if not rules.closed else due_ns(desk, auction.number)
    tell(
        desk,
        DeskEventKind.EXTENDED,
        auction,
        quantity=by_ns,
        remaining=until_ns,
        other=auction.epoch,
        other_id=getattr(rules, "extensions", 0),
        reason=reason,
    )
    reschedule(desk, auction)


def is_ticking(desk: DeskContext) -> bool:
    """Whether an auction is under way, so that TIME should come each second."""
    return any(auction.state in TICKING_STATES for auction in desk.state.auctions.values())


def _answer(auction: Auction) -> Answer:
    return Answer(auction.number, auction.number, auction.terms.product)


HANDLERS: dict[int, Callable[[DeskContext, DeskCommand], Answer]] = {
    DeskCommandKind.AUCTION: define,
    DeskCommandKind.AUCTION_SET: set_parameter,
    DeskCommandKind.ANNOUNCE: announce,
    DeskCommandKind.ENTER: enter,
    DeskCommandKind.LEAVE: leave,
    DeskCommandKind.BID: bid,
    DeskCommandKind.COMMIT: commit,
    DeskCommandKind.REVEAL: reveal,
    DeskCommandKind.CONTROL: control,
}
DUE = {AUCTION_DUE: (due_ns, happen)}
"""By what falls due: when, and what happens then."""
