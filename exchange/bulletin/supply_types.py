"""Words and values of the supply and demand board 供求信息, as they leave this package.

Prices are fen per kg, quantities kg, sizes mm, soluble solids tenths of a percent. Members are account
numbers. Sides are those of ``matching.types.Side``: SELL offers goods 供应, BUY asks for them 求购.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from django.db import models

from warehouse_receipts.types import Grade

MAX_VALID_DAYS = 30
"""Days an intention may stand from the day it is published or renewed."""
MAX_OPEN = 20
"""Open intentions of a member at a time."""
MAX_A_DAY = 10
"""Intentions a member publishes in a day."""
MAX_CHANGES_A_DAY = 100
"""Edits and renewals of a member in a day; each is kept for good."""
MAX_INQUIRIES_A_DAY = 30
MAX_MESSAGES_A_MINUTE = 10
MAX_MESSAGES_A_DAY = 300
MAX_REPORTS_A_DAY = 10
MAX_BLOCKED = 200
MAX_NOTE = 500
MAX_MESSAGE = 500
MAX_PLACE = 60
MAX_VARIETY = 30
MAX_PERSON = 30
LEAST_KG = 100
MOST_KG = 100_000_000
HIGHEST_PRICE = 20_000
"""100 yuan per jin: nobody asks more for apples, a slipped decimal point does."""
SIZES_MM = (60, 65, 70, 75, 80, 85, 90, 95)
LEAST_SSC_TENTHS, MOST_SSC_TENTHS = 80, 250

GRADE_RANK: dict[str, int] = {grade.value: -place for place, grade in enumerate(Grade)}
"""Grades as floors, the better the higher; the order is that of ``Grade``."""


class IntentionState(models.TextChoices):
    """Life of an intention 意向. Nothing is held for it and nobody is bound by it."""

    OPEN = "open", "有效"
    CLOSED = "closed", "已关闭"
    """By the member."""
    TAKEN_DOWN = "taken_down", "已下架"
    """By the operator, with a reason the member sees."""


EXPIRED = "expired"
"""What an open intention is shown as after its last day; no row says so."""

INTENTION_STEPS: dict[str, frozenset[str]] = {
    IntentionState.OPEN: frozenset({IntentionState.CLOSED, IntentionState.TAKEN_DOWN}),
    IntentionState.TAKEN_DOWN: frozenset({IntentionState.OPEN, IntentionState.CLOSED}),
    IntentionState.CLOSED: frozenset(),
}


class InquiryState(models.TextChoices):
    """Life of an inquiry 询盘."""

    OPEN = "open", "洽谈中"
    AGREED = "agreed", "已谈妥"
    """In words only: what binds is a listing taken or an order."""
    DECLINED = "declined", "已谢绝"
    WITHDRAWN = "withdrawn", "已撤回"


INQUIRY_STEPS: dict[str, frozenset[str]] = {
    InquiryState.OPEN: frozenset({InquiryState.AGREED, InquiryState.DECLINED, InquiryState.WITHDRAWN}),
    InquiryState.AGREED: frozenset(),
    InquiryState.DECLINED: frozenset(),
    InquiryState.WITHDRAWN: frozenset(),
}
TALKING = (InquiryState.OPEN, InquiryState.AGREED)
"""States in which the two may write to each other."""


class InquiryEvent(models.TextChoices):
    """A step of a party that stands between the messages."""

    AGREED = "agreed", "表示谈妥"
    DECLINED = "declined", "谢绝"
    WITHDRAWN = "withdrawn", "撤回"
    CONTACT = "contact", "给出联系方式"


class ReportKind(models.TextChoices):
    """What somebody reports 举报."""

    FALSE = "false", "虚假信息"
    CONTACT = "contact", "夹带联系方式或广告"
    ABUSE = "abuse", "骚扰或辱骂"
    FRAUD = "fraud", "涉嫌欺诈"
    OTHER = "other", "其他"


class ReportState(models.TextChoices):
    """What became of a report."""

    WAITING = "waiting", "待处理"
    UPHELD = "upheld", "属实"
    DISMISSED = "dismissed", "不属实"


# What people write -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spec:
    """What goods are at least, or must be at least. 0 and empty: not said."""

    variety: str
    """Code of a known variety, or the name of one the exchange does not list."""
    size_mm: int = 0
    grade: str = ""
    ssc_tenths: int = 0
    counties: tuple[str, ...] = ()
    store_type: str = ""


@dataclass(frozen=True, slots=True)
class NewIntention:
    """The terms of an intention. With a product its spec is the product's, soluble solids apart."""

    side: int
    spec: Spec
    least_kg: int
    most_kg: int
    valid_until: date
    """The last day it is shown."""
    product_number: int | None = None
    price: int | None = None
    """None: 面议, to be agreed."""
    place: str = ""
    """Where goods are handed over."""
    deliver_from: date | None = None
    deliver_until: date | None = None
    note: str = ""
    receipt_no: str = ""
    """SELL: a free receipt of the member's own that stands behind it."""


@dataclass(frozen=True, slots=True)
class IntentionFilter:
    """What somebody looks for on the board; None and empty: no matter."""

    side: int | None = None
    product_number: int | None = None
    variety: str = ""
    county: str = ""
    grade: str = ""
    size_mm: int = 0
    """BUY: those that take such a size; SELL: those that are of it or larger."""
    lowest: int | None = None
    highest: int | None = None
    with_receipt: bool = False


SORTS = ("newest", "price", "-price", "kg", "-kg", "ends")


# What leaves -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReceiptMark:
    """The free receipt behind an intention, as the register has it at this moment 有仓单."""

    receipt_no: str
    kg: int
    grade: str
    warehouse_name: str
    ssc_tenths: int = 0
    size_mm: int = 0


@dataclass(frozen=True, slots=True)
class IntentionRow:
    """An intention."""

    id: int
    no: str
    account_no: int
    terms: NewIntention
    state: str
    """IntentionState, or EXPIRED."""
    version: int
    reason: str
    """Why the operator took it down."""
    published_at: datetime
    changed_at: datetime
    receipt: ReceiptMark | None
    """None: there is none, or it is not free any more."""

    @property
    def live(self) -> bool:
        """Whether it stands on the board."""
        return self.state == IntentionState.OPEN


class IntentionPage(NamedTuple):
    """One page; ``next_offset`` is None on the last. total counts all pages."""

    rows: tuple[IntentionRow, ...]
    next_offset: int | None
    total: int


@dataclass(frozen=True, slots=True)
class IntentionStepRow:
    """One step of an intention's history; terms as they stood after it."""

    event: str
    version: int
    actor: str
    reason: str
    at: datetime
    terms: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InquiryRow:
    """An inquiry as one of its two parties sees it."""

    id: int
    no: str
    intention_id: int
    intention_no: str
    intention_side: int
    account_no: int
    """Who asks."""
    owner_no: int
    """Whose intention it is."""
    quantity_kg: int
    price: int | None
    state: InquiryState
    opened_at: datetime
    last_at: datetime
    unread: int
    """Messages of the other party this one has not seen."""


class MessageRow(NamedTuple):
    """What one of the two parties wrote, or did."""

    id: int
    sender_no: int
    by: str
    event: str
    """InquiryEvent, or empty: then there is a text."""
    text: str
    at: datetime


class Contact(NamedTuple):
    """Whom to call; shown when both have given theirs."""

    account_no: int
    person: str
    phone: str


class ContactsRow(NamedTuple):
    """How far the exchange of contacts 交换联系方式 is, for one party."""

    mine: Contact | None
    asked: bool
    """The other has given theirs."""
    other: Contact | None
    """None until both have."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report of abuse, for the operator."""

    id: int
    intention_id: int
    intention_no: str
    inquiry_id: int | None
    reporter_no: int
    accused_no: int
    kind: ReportKind
    text: str
    state: ReportState
    at: datetime
    decided_by: str
    decided_at: datetime | None
    decision: str


class Unread(NamedTuple):
    """What waits for a member on the board."""

    messages: int
    inquiries: int
