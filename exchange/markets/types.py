"""Words and values of the markets: products, sessions, phases and fees as they leave this package."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import models

from matching.types import Phase
from warehouse_receipts.types import (
    RESALE_LOCK_TRADING_DAYS,
    Bagging,
    CellSpec,
    Grade,
    StoreType,
    VarietyGroup,
)


class SessionState(models.TextChoices):
    """Life of a trading session."""

    OPEN = "open", "开市"
    CLOSED = "closed", "收市"


class ProductStatus(models.TextChoices):
    """Whether a product can be traded at all."""

    LISTED = "listed", "上市"
    DELISTED = "delisted", "摘牌退市"


PHASE_WORDS: dict[Phase, str] = {
    Phase.CLOSED: "closed",
    Phase.CONTINUOUS: "continuous",
    Phase.HALTED: "halted",
}
"""The words the API uses."""

PHASE_TRANSITIONS: dict[Phase, frozenset[Phase]] = {
    Phase.CLOSED: frozenset({Phase.CONTINUOUS, Phase.HALTED}),
    Phase.CONTINUOUS: frozenset({Phase.CLOSED, Phase.HALTED}),
    Phase.HALTED: frozenset({Phase.CLOSED, Phase.CONTINUOUS}),
}
"""Which phase may follow which; a product halted overnight opens halted."""


@dataclass(frozen=True, slots=True)
class NewProduct:
    """What defines a product; see ProductRow for the meaning of the fields."""

    code: str
    name_zh: str
    name_en: str
    pinyin: str
    variety_code: str
    bagging: Bagging
    size_mm: int
    grade: Grade
    county: str
    crop_year: int
    store_type: StoreType
    reference_price: int
    premium_discount_fen: int = 0
    is_base: bool = False
    band_bps: int = 1_000
    step_kg: int = 100
    min_kg: int = 1_000
    resale_lock_days: int = RESALE_LOCK_TRADING_DAYS


@dataclass(frozen=True, slots=True)
class VarietyRow:
    """A variety of apple."""

    code: str
    name_zh: str
    name_en: str
    group: VarietyGroup
    colour_zh: str
    shelf_life_days: int | None
    """How long an early variety keeps; None: as long as the season of the store."""


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product: one grade cell. Prices in fen per kg, quantities in kg."""

    number: int
    code: str
    name_zh: str
    name_en: str
    pinyin: str
    """First letters of the Chinese name, for the keyboard search."""
    variety: VarietyRow
    bagging: Bagging
    size_mm: int
    grade: Grade
    county: str
    crop_year: int
    store_type: StoreType
    reference_price: int
    band_bps: int
    tick_fen: int
    step_kg: int
    min_kg: int
    resale_lock_days: int
    """Trading days goods bought may not be sold again; 0 = at once."""
    is_base: bool
    premium_discount_fen: int
    """升贴水: price of this cell less price of the base cell."""
    phase: Phase
    """Phase the floor was last told."""
    halted: bool
    status: ProductStatus

    @property
    def low(self) -> int:
        """Lowest price of the day's band."""
        return band(self.reference_price, self.band_bps)[0]

    @property
    def high(self) -> int:
        """Highest price of the day's band."""
        return band(self.reference_price, self.band_bps)[1]

    @property
    def cell(self) -> CellSpec:
        """What the product asks of a lot."""
        return CellSpec(
            product_number=self.number,
            variety_code=self.variety.code,
            bagging=self.bagging,
            size_mm=self.size_mm,
            grade=self.grade,
            county=self.county,
            crop_year=self.crop_year,
            store_type=self.store_type,
        )

    @property
    def spec(self) -> dict[str, str | int]:
        """The quality a contract prints, in words."""
        return {
            "variety": self.variety.name_zh,
            "bagging": self.bagging.label,
            "size_mm": self.size_mm,
            "grade": self.grade.label,
            "county": self.county,
            "crop_year": self.crop_year,
            "store_type": self.store_type.label,
        }


def band(reference_price: int, band_bps: int) -> tuple[int, int]:
    """Lowest and highest price of a day: reference ± band, rounded inwards, at least 1 fen."""
    low = -(-reference_price * (10_000 - band_bps) // 10_000)
    return max(1, low), reference_price * (10_000 + band_bps) // 10_000


@dataclass(frozen=True, slots=True)
class FeeScheduleRow:
    """A version of the fees."""

    version: int
    effective_from: date
    buyer_bps: int
    seller_bps: int
    grower_bps: int
    deposit_bps: int


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A trading session. id is what paging goes by."""

    id: int
    day: date
    number: int
    state: SessionState
    opened_at: datetime
    opened_by: str
    open_reason: str
    closed_at: datetime | None
    closed_by: str
    close_reason: str


@dataclass(frozen=True, slots=True)
class PhaseChangeRow:
    """A change of phase the floor was told. id is what paging goes by."""

    id: int
    product_code: str
    phase: Phase
    reason: str
    actor: str
    at: datetime
