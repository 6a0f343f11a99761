"""The worked examples of ``vectors/other_auctions.json``; sources are named there one by one.

Prices of the vectors are taken in hundredths (fen), their units as kg. Not taken over: the two-phase
"insider" auction of ProZorro, of which the falling prices of its Dutch phase are compared, and the soft
closes of others that count from the prescribed end.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from matching.desk_events import DeskReason
from matching.desk_types import AuctionKind, Pricing
from tests.matching.auctions import Played, terms

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "other_auctions.json").read_text(encoding="utf-8")
)
SECOND = 1_000_000_000
LETTERS = "-ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def fen(price: str) -> int:
    whole, _, part = price.partition(".")
    return int(whole) * 100 + int(part or 0)


def number(name: str) -> int:
    return LETTERS.index(name)


def test_english_with_soft_close() -> None:
    vector = VECTORS["english_soft_close_vector_worked_here"]
    played = Played(
        terms(
            AuctionKind.ENGLISH,
            1_000,
            20_000,
            step=10,
            reserve=1_200,
            duration_ns=1_000 * SECOND,
            soft_close_ns=120 * SECOND,
            extension_ns=120 * SECOND,
            max_extensions=10,
        )
    )
    ends = []
    for seconds, name, price, expected in vector["bids"]:
        answer = played.bid(round(seconds * SECOND), number(name), fen(price))
        assert isinstance(answer, list) == expected.startswith("accept"), expected
        if not isinstance(answer, list):
            assert answer in {DeskReason.BAD_BID, DeskReason.AUCTION_OVER}
        ends.append(played.machine.due_ns / SECOND)
    assert ends[:4] == [1_000, 1_000, 1_050, 1_169.999]
    assert played.winner == number(vector["result"]["winner"])
    assert played.price == fen(vector["result"]["price"])
    assert played.machine.result().reserve_met


def test_the_falling_prices_of_the_insider_auction() -> None:
    vector = VECTORS["dutch_prozorro_insider"]["vector"]
    initial = fen(vector["initial"])
    scaled = initial // 100
    machine = Played(
        terms(AuctionKind.DUTCH, scaled, 1, step=scaled // 100, tick_ns=SECOND, floor=scaled // 100)
    ).machine
    for at in (1, 2, 80):
        assert machine.price_at(at * SECOND) * 100 == fen(vector[f"round{at}"])  # type: ignore[union-attr]


def test_the_flower_clock_with_restart() -> None:
    vector = VECTORS["dutch_multi_unit_flora_worked_here"]
    tick_ns = vector["tick_ms"] * 1_000_000
    played = Played(
        terms(
            AuctionKind.DUTCH,
            fen(vector["start"]),
            vector["lot_units"],
            step=fen(vector["step"]),
            tick_ns=tick_ns,
            floor=fen(vector["minimum"]),
            min_take=vector["min_take"],
            raise_fen=fen(vector["restart_raise"]),
        )
    )
    time_ns = 0
    for event in vector["events"]:
        price = fen(event["at_price"])
        time_ns += (played.machine.price_now - price) * tick_ns
        assert isinstance(played.bid(time_ns, number(event["bidder"]), price, event["qty"]), list)
    sales = played.machine.result().allocation
    assert [(each.bidder, each.kg, each.price) for each in sales] == [(1, 4, 80), (2, 6, 78)]
    assert sum(each.kg * each.price for each in sales) == fen(vector["revenue"])


def test_nobody_stops_the_flower_clock() -> None:
    played = Played(terms(AuctionKind.DUTCH, 100, 10, tick_ns=100, floor=60))
    assert isinstance(played.bid(4_099, 1, 60, 1), list)

    played = Played(terms(AuctionKind.DUTCH, 100, 10, tick_ns=100, floor=60)).until(4_099)
    assert not played.machine.closed
    assert played.bid(4_100, 1, 60, 1) == DeskReason.AUCTION_OVER
    assert played.allocation == {}


@pytest.mark.parametrize("case", VECTORS["vickrey_found"]["cases"])
def test_first_and_second_price(case: dict[str, Any]) -> None:
    """A single bidder pays the minimum: here the reserve is what the found case says."""
    bids = {name: bid if isinstance(bid, list) else [bid, "t=0"] for name, bid in case["bids"].items()}
    names = sorted(bids, key=lambda name: int(bids[name][1].partition("=")[2]))
    for pricing, key in ((Pricing.FIRST, "first_price_pays"), (Pricing.SECOND, "second_price_pays")):
        reserve = case["second_price_pays"] if len(bids) == 1 else 0
        played = Played(terms(AuctionKind.SEALED, 1, 1, duration_ns=10, pricing=pricing, reserve=reserve))
        for bidder, name in enumerate(names, 1):
            assert isinstance(played.bid(1, bidder, bids[name][0]), list)
        played.until()
        assert names[played.winner - 1] == case.get("winner", "alice")
        expected = case.get(key, case.get("pays"))
        assert expected is None or played.price == expected


def test_the_refund_of_a_second_price() -> None:
    vector = VECTORS["agoric_second_price"]
    played = Played(terms(AuctionKind.SEALED, 1, 1, duration_ns=10, pricing=Pricing.SECOND))
    for bidder, price in enumerate(vector["bids"], 1):
        played.bid(1, bidder, price)
    played.until()
    assert vector["bids"][played.winner - 1] == vector["winner_bid"]
    assert (played.price, vector["winner_bid"] - played.price) == (vector["pays"], vector["refund"])


@pytest.mark.parametrize("case", VECTORS["multi_unit_uniform_ebay"]["cases"])
def test_many_units_at_one_price(case: dict[str, Any]) -> None:
    vector = VECTORS["multi_unit_uniform_ebay"]
    played = Played(
        terms(
            AuctionKind.SEALED,
            fen(vector["minimum"]),
            vector["supply"],
            duration_ns=10,
            pricing=Pricing.LOWEST_ACCEPTED_OR_MINIMUM,
        )
    )
    for name, price, kg in case["bids"]:
        assert isinstance(played.bid(1, number(name), fen(price), kg), list)
    played.until()
    assert played.allocation == {number(name): kg for name, kg in case["alloc"].items() if kg}
    assert played.price == fen(case["price"])


def test_the_multi_round_clock() -> None:
    vector = VECTORS["clock_gdt_worked_here"]
    rounds = vector["rounds"]
    played = Played(
        terms(
            AuctionKind.CLOCK,
            rounds[0]["price"],
            vector["supply"],
            step=rounds[1]["price"] - rounds[0]["price"],
            duration_ns=SECOND,
        )
    )
    for at, each in enumerate(rounds):
        for name, kg in each["demand"].items():
            if at == 1 and name == "C":
                assert played.bid(at * SECOND, number(name), each["price"], 50) == DeskReason.ACTIVITY_RULE
            if kg:
                assert isinstance(played.bid(at * SECOND, number(name), each["price"], kg), list)
    played.until()
    assert played.price == vector["price"]
    assert played.allocation == {number(name): kg for name, kg in vector["alloc"].items()}
