"""A day's intake or climate from a CSV file: the good rows load, or nothing does, by choice; a report by row.

Every row is checked first, against what rows may name, the rows before it and the table; where a bad row is
to stop the file, nothing has been written then. Columns of an intake: owner_no (trader code or account
number), orchard, county, variety, bagging, crop_year, packaging, mark, grower, plot, harvested_on,
certificate_no, certificate_issuer, plate, pieces, sample_pieces, sample_gross_g, sample_tare_g, reference.
The reference is the warehouse's own; a row whose reference is known is answered with the intake it became if
it says the same, so a file sent twice loads once.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import partial
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Sum

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import JinguoError
from warehouse_receipts.bulk_intake import LOTS_AT_ONCE, NewLot, load_lots
from warehouse_receipts.case_errors import BadFile, BadRow
from warehouse_receipts.checks import check_room, net_kg
from warehouse_receipts.errors import WarehouseFull
from warehouse_receipts.import_errors import DuplicateRow, RowConflict
from warehouse_receipts.intake import NewOrigin, check_origin
from warehouse_receipts.models import ImportedRow, Intake
from warehouse_receipts.types import Bagging, IntakeState, SampleWeights
from warehouse_receipts.warehouses import NewReading, lookup_warehouse, record_readings

MAX_ROWS = 2_000
"""Rows that load within the request."""
MAX_BYTES = 8_000_000

MAX_PIECES, MAX_G, LAST_CROP_YEAR = 100_000_000, 10**12, 2_199

LONGEST_REFERENCE = 60

ON_THE_WAY = (IntakeState.WEIGHED, IntakeState.SAMPLED, IntakeState.INSPECTED)
"""Lots that are in the yard and not in stock yet: they need the space too."""

INTAKE_COLUMNS = [
    "reference",
    "owner_no",
    "orchard",
    "county",
    "variety",
    "bagging",
    "crop_year",
    "packaging",
    "mark",
    "grower",
    "plot",
    "harvested_on",
    "certificate_no",
    "certificate_issuer",
    "plate",
    "pieces",
    "sample_pieces",
    "sample_gross_g",
    "sample_tare_g",
]
READING_COLUMNS = ["room", "at", "temperature", "humidity_pct"]


class KnownNames(NamedTuple):
    """What the rows of a file may name; both raise the JinguoError that a row is refused with."""

    owner_no: Callable[[str], int]
    """Account number of an owner who may bring in goods, by trader code or account number."""
    variety_code: Callable[[str], str]
    """Code of a variety, by code or name."""


class ImportMode(Enum):
    """What becomes of a file with bad rows."""

    ALL_OR_NOTHING = "all"
    GOOD_ROWS = "good"


class RowReport(NamedTuple):
    """What became of one row: the number of its intake, or why not. line is its line in the file, from 2."""

    line: int
    reference: str
    intake_no: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """A file, row by row. loaded: how many rows are in the register now because of it."""

    loaded: int
    refused: int
    rows: tuple[RowReport, ...]


Checked = RowReport | tuple[int, NewLot]
"""The report of a row that cannot be loaded or was before, or its line and the lot it is about."""


def import_intakes(
    text: str, *, warehouse_code: str, mode: ImportMode, known: KnownNames, actor: Actor
) -> ImportReport:
    """Books, lets in and weighs the lots of a file of up to MAX_ROWS; longer ones are a job (`import_jobs`).

    Raises BadFile, UnknownWarehouse, WarehouseNotActive: then nothing was read.
    """
    checked = check_intakes(text, warehouse_code=warehouse_code, known=known)
    if mode is ImportMode.ALL_OR_NOTHING and any(is_bad(each) for each in checked):
        return reported([left_out(each) for each in checked])

    def load() -> list[RowReport]:
        return [
            report
            for chunk in in_chunks(checked)
            for report in load_checked(chunk, warehouse_code=warehouse_code, actor=actor)
        ]

    return _import(load, mode)


def check_intakes(
    text: str, *, warehouse_code: str, known: KnownNames, most: int = MAX_ROWS
) -> list[Checked]:
    """Every row of a file as far as it can be checked before anything is written.

    Raises BadFile, UnknownWarehouse, WarehouseNotActive.
    """
    check_room(lookup_warehouse(warehouse_code), 0)
    check = _Checks(warehouse_code, known)
    return [_checked(line, row, check) for line, row in _rows(text, INTAKE_COLUMNS, most)]


def check_head(text: str, *, most: int) -> int:
    """Whether a file has the columns of an intake and not too many rows; how many. Raises BadFile."""
    return sum(1 for _ in _rows(text, INTAKE_COLUMNS, most))


def is_bad(each: Checked) -> bool:
    """Whether a row cannot be loaded."""
    return isinstance(each, RowReport) and bool(each.code)


def left_out(each: Checked) -> RowReport:
    """The report of a row when the file is not loaded: only what is wrong with it, if anything is."""
    if isinstance(each, RowReport):
        return each._replace(intake_no="")
    line, lot = each
    return RowReport(line, lot.reference, "", "", "", "")


def reported(rows: Sequence[RowReport]) -> ImportReport:
    """Rows counted."""
    loaded = sum(bool(row.intake_no) for row in rows)
    return ImportReport(loaded, sum(bool(row.code) for row in rows), tuple(rows))


def in_chunks(checked: Sequence[Checked]) -> Iterator[Sequence[Checked]]:
    """Rows as many at a time as are written at once."""
    for at in range(0, len(checked), LOTS_AT_ONCE):
        yield checked[at : at + LOTS_AT_ONCE]


def load_checked(chunk: Sequence[Checked], *, warehouse_code: str, actor: Actor) -> list[RowReport]:
    """Writes the lots among checked rows; where some conflict with what came meanwhile, one by one.

    Raises UnknownWarehouse, WarehouseNotActive.
    """
    lots = [each[1] for each in chunk if not isinstance(each, RowReport)]
    try:
        with transaction.atomic():
            numbers = iter(load_lots(lots, warehouse_code=warehouse_code, actor=actor))
    except IntegrityError:
        return [_load_alone(each, warehouse_code, actor) for each in chunk]
    return [
        each
        if isinstance(each, RowReport)
        else RowReport(each[0], each[1].reference, next(numbers), "", "", "")
        for each in chunk
    ]


def _load_alone(each: Checked, warehouse_code: str, actor: Actor) -> RowReport:
    if isinstance(each, RowReport):
        return each
    line, lot = each
    return _try(line, lot.reference, lambda: load_lots([lot], warehouse_code=warehouse_code, actor=actor)[0])


def _checked(line: int, row: dict[str, str], check: "_Checks") -> Checked:
    """A row that can be loaded, or the report of one that cannot, or was loaded before."""
    try:
        lot = _lot(row, check.known)
        check_origin(lot.origin)
        before = check.new(line, lot)
    except JinguoError as error:
        reference = row.get("reference", "")[:LONGEST_REFERENCE]
        return RowReport(line, reference, "", error.code, error.message("zh"), error.message("en"))
    return RowReport(line, lot.reference, before, "", "", "") if before else (line, lot)


class _Checks:
    """What a row is checked against beside itself: the rows before it, the table, the space of the store."""

    def __init__(self, warehouse_code: str, known: KnownNames) -> None:
        self.known = known
        self._warehouse = lookup_warehouse(warehouse_code)
        self._lines: dict[str, int] = {}
        rows = ImportedRow.objects.filter(warehouse=self._warehouse).select_related("intake")
        self._loaded = {row.reference: row.intake for row in rows.iterator()}
        waiting = Intake.objects.filter(warehouse=self._warehouse, state__in=ON_THE_WAY)
        on_the_way_kg = waiting.aggregate(kg=Sum("net_kg"))["kg"] or 0
        self._free_kg = self._warehouse.capacity_kg - self._warehouse.stored_kg - on_the_way_kg

    def new(self, line: int, lot: NewLot) -> str:
        """Empty for a lot that can be loaded; the number of its intake when it was loaded before.

        Raises DuplicateRow, RowConflict, BadWeights, WarehouseFull.
        """
        if lot.reference in self._lines:
            raise DuplicateRow(reference=lot.reference, line=self._lines[lot.reference])
        self._lines[lot.reference] = line
        before = self._loaded.get(lot.reference)
        if before is not None:
            if not _says_the_same(before, lot):
                raise RowConflict(reference=lot.reference, intake=before.no)
            return before.no
        kg = net_kg(lot.pieces, lot.sample)
        if kg > self._free_kg:
            raise WarehouseFull(warehouse=self._warehouse.code, free_kg=max(0, self._free_kg))
        self._free_kg -= kg
        return ""


def _says_the_same(before: Intake, lot: NewLot) -> bool:
    return (before.owner_no, before.variety_code, before.crop_year, before.bagging) == (
        lot.owner_no,
        lot.variety_code,
        lot.crop_year,
        lot.bagging,
    ) and (before.state == IntakeState.REFUSED or before.net_kg == net_kg(lot.pieces, lot.sample))


def _import(load: Callable[[], list[RowReport]], mode: ImportMode) -> ImportReport:
    """Loads rows; takes all back when one is bad and the mode says so."""
    with transaction.atomic():
        reports = load()
        if mode is ImportMode.ALL_OR_NOTHING and any(report.code for report in reports):
            transaction.set_rollback(True)
            reports = [report._replace(intake_no="") for report in reports]
    return reported(reports)


def _try(line: int, reference: str, load: Callable[[], str]) -> RowReport:
    refusal: JinguoError
    try:
        with transaction.atomic():
            return RowReport(line, reference, load(), "", "", "")
    except JinguoError as error:
        refusal = error
    except IntegrityError:
        refusal = BadRow(why_zh="与已有数据冲突", why_en="it conflicts with what is there")
    return RowReport(line, reference, "", refusal.code, refusal.message("zh"), refusal.message("en"))


def _rows(text: str, columns: list[str], most: int = MAX_ROWS) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with their line numbers. Raises BadFile."""
    if len(text.encode()) > MAX_BYTES:
        raise BadFile(why_zh="文件过大", why_en="it is too large")
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        if set(reader.fieldnames or ()) != set(columns):
            raise BadFile(why_zh=f"列名应为 {'、'.join(columns)}", why_en=f"columns: {', '.join(columns)}")
        for number, row in enumerate(reader):
            if number >= most:
                raise BadFile(why_zh=f"超过 {most} 行", why_en=f"more than {most} rows")
            yield reader.line_num, _cells(row, columns)
    except csv.Error as error:
        raise BadFile(why_zh="不是有效的 CSV", why_en="it is not CSV") from error


def _cells(row: dict[str, str], columns: list[str]) -> dict[str, str]:
    """The cells of a row; one that has too few or too many names no reference and is refused by `_lot`."""
    if None in row or None in row.values():
        return {}
    return {name: row[name].strip() for name in columns}


def _lot(row: dict[str, str], known: KnownNames) -> NewLot:
    """A row by itself. Raises BadRow, and what `known` raises."""
    if not row:
        raise BadRow(why_zh="列数与表头不同", why_en="it has not as many cells as the head")
    sample = SampleWeights(
        pieces=_number(row, "sample_pieces", MAX_PIECES),
        gross_g=_number(row, "sample_gross_g", MAX_G),
        tare_g=_number(row, "sample_tare_g", MAX_G),
    )
    return NewLot(
        reference=_text(row, "reference", LONGEST_REFERENCE),
        owner_no=known.owner_no(_text(row, "owner_no", 16)),
        orchard=_text(row, "orchard", 120),
        county=_text(row, "county", 30),
        variety_code=known.variety_code(_text(row, "variety", 30)),
        bagging=_bagging(row),
        crop_year=_number(row, "crop_year", LAST_CROP_YEAR),
        packaging=_text(row, "packaging", 60),
        mark=row["mark"][:60],
        plate=row["plate"][:16],
        pieces=_number(row, "pieces", MAX_PIECES),
        sample=sample,
        origin=NewOrigin(
            grower=_text(row, "grower", 60),
            plot=_text(row, "plot", 60),
            harvested_on=_day(row, "harvested_on"),
            certificate_no=_text(row, "certificate_no", 60),
            certificate_issuer=_text(row, "certificate_issuer", 60),
        ),
    )


def _number(row: dict[str, str], name: str, most: int) -> int:
    text = row[name]
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) > most:
        raise BadRow(
            why_zh=f"{name}：应为不超过 {most} 的整数", why_en=f"{name}: a whole number up to {most}"
        )
    return int(text)


def _text(row: dict[str, str], name: str, longest: int) -> str:
    if not 0 < len(row[name]) <= longest:
        raise BadRow(why_zh=f"{name}：1 至 {longest} 字", why_en=f"{name}: 1 to {longest} characters")
    return row[name]


def _day(row: dict[str, str], name: str) -> date:
    try:
        return date.fromisoformat(row[name])
    except ValueError:
        raise BadRow(why_zh=f"{name}：应为 YYYY-MM-DD", why_en=f"{name}: YYYY-MM-DD") from None


def _bagging(row: dict[str, str]) -> Bagging:
    by_word = {word: each for each in Bagging for word in (each.value, str(each.label))}
    if row["bagging"] not in by_word:
        raise BadRow(why_zh="bagging：套袋方式", why_en=f"bagging: one of {', '.join(Bagging.values)}")
    return by_word[row["bagging"]]


def import_readings(text: str, *, warehouse_code: str, mode: ImportMode) -> ImportReport:
    """Temperature (°C, one decimal) and humidity of a warehouse's rooms; `at` in ISO 8601."""
    lookup_warehouse(warehouse_code)
    rows = list(_rows(text, READING_COLUMNS))

    def record(row: dict[str, str]) -> str:
        record_readings(warehouse_code, [_reading(row)], source="csv")
        return row["room"]

    def load() -> list[RowReport]:
        return [_try(line, "", partial(record, row)) for line, row in rows]

    return _import(load, mode)


def _reading(row: dict[str, str]) -> NewReading:
    if not row:
        raise BadRow(why_zh="列数与表头不同", why_en="it has not as many cells as the head")
    try:
        at = datetime.fromisoformat(row["at"])
        tenths = round(float(row["temperature"]) * 10)
        humidity = round(float(row["humidity_pct"]))
    except (ValueError, OverflowError):
        raise BadRow(why_zh="时间、温度或湿度", why_en="time, temperature or humidity") from None
    return NewReading(
        row["room"], at if at.tzinfo else at.replace(tzinfo=calendar.TIMEZONE), tenths, humidity
    )
