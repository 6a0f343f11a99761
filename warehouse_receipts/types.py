"""Words and values of the warehouse receipt business.

The words are those of the trade (docs/glossary.md); each carries the Chinese a receipt prints. Values that
leave this package are frozen dataclasses: no table row ever crosses its border.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db import models

RESALE_LOCK_TRADING_DAYS = 5
"""持续挂牌限制: goods bought may be sold again from the fifth trading day on.

国发〔2011〕38号 and 国办发〔2012〕37号: five trading days between buying and selling the same goods.
"""

LOSS_PERMILLE_PER_MONTH = 4
"""损耗标准: loss of mass in a cold store that the keeper need not make good, per mille a month."""


class StoreType(models.TextChoices):
    """How the fruit is kept."""

    COLD = "cold", "机械冷库"
    CA = "ca", "气调库"


class Bagging(models.TextChoices):
    """What the fruit wore on the tree."""

    PAPER = "paper", "纸袋"
    PAPER_FILM = "paper_film", "纸加膜"
    FILM = "film", "膜袋"
    NONE = "none", "光果"


class Grade(models.TextChoices):
    """Grade of a lot or floor of a cell: the classes of GB/T 10651 and the trade's own names."""

    EXTRA = "extra", "优等"
    CLASS_1 = "class_1", "一等"
    CLASS_1_2 = "class_1_2", "一二级"
    CLASS_2 = "class_2", "二等"
    SEMI_SELECTED = "semi_selected", "半商品"
    FIELD_RUN = "field_run", "统货"


class VarietyGroup(models.TextChoices):
    """Groups of varieties that GB/T 10651-2008 grades by the same colour and size."""

    FUJI = "fuji", "富士系"
    GALA = "gala", "嘎拉系"
    DELICIOUS = "delicious", "元帅系"
    QINGUAN = "qinguan", "秦冠"
    JONAGOLD = "jonagold", "乔纳金"
    PINK_LADY = "pink_lady", "粉红女士"
    GOLDEN = "golden", "金冠系"
    OTHER = "other", "其他"


class IntakeState(models.TextChoices):
    """Life of a lot on its way into the store."""

    BOOKED = "booked", "已预约"
    ARRIVED = "arrived", "已到库"
    WEIGHED = "weighed", "已过磅"
    SAMPLED = "sampled", "已抽样"
    INSPECTED = "inspected", "已质检"
    STORED = "stored", "已入库"
    REFUSED = "refused", "拒收"


class ReceiptState(models.TextChoices):
    """Life of a receipt: it stands for goods until it is cancelled."""

    ISSUED = "issued", "有效"
    CANCELLED = "cancelled", "已注销"


class Business(models.TextChoices):
    """The one business a receipt may be in at a time; in any but NONE the floor cannot sell it."""

    NONE = "none", "无"
    LISTING = "listing", "挂牌"
    AUCTION = "auction", "竞价"
    NEGOTIATED = "negotiated", "协议交易"
    CONTRACT = "contract", "待付尾款"
    """Sold with a bond: the seller's until the balance is paid."""
    PLEDGE = "pledge", "质押"
    PICKUP = "pickup", "提货"
    CHANGE = "change", "拆并换单"
    FROZEN = "frozen", "冻结"
    DISPUTED = "disputed", "争议"
    DOWNGRADED = "downgraded", "降等待处理"
    EXPIRED = "expired", "已过期"
    LOST = "lost", "挂失"


IN_BUSINESS = tuple(business.value for business in Business if business != Business.NONE)

SELLING = frozenset({Business.LISTING, Business.AUCTION, Business.NEGOTIATED})
"""Businesses that sell: not open to goods in their resale lock or past their last day."""


class Ending(models.TextChoices):
    """How a receipt ended."""

    DELIVERED = "delivered", "已出库"
    MERGED = "merged", "已合并"
    REPLACED = "replaced", "已补发"
    REGRADED = "regraded", "已换级"
    WRITTEN_OFF = "written_off", "已核销"


SUCCEEDED = (Ending.MERGED.value, Ending.REPLACED.value, Ending.REGRADED.value)
"""Endings after which another receipt stands for the same goods."""


class SetAsideState(models.TextChoices):
    """Life of a set-aside: asked of the floor, in force, over; or refused."""

    REQUESTED = "requested", "等待确认"
    ACTIVE = "active", "已占用"
    ENDED = "ended", "已结束"
    REFUSED = "refused", "已拒绝"


class MovementKind(models.TextChoices):
    """Why physical stock changed."""

    INTAKE = "intake", "入库"
    PICKUP = "pickup", "出库"
    STOCKTAKE = "stocktake", "盘点"
    REGRADE = "regrade", "换级"


class InspectionKind(models.TextChoices):
    """Why a lot was inspected."""

    INTAKE = "intake", "入库检验"
    RECHECK = "recheck", "定期复查"
    REINSPECTION = "reinspection", "复检"


@dataclass(frozen=True, slots=True)
class Measurements:
    """What an inspector found in the sample, in the terms of GB/T 10651-2008.

    Areas in mm², diameters in mm, shares in percent of the sample's fruit or of a fruit's surface,
    firmness in tenths of kgf/cm², soluble solids in tenths of a percent. Areas and counts are of the
    worst fruit inside the tolerance.
    """

    sample_fruit: int
    """How many fruit were looked at."""
    diameter_mm: int
    """Smallest transverse diameter 果径 in the sample, size tolerance set aside."""
    colour_pct: int
    """Share of the surface that carries the variety's colour 着色度."""
    firmness_tenths: int
    ssc_tenths: int
    shape: int = 0
    """0 typical, 1 slight defects, 2 defects but still typical, 3 deformed."""
    stem: int = 0
    """0 intact, 1 slight damage, 2 missing or torn."""
    severe_pct: int = 0
    """Fruit with punctures, cracks, disease or pests inside 刺伤 裂果 病虫果."""
    bruise_mm2: int = 0
    bruise_largest_mm2: int = 0
    rub_mm2: int = 0
    sunburn_mm2: int = 0
    """Sunburn, spray and healed hail marks: the largest of the three areas."""
    insect_scar_mm2: int = 0
    small_spots: int = 0
    """小疵点, count on the worst fruit."""
    russet_pct: int = 0
    """Net russet 网状果锈, percent of the surface."""
    defect_kinds: int = 0
    """How many kinds of skin defect occur on one fruit."""
    nonconforming_pct: int = 0
    """Fruit below the grade claimed 容许度."""


@dataclass(frozen=True, slots=True)
class CellSpec:
    """What a product (grade cell) asks of a lot. Size and grade are floors, the rest must be equal."""

    product_number: int
    variety_code: str
    bagging: Bagging
    size_mm: int
    grade: Grade
    county: str
    crop_year: int
    store_type: StoreType


@dataclass(frozen=True, slots=True)
class SampleWeights:
    """Weighing by sample: what the sampled pieces weighed, full and empty, in grams."""

    pieces: int
    gross_g: int
    tare_g: int


class TitleTrade(NamedTuple):
    """A trade whose goods change hands."""

    trade_id: int
    product_number: int
    sell_order_id: int
    seller_no: int
    buyer_no: int
    kg: int
    contract_no: str
    seq: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class TitlePart:
    """A piece of title that a trade moved: this receipt now belongs to the buyer."""

    receipt_no: str
    kg: int
    warehouse_code: str
    inspection_no: str
    graded_by: str
    """Standard and edition its report was written by."""
    root_no: str
    split: bool
    """Whether it was split off; else the whole receipt changed hands."""
    intake_id: int = 0
    """The lot it came in with, for ``selectors.lots``."""


class LotFacts(NamedTuple):
    """What a lot says of its goods once it is in store; never changes."""

    packaging: str
    mark: str
    pieces: int
    net_kg: int
    origin: str
    """Orchard, village and county."""
    harvested_on: date | None
    certificate_no: str


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt as its holder sees it. kg = held_kg + free; locked_until is the first day it may be sold."""

    receipt_id: int
    """Position in the register; what paging goes by."""
    receipt_no: str
    root_no: str
    parent_no: str | None
    product_number: int
    holder_no: int
    kg: int
    held_kg: int
    state: ReceiptState
    warehouse_code: str
    warehouse_name: str
    inspection_no: str
    grade: Grade
    issued_at: datetime
    locked_until: date | None
    expires_on: date
    business: Business = Business.NONE

    @property
    def free_kg(self) -> int:
        """Kilograms that may be sold now."""
        sellable = self.state == ReceiptState.ISSUED and self.business == Business.NONE
        return self.kg - self.held_kg if sellable and not self.locked_until else 0


@dataclass(frozen=True, slots=True)
class SetAsideRow:
    """Receipts taken out of the goods the floor can sell, for one business."""

    id: int
    holder_no: int
    product_number: int
    business: Business
    reference: str
    """What the receipts are set aside for, e.g. listing:17."""
    state: SetAsideState
    kg: int
    """Kilograms set aside at first."""
    left_kg: int
    """Kilograms still set aside: neither passed to a buyer nor handed back."""
    reason: str
    """Why it was refused: a code of this package or of the floor."""
    receipt_nos: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class EndorsementRow:
    """One link of a receipt's chain of title."""

    receipt_no: str
    from_no: int
    to_no: int
    kg: int
    contract_no: str
    trade_id: int | None
    seq: int
    at: datetime
    hash: str


@dataclass(frozen=True, slots=True)
class InspectionRow:
    """An inspection report."""

    inspection_no: str
    standard: str
    edition: str
    body: str
    inspector: str
    grade: Grade
    measurements: Measurements
    inspected_at: datetime


@dataclass(frozen=True, slots=True)
class ReceiptDetail:
    """Everything a receipt says about its goods: the elements of 民法典 909 and GB/T 30332-2024."""

    receipt: ReceiptRow
    depositor_no: int
    orchard: str
    county: str
    variety_code: str
    bagging: Bagging
    crop_year: int
    packaging: str
    pieces: int
    mark: str
    store_type: StoreType
    warehouse_address: str
    loss_permille_per_month: int
    storage_fee_fen_per_t_day: int
    insurer: str
    issued_kg: int
    intake_no: str
    inspection: InspectionRow
    endorsements: tuple[EndorsementRow, ...]


@dataclass(frozen=True, slots=True)
class WarehouseRow:
    """A designated warehouse and how full it is."""

    code: str
    name: str
    county: str
    kind: StoreType
    capacity_kg: int
    stored_kg: int
    status: str


@dataclass(frozen=True, slots=True)
class StockRow:
    """Goods of one cell in one warehouse: what lies there and what receipts stand for."""

    warehouse_code: str
    product_number: int
    physical_kg: int
    receipted_kg: int


class Shortfall(NamedTuple):
    """Something the register says twice and not the same way."""

    what: str
    where: str
    expected: int
    found: int
