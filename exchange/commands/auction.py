"""`jinguo auction`: anyone can recompute an opening price or the result of an auction, from a file alone."""

import argparse
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from exchange.commands.outcome import Exit, say

TIE_RULES = {
    "midpoint": "MIDPOINT",
    "xetra_limits_ref": "NEAREST_LIMIT",
    "euronext_ref_within_band": "NEAREST_TICK",
    "market_pressure_ref_5pct_all_ticks": "PRESSURE",
    "highest_price": "HIGHEST",
    "max_volume": "MIDPOINT",
}
"""Names of tie rules in files of calls, and what they are called in ``matching.types.TieRule``."""

MAX_DECIMALS = 6


def add_to(commands: Any) -> None:
    """Declare the commands."""
    auction = commands.add_parser("auction", help="recompute auctions from published files")
    auction.set_defaults(alone=True)
    verbs = auction.add_subparsers(required=True, metavar="VERB")
    verify = verbs.add_parser(
        "verify",
        help="winner, price and allocation of an auction, from its bid file",
        description="Recomputes winner, price and allocation from a published bid file and prints one JSON "
        "line {id, agrees, winner, price, allocation}; price in fen/kg, allocation as [bidder, kg, price]. "
        "Exit code 1 when the file says something else, 2 when it is no bid file.",
    )
    verify.add_argument("file", type=Path, metavar="FILE")
    verify.set_defaults(run=_verify)
    uncross = verbs.add_parser(
        "uncross",
        help="the price at which a call of orders ends",
        description="Reads a list of cases {id, tie_rule, orders: [{side, qty, price or null}], "
        "reference_price, and if need be tick and price_range} and prints one JSON line "
        "{id, price, executed, surplus} for each. "
        f"Tie rules: {', '.join(TIE_RULES)}. Exit code 2 when the file is no such list.",
    )
    uncross.add_argument("file", type=Path, metavar="FILE")
    uncross.set_defaults(run=_uncross)


def _verify(options: argparse.Namespace) -> int:
    from matching.auctions.verify import verify

    try:
        verdict = verify(json.loads(options.file.read_bytes()))
    except (OSError, ValueError, RecursionError) as error:
        say(f"jinguo: {options.file}: {error}")
        return Exit.USAGE
    print(json.dumps(verdict.as_dict(), ensure_ascii=False), flush=True)
    return Exit.OK if verdict.agrees else Exit.DIFFERENCES


def _uncross(options: argparse.Namespace) -> int:
    try:
        text = options.file.read_text(encoding="utf-8")
        cases = json.loads(text, parse_float=Decimal)
        if not isinstance(cases, list):
            raise ValueError("this is no list of cases")
        found = [_uncrossed(case) for case in cases]
    except (OSError, ValueError, ArithmeticError, RecursionError) as error:
        say(f"jinguo: {options.file}: {error}")
        return Exit.USAGE
    for line in found:
        print(json.dumps(line, ensure_ascii=False), flush=True)
    return Exit.OK


def _uncrossed(case: Any) -> dict[str, Any]:
    """The answer to one case. Raises ValueError if it is none."""
    from matching.call_auction import Interest, uncross
    from matching.types import TieRule

    try:
        name, rule = case["id"], TieRule[TIE_RULES[case["tie_rule"]]]
        orders = [(order["side"], int(order["qty"]), order["price"]) for order in case["orders"]]
        unit = _unit([*(price for _, _, price in orders), case.get("reference_price"), case.get("tick")])
        if any(kg < 1 for _, kg, _ in orders):
            raise ValueError("an order is for nothing")
        sides: dict[str, list[Interest]] = {"buy": [], "sell": []}
        for side, kg, price in orders:
            sides[side].append(Interest(None if price is None else int(price / unit), kg))
        bounds = case.get("price_range")
        found = uncross(
            sides["buy"],
            sides["sell"],
            rule=rule,
            reference=int((case.get("reference_price") or 0) / unit),
            tick=int((case.get("tick") or unit) / unit),
            price_range=(int(bounds[0] / unit), int(bounds[1] / unit)) if bounds else None,
        )
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"a case is not as it should be: {error!r}") from error
    if found is None:
        return {"id": name, "price": None, "executed": 0, "surplus": 0}
    price = found.price * unit
    shown = int(price) if price == int(price) else float(price)
    return {"id": name, "price": shown, "executed": found.executed, "surplus": found.surplus}


def _unit(prices: list[Any]) -> Decimal:
    """The smallest power of ten of which all prices are multiples, at most 1."""
    decimals = max(_decimals(price) for price in prices)
    if decimals > MAX_DECIMALS:
        raise ValueError(f"a price has more than {MAX_DECIMALS} decimals")
    return Decimal(1).scaleb(-decimals)


def _decimals(price: Any) -> int:
    if price is None:
        return 0
    exponent = Decimal(price).normalize().as_tuple().exponent
    if not isinstance(exponent, int) or price < 0:
        raise ValueError(f"{price} is no price")
    return max(0, -exponent)
