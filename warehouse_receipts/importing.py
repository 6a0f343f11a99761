"""A day's intake or climate from a CSV file: the good rows load, or nothing does, by choice; a report by row.

Columns of an intake: owner_no, orchard, county, variety, bagging, crop_year, packaging, mark, grower, plot,
harvested_on, certificate_no, certificate_issuer, plate, pieces, sample_pieces, sample_gross_g, sample_tare_g,
reference. The reference is the warehouse's own; a row whose reference is known is answered with the intake it
became, so a file sent twice loads once.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple

from django.db import IntegrityError, transaction

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import JinguoError
from warehouse_receipts.case_errors import BadFile, BadRow
from warehouse_receipts.intake import NewOrigin, arrive_intake, book_intake, weigh_intake
from warehouse_receipts.models import ImportedRow
from warehouse_receipts.types import Bagging, SampleWeights
from warehouse_receipts.warehouses import NewReading, lookup_warehouse, record_readings

MAX_ROWS = 2_000
MAX_BYTES = 2_000_000

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


def import_intakes(text: str, *, warehouse_code: str, mode: ImportMode, actor: Actor) -> ImportReport:
    """Books, lets in and weighs the lots of a file.

    Raises BadFile, UnknownWarehouse: then nothing was read.
    """
    lookup_warehouse(warehouse_code)
    rows = list(_rows(text, INTAKE_COLUMNS))

    def load(row: dict[str, str]) -> str:
        return _load_intake(row, warehouse_code, actor)

    return _import(rows, load, mode)


def _import(
    rows: list[tuple[int, dict[str, str]]], load: Callable[[dict[str, str]], str], mode: ImportMode
) -> ImportReport:
    """Loads row by row, each on its own; takes all back when one is bad and the mode says so."""
    reports = []
    with transaction.atomic():
        for line, row in rows:
            reports.append(_try(line, row, load))
        bad = sum(bool(report.code) for report in reports)
        if bad and mode is ImportMode.ALL_OR_NOTHING:
            transaction.set_rollback(True)
            reports = [report._replace(intake_no="") for report in reports]
    loaded = sum(bool(report.intake_no) for report in reports)
    return ImportReport(loaded, bad, tuple(reports))


def _try(line: int, row: dict[str, str], load: Callable[[dict[str, str]], str]) -> RowReport:
    reference = row.get("reference", "")
    refusal: JinguoError
    try:
        with transaction.atomic():
            return RowReport(line, reference, load(row), "", "", "")
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
            yield reader.line_num, {name: (row[name] or "").strip() for name in columns}
    except csv.Error as error:
        raise BadFile(why_zh="不是有效的 CSV", why_en="it is not CSV") from error


def _load_intake(row: dict[str, str], warehouse_code: str, actor: Actor) -> str:
    reference = row["reference"]
    if not reference or len(reference) > 60:
        raise BadRow(why_zh="reference", why_en="reference")
    known = ImportedRow.objects.filter(warehouse__code=warehouse_code, reference=reference)
    if (before := known.select_related("intake").first()) is not None:
        return before.intake.no
    intake_no = book_intake(
        warehouse_code=warehouse_code,
        owner_no=_number(row, "owner_no"),
        orchard=_text(row, "orchard", 120),
        county=_text(row, "county", 30),
        variety_code=_text(row, "variety", 30),
        bagging=_bagging(row),
        crop_year=_number(row, "crop_year"),
        packaging=_text(row, "packaging", 60),
        mark=row["mark"][:60],
        origin=NewOrigin(
            grower=_text(row, "grower", 60),
            plot=_text(row, "plot", 60),
            harvested_on=_day(row, "harvested_on"),
            certificate_no=_text(row, "certificate_no", 60),
            certificate_issuer=_text(row, "certificate_issuer", 60),
        ),
        actor=actor,
    )
    arrive_intake(intake_no, plate=row["plate"][:16], actor=actor)
    sample = SampleWeights(
        pieces=_number(row, "sample_pieces"),
        gross_g=_number(row, "sample_gross_g"),
        tare_g=_number(row, "sample_tare_g"),
    )
    weigh_intake(intake_no, pieces=_number(row, "pieces"), sample=sample, actor=actor)
    ImportedRow.record(warehouse_code, reference, intake_no)
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

    def load(row: dict[str, str]) -> str:
        record_readings(warehouse_code, [_reading(row)], source="csv")
        return row["room"]

    return _import(rows, load, mode)


def _reading(row: dict[str, str]) -> NewReading:
    try:
        at = datetime.fromisoformat(row["at"])
        tenths = round(float(row["temperature"]) * 10)
        humidity = round(float(row["humidity_pct"]))
    except (ValueError, OverflowError):
        raise BadRow(why_zh="时间、温度或湿度", why_en="time, temperature or humidity") from None
    return NewReading(
        row["room"], at if at.tzinfo else at.replace(tzinfo=calendar.TIMEZONE), tenths, humidity
    )
