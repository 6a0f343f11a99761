"""The bid file of a closed auction, and what anyone can recompute from it alone.

A file holds the rule (kind, side, terms), everything that came in the order of the floor, and the published
result. ``verify`` runs the rules on what came and compares. It is JSON with integers: fen/kg, kg, ns::

    {"format": "jinguo-auction-1", "auction": 12, "opened": true,
     "terms": {"kind": "ENGLISH", "side": "SELL", "start": 1000, "quantity": 20000, "opens_ns": …, "step": 10,
     …}, "bids": [{"action": "BID", "time_ns": …, "number": 7, "bidder": 3, "price": 1000, …}, …], "result":
     {"winner": 3, "price": 1200, "reserve_met": true,
                "allocation": [{"bidder": 3, "kg": 20000, "price": 1200, "bid": 9}]}, …}

What happened after the bids (payment, default, the owner's decision) is not the rules' matter and is not
recomputed; members of the file that are not named here do not count.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from matching.auctions.kinds import Rules, begin, fit, limit_of
from matching.auctions.rules import Line, LogAction, Machine, Result, Terms
from matching.desk_checks import Refused
from matching.desk_events import DeskReason
from matching.desk_state import Auction
from matching.desk_types import AuctionKind, AuctionParameter, AuctionState
from matching.types import Side

FORMAT = "jinguo-auction-1"

_NAMED = {"kind": AuctionKind, "side": Side}
_TERMS = (
    "number",
    "product",
    "kind",
    "side",
    "start",
    "quantity",
    "opens_ns",
    *(parameter.name.lower() for parameter in AuctionParameter),
)
_LINE = ("time_ns", "number", "bidder", "price", "kg", "maximum")


class Verdict(NamedTuple):
    """What the rules give, and whether the file says the same."""

    auction: int
    agrees: bool
    winner: int
    price: int
    allocation: tuple[tuple[int, int, int], ...]
    """Bidder, kg, fen/kg."""
    why: str
    """Empty if it agrees."""

    def as_dict(self) -> dict[str, Any]:
        """For one line of JSON."""
        return {
            "id": self.auction,
            "agrees": self.agrees,
            "winner": self.winner,
            "price": self.price,
            "allocation": [list(each) for each in self.allocation],
            **({"why": self.why} if self.why else {}),
        }


# --- writing ----------------------------------------------------------------------------------------------


def bid_file(auction: Auction) -> dict[str, Any]:
    """The file of an auction that has ended. ``outcome`` tells what became of the result."""
    rules = auction.rules
    result = rules.result() if rules is not None else Result([], 0, False)
    return {
        "format": FORMAT,
        "auction": auction.number,
        "owner": auction.account,
        "opened": rules is not None,
        "terms": _spelt_terms(auction.terms),
        "bids": [_spelt_line(line) for line in rules.log] if rules is not None else [],
        "result": _spelt_result(result),
        "outcome": {
            "state": AuctionState(auction.state).name,
            "reason": DeskReason(auction.reason).name if auction.reason else "",
            "ended_ns": auction.ended_ns,
            "deals": [
                {"deal": award.deal, "bidder": award.account, "kg": award.kg, "price": award.price}
                for award in auction.awards
                if award.deal
            ],
        },
    }


def _spelt_terms(terms: Terms) -> dict[str, Any]:
    """The terms that are not 0; kind and side by name."""
    spelt = {name: getattr(terms, name) for name in _TERMS if getattr(terms, name)}
    return {**spelt, "kind": AuctionKind(terms.kind).name, "side": Side(terms.side).name}


def _spelt_line(line: Line) -> dict[str, Any]:
    spelt = {name: getattr(line, name) for name in (*_LINE, "text") if getattr(line, name)}
    return {"action": LogAction(line.action).name, **spelt}


def _spelt_result(result: Result) -> dict[str, Any]:
    return {
        "winner": result.winner,
        "price": result.price,
        "reserve_met": result.reserve_met,
        "allocation": [
            {"bidder": each.bidder, "kg": each.kg, "price": each.price, "bid": each.bid}
            for each in result.allocation
        ],
    }


# --- recomputing ------------------------------------------------------------------------------------------


def verify(document: object) -> Verdict:
    """Recomputes an auction. Raises ValueError if the document is no bid file."""
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise ValueError(f"this is no bid file: its format is not {FORMAT}")
    auction = _integer(document, "auction")
    why = ""
    result = Result([], 0, False)
    if document.get("opened") is True:
        terms = _terms_of(document)
        machine: Rules = begin(terms)
        why = _replay(machine, [_line_of(each) for each in _list(document, "bids")])
        result = machine.result()
    elif _list(document, "bids"):
        why = "bids of an auction that did not open"
    if not why and document.get("result") != _spelt_result(result):
        why = "the published result is another"
    allocation = tuple((each.bidder, each.kg, each.price) for each in result.allocation)
    return Verdict(auction, not why, result.winner, result.price, allocation, why)


def _replay(machine: Machine, lines: list[Line]) -> str:
    """Lets everything happen again; what cannot have been, or empty."""
    time_ns = number = 0
    for line in lines:
        if line.time_ns < time_ns:
            return "its lines are not in order of time"
        time_ns = line.time_ns
        if line.action == LogAction.SHIFT:
            run(machine, line.time_ns - line.price)
            machine.stand_still(line.time_ns, line.price)
            continue
        run(machine, line.time_ns)
        if line.action == LogAction.CANCEL:
            return ""
        if line.number <= number:
            return "its bids are not in order of number"
        number = line.number
        try:
            if machine.closed:
                return f"bid {line.number} came after the end"
            machine.check(line)
        except Refused as refusal:
            return f"bid {line.number} is not good: {refusal.reason.name}"
        machine.place(line)
    run(machine, None)
    return ""


def run(machine: Machine, until_ns: int | None) -> None:
    """Lets happen what is due by a moment, or everything."""
    while machine.due_ns and (until_ns is None or machine.due_ns <= until_ns):
        machine.advance()


def _terms_of(document: Mapping[str, Any]) -> Terms:
    given = document.get("terms")
    if not isinstance(given, Mapping) or not set(given) <= set(_TERMS):
        raise ValueError("the bid file has no terms, or terms that are not known")
    values: dict[str, int] = {}
    for name in given:
        if name in _NAMED:
            names = _NAMED[name].__members__
            if given[name] not in names:
                raise ValueError(f"the bid file has an unknown {name}")
            values[name] = int(names[given[name]])
        else:
            values[name] = _integer(given, name)
    for parameter in AuctionParameter:
        if values.get(parameter.name.lower(), 0) > limit_of(parameter):
            raise ValueError(f"{parameter.name.lower()} is beyond its limit")
    missing = {"number", "kind", "side", "start", "quantity", "opens_ns"} - set(values)
    if missing:
        raise ValueError(f"the bid file lacks {', '.join(sorted(missing))}")
    terms = Terms(**{"product": 0, **{"step": 1}, **values})
    if not fit(terms):
        raise ValueError("the terms of the bid file contradict each other")
    return terms


def _line_of(given: object) -> Line:
    if not isinstance(given, Mapping) or given.get("action") not in LogAction.__members__:
        raise ValueError("the bid file has a line that is none")
    text = given.get("text", "")
    if not isinstance(text, str) or len(text) > 64 or not _is_hex(text):
        raise ValueError("a commitment or nonce is not hexadecimal")
    numbers = {name: _integer(given, name) if name in given else 0 for name in _LINE}
    return Line(LogAction[given["action"]], text=text, **numbers)


def _is_hex(text: str) -> bool:
    return all(each in "0123456789abcdef" for each in text) and len(text) % 2 == 0


def _integer(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError(f"{name} is not a number the exchange could have written")
    return value


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    value = given.get(name)
    if not isinstance(value, list):
        raise ValueError(f"the bid file lacks {name}")
    return value
