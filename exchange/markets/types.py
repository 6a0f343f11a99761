"""Words and values of the markets: products, sessions, phases and fees as they leave this package."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntFlag
from typing import NamedTuple

from django.db import models

from matching import desk_types
from matching.types import BASIS, Phase, TieRule
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


class ChangeKind(models.TextChoices):
    """What a proposal changes of a product."""

    RULES = "rules", "交易规则"
    LIMITS = "limits", "参考价与限额"
    TERMS = "terms", "持续挂牌限制与升贴水"
    DELIST = "delist", "摘牌退市"


class TakesEffect(models.TextChoices):
    """When an approved proposal takes effect."""

    NOW = "now", "批准后立即"
    NEXT_SESSION = "next_session", "下一场开市前"


class ChangeState(models.TextChoices):
    """Life of a proposal; see ``proposals.STEPS``."""

    WAITING = "waiting", "待复核"
    REFUSED = "refused", "已驳回"
    WITHDRAWN = "withdrawn", "已撤回"
    SCHEDULED = "scheduled", "待开市生效"
    TOLD = "told", "已送主机"
    IN_FORCE = "in_force", "已生效"
    FLOOR_REFUSED = "floor_refused", "主机拒绝"
    FAILED = "failed", "未能生效"


class FeeChangeState(models.TextChoices):
    """Life of proposed fees; see ``fee_proposals.STEPS``."""

    WAITING = "waiting", "待复核"
    REFUSED = "refused", "已驳回"
    WITHDRAWN = "withdrawn", "已撤回"
    APPROVED = "approved", "已批准"


class NewProductState(models.TextChoices):
    """Life of a proposed product; see ``new_products.STEPS``."""

    WAITING = "waiting", "待复核"
    REFUSED = "refused", "已驳回"
    WITHDRAWN = "withdrawn", "已撤回"
    APPROVED = "approved", "已批准"


class SessionDeed(models.TextChoices):
    """What two people do to sessions; see ``session_proposals``."""

    OPEN = "open", "开市"
    OPEN_WITH_CALL = "open_with_call", "集合竞价开市"
    MIDDAY = "midday", "午间休市"
    CLOSE = "close", "收市"
    END_CALL = "end_call", "结束集合竞价"
    END_ALL_CALLS = "end_all_calls", "结束全部集合竞价"
    RESUME = "resume", "恢复"
    RESUME_WITH_CALL = "resume_with_call", "竞价恢复"
    RESUME_ALL = "resume_all", "全部恢复"


class ReferenceSource(models.TextChoices):
    """Where the reference price after a day came from, first rung first; see ``reference_prices``."""

    CLOSING = "closing", "收盘集合竞价"
    MEAN = "mean", "当日加权均价"
    KEPT = "kept", "沿用"
    OFF = "off", "不滚动"


PHASE_WORDS: dict[Phase, str] = {
    Phase.CLOSED: "closed",
    Phase.CONTINUOUS: "continuous",
    Phase.HALTED: "halted",
    Phase.CALL: "call",
    Phase.VOLATILITY: "volatility",
}
"""The words the API uses."""

PHASE_TRANSITIONS: dict[Phase, frozenset[Phase]] = {
    Phase.CLOSED: frozenset({Phase.CONTINUOUS, Phase.HALTED, Phase.CALL}),
    Phase.CONTINUOUS: frozenset({Phase.CLOSED, Phase.HALTED, Phase.CALL, Phase.VOLATILITY}),
    Phase.HALTED: frozenset({Phase.CLOSED, Phase.CONTINUOUS, Phase.CALL}),
    Phase.CALL: frozenset({Phase.CLOSED, Phase.CONTINUOUS, Phase.HALTED}),
    Phase.VOLATILITY: frozenset({Phase.CLOSED, Phase.CONTINUOUS, Phase.HALTED}),
}
"""Which phase may follow which; a product halted overnight opens halted, one halted in a call resumes in one.
A volatility call begins by itself; see ``sessions.follow_volatility_call``."""

TIE_RULE_WORDS: dict[TieRule, str] = {rule: rule.name.lower() for rule in TieRule}
"""The words the API uses."""

MAX_VOLATILITY_BPS = 10_000


class Mode(IntFlag):
    """A way to trade a product. Those of the desk have the numbers the desk gives them."""

    LISTED = desk_types.LISTED
    """挂牌: an offer that others take."""
    AUCTION = desk_types.AUCTION
    """竞价: lots by auction, needs by reverse auction."""
    NEGOTIATED = desk_types.NEGOTIATED
    """议价: counter-offers on listings."""
    CALL = 8
    """集合竞价: a session opens with a call, and an operator may begin one."""
    CONTINUOUS = 16
    """连续交易."""


DESK_MODES = Mode.LISTED | Mode.AUCTION | Mode.NEGOTIATED
BOOK_MODES = Mode.CALL | Mode.CONTINUOUS
ALL_MODES = DESK_MODES | BOOK_MODES
MODE_WORDS: dict[Mode, str] = {mode: (mode.name or "").lower() for mode in Mode}
"""The words the API uses."""


class Payment(IntFlag):
    """A way to pay the deals of listings beside the full price at once, with the number the desk gives it."""

    BOND = desk_types.WITH_BOND
    """定金+尾款: a bond at the deal, the balance by its deadline, title with the balance."""
    ESCROW = desk_types.IN_ESCROW
    """先货后款: the price kept at the deal, the seller paid when the goods are accepted."""


CHOICES_OF_PAYMENTS = (Payment(0), Payment.BOND, Payment.ESCROW, Payment.BOND | Payment.ESCROW)
USUAL_PAYMENTS = Payment.BOND
"""What a product allows unless the operator says otherwise: money after goods only where it is wanted."""
FULL_WORD = "full"
PAYMENT_WORDS: dict[int, str] = {0: FULL_WORD, Payment.BOND: "bond", Payment.ESCROW: "escrow"}
"""The words the API and contracts use; 0 is the full price at once, which every product allows."""
PAYMENTS_BY_WORD: dict[str, int] = {word: int(payment) for payment, word in PAYMENT_WORDS.items()}


def payment_words(payments: int) -> list[str]:
    """The ways to pay a product allows, the full price at once first."""
    return [word for payment, word in PAYMENT_WORDS.items() if payment & payments == payment]


def mode_words(modes: int) -> list[str]:
    """The ways to trade in these, in order of their numbers."""
    return [word for mode, word in MODE_WORDS.items() if mode & modes]


@dataclass(frozen=True, slots=True)
class TradingRules:
    """How a product trades; each change is a version of its own."""

    tick_fen: int = 1
    tie_rule: TieRule = TieRule.MIDPOINT
    volatility_bps: int = 500
    """Most a trade may be away from the reference price, in basis points of it; 0 for any."""
    modes: Mode = ALL_MODES
    """Ways the product is traded; without a mode of the book its book stays closed."""
    payments: Payment = USUAL_PAYMENTS
    """Ways listings of it may be paid beside the full price at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What prices and quantities a product takes; with the trading rules all that a version says."""

    reference_price: int
    """Middle of the band, fen per kg."""
    band_bps: int
    """How far the band reaches to either side, in basis points of the reference price."""
    min_kg: int
    """Least quantity of an order."""
    reference_rolls: bool = True
    """Whether the end of a day makes a new reference price of what was traded."""


@dataclass(frozen=True, slots=True)
class TradingRulesRow:
    """A version of how a product trades."""

    version: int
    rules: TradingRules
    limits: Limits
    reason: str
    restores: int | None
    """The earlier version this one goes back to because the floor refused what came between."""
    answer: int | None
    """What the floor made of it: 0 = in force, ``matching.types.Reason`` = refused, None = not yet known."""
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call that goes on now. change_id is the phase change that began it."""

    change_id: int
    product_number: int
    product_code: str
    phase: Phase
    began_at: datetime


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
    reference_rolls: bool = True
    rules: TradingRules = TradingRules()

    @property
    def limits(self) -> Limits:
        """What prices and quantities it takes."""
        return Limits(self.reference_price, self.band_bps, self.min_kg, self.reference_rolls)


@dataclass(frozen=True, slots=True)
class NewProductRow:
    """A proposed product. id is what paging goes by."""

    id: int
    new: NewProduct
    state: NewProductState
    number: int | None
    """Of the product it became."""
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str


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
    step_kg: int
    min_kg: int
    resale_lock_days: int
    """Trading days goods bought may not be sold again; 0 = at once."""
    is_base: bool
    premium_discount_fen: int
    """升贴水: price of this cell less price of the base cell."""
    reference_rolls: bool
    """Whether the end of a day makes a new reference price."""
    rules: TradingRules
    phase: Phase
    """Phase the floor was last told, or began itself."""
    halted: bool
    desk_open: bool
    """Whether the floor was last told that listings and lots of it may be dealt in."""
    status: ProductStatus

    @property
    def limits(self) -> Limits:
        """What prices and quantities it takes."""
        return Limits(self.reference_price, self.band_bps, self.min_kg, self.reference_rolls)

    @property
    def low(self) -> int:
        """Lowest price of the day's band."""
        return band(self.reference_price, self.band_bps)[0]

    @property
    def high(self) -> int:
        """Highest price of the day's band."""
        return band(self.reference_price, self.band_bps)[1]

    @property
    def modes(self) -> Mode:
        """Ways it is traded."""
        return self.rules.modes

    @property
    def payments(self) -> Payment:
        """Ways its listings may be paid beside the full price at once."""
        return self.rules.payments

    @property
    def tick_fen(self) -> int:
        """Prices of orders are multiples of it."""
        return self.rules.tick_fen

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


def volatility_fen(reference_price: int, volatility_bps: int) -> int:
    """Most a trade may be away from the reference price; at least 1 fen unless there is no limit (0)."""
    return max(1, reference_price * volatility_bps // BASIS) if volatility_bps else 0


def band(reference_price: int, band_bps: int) -> tuple[int, int]:
    """Lowest and highest price of a day: reference ± band, rounded inwards, at least 1 fen."""
    low = -(-reference_price * (10_000 - band_bps) // 10_000)
    return max(1, low), reference_price * (10_000 + band_bps) // 10_000


MAX_FEE_BPS = 50
"""The rulebook's hard limit, half a percent; the tables keep it."""
MAX_DEPOSIT_BPS = 2_000


class FeeTerms(NamedTuple):
    """Fees in basis points of the amount: buyer, seller, grower on either side, quality deposit."""

    buyer_bps: int
    seller_bps: int
    grower_bps: int
    deposit_bps: int


@dataclass(frozen=True, slots=True)
class FeeScheduleRow:
    """A version of the fees."""

    version: int
    effective_from: date
    buyer_bps: int
    seller_bps: int
    grower_bps: int
    deposit_bps: int
    created_by: str
    created_at: datetime

    @property
    def terms(self) -> FeeTerms:
        """The rates alone."""
        return FeeTerms(self.buyer_bps, self.seller_bps, self.grower_bps, self.deposit_bps)


@dataclass(frozen=True, slots=True)
class FeeProposalRow:
    """Proposed fees. id is what paging goes by; version is None unless approved."""

    id: int
    effective_from: date
    terms: FeeTerms
    instead_of: FeeScheduleRow | None
    """The version in whose place they were proposed."""
    state: FeeChangeState
    version: int | None
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str


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
