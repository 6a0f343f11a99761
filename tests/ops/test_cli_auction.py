"""`jinguo auction`: what anyone can recompute from a file, and how it ends when the file is none."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exchange import cli
from exchange.commands.outcome import Exit
from matching.desk_types import AuctionKind, Pricing
from tests.matching.desk import DeskMarket, K

CALLS = Path(__file__).parents[1] / "matching" / "vectors" / "call_auction.json"


@pytest.fixture
def bid_file() -> dict[str, Any]:
    """B and C bid for A's lot; B wins at C's price."""
    market = DeskMarket()
    market.announces(AuctionKind.SEALED, pricing=Pricing.SECOND)
    for letter in "BC":
        market.does(K.ENTER, letter, id=1)
    market.wait(10)
    market.bids("B", 780)
    market.bids("C", 750)
    market.wait(100)
    found = market.engine.bid_file(1)
    assert found is not None
    return found


def verify(document: Any, folder: Path) -> int:
    path = folder / "auction.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return cli.run(["auction", "verify", str(path)])


def test_a_bid_file_is_recomputed(
    bid_file: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(bid_file, tmp_path) == Exit.OK
    assert json.loads(capsys.readouterr().out) == {
        "id": 1,
        "agrees": True,
        "winner": 2,
        "price": 750,
        "allocation": [[2, 10_000, 750]],
    }


@pytest.mark.parametrize(
    ("where", "value", "why"),
    [
        (("result", "price"), 740, "the published result is another"),
        (("result", "winner"), 3, "the published result is another"),
        (("bids", 1, "price"), 790, "the published result is another"),
        (("bids", 1, "price"), 751, "bid 2 is not good: OFF_INCREMENT"),
        (("bids", 1, "time_ns"), 2**62, "bid 2 came after the end"),
        (("bids", 1, "time_ns"), 1, "its lines are not in order of time"),
        (("bids", 1, "number"), 1, "its bids are not in order of number"),
        (("opened",), False, "bids of an auction that did not open"),
    ],
)
def test_a_changed_bid_file_does_not_agree(
    bid_file: dict[str, Any],
    where: tuple[Any, ...],
    value: Any,
    why: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    part: Any = bid_file
    for key in where[:-1]:
        part = part[key]
    part[where[-1]] = value

    assert verify(bid_file, tmp_path) == Exit.DIFFERENCES
    told = json.loads(capsys.readouterr().out)
    assert (told["agrees"], told["why"]) == (False, why)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"auction": "1"},
        {"bids": None},
        {"bids": [{"action": "SHOUT"}]},
        {"bids": [{"action": "BID", "time_ns": -1}]},
        {"bids": [{"action": "REVEAL", "text": "xy"}]},
        {"terms": {}},
        {"terms": {"kind": "RAFFLE"}},
        {"terms": {"colour": 1}},
    ],
)
def test_what_is_no_bid_file_ends_with_2(
    bid_file: dict[str, Any],
    change: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert verify({**bid_file, **change}, tmp_path) == Exit.USAGE
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)


def test_terms_beyond_their_limits_are_no_bid_file(bid_file: dict[str, Any], tmp_path: Path) -> None:
    for name, value in (("rounds", 1), ("duration_ns", 10**18), ("start", 0), ("step", 0)):
        assert verify({**bid_file, "terms": {**bid_file["terms"], name: value}}, tmp_path) == Exit.USAGE
    assert verify([], tmp_path) == Exit.USAGE
    assert cli.run(["auction", "verify", str(tmp_path / "nowhere")]) == Exit.USAGE


def test_published_calls_give_their_published_price(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["auction", "uncross", str(CALLS)]) == Exit.OK
    told = [json.loads(line, parse_float=Decimal) for line in capsys.readouterr().out.splitlines()]
    cases = json.loads(CALLS.read_text(encoding="utf-8"), parse_float=Decimal)

    assert [line["id"] for line in told] == [case["id"] for case in cases]
    for line, case in zip(told, cases, strict=True):
        expected = case["expected"]
        assert (line["price"], line["executed"]) == (expected["price"], expected["executed"]), line
        assert expected["surplus"] in {None, line["surplus"]}


@pytest.mark.parametrize(
    "cases",
    [
        {},
        [1],
        [{"id": "x", "tie_rule": "dice", "orders": []}],
        [{"id": "x", "tie_rule": "midpoint", "orders": [{"side": "both", "qty": 1, "price": 1}]}],
        [{"id": "x", "tie_rule": "midpoint", "orders": [{"side": "buy", "qty": 0, "price": 1}]}],
        [{"id": "x", "tie_rule": "midpoint", "orders": [{"side": "buy", "qty": 1, "price": -1}]}],
        [{"id": "x", "tie_rule": "midpoint", "orders": [{"side": "buy", "qty": 1, "price": 1e-9}]}],
    ],
)
def test_what_are_no_calls_ends_with_2(
    cases: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "calls.json"
    path.write_text(json.dumps(cases), encoding="utf-8")
    assert cli.run(["auction", "uncross", str(path)]) == Exit.USAGE
    assert capsys.readouterr().out == ""
