"""`jinguo day-end`: ends a day, or goes on ending it."""

import argparse
from datetime import date, timedelta
from typing import Any

from exchange.commands.outcome import Exit, say, show


def add_to(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "day-end",
        help="mark, deadlines, bank, reconciliation, statements, report, archive of a day",
        description="Runs the steps of a day's end that are not done yet. Exit code 1 when the ledger does "
        "not hold or trading has to stop.",
    )
    parser.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD (default yesterday)")
    parser.add_argument("--again", action="store_true", help="run all steps once more")
    parser.add_argument("--json", action="store_true", help="the result as JSON on stdout")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from exchange.kernel.calendar import today
    from exchange.ops.end_of_day import run_day_end

    def progress(done: int, steps: int, name: str) -> None:
        if name:
            say(f"... {done + 1}/{steps} {name}")

    day = options.day or today() - timedelta(days=1)
    row = run_day_end(day, again=options.again, progress=progress)
    steps = {step["name"]: step["result"] for step in row.steps}
    result = {
        "day": row.day.isoformat(),
        "state": row.state,
        "archive_sha256": row.archive_sha256,
        "steps": steps,
    }
    lines = [f"{step['name']:<12} {step['result']}" for step in row.steps]
    show(result, as_json=options.json, text="\n".join([*lines, f"archive {row.archive_sha256}"]))
    found = steps["verify"]["findings"] or steps["reconcile"]["why"]
    return Exit.DIFFERENCES if found else Exit.OK
