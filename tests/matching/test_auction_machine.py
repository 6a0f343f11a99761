"""Auctions of each kind under anything at all: holds conserved, Σ allocation ≤ lot, price rules, replay
equal."""

import json
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.auctions.dutch import Dutch
from matching.auctions.sealed import commitment
from matching.auctions.verify import verify
from matching.desk_state import Auction
from matching.desk_types import (
    ENDED_STATES,
    AuctionKind,
    AuctionState,
    DeskCommand,
    DeskCommandKind,
    DeskSetting,
    Pricing,
)
from matching.market import new_market
from matching.types import Command, CommandKind, Event, EventKind, Side, unpack_events
from tests.matching.desk import SECOND, DeskMarket, E, K, check_holds, reason_of

LOT = 3_000
START = 700
MONEY = 3_000_000
"""Fen each member has: enough for one lot at most prices, not for two."""

bidders = st.sampled_from("BBBCCCDDF")
prices = st.sampled_from([700, 710, 720, 740, 750, 780])
kilograms = st.sampled_from([1_000, 1_500, 2_000, 3_000, 500, 250])


class Auctioneers:
    """A's sale, or E's need; bidders B, C, D, and F, who is of A's party. Subclasses name the terms."""

    terms: ClassVar[dict[str, Any]] = {}
    side: ClassVar[Side] = Side.SELL

    def __init__(self, reserve: int, kg: int) -> None:
        market = self.market = DeskMarket()
        for account in range(1, 7):
            market.core(CommandKind.FUNDS, account=account, amount=MONEY - 100_000_000)
        for setting in (DeskSetting.PAY_NS, DeskSetting.DECISION_NS, DeskSetting.RUNNER_UP_NS):
            market.does(K.SETTING, id=setting, amount=40 * SECOND)
        self.snapshot, self.first_seq = market.engine.snapshot(), market.next_seq
        self.records: list[bytes] = []
        self.events: list[bytes] = []
        self.paid_out = 0
        self.deals: list[Event] = []
        self.nonces: dict[int, tuple[int, int]] = {}
        has_reserve = self.terms["kind"] in {AuctionKind.ENGLISH, AuctionKind.SEALED}
        self.announce({"reserve": reserve, **self.terms} if has_reserve else self.terms)
        for lot, letter in enumerate("BCD", 2):
            extra = 0
            if self.side == Side.BUY:
                self.sends(K.LOT, letter, product=1, id=lot, quantity=LOT)
                extra = lot
            whole = kg == LOT or letter == "B" or self.auction.terms.whole_lot
            self.sends(K.ENTER, letter, id=1, quantity=0 if whole else kg, extra=extra)
        self.passes(10)

    def announce(self, terms: dict[str, Any]) -> None:
        """Records what ``DeskMarket.announces`` sends."""
        market, sent = self.market, self.market.events
        market.events = self.apply  # type: ignore[method-assign]
        try:
            owner = "A" if self.side == Side.SELL else "E"
            market.announces(side=self.side, by=owner, quantity=LOT, **terms)
        finally:
            market.events = sent  # type: ignore[method-assign]

    # --- sending --------------------------------------------------------------------------------------

    @property
    def auction(self) -> Auction:
        return self.market.engine.desk.auctions[1]

    def sends(self, kind: DeskCommandKind, by: str = "", **fields: int) -> list[Event]:
        fields = {"account": ord(by) - ord("A") + 1, **fields} if by else fields
        return self.command(DeskCommand(kind, **fields))

    def command(self, command: DeskCommand) -> list[Event]:
        """Done or refused; a refused one changes nothing that time did not."""
        now_ns = self.market.now_ns
        self.apply(DeskCommand(K.TIME, now_ns).pack())
        before = self.market.engine.state_hash()
        events = self.apply(command._replace(time_ns=now_ns).pack())
        if events[-1].kind == EventKind.REJECTED:
            reason_of(events[-1])
            assert len(events) == 1
            assert self.market.engine.state_hash() == before
        return events

    def apply(self, record: bytes) -> list[Event]:
        applied = self.market.engine.apply(record, self.market.next_seq)
        self.market.next_seq += 1
        self.records.append(record)
        self.events.append(applied)
        events = unpack_events(applied)
        for event in events:
            if event.kind == E.DEAL:
                self.deals.append(event)
            if event.kind == E.DEAL_FEES:
                self.paid_out += event.price + event.quantity + event.remaining
        return events

    # --- what happens ---------------------------------------------------------------------------------

    def bids(self, by: str, price: int, kg: int, maximum: int, age: int) -> None:
        auction = self.auction
        if self.side == Side.BUY:
            price, maximum = 1_400 - price, 1_400 - maximum if maximum else 0
        kg = 0 if auction.terms.whole_lot else kg
        if auction.terms.kind == AuctionKind.CLOCK and auction.rules is not None:
            price, maximum = auction.rules.price_now, 0
        if auction.terms.kind != AuctionKind.ENGLISH:
            maximum = 0
        if auction.terms.reveal_ns:
            self.commits(by, price, kg)
            return
        epoch = auction.epoch - (age == 9)
        left, state, now_ns = self.left, auction.state, self.market.now_ns
        fields = {"price": price, "quantity": kg, "amount": maximum, "other": epoch}
        events = self.sends(K.BID, by, id=1, **fields)
        if events[-1].kind == E.ANSWERED:
            assert by != "F"
            assert age != 9
            assert state == AuctionState.OPEN
            self.check_bid(auction, events, left, price, now_ns)

    @property
    def left(self) -> int:
        rules = self.auction.rules
        return LOT if rules is None else rules.kg_left

    def check_bid(self, auction: Auction, events: list[Event], left: int, price: int, now_ns: int) -> None:
        """A Dutch press gets no more than was left, at no more than its maker saw."""
        if isinstance(auction.rules, Dutch):
            answer = events[-1]
            assert answer.quantity <= left
            assert auction.terms.floor <= answer.price <= price
            assert auction.rules.kg_left == left - answer.quantity

    def commits(self, by: str, price: int, kg: int) -> None:
        account, nonce = ord(by) - ord("A") + 1, bytes(16)
        text = commitment(1, account, price, kg, nonce)
        command = DeskCommand.commit(text, account=account, auction=1, epoch=self.auction.epoch)
        if self.command(command)[-1].kind == E.ANSWERED:
            self.nonces[account] = price, kg

    def reveals(self, by: str, honest: bool) -> None:
        account = ord(by) - ord("A") + 1
        price, kg = self.nonces.get(account, (700, 0))
        fields = {"account": account, "auction": 1, "price": price if honest else price + 1, "quantity": kg}
        self.command(DeskCommand.reveal(bytes(16), **fields))

    def enters_or_leaves(self, by: str, leave: bool) -> None:
        extra = ord(by) - ord("A") + 1 if self.side == Side.BUY else 0
        self.sends(K.LEAVE if leave else K.ENTER, by, id=1, extra=0 if leave else extra)

    def decides(self, flags: int) -> None:
        self.sends(K.DECIDE, account=self.auction.account, id=1, flags=flags)

    def pays(self, by: str) -> None:
        self.sends(K.PAY, by, id=1)

    def moves_money(self, by: str, fen: int) -> None:
        record = Command(CommandKind.FUNDS, account=ord(by) - ord("A") + 1, amount=fen).pack()
        (event,) = self.apply(record)
        if event.kind == EventKind.APPLIED:
            self.paid_out -= fen

    def controls(self, flags: int) -> None:
        if self.auction.state not in ENDED_STATES:
            self.sends(K.CONTROL, id=1, flags=flags)

    def passes(self, seconds: int) -> None:
        """More than thirty seconds are an outage."""
        self.market.now_ns += seconds * SECOND
        self.sends(K.TIME)

    def goes_on_from_a_snapshot(self) -> None:
        engine = new_market("reference")
        engine.load(self.market.engine.snapshot())
        assert engine.snapshot() == self.market.engine.snapshot()
        assert engine.next_due_ns == self.market.engine.next_due_ns
        self.market.engine = engine

    # --- what always holds ----------------------------------------------------------------------------

    def check(self) -> None:
        """All of it."""
        self.everything_is_somewhere()
        self.prices_keep_the_rules()
        self.the_bid_file_agrees()

    def everything_is_somewhere(self) -> None:
        check_holds(self.market.engine)
        money = sum(sum(self.market.funds(letter)) for letter in "ABCDEF")
        assert money == 6 * MONEY - self.paid_out
        sold = sum(deal.quantity for deal in self.deals)
        assert sold == self.auction.sold <= LOT
        assert sum(sum(self.market.goods(letter)) for letter in "ABCDEF") == 300_000 - sold

    def prices_keep_the_rules(self) -> None:
        terms = self.auction.terms
        for deal in self.deals:
            assert {deal.account, deal.other}.isdisjoint({6})
            if terms.kind == AuctionKind.DUTCH:
                assert terms.floor <= deal.price <= terms.start
            else:
                assert terms.at_least(deal.price, terms.start)
                decided = any(award.reason for award in self.auction.awards)
                assert decided or not terms.reserve or terms.at_least(deal.price, terms.reserve)
        uniform = terms.kind == AuctionKind.CLOCK or (
            terms.kind == AuctionKind.SEALED and terms.pricing != Pricing.PAY_AS_BID
        )
        if uniform and not any(award.reason for award in self.auction.awards):
            assert len({deal.price for deal in self.deals}) <= 1

    def the_bid_file_agrees(self) -> None:
        if self.auction.state not in ENDED_STATES:
            return
        file = json.loads(json.dumps(self.market.engine.bid_file(1)))
        verdict = verify(file)
        assert verdict.agrees, verdict.why
        allocated = sum(kg for _, kg, _ in verdict.allocation)
        assert self.auction.sold <= allocated <= LOT
        for account in range(1, 7):
            assert all(hold.kind == 7 for hold in self.market.engine.desk_holds(account))

    def check_replay(self) -> None:
        """What was done again gives the same."""
        again = new_market()
        again.load(self.snapshot)
        assert again.apply(b"".join(self.records), self.first_seq) == b"".join(self.events)
        assert again.state_hash() == self.market.engine.state_hash()


class EnglishSale(Auctioneers):
    terms = {
        "kind": AuctionKind.ENGLISH,
        "duration_ns": 60 * SECOND,
        "max_step": 100,
        "soft_close_ns": 20 * SECOND,
        "extension_ns": 20 * SECOND,
        "max_extensions": 2,
    }


class EnglishNeed(EnglishSale):
    side = Side.BUY

    def announce(self, terms: dict[str, Any]) -> None:
        super().announce({**terms, "reserve": 680 if terms["reserve"] else 0})


class DutchClock(Auctioneers):
    terms = {
        "kind": AuctionKind.DUTCH,
        "start": 780,
        "tick_ns": 5 * SECOND,
        "floor": 700,
        "raise_fen": 20,
        "rest_ns": 2 * SECOND,
        "rounds": 2,
        "min_take": 500,
    }


class SealedSecond(Auctioneers):
    terms = {"kind": AuctionKind.SEALED, "duration_ns": 30 * SECOND, "pricing": Pricing.SECOND}


class SealedReveal(Auctioneers):
    terms = {
        "kind": AuctionKind.SEALED,
        "duration_ns": 30 * SECOND,
        "pricing": Pricing.FIRST_REJECTED,
        "reveal_ns": 60 * SECOND,
    }


class SealedNeed(SealedSecond):
    side = Side.BUY
    terms = {**SealedSecond.terms, "pricing": Pricing.LOWEST_ACCEPTED}

    def announce(self, terms: dict[str, Any]) -> None:
        super().announce({**terms, "reserve": 680 if terms["reserve"] else 0})


class RoundsClock(Auctioneers):
    terms = {"kind": AuctionKind.CLOCK, "duration_ns": 15 * SECOND, "rounds": 5}


ACTIONS = {
    "bids": (
        10,
        st.tuples(bidders, prices, kilograms, st.sampled_from([0, 0, 750, 780]), st.integers(0, 9)),
    ),
    "passes": (6, st.tuples(st.sampled_from([1, 3, 5, 9, 20, 29, 29, 100]))),
    "reveals": (4, st.tuples(bidders, st.sampled_from([True] * 4 + [False]))),
    "pays": (2, st.tuples(bidders)),
    "decides": (1, st.tuples(st.sampled_from([1, 1, 0]))),
    "moves_money": (2, st.tuples(bidders, st.sampled_from([-2_000_000, -500_000, 2_000_000]))),
    "enters_or_leaves": (1, st.tuples(bidders, st.booleans())),
    "controls": (1, st.tuples(st.sampled_from([0, 1, 0, 1, 0, 1, 2]))),
    "goes_on_from_a_snapshot": (1, st.tuples()),
}
"""What may happen, how often beside the others, and with what."""

actions = st.sampled_from([name for name, (often, _) in ACTIONS.items() for _ in range(often)]).flatmap(
    lambda name: ACTIONS[name][1].map(lambda arguments: (name, arguments))
)


@pytest.mark.parametrize(
    "kind",
    [EnglishSale, EnglishNeed, DutchClock, SealedSecond, SealedReveal, SealedNeed, RoundsClock],
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    reserve=st.sampled_from([0, 720]),
    kg=st.sampled_from([LOT, 2_000]),
    played=st.lists(actions, min_size=20, max_size=40),
)
def test_whatever_bidders_do_the_rules_hold(
    kind: type[Auctioneers], reserve: int, kg: int, played: list[tuple[str, tuple[Any, ...]]]
) -> None:
    auctioneers = kind(reserve, kg)
    for name, arguments in played:
        getattr(auctioneers, name)(*arguments)
        auctioneers.check()
    for _ in range(8):
        auctioneers.passes(29)
        auctioneers.check()
    auctioneers.check_replay()
