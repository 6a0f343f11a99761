"""`jinguo journal verify`: replay everything and compare."""

import argparse
from typing import Any

from exchange.commands.outcome import Exit, say, show


def add_to(commands: Any) -> None:
    """Declare the commands."""
    journal = commands.add_parser("journal", help="the journal")
    verbs = journal.add_subparsers(required=True, metavar="VERB")
    verify = verbs.add_parser(
        "verify",
        help="replay from the first command; compare hashes, snapshots and tables",
        description="Replays the journal from the first command and compares every chain hash, event digest, "
        "snapshot and table with it. Exit code 1 when anything differs.",
    )
    verify.add_argument("--json", action="store_true", help="the report as JSON on stdout")
    verify.set_defaults(run=_verify)


def _verify(options: argparse.Namespace) -> int:
    from exchange.trading.journal_stores import open_journal
    from exchange.trading.verify import verify_journal

    store = open_journal()
    try:
        report = verify_journal(store, progress=lambda seq: say(f"... replayed to seq {seq}"))
    finally:
        store.close()
    show(report.as_dict(), as_json=options.json, text=report.as_text())
    return Exit.OK if report.agrees else Exit.DIFFERENCES
