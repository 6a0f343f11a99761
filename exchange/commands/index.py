"""`jinguo index`: work out what was published of the price index again, and index formulas from a file."""

import argparse
import json
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exchange.commands.outcome import Exit, say, show

if TYPE_CHECKING:
    from exchange.kernel.errors import JinguoError
    from exchange.price_index.research_files import Series

SPLICES = (
    "movement",
    "window",
    "half",
    "mean",
    "window_published",
    "half_published",
    "mean_published",
)
MOST_FIGURES_BYTES = 16 << 20
WINDOWS = range(2, 61)
PLACES = range(1, 21)
MOST_DIGITS = 100
"""Shown at most; the widest ratio of two prices a file can hold has some fifty."""


def add_to(commands: Any) -> None:
    """Declare the commands."""
    index = commands.add_parser("index", help="recompute the price index, and formulas from a file")
    verbs = index.add_subparsers(required=True, metavar="VERB")
    formulas = verbs.add_parser(
        "formulas",
        help="every index formula over a CSV of prices and quantities",
        description="Reads columns period (YYYY-MM or whole numbers), product, price, and quantity or share "
        "of value; columns named with --attributes describe products, for the hedonic series. Prints "
        "each formula with its value in each period, the first 1. A formula the figures do not allow says so "
        "and the others go on. Exit code 2 when the file is not such a table.",
    )
    formulas.add_argument("file", type=Path, metavar="FILE")
    formulas.add_argument("--json", action="store_true", help="one JSON line for each formula and period")
    formulas.add_argument(
        "--only", type=_names, default=(), metavar="NAMES", help="formulas, with commas between"
    )
    formulas.add_argument(
        "--attributes",
        type=_names,
        default=(),
        metavar="NAMES",
        help="attribute columns, with commas between",
    )
    formulas.add_argument("--gaps", action="store_true", help="let periods be missing between others")
    formulas.add_argument(
        "--window",
        type=int,
        choices=WINDOWS,
        default=13,
        metavar="N",
        help="periods of a window (default 13)",
    )
    formulas.add_argument(
        "--splice",
        choices=SPLICES,
        default="mean_published",
        help="how windows follow (default mean_published)",
    )
    formulas.add_argument(
        "--grow", action="store_true", help="windows grow from the first period on, as the exchange publishes"
    )
    formulas.add_argument(
        "--places", type=int, choices=PLACES, default=6, metavar="N", help="decimals (default 6)"
    )
    formulas.set_defaults(run=_formulas, alone=True)
    verify = verbs.add_parser(
        "verify",
        help="recompute every value, cell price, sub-index and link; or the research series in a file",
        description="Without FILE: recomputes each value stored here by the version of the method its "
        "evidence names, with the prices of its cells, its sub-indexes and its edition of weights, and every "
        "link from the value it was made on. With FILE: reads the figures of the research series, one JSON "
        "line a month, works every value out again from the ones before it and prints one JSON line {month, "
        "agrees, hash} for each; hash is the SHA-256 of the line. Exit code 1 when something does not "
        "follow, 2 when these are no such lines.",
    )
    verify.add_argument("file", type=Path, nargs="?", metavar="FILE")
    verify.add_argument("--json", action="store_true", help="without FILE: the result as JSON on stdout")
    verify.set_defaults(run=_verify)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _formulas(options: argparse.Namespace) -> int:
    from exchange.price_index.research_errors import ResearchError
    from exchange.price_index.research_files import MOST_BYTES, read, series_of
    from exchange.price_index.research_multilateral import Splice

    try:
        with options.file.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        figures = read(content, attributes=options.attributes, gaps=options.gaps)
    except ResearchError as error:
        say(f"jinguo: {options.file}: {error.code}: {_in_both(error)}")
        return Exit.USAGE
    except OSError as error:
        say(f"jinguo: {options.file}: {error}")
        return Exit.USAGE
    step = Decimal(1).scaleb(-options.places)
    splice, found = Splice(options.splice), 0
    for series in series_of(
        figures, only=options.only, window=options.window, splice=splice, grows=options.grow
    ):
        found += 1
        lines = _json_lines(series, step) if options.json else _table(series, step)
        print("\n".join(lines), flush=True)
    if not found:
        say(f"jinguo: no such formula for these figures: {', '.join(options.only)}")
        return Exit.USAGE
    return Exit.OK


def _verify(options: argparse.Namespace) -> int:
    return _verify_stored(as_json=options.json) if options.file is None else _verify_figures(options)


def _verify_stored(*, as_json: bool) -> int:
    from exchange.price_index.services import mismatches

    found = mismatches()
    lines = [f"DIFFERS {each}" for each in found] or ["every value and link follows from its evidence"]
    show({"mismatches": found}, as_json=as_json, text="\n".join(lines))
    return Exit.DIFFERENCES if found else Exit.OK


def _verify_figures(options: argparse.Namespace) -> int:
    from exchange.price_index.research_method import verify_figures

    try:
        if options.file.stat().st_size > MOST_FIGURES_BYTES:
            raise ValueError("too large for figures of a research series")
        verdicts = verify_figures(options.file.read_bytes().splitlines())
    except (OSError, ValueError, RecursionError) as error:
        say(f"jinguo: {options.file}: {error}")
        return Exit.USAGE
    for verdict in verdicts:
        print(json.dumps(verdict._asdict()), flush=True)
    return Exit.OK if all(verdict.agrees for verdict in verdicts) else Exit.DIFFERENCES


def _in_both(error: "JinguoError") -> str:
    return f"{error.message('zh')}。{error.hint('zh')} / {error.message('en')}. {error.hint('en')}"


def _shown(level: Decimal, step: Decimal) -> str:
    return str(level.quantize(step, rounding=ROUND_HALF_EVEN, context=Context(prec=MOST_DIGITS)))


def _json_lines(series: "Series", step: Decimal) -> list[str]:
    head = {"formula": series.formula, "basis": series.basis}
    if series.error is not None:
        error = {
            "code": series.error.code,
            "zh": series.error.message("zh"),
            "en": series.error.message("en"),
        }
        return [json.dumps({**head, "error": error}, ensure_ascii=False)]
    return [
        json.dumps({**head, "period": label, "value": _shown(level, step)})
        for label, level in zip(series.labels, series.levels, strict=True)
    ]


def _table(series: "Series", step: Decimal) -> list[str]:
    head = f"{series.formula} ({series.basis})"
    if series.error is not None:
        return [head, f"  {series.error.code}: {_in_both(series.error)}"]
    pairs = zip(series.labels, series.levels, strict=True)
    return [head, *(f"  {label:<9} {_shown(level, step)}" for label, level in pairs)]
