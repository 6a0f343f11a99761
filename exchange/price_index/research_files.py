"""The calculator: figures from a CSV file, every formula over them, for anyone to check a series with.

Columns ``period`` (YYYY-MM or whole numbers), ``product``, ``price``, and ``quantity`` or ``share`` (of the
period's value, in any unit), then attributes of products for the hedonic series. With shares alone, formulas
that need quantities are left out.
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from exchange.price_index.research import (
    FORMULAS,
    MONTHS,
    NEED_QUANTITIES,
    Period,
    Sale,
    chained,
    fisher,
    fixed_base,
    rolling_year,
    tornqvist,
)
from exchange.price_index.research_errors import (
    FormulaAttributes,
    FormulaColumns,
    FormulaDuplicate,
    FormulaRow,
    MissingPeriods,
    NotAFormulaFile,
    PeriodsOutside,
    ResearchError,
)
from exchange.price_index.research_multilateral import (
    WINDOW,
    Attributes,
    Levels,
    Splice,
    geary_khamis,
    geks_of,
    hedonic,
    spliced,
    time_product_dummy,
)

MOST_ROWS = 20_000
MOST_BYTES = 4 << 20
MOST_PERIODS = 600
MOST_DIGITS = 15
MOST_TEXT = 80
FIXED_COLUMNS = ("period", "product", "price")
ROLLING = ("laspeyres", "paasche", "fisher")

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


Run = Callable[[], list[Decimal]]


class Figures(NamedTuple):
    """What a file holds: periods in order, and the attributes of products."""

    labels: list[str]
    periods: Sequence[Period]
    attributes: Attributes
    monthly: bool
    whole: bool
    """No period is missing between the first and the last."""
    by_share: bool


class Series(NamedTuple):
    """A formula over the periods of a file, or why there is none."""

    formula: str
    basis: str
    """``fixed``, ``chained``, ``rolling_year``, ``rolling_year_chained`` or the splice."""
    labels: Sequence[str]
    levels: Sequence[Decimal]
    error: ResearchError | None = None


# Reading ---------------------------------------------------------------------------------------------


def read(content: bytes, *, attributes: Sequence[str] = (), gaps: bool = False) -> Figures:
    """The figures in a file. Raises a ResearchError that says which row and what of it."""
    rows = _rows(content)
    header, by_share = rows[0], _check_columns(rows[0], attributes)
    periods: dict[str, dict[str, Sale]] = {}
    known: dict[str, dict[str, str]] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        if len(row) != len(header):
            raise _bad_row(number, header[-1], f"{len(row)} ≠ {len(header)}")
        cells = dict(zip(header, row, strict=True))
        label, product = _period(number, cells["period"], periods), _product(number, cells["product"])
        if product in periods.setdefault(label, {}):
            raise FormulaDuplicate(row=number, period=label, product=_shown(product))
        price = _number(number, "price", cells["price"])
        if by_share:
            amount = _number(number, "share", cells["share"]) / price
        else:
            amount = _number(number, "quantity", cells["quantity"])
        periods[label][product] = Sale(price, amount)
        own = {name: cells[name][:MOST_TEXT] for name in attributes}
        for name, value in known.setdefault(product, own).items():
            if value != own[name]:
                raise FormulaAttributes(row=number, product=_shown(product), column=_shown(name))
    return _figures(periods, known if attributes else {}, by_share=by_share, gaps=gaps)


def _rows(content: bytes) -> list[list[str]]:
    refused = NotAFormulaFile(most=MOST_ROWS)
    if len(content) > MOST_BYTES:
        raise refused
    try:
        text = content.decode("utf-8-sig")
        rows = [
            [cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise refused from error
    if not rows or len(rows) > MOST_ROWS + 1:
        raise refused
    return rows


def _check_columns(header: Sequence[str], attributes: Sequence[str]) -> bool:
    """Whether values are given as shares. Raises FormulaColumns."""
    amounts = [name for name in ("quantity", "share") if name in header]
    for name in FIXED_COLUMNS:
        if name not in header:
            raise FormulaColumns(column=f"− {name}")
    if len(amounts) != 1:
        raise FormulaColumns(column=" + ".join(amounts) or "− quantity, share")
    wanted = [*FIXED_COLUMNS, *amounts, *attributes]
    for name in header:
        if name not in wanted or header.count(name) > 1 or wanted.count(name) > 1:
            raise FormulaColumns(column=_shown(name))
    for name in attributes:
        if name not in header:
            raise FormulaColumns(column=f"− {_shown(name)}")
    return amounts == ["share"]


def _period(number: int, text: str, before: Iterable[str]) -> str:
    """A period as it is shown, of the same kind as the others."""
    month = _MONTH.fullmatch(text)
    if (month or _WHOLE.fullmatch(text)) and all(
        bool(_MONTH.fullmatch(each)) == bool(month) for each in before
    ):
        return text if month else str(int(text))
    raise _bad_row(number, "period", text)


def _product(number: int, text: str) -> str:
    if not text or len(text) > MOST_TEXT:
        raise _bad_row(number, "product", text)
    return text


def _number(number: int, column: str, text: str) -> Fraction:
    if _NUMBER.fullmatch(text) and len(text) <= MOST_DIGITS + 1:
        found = Fraction(text)
        if found > 0:
            return found
    raise _bad_row(number, column, text)


def _bad_row(number: int, column: str, text: str) -> FormulaRow:
    return FormulaRow(row=number, column=_shown(column), text=_shown(text), digits=MOST_DIGITS)


def _shown(text: str) -> str:
    """Text of a file as it may be put on a terminal."""
    return "".join(each if each.isprintable() else "?" for each in text[:MOST_TEXT]) or "—"


def _figures(
    periods: dict[str, dict[str, Sale]], attributes: Attributes, *, by_share: bool, gaps: bool
) -> Figures:
    if not 2 <= len(periods) <= MOST_PERIODS:
        raise PeriodsOutside(most=MOST_PERIODS)
    monthly = bool(_MONTH.fullmatch(next(iter(periods))))
    labels = sorted(periods, key=_place)
    missing = next((_place(a) + 1 for a, b in pairwise(labels) if _place(a) + 1 < _place(b)), None)
    if missing is not None and not gaps:
        name = f"{missing // MONTHS:04}-{missing % MONTHS + 1:02}" if monthly else str(missing)
        raise MissingPeriods(period=name)
    found = [periods[label] for label in labels]
    return Figures(labels, found, attributes, monthly, missing is None, by_share)


def _place(label: str) -> int:
    month = _MONTH.fullmatch(label)
    return int(month[1]) * MONTHS + int(month[2]) - 1 if month else int(label)


# Computing -------------------------------------------------------------------------------------------


def series_of(
    figures: Figures,
    *,
    only: Collection[str] = (),
    window: int = WINDOW,
    splice: Splice = Splice.MEAN_PUBLISHED,
    grows: bool = False,
) -> Iterator[Series]:
    """Every formula that the figures allow, or some by name; one that fails says why and the others go on."""
    labels = figures.labels
    go_on = partial(spliced, splice=splice, window=window, grows=grows)
    for name, basis, run in _runs(figures, go_on, splice.value):
        if not only or name in only:
            shown = labels[MONTHS - 1 :] if basis.startswith("rolling_year") else labels
            yield _series(name, basis, shown, run)


def _runs(
    figures: Figures, go_on: Callable[[Sequence[Period], Levels], list[Decimal]], basis: str
) -> Iterator[tuple[str, str, Run]]:
    """Formula, basis, and what computes it."""
    periods = figures.periods
    for name, formula in FORMULAS.items():
        if not (figures.by_share and name in NEED_QUANTITIES):
            yield name, "fixed", partial(fixed_base, periods, formula)
            yield name, "chained", partial(chained, periods, formula)
    if figures.monthly and figures.whole and len(periods) > MONTHS and not figures.by_share:
        for name in ROLLING:
            yield name, "rolling_year", partial(rolling_year, periods, FORMULAS[name], chain=False)
            yield name, "rolling_year_chained", partial(rolling_year, periods, FORMULAS[name], chain=True)
    windows: dict[str, Levels] = {"geks_fisher": geks_of(fisher), "ccdi": geks_of(tornqvist)}
    if not figures.by_share:
        windows["geary_khamis"] = geary_khamis
    windows["wtpd"] = time_product_dummy
    if figures.attributes:
        windows["hedonic"] = partial(hedonic, attributes=figures.attributes)
    for name, levels in windows.items():
        yield name, basis, partial(go_on, periods, levels)


def _series(formula: str, basis: str, labels: Sequence[str], run: Run) -> Series:
    try:
        return Series(formula, basis, labels, run())
    except ResearchError as error:
        return Series(formula, basis, labels, [], error)
