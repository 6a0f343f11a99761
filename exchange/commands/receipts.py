"""`jinguo receipts verify`: walk every signed chain and recount every kilogram of the register."""

import argparse
import os
from typing import Any

from exchange.commands.outcome import Exit, say, show

MOST_SHOWN = 100


def add_to(commands: Any) -> None:
    """Declare the commands."""
    receipts = commands.add_parser("receipts", help="the register of warehouse receipts")
    verbs = receipts.add_subparsers(required=True, metavar="VERB")
    verify = verbs.add_parser(
        "verify",
        help="check every signed step, every title and every kilogram",
        description="Checks hashes, links and signatures of all steps of lots and receipts, the seals over "
        "endorsements, and that stock, receipts, holds and businesses add up. "
        "Exit code 1 when anything differs.",
    )
    verify.add_argument("--json", action="store_true", help="the report as JSON on stdout")
    verify.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="for the signatures (default: all cores)"
    )
    verify.set_defaults(run=_verify)


def _verify(options: argparse.Namespace) -> int:
    from warehouse_receipts.bench import counts
    from warehouse_receipts.chain_check import broken_chains
    from warehouse_receipts.verify import shortfalls

    say("... walking the chains")
    broken = broken_chains(processes=max(1, options.processes))
    say("... recounting the kilograms")
    short = shortfalls()
    size = counts()
    report = {
        "whole": not broken and not short,
        **size,
        "chains": [each._asdict() for each in broken[:MOST_SHOWN]],
        "kilograms": [each._asdict() for each in short[:MOST_SHOWN]],
        "found": len(broken) + len(short),
    }
    lines = [
        f"{size['receipts']} receipts, {size['steps']} signed steps, {size['endorsements']} endorsements"
    ]
    lines += [f"chain: {each.what}: {each.subject} {each.detail}" for each in broken[:MOST_SHOWN]]
    lines += [
        f"kilograms: {each.what}: {each.where}: {each.expected} kept, {each.found} counted"
        for each in short[:MOST_SHOWN]
    ]
    lines.append(f"{len(broken) + len(short)} differences" if broken or short else "the register is whole")
    show(report, as_json=options.json, text="\n".join(lines))
    return Exit.DIFFERENCES if broken or short else Exit.OK
