"""`jinguo credit`: bring the credit records in line with what happened, and work grades out again."""

import argparse
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exchange.commands.outcome import Exit, say, show

if TYPE_CHECKING:
    from exchange.members.credit_evidence import Verdict

MOST_FILE_BYTES = 64 << 20


def add_to(commands: Any) -> None:
    """Declare the commands."""
    credit = commands.add_parser("credit", help="credit records and grades")
    verbs = credit.add_subparsers(required=True, metavar="VERB")
    rebuild = verbs.add_parser(
        "rebuild",
        help="work every fact out again from contracts, charges and auctions",
        description="Compares the records with their causes, adds what is missing and tells what no cause "
        "bears out. Exit code 1 when something stands without a cause, with --dry-run when anything differs.",
    )
    rebuild.add_argument("--dry-run", action="store_true", help="compare only")
    rebuild.add_argument("--json", action="store_true", help="the result as JSON on stdout")
    rebuild.set_defaults(run=_rebuild)
    evidence = verbs.add_parser("evidence", help="the public evidence file of a member's grade")
    evidence.add_argument("member", metavar="MEMBER", help="trader code")
    evidence.add_argument("--as-of", type=date.fromisoformat, help="YYYY-MM-DD (default today)")
    evidence.set_defaults(run=_evidence)
    verify = verbs.add_parser(
        "verify",
        help="work a grade out again, from an evidence file or from the tables",
        description="Recomputes figures, arithmetic and grade by the version of the method the file names. "
        "Exit code 1 when the file says something else, 2 when it is no evidence file.",
    )
    verify.add_argument("target", metavar="MEMBER|FILE", help="trader code, or a file with evidence")
    verify.add_argument("--as-of", type=date.fromisoformat, help="YYYY-MM-DD (default today; MEMBER only)")
    verify.add_argument("--json", action="store_true", help="the verdict as JSON on stdout")
    verify.set_defaults(run=_verify)


def _rebuild(options: argparse.Namespace) -> int:
    from exchange.ops.credit_rebuild import rebuild

    done = rebuild(dry_run=options.dry_run)
    lines = [f"{done.contracts} contracts, {done.facts} facts follow from what happened"]
    lines.append(f"{done.missing} missing, {done.added} added")
    lines += [f"too much: member {no} {kind} {source}" for no, kind, source in done.too_much]
    lines.append(f"{done.too_much_in_all} without a cause")
    show({**done._asdict(), "dry_run": options.dry_run}, as_json=options.json, text="\n".join(lines))
    differs = done.too_much_in_all or (options.dry_run and done.missing)
    return Exit.DIFFERENCES if differs else Exit.OK


def _evidence(options: argparse.Namespace) -> int:
    from exchange.members.credit_errors import UnknownCredit
    from exchange.members.credit_evidence import evidence_of

    try:
        document = evidence_of(options.member, options.as_of)
    except UnknownCredit as error:
        say(f"jinguo: {error.message('en')}: {options.member}")
        return Exit.USAGE
    print(json.dumps(document, ensure_ascii=False, indent=1), flush=True)
    return Exit.OK


def _verify(options: argparse.Namespace) -> int:
    from exchange.members.credit_errors import NotCreditEvidence, UnknownCredit
    from exchange.members.credit_evidence import verify_evidence, verify_member

    path = Path(options.target)
    try:
        if path.is_file():
            verdict = verify_evidence(_document(path))
        else:
            verdict = _with_causes(verify_member(options.target, options.as_of))
    except (NotCreditEvidence, UnknownCredit) as error:
        say(f"jinguo: {options.target}: {error.message('en')}")
        return Exit.USAGE
    except (OSError, ValueError, RecursionError) as error:
        say(f"jinguo: {options.target}: {error}")
        return Exit.USAGE
    lines = [f"{verdict.member} as of {verdict.as_of}: {verdict.grade or 'not rated'}"]
    lines += [
        f"{check.name:<8} {'agrees' if check.good else 'DIFFERS'} {check.detail}" for check in verdict.checks
    ]
    report = {
        "member": verdict.member,
        "as_of": verdict.as_of,
        "grade": verdict.grade,
        "agrees": verdict.agrees,
        "checks": [check._asdict() for check in verdict.checks],
    }
    show(report, as_json=options.json, text="\n".join(lines))
    return Exit.OK if verdict.agrees else Exit.DIFFERENCES


def _with_causes(verdict: "Verdict") -> "Verdict":
    """The verdict on a member of this exchange, and whether every fact has its cause."""
    from exchange.members.credit_evidence import Check
    from exchange.members.selectors import member_by_code
    from exchange.ops.credit_rebuild import member_differences

    found = member_differences(member_by_code(verdict.member).account_no)
    detail = f"{len(found.missing)} missing, {len(found.too_much)} without a cause"
    check = Check("causes", not (found.missing or found.too_much), detail)
    return verdict._replace(checks=(*verdict.checks, check))


def _document(path: Path) -> Any:
    if path.stat().st_size > MOST_FILE_BYTES:
        raise ValueError("too large for an evidence file")
    return json.loads(path.read_bytes())
