"""Bodies and answers of the API for warehouses' and inspection bodies' own systems.

Weights are kilograms as strings with up to three decimals where a scale gives grams, whole kilograms
elsewhere; temperatures are tenths of a degree Celsius.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

Code = Annotated[str, Field(min_length=1, max_length=16)]
Name = Annotated[str, Field(min_length=1, max_length=60)]
Whole = Annotated[int, Field(ge=0, le=10**9)]
Grams = Annotated[int, Field(ge=0, le=10**12)]
Percent = Annotated[int, Field(ge=0, le=100)]


class In(Schema):
    """A body; fields nobody knows are refused."""

    model_config = ConfigDict(extra="forbid")


class TreatmentIn(In):
    """Plant protection: what, when, and how many days before harvest it has to end."""

    substance: Name
    on: date
    interval_days: Annotated[int, Field(ge=0, le=365)]


class OriginIn(In):
    """Where a lot grew."""

    grower: Name
    plot: Name
    village: Annotated[str, Field(max_length=60)] = ""
    bagged_on: date | None = None
    unbagged_on: date | None = None
    harvested_on: date
    treatments: Annotated[list[TreatmentIn], Field(max_length=30)] = []
    certificate_no: Name
    certificate_issuer: Name


class IntakeIn(In):
    """A lot on its way to the store."""

    owner: Code = Field(description="Trader code of the owner.")
    orchard: Annotated[str, Field(min_length=1, max_length=120)]
    county: Annotated[str, Field(min_length=1, max_length=30)]
    variety: Annotated[str, Field(min_length=1, max_length=30)]
    bagging: Literal["paper", "paper_film", "film", "none"]
    crop_year: Annotated[int, Field(ge=2000, le=2100)]
    packaging: Name
    mark: Annotated[str, Field(max_length=60)] = ""
    origin: OriginIn


class IntakeOut(Schema):
    """A lot as the register has it."""

    intake_no: str
    state: str
    pieces: int
    net_kg: int
    receipted_kg: int
    room: str
    report_no: str


class ArrivalIn(In):
    """The truck at the gate."""

    plate: Annotated[str, Field(max_length=16)]


class WeightsIn(In):
    """Weighing by sample, in grams."""

    pieces: Whole
    sample_pieces: Whole
    sample_gross_g: Grams
    sample_tare_g: Grams


class PhotoOut(Schema):
    """A photograph of a lot as it is kept."""

    intake_no: str
    kind: str
    photo: str = Field(description="SHA-256 of what was sent; the same file again is the same photograph.")
    photos: int = Field(description="How many the lot has now.")


class StoreIn(In):
    """The room a lot was put in, as goods of a product."""

    product: Annotated[str, Field(min_length=1, max_length=64)]
    room: Annotated[str, Field(max_length=16)] | None = None


class ReadingIn(In):
    """Temperature and humidity of a room at a moment."""

    room: Code
    at: datetime
    temperature_tenths: Annotated[int, Field(ge=-400, le=600)]
    humidity_pct: Percent


class ReadingsIn(In):
    """Readings of any rooms of the store; one sent twice is stored once."""

    readings: Annotated[list[ReadingIn], Field(min_length=1, max_length=10_000)]


class ReadingsOut(Schema):
    """How many were taken, and how many of them are out of bounds."""

    taken: int
    alarms: int


class StockOut(Schema):
    """Goods of a product in the store: what lies there and what receipts stand for."""

    product: str
    physical_kg: int
    receipted_kg: int


class StocksOut(Schema):
    """The store's goods."""

    warehouse: str
    items: list[StockOut]


class ResidueIn(In):
    """A pesticide residue in µg/kg and the limit of GB 2763."""

    substance: Name
    found_ug_per_kg: Whole
    limit_ug_per_kg: Annotated[int, Field(ge=1, le=10**9)]


class SampleIn(In):
    """A sample drawn by one of the body's inspectors."""

    sampler: Name
    pieces: Whole
    fruit: Whole = 200
    seal_no: Annotated[str, Field(max_length=40)] = ""


class InspectionIn(In):
    """What one of the body's inspectors found; areas in mm², shares in percent."""

    inspector: Name
    sample_fruit: Annotated[int, Field(ge=1, le=100_000)]
    diameter_mm: Annotated[int, Field(ge=1, le=200)]
    colour_pct: Percent
    firmness_tenths: Annotated[int, Field(ge=1, le=300)]
    ssc_tenths: Annotated[int, Field(ge=1, le=400)]
    shape: Annotated[int, Field(ge=0, le=3)] = 0
    stem: Annotated[int, Field(ge=0, le=2)] = 0
    severe_pct: Percent = 0
    bruise_mm2: Annotated[int, Field(ge=0, le=30_000)] = 0
    bruise_largest_mm2: Annotated[int, Field(ge=0, le=30_000)] = 0
    rub_mm2: Annotated[int, Field(ge=0, le=30_000)] = 0
    sunburn_mm2: Annotated[int, Field(ge=0, le=30_000)] = 0
    insect_scar_mm2: Annotated[int, Field(ge=0, le=30_000)] = 0
    small_spots: Annotated[int, Field(ge=0, le=1_000)] = 0
    russet_pct: Percent = 0
    defect_kinds: Annotated[int, Field(ge=0, le=20)] = 0
    nonconforming_pct: Percent = 0
    diameters: Annotated[dict[str, Annotated[int, Field(ge=0, le=100_000)]], Field(max_length=200)] = {}
    residues: Annotated[list[ResidueIn], Field(max_length=100)] = []


class SampleOut(Schema):
    """The number of a sample."""

    sampling_no: str


class InspectionOut(Schema):
    """The number of a report."""

    report_no: str


class PickupOut(Schema):
    """A pickup, as its store sees it."""

    pickup_no: str
    state: str
    kg: int
    delivered_kg: int
    weighed_kg: int
    plate: str
    slot_at: str = Field(description="RFC 3339, time in Xianyang.")
    ready: bool = Field(
        description="Whether the goods have left the market, so that the slot can be confirmed."
    )
    receipts: list[str]
    gate_pass_no: str


class GateIn(In):
    """What the driver shows at the gate."""

    code: Annotated[str, Field(min_length=1, max_length=12)]
    plate: Annotated[str, Field(min_length=1, max_length=16)]
    id_no: Annotated[str, Field(min_length=1, max_length=18)]


class LoadIn(In):
    """A load on the scale: what it takes of the receipts, and what the scale says."""

    kg: Annotated[int, Field(ge=1, le=10**9)]
    weighed_kg: Annotated[int, Field(ge=1, le=10**9)]


class LoadedOut(PickupOut):
    """The pickup after a load."""

    ended: list[str] = Field(description="Receipts the load ended.")


class CorrectionIn(In):
    """What a load should have weighed."""

    receipt_no: Annotated[str, Field(min_length=1, max_length=24)]
    right_kg: Annotated[int, Field(ge=1, le=10**9)]
    reason: Annotated[str, Field(min_length=2, max_length=300)]


class CorrectionOut(Schema):
    """The number of a correction, which the exchange decides on."""

    correction_no: str
