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
from typing import NamedTuple, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Sum

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import JinguoError
from warehouse_receipts.case_errors import BadFile, BadRow
from warehouse_receipts.checks import check_room, net_kg
from warehouse_receipts.errors import WarehouseFull
from warehouse_receipts.import_errors import DuplicateRow, RowConflict
from warehouse_receipts.intake import NewOrigin, arrive_intake, book_intake, weigh_intake
from warehouse_receipts.models import ImportedRow, Intake
from warehouse_receipts.types import Bagging, IntakeState, SampleWeights
from warehouse_receipts.warehouses import NewReading, lookup_warehouse, record_readings

MAX_ROWS = 2_000
MAX_BYTES = 2_000_000

Row = TypeVar("Row")

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


@dataclass(frozen=True, slots=True)
class NewLot:
    """A row that has been checked."""

    reference: str
    owner_no: int
    orchard: str
    county: str
    variety_code: str
    bagging: Bagging
    crop_year: int
    packaging: str
    mark: str
    plate: str
    pieces: int
    sample: SampleWeights
    origin: NewOrigin


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


def import_intakes(
    text: str, *, warehouse_code: str, mode: ImportMode, known: KnownNames, actor: Actor
) -> ImportReport:
    """Books, lets in and weighs the lots of a file.

    Raises BadFile, UnknownWarehouse, WarehouseNotActive: then nothing was read.
    """
    check_room(lookup_warehouse(warehouse_code), 0)
    check = _Checks(warehouse_code, known)
    checked = [_checked(line, row, check) for line, row in _rows(text, INTAKE_COLUMNS)]
    bad = [each for each in checked if isinstance(each, RowReport) and each.code]
    if bad and mode is ImportMode.ALL_OR_NOTHING:
        left_out = [each if isinstance(each, RowReport) else _left_out(*each) for each in checked]
        return ImportReport(0, len(bad), tuple(row._replace(intake_no="") for row in left_out))

    def load(each: RowReport | tuple[int, NewLot]) -> RowReport:
        if isinstance(each, RowReport):
            return each
        line, lot = each
        return _try(line, lot.reference, lambda: _load_intake(lot, warehouse_code, actor))

    return _import(checked, load, mode)


def _left_out(line: int, lot: NewLot) -> RowReport:
    return RowReport(line, lot.reference, "", "", "", "")


def _checked(line: int, row: dict[str, str], check: "_Checks") -> RowReport | tuple[int, NewLot]:
    """A row that can be loaded, or the report of one that cannot, or was loaded before."""
    try:
        lot = _lot(row, check.known)
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


def _import(rows: Sequence[Row], load: Callable[[Row], RowReport], mode: ImportMode) -> ImportReport:
    """Loads row by row, each on its own; takes all back when one is bad and the mode says so."""
    with transaction.atomic():
        reports = [load(row) for row in rows]
        bad = sum(bool(report.code) for report in reports)
        if bad and mode is ImportMode.ALL_OR_NOTHING:
            transaction.set_rollback(True)
            reports = [report._replace(intake_no="") for report in reports]
    loaded = sum(bool(report.intake_no) for report in reports)
    return ImportReport(loaded, bad, tuple(reports))


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


def _rows(text: str, columns: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with their line numbers. Raises BadFile."""
    if len(text.encode()) > MAX_BYTES:
        raise BadFile(why_zh="文件过大", why_en="it is too large")
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        if set(reader.fieldnames or ()) != set(columns):
            raise BadFile(why_zh=f"列名应为 {'、'.join(columns)}", why_en=f"columns: {', '.join(columns)}")
        for number, row in enumerate(reader):
            if number >= MAX_ROWS:
                raise BadFile(why_zh=f"超过 {MAX_ROWS} 行", why_en=f"more than {MAX_ROWS} rows")
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
        pieces=_number(row, "sample_pieces"),
        gross_g=_number(row, "sample_gross_g"),
        tare_g=_number(row, "sample_tare_g"),
    )
    return NewLot(
        reference=_text(row, "reference", LONGEST_REFERENCE),
        owner_no=known.owner_no(_text(row, "owner_no", 16)),
        orchard=_text(row, "orchard", 120),
        county=_text(row, "county", 30),
        variety_code=known.variety_code(_text(row, "variety", 30)),
        bagging=_bagging(row),
        crop_year=_number(row, "crop_year"),
        packaging=_text(row, "packaging", 60),
        mark=row["mark"][:60],
        plate=row["plate"][:16],
        pieces=_number(row, "pieces"),
        sample=sample,
        origin=NewOrigin(
            grower=_text(row, "grower", 60),
            plot=_text(row, "plot", 60),
            harvested_on=_day(row, "harvested_on"),
            certificate_no=_text(row, "certificate_no", 60),
            certificate_issuer=_text(row, "certificate_issuer", 60),
        ),
    )


def _load_intake(lot: NewLot, warehouse_code: str, actor: Actor) -> str:
    intake_no = book_intake(
        warehouse_code=warehouse_code,
        owner_no=lot.owner_no,
        orchard=lot.orchard,
        county=lot.county,
        variety_code=lot.variety_code,
        bagging=lot.bagging,
        crop_year=lot.crop_year,
        packaging=lot.packaging,
        mark=lot.mark,
        origin=lot.origin,
        actor=actor,
    )
    arrive_intake(intake_no, plate=lot.plate, actor=actor)
    weigh_intake(intake_no, pieces=lot.pieces, sample=lot.sample, actor=actor)
    ImportedRow.record(warehouse_code, lot.reference, intake_no)
    return intake_no


def _number(row: dict[str, str], name: str) -> int:
    text = row[name]
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise BadRow(why_zh=f"{name}：应为整数", why_en=f"{name}: a whole number")
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

    def load(each: tuple[int, dict[str, str]]) -> RowReport:
        line, row = each
        return _try(line, "", lambda: record(row))

    return _import(rows, load, mode)


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
