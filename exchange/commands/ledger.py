"""`jinguo ledger`: does the ledger hold, and what does each account say at the end of a day."""

import argparse
from datetime import date
from typing import Any

from exchange.commands.outcome import Exit, show


def add_to(commands: Any) -> None:
    """Declare the commands."""
    ledger = commands.add_parser("ledger", help="the ledger")
    verbs = ledger.add_subparsers(required=True, metavar="VERB")
    verify = verbs.add_parser(
        "verify",
        help="compute everything again from the transfers and compare",
        description="Computes balances, resolutions, hashes of contracts and statements again from what "
        "cannot change, and compares the bank's balance. Exit code 1 when anything differs.",
    )
    verify.add_argument("--json", action="store_true", help="the findings as JSON on stdout")
    verify.set_defaults(run=_verify)
    trial = verbs.add_parser("trial-balance", help="every account at the end of a day")
    trial.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD (default today)")
    trial.add_argument("--json", action="store_true", help="the accounts as JSON on stdout")
    trial.set_defaults(run=_trial_balance)


def _verify(options: argparse.Namespace) -> int:
    from settlement.services import settlement_bank, verify_settlement

    findings = verify_settlement(settlement_bank())
    lines = [f"{each.what} {each.subject}: {each.detail}" for each in findings]
    show(
        [each._asdict() for each in findings],
        as_json=options.json,
        text="\n".join(lines) or "The ledger holds: balances, resolutions, hashes and the bank agree.",
    )
    return Exit.DIFFERENCES if findings else Exit.OK


def _trial_balance(options: argparse.Namespace) -> int:
    from exchange.kernel.calendar import today
    from exchange.kernel.money import format_yuan
    from settlement.trial_balance import trial_balance_at

    rows = trial_balance_at(options.day or today())
    sums = sum(row.debit_balance_fen for row in rows), sum(row.credit_balance_fen for row in rows)
    lines = [
        f"{row.code:<32} {format_yuan(row.debit_balance_fen):>20} {format_yuan(row.credit_balance_fen):>20}"
        for row in rows
    ]
    lines.append(f"{'':<32} {format_yuan(sums[0]):>20} {format_yuan(sums[1]):>20}")
    result = [
        {
            **row._asdict(),
            "debit_balance_fen": row.debit_balance_fen,
            "credit_balance_fen": row.credit_balance_fen,
        }
        for row in rows
    ]
    show(result, as_json=options.json, text="\n".join(lines))
    return Exit.OK if sums[0] == sums[1] else Exit.DIFFERENCES
