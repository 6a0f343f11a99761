"""A market with a desk, driven command by command, and what must hold in it after each."""

from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_state import Auction, DeskState
from matching.desk_types import (
    AUCTION,
    ENDED_STATES,
    LISTED,
    NEGOTIATED,
    AuctionKind,
    AuctionParameter,
    AuctionState,
    DeskCommand,
    DeskCommandKind,
    HoldKind,
)
from matching.holds import buy_hold_fen
from matching.market import MarketEngine, new_market
from matching.payments import buyer_gives_fen
from matching.types import RECORD_SIZE, Command, CommandKind, Event, EventKind, Reason, Side, unpack_events
from tests.matching.market import account_number

K = DeskCommandKind
E = DeskEventKind
SECOND = 1_000_000_000
START = 1_000 * SECOND
ALL_MODES = LISTED | AUCTION | NEGOTIATED


class DeskMarket:
    """Product 1 at 600 … 800 fen (step 100 kg, least 500), product 2 alike; A … F with a million yuan and 50
    t.

    A and F are one party. Everybody pays 0.2 % as a buyer; sellers 0.1 % and a deposit of 2 %.
    """

    def __init__(self, implementation: str = "fast") -> None:
        self.engine: MarketEngine = new_market("fast" if implementation == "fast" else "reference")
        self.next_seq = 1
        self.now_ns = START
        for product in (1, 2):
            self.core(CommandKind.PRODUCT, product=product, price=600, quantity=800, amount=100, order_id=500)
        for letter in "ABCDEF":
            account = account_number(letter)
            self.core(
                CommandKind.ACCOUNT,
                account=account,
                price=20,
                quantity=10,
                amount=200,
                order_id=1 if letter == "F" else 0,
            )
            self.core(CommandKind.FUNDS, account=account, amount=100_000_000)
            self.core(CommandKind.GOODS, account=account, product=1, quantity=50_000)
        self.does(K.DESK, product=1, flags=ALL_MODES, amount=1)

    # --- sending --------------------------------------------------------------------------------------

    def core(self, kind: CommandKind, **fields: int) -> list[Event]:
        """Sends a command of the books."""
        return self._send(Command(kind, time_ns=self.now_ns, **fields).pack())

    def send(self, kind: DeskCommandKind, by: str = "", **fields: int) -> list[Event]:
        """Sends a desk command at the current time; ``by`` is the account's letter."""
        if by:
            fields["account"] = account_number(by)
        return self.send_command(DeskCommand(kind, **fields))

    def send_command(self, command: DeskCommand) -> list[Event]:
        """Sends a desk command at the current time."""
        events = self._send(command._replace(time_ns=self.now_ns).pack())
        assert events[-1].kind in {E.ANSWERED, EventKind.REJECTED}
        assert all(event.kind not in {E.ANSWERED, EventKind.REJECTED} for event in events[:-1])
        return events

    def _send(self, record: bytes) -> list[Event]:
        seq = self.next_seq
        events = self.events(record)
        assert {event.seq for event in events} == {seq}
        return events

    def events(self, batch: bytes) -> list[Event]:
        """Applies a batch of records."""
        events = unpack_events(self.engine.apply(batch, self.next_seq))
        self.next_seq += len(batch) // RECORD_SIZE
        check_holds(self.engine)
        return events

    def does(self, kind: DeskCommandKind, by: str = "", **fields: int) -> Event:
        """Sends a command that must be done; its answer."""
        answer = self.send(kind, by, **fields)[-1]
        assert answer.kind == E.ANSWERED, reason_of(answer).name
        return answer

    def refuses(self, kind: DeskCommandKind, by: str = "", **fields: int) -> Reason | DeskReason:
        """Sends a command that must be refused and change nothing; why."""
        self.wait(0)
        before = self.engine.state_hash()
        (event,) = self.send(kind, by, **fields)
        assert event.kind == EventKind.REJECTED
        assert self.engine.state_hash() == before
        return reason_of(event)

    def wait(self, seconds: float) -> list[Event]:
        """Time passes, told in steps of ten seconds so that it is no outage; what happened meanwhile."""
        events: list[Event] = []
        left = round(seconds * SECOND)
        while left >= 0:
            step = min(left, 10 * SECOND)
            self.now_ns += step
            events += self.send(K.TIME)[:-1]
            left = left - step if left > step else -1
        return events

    def announces(
        self, kind: AuctionKind, by: str = "A", side: Side = Side.SELL, number: int = 1, **more: int
    ) -> None:
        """Announces an auction that opens in ten seconds: 10,000 kg from 700 by steps of 10, bond 20 yuan/t.

        A sale is of lot ``number``, set aside for it. More: start, quantity and parameters.
        """
        start, quantity = more.pop("start", 700), more.pop("quantity", 10_000)
        lot = number if side == Side.SELL else 0
        if lot:
            self.does(K.LOT, by, product=1, id=lot, quantity=quantity)
        opens_ns = self.now_ns + 10 * SECOND
        self.does(
            K.AUCTION,
            by,
            product=1,
            side=side,
            mode=kind,
            id=number,
            price=start,
            quantity=quantity,
            amount=opens_ns,
            extra=lot,
        )
        parameters = {
            "step": 10,
            **({} if kind == AuctionKind.DUTCH else {"duration_ns": 100 * SECOND}),
            "bond_fen_per_t": 2_000,
            "fee_reserve_fen_per_t": 100,
            **more,
        }
        for name, value in parameters.items():
            self.does(K.AUCTION_SET, id=number, other=AuctionParameter[name.upper()], amount=value)
        self.does(K.ANNOUNCE, id=number)

    def bids(self, by: str, price: int, kg: int = 0, number: int = 1, **more: int) -> list[Event]:
        """A bid in the epoch that is."""
        epoch = self.engine.desk.auctions[number].epoch
        fields = {"id": number, "price": price, "quantity": kg, "other": epoch, **more}
        return self.send(K.BID, by, **fields)

    def state_of(self, number: int = 1) -> AuctionState:
        """The auction's state."""
        return AuctionState(self.engine.desk.auctions[number].state)

    # --- reading --------------------------------------------------------------------------------------

    def funds(self, letter: str) -> tuple[int, int]:
        """Free and held fen."""
        account = self.engine.account(account_number(letter))
        assert account is not None
        return account.funds_free, account.funds_held

    def goods(self, letter: str, product: int = 1) -> tuple[int, int]:
        """Free and held kg."""
        account = self.engine.account(account_number(letter))
        assert account is not None
        return next(((free, held) for number, free, held in account.goods if number == product), (0, 0))


def reason_of(event: Event) -> Reason | DeskReason:
    """The reason of an event, whosever it is."""
    return Reason(event.reason) if event.reason < min(DeskReason) else DeskReason(event.reason)


def kinds(events: list[Event]) -> list[str]:
    """The names of desk events, holds and the answer left out."""
    return [E(event.kind).name for event in events if event.kind not in {E.HELD, E.ANSWERED}]


def only(events: list[Event], kind: DeskEventKind) -> Event:
    """The one event of a kind."""
    (found,) = (event for event in events if event.kind == kind)
    return found


def needs_of(desk: DeskState) -> dict[tuple[int, int, int], int]:
    """What must be on hold, counted from what is open: by account, HoldKind and number."""
    needs: dict[tuple[int, int, int], int] = {}
    for lot in desk.lots.values():
        needs[lot.account, HoldKind.LOT, lot.number] = lot.kg
    for listing in desk.listings.values():
        if listing.side == Side.BUY and not listing.ended_ns:
            fen = listing.need_fen(listing.left)
            needs[listing.account, HoldKind.LISTING, listing.number] = fen
    for take in desk.takes.values():
        payment = desk.listings[take.listing].payment
        fen = buyer_gives_fen(payment, take.price, take.quantity, take.fee_bps)
        needs[take.account, HoldKind.TAKE, take.number] = fen
    for each in desk.proposals.values():
        if each.side == Side.BUY:
            payment = desk.listings[each.listing].payment
            fen = buyer_gives_fen(payment, each.price, each.quantity, each.fee_bps)
            needs[each.account, HoldKind.PROPOSAL, each.number] = fen
    for auction in desk.auctions.values():
        needs |= needs_of_auction(auction)
    return {key: quantity for key, quantity in needs.items() if quantity}


def needs_of_auction(auction: Auction) -> dict[tuple[int, int, int], int]:
    """Bonds and fee reserves of those whose bids may still win or who have yet to pay; a buyer's need."""
    needs: dict[tuple[int, int, int], int] = {}
    waiting = [award for award in auction.awards if award.deadline_ns]
    for account, entry in auction.entries.items():
        mine = [award for award in waiting if award.account == account]
        bond, fee = sum(award.bond for award in mine), sum(award.fee_reserve for award in mine)
        if account in bidders_of(auction):
            bond += entry.bond - entry.bond * entry.awarded // entry.kg
            fee += entry.fee_reserve - entry.fee_reserve * entry.awarded // entry.kg
        needs[account, HoldKind.BOND, auction.number] = bond
        needs[account, HoldKind.FEE_RESERVE, auction.number] = fee
    if auction.terms.side == Side.BUY and auction.state not in ENDED_STATES:
        need = buy_hold_fen(auction.terms.start, auction.terms.quantity, auction.fee_bps)
        needs[auction.account, HoldKind.NEED, auction.number] = need
    return needs


def bidders_of(auction: Auction) -> set[int]:
    """Those whose bids may still win."""
    if auction.state == AuctionState.DECIDING:
        assert auction.rules is not None
        return {auction.rules.result().winner}
    over = auction.state in ENDED_STATES | {AuctionState.PAYING}
    return set() if over else set(auction.entries)


def promised_of(desk: DeskState) -> dict[int, int]:
    """Kg that must be promised, by lot, counted from what is open."""
    promised = dict.fromkeys(desk.lots, 0)
    for listing in desk.listings.values():
        if listing.lot and not listing.ended_ns:
            promised[listing.lot] += listing.left + listing.reserved
    for auction in desk.auctions.values():
        if auction.lot and auction.state not in ENDED_STATES:
            promised[auction.lot] += auction.terms.quantity - auction.sold
        if auction.terms.side == Side.BUY:
            for account in bidders_of(auction) & set(auction.entries):
                promised[auction.entries[account].lot] += auction.entries[account].kg
    return promised


def check_holds(engine: MarketEngine) -> None:
    """What the desk holds is what its listings, takes, proposals and lots need, to the fen and kg."""
    needs = needs_of(engine.desk)
    assert {number: lot.promised for number, lot in engine.desk.lots.items()} == promised_of(engine.desk)
    assert all(0 <= lot.promised <= lot.kg for lot in engine.desk.lots.values())
    for account in range(1, 8):
        holds = engine.desk_holds(account)
        held = {(account, hold.kind, hold.number): hold.quantity for hold in holds}
        assert held == {key: quantity for key, quantity in needs.items() if key[0] == account}
        state = engine.account(account)
        if state is not None:
            assert state.funds_free >= 0
            assert state.funds_held >= sum(hold.quantity for hold in holds if not hold.product)
