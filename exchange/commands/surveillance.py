"""`jinguo surveillance`: run the detectors over a day, find an alert again from the books."""

import argparse
from datetime import date
from typing import Any

from exchange.commands.outcome import Exit, say, show


def add_to(commands: Any) -> None:
    """Declare the commands."""
    surveillance = commands.add_parser("surveillance", help="look for what should not happen in the market")
    verbs = surveillance.add_subparsers(required=True, metavar="VERB")
    run = verbs.add_parser(
        "run",
        help="run the detectors over a day",
        description="Keeps what is new as alerts; the same day again makes none twice.",
    )
    run.add_argument("day", type=date.fromisoformat, metavar="DAY", help="YYYY-MM-DD")
    run.add_argument("--dry-run", action="store_true", help="say what would be found and write nothing")
    run.add_argument("--json", action="store_true", help="findings with their evidence as JSON on stdout")
    run.set_defaults(run=_run)
    verify = verbs.add_parser(
        "verify",
        help="find an alert again from orders, trades and auctions",
        description="Runs the alert's detector by the parameters in its evidence. Exit code 1 when the "
        "evidence was changed, or is not what the books give.",
    )
    verify.add_argument("alert", metavar="ALERT", help="its number, e.g. YJ20261128-000001")
    verify.add_argument("--json", action="store_true", help="the report as JSON on stdout")
    verify.set_defaults(run=_verify)


def _run(options: argparse.Namespace) -> int:
    from exchange.kernel import trading_calendar
    from exchange.kernel.errors import JinguoError
    from exchange.surveillance.running import run_day

    trading_calendar.load()
    try:
        result = run_day(options.day, dry_run=options.dry_run)
    except JinguoError as error:
        say(f"jinguo: {error.message('en')}. {error.hint('en')}")
        return Exit.USAGE
    lines = [
        f"{each['status']:<8} {each['kind']:<11} {each['subject']}  "
        + " ".join(f"{name}={value}" for name, value in each["figures"].items())
        for each in result.findings
    ]
    lines.append(
        f"{options.day}: {len(result.new)} new, {len(result.changed)} changed, {result.known} known, "
        f"rules version {result.rules_version}" + (" (dry run)" if options.dry_run else "")
    )
    report = {
        "day": options.day.isoformat(),
        "rules_version": result.rules_version,
        "dry_run": options.dry_run,
        "new": result.new,
        "changed": result.changed,
        "known": result.known,
        "findings": result.findings,
    }
    show(report, as_json=options.json, text="\n".join(lines))
    return Exit.OK


def _verify(options: argparse.Namespace) -> int:
    from exchange.kernel import trading_calendar
    from exchange.kernel.errors import JinguoError
    from exchange.surveillance.running import verify_alert

    trading_calendar.load()
    try:
        found = verify_alert(options.alert)
    except JinguoError as error:
        say(f"jinguo: {error.message('en')}. {error.hint('en')}")
        return Exit.USAGE
    lines = [
        "the evidence is what was hashed" if found.whole else "the evidence was changed",
        "found again from the books" if found.found_again else "the books do not give it",
        *found.differences,
    ]
    show({**found._asdict(), "holds": found.holds}, as_json=options.json, text="\n".join(lines))
    return Exit.OK if found.holds else Exit.DIFFERENCES
