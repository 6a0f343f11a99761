"""`jinguo index`: recompute what was published of the price index."""

import argparse
from typing import Any

from exchange.commands.outcome import Exit, show


def add_to(commands: Any) -> None:
    """Declare the commands."""
    index = commands.add_parser("index", help="the price index")
    verbs = index.add_subparsers(required=True, metavar="VERB")
    verify = verbs.add_parser(
        "verify",
        help="recompute every value, cell price, sub-index and link from its evidence",
        description="Recomputes each stored value by the version of the method its evidence names, with the "
        "prices of its cells, its sub-indexes and its edition of weights, and every link from the value it "
        "was made on. Exit code 1 when something does not follow.",
    )
    verify.add_argument("--json", action="store_true", help="the result as JSON on stdout")
    verify.set_defaults(run=_verify)


def _verify(options: argparse.Namespace) -> int:
    from exchange.price_index.services import mismatches

    found = mismatches()
    lines = [f"DIFFERS {each}" for each in found] or ["every value and link follows from its evidence"]
    show({"mismatches": found}, as_json=options.json, text="\n".join(lines))
    return Exit.DIFFERENCES if found else Exit.OK
