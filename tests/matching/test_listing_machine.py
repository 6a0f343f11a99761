"""Listings and negotiation under anything at all: nobody sells twice, nothing is lost, replay is equal."""

from collections import defaultdict

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from matching.desk_types import (
    CONFIRM,
    IN_ESCROW,
    INVITED,
    NEGOTIABLE,
    PAYMENTS,
    WITH_BOND,
    DeskCommand,
    DeskCommandKind,
    DeskSetting,
)
from matching.holds import bond_fen
from matching.market import new_market
from matching.types import Command, CommandKind, Event, EventKind, Side, unpack_events
from tests.matching.desk import ALL_MODES, SECOND, DeskMarket, E, K, check_holds, reason_of

letters = st.sampled_from("ABCF")
numbers = st.integers(1, 9)
LISTINGS = [
    ("A", Side.SELL, 1, NEGOTIABLE),
    ("B", Side.SELL, 2, NEGOTIABLE | CONFIRM),
    ("C", Side.BUY, 0, NEGOTIABLE | WITH_BOND),
    ("C", Side.SELL, 3, CONFIRM | IN_ESCROW),
    ("B", Side.BUY, 0, 0),
]
"""What is listed in the beginning: 2,000 kg at 700 each."""
prices = st.sampled_from([700, 701, 713])
kilograms = st.sampled_from([300, 500, 1_000, 2_000, 250])
which = st.integers(0, 20)


class Negotiators(RuleBasedStateMachine):
    """Four members (A and F are one party), lots, listings of both sides, takes, proposals, time."""

    def __init__(self) -> None:
        super().__init__()
        self.market = DeskMarket()
        self.market.does(K.DESK, product=1, flags=ALL_MODES | PAYMENTS, amount=1)
        self.market.does(K.SETTING, id=DeskSetting.CONFIRM_NS, amount=50 * SECOND)
        for letter in "ABCDEF":
            account = ord(letter) - ord("A") + 1
            self.market.core(CommandKind.FUNDS, account=account, amount=-95_000_000)
            self.market.core(CommandKind.GOODS, account=account, product=1, quantity=-46_000)
        for lot, letter in enumerate("ABC", 1):
            self.market.does(K.LOT, letter, product=1, id=lot, quantity=3_000)
        for number, (letter, side, lot, flags) in enumerate(LISTINGS, 1):
            terms = {"product": 1, "price": 700, "quantity": 2_000, "other": 300}
            until = self.market.now_ns + 1_000 * SECOND
            self.market.does(
                K.LIST, letter, id=number, side=side, extra=lot, flags=flags, amount=until, **terms
            )
        self.records: list[bytes] = []
        self.events: list[bytes] = []
        self.dealt_kg: dict[int, int] = defaultdict(int)
        self.paid_out = 0
        """What left the members: the exchange's income, and what is kept until the seller is paid."""
        self.payments: dict[int, int] = {}
        """By deal."""
        self.snapshot = self.market.engine.snapshot()
        self.first_seq = self.market.next_seq

    def sends(self, kind: DeskCommandKind, by: str = "", **fields: int) -> list[Event]:
        """Sends a command, done or refused; a refused one changes nothing that time did not."""
        market = self.market
        fields = {"account": ord(by) - ord("A") + 1, **fields} if by else fields
        record = DeskCommand(kind, market.now_ns, **fields).pack()
        tick = DeskCommand(K.TIME, market.now_ns).pack()
        self.apply(tick)
        before = market.engine.state_hash()
        events = self.apply(record)
        if events[-1].kind == EventKind.REJECTED:
            reason_of(events[-1])
            assert len(events) == 1
            assert market.engine.state_hash() == before
        return events

    def apply(self, record: bytes) -> list[Event]:
        """Applies a record, remembers it and what it dealt."""
        seq = self.market.next_seq
        applied = self.market.engine.apply(record, seq)
        self.market.next_seq += 1
        self.records.append(record)
        self.events.append(applied)
        events = unpack_events(applied)
        for event in events:
            self.check_deal(event)
        return events

    def check_deal(self, event: Event) -> None:
        """Related parties never deal; the exchange's own income is counted."""
        if event.kind == E.DEAL:
            assert {event.account, event.other} not in ({1, 6}, {1}, {6})
            self.dealt_kg[event.other_id] += event.quantity
            listing = self.market.engine.desk.listings[event.other_id]
            assert event.reason == listing.payment
            self.payments[event.order_id], self.amount = event.reason, event.price * event.quantity
        if event.kind == E.DEAL_FEES:
            payment = self.payments[event.order_id]
            assert event.other_id == (bond_fen(self.amount) if payment == WITH_BOND else 0)
            kept = {WITH_BOND: event.other_id, IN_ESCROW: self.amount}.get(payment)
            self.paid_out += event.price + (event.quantity + event.remaining if kept is None else kept)

    # --- what members and the exchange do -------------------------------------------------------------

    @rule(by=letters, number=numbers, kg=kilograms)
    def puts_aside(self, by: str, number: int, kg: int) -> None:
        self.sends(K.LOT, by, product=1, id=number, quantity=kg)

    @rule(number=numbers, kg=st.sampled_from([0, 100, 500]))
    def puts_back(self, number: int, kg: int) -> None:
        self.sends(K.LOT_RETURN, id=number, quantity=kg)

    @rule(
        by=letters,
        number=numbers,
        price=prices,
        kg=kilograms,
        least=st.sampled_from([0, 250, 300]),
        flags=st.sampled_from([NEGOTIABLE, 0, CONFIRM, NEGOTIABLE | CONFIRM, INVITED | NEGOTIABLE]),
        payment=st.sampled_from([0, WITH_BOND, WITH_BOND, IN_ESCROW, PAYMENTS]),
        lot=st.integers(0, 4),
        seconds=st.sampled_from([1_000, 40]),
    )
    def lists(
        self,
        by: str,
        number: int,
        price: int,
        kg: int,
        least: int,
        flags: int,
        payment: int,
        lot: int,
        seconds: int,
    ) -> None:
        """Most often under a number that is free."""
        number = number if number == 9 else len(self.market.engine.desk.listings) + 1
        lots = self.market.engine.desk.lots
        by = chr(ord("A") + lots[lot].account - 1) if lot in lots else by
        self.sends(
            K.LIST,
            by,
            product=1,
            side=Side.SELL if lot else Side.BUY,
            id=number,
            price=price,
            quantity=kg,
            amount=self.market.now_ns + seconds * SECOND,
            extra=lot,
            other=least,
            flags=flags | payment,
        )

    @rule(number=numbers, by=letters)
    def invites(self, number: int, by: str) -> None:
        self.sends(K.INVITE, by, id=number)

    def open_listing(self, which: int) -> int:
        """A listing that has not ended, if there is one."""
        listings = self.market.engine.desk.listings.values()
        open_ones = [each.number for each in listings if not each.ended_ns] or [7]
        return open_ones[which % len(open_ones)]

    @rule(by=letters, which=which, price=prices, kg=kilograms, stale=st.sampled_from([False] * 4 + [True]))
    def takes(self, by: str, which: int, price: int, kg: int, stale: bool) -> None:
        number = self.open_listing(which)
        listing = self.market.engine.desk.listings.get(number)
        price = price if stale or listing is None else listing.price
        events = self.sends(K.TAKE, by, id=number, price=price, quantity=kg)
        if events[-1].kind == E.ANSWERED:
            assert listing is not None
            assert price == listing.price
            assert ord(by) - ord("A") + 1 != listing.account
            assert kg >= listing.least_kg or listing.left == 0

    @rule(which=which, flags=st.sampled_from([1, 1, 0]))
    def confirms(self, which: int, flags: int) -> None:
        takes = sorted(self.market.engine.desk.takes)
        if takes:
            take = self.market.engine.desk.takes[takes[which % len(takes)]]
            lister = self.market.engine.desk.listings[take.listing].account
            self.sends(K.CONFIRM, account=lister, id=take.number, flags=flags)

    @rule(by=letters, which=which, other=st.sampled_from([0, 0, 1, 2]), price=prices, kg=kilograms)
    def proposes(self, by: str, which: int, other: int, price: int, kg: int) -> None:
        number = self.open_listing(which)
        listing = self.market.engine.desk.listings.get(number)
        if other and listing is not None and listing.chains:
            by = chr(ord("A") + listing.account - 1)
            other = sorted(listing.chains)[other % len(listing.chains)]
        amount = self.market.now_ns + 30 * SECOND
        self.sends(K.COUNTER, by, id=number, other=other, price=price, quantity=kg, amount=amount)

    @rule(which=which, flags=st.sampled_from([1, 1, 1, 0, 2]), wrong=st.sampled_from([False] * 5 + [True]))
    def answers(self, which: int, flags: int, wrong: bool) -> None:
        proposals = sorted(self.market.engine.desk.proposals)
        if proposals:
            each = self.market.engine.desk.proposals[proposals[which % len(proposals)]]
            account = each.account if wrong or flags == 2 else each.other
            self.sends(K.ANSWER, account=account, id=each.number, flags=flags)

    @rule(by=letters, which=which)
    def withdraws(self, by: str, which: int) -> None:
        self.sends(K.WITHDRAW, by, id=self.open_listing(which))

    @rule(
        flags=st.sampled_from([ALL_MODES | PAYMENTS] * 5 + [ALL_MODES | WITH_BOND, 1]),
        amount=st.sampled_from([1] * 9 + [0]),
    )
    def opens_or_closes(self, flags: int, amount: int) -> None:
        self.sends(K.DESK, product=1, flags=flags, amount=amount)

    @rule(by=letters, price=st.sampled_from([0, 20, 300]), flags=st.sampled_from([0, 0, 0, 1]))
    def changes_rates(self, by: str, price: int, flags: int) -> None:
        account = ord(by) - ord("A") + 1
        group = 1 if by == "F" else 0
        terms = {"price": price, "quantity": 10, "amount": 200, "order_id": group, "flags": flags}
        self.apply(Command(CommandKind.ACCOUNT, account=account, **terms).pack())

    @rule(seconds=st.sampled_from([1, 29, 60]))
    def time_passes(self, seconds: int) -> None:
        self.market.now_ns += seconds * SECOND
        self.sends(K.TIME)

    @rule()
    def goes_on_from_a_snapshot(self) -> None:
        engine = new_market("reference")
        engine.load(self.market.engine.snapshot())
        assert engine.snapshot() == self.market.engine.snapshot()
        assert engine.next_due_ns == self.market.engine.next_due_ns
        self.market.engine = engine

    # --- what always holds ----------------------------------------------------------------------------

    @invariant()
    def everything_is_somewhere(self) -> None:
        check_holds(self.market.engine)
        assert sum(sum(self.market.funds(letter)) for letter in "ABCDEF") == 30_000_000 - self.paid_out
        kg = sum(sum(self.market.goods(letter)) for letter in "ABCDEF")
        assert kg == 24_000 - sum(self.dealt_kg.values())

    @invariant()
    def no_listing_is_sold_twice(self) -> None:
        for listing in self.market.engine.desk.listings.values():
            assert listing.left >= 0
            assert listing.reserved >= 0
            sold = listing.quantity - listing.left - listing.reserved
            assert 0 <= sold <= self.dealt_kg[listing.number]

    def teardown(self) -> None:
        """What was done again gives the same."""
        again = new_market()
        again.load(self.snapshot)
        assert again.apply(b"".join(self.records), self.first_seq) == b"".join(self.events)
        assert again.state_hash() == self.market.engine.state_hash()


def test_whatever_members_do_nobody_sells_twice_and_nothing_is_lost() -> None:
    run_state_machine_as_test(
        Negotiators,
        settings=settings(
            deadline=None,
            max_examples=25,
            stateful_step_count=40,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
