"""Words and values of what people decide about the indexes: publication, consultations, complaints."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple

from django.db import models

from exchange.price_index.types import Level

RELEASE_BY = time(17, 0)
"""When the index of a trading day is late, Beijing time: an hour after the close."""
LONGEST_REASON = 300


# Publication -----------------------------------------------------------------------------------------

RELEASED = "released"


@dataclass(frozen=True, slots=True)
class ValueProposalRow:
    """What one person put forward to be published for a day. id is what paging goes by."""

    id: int
    index_code: str
    day: date
    revision: int
    """0 for the first publication of a day."""
    value: int | None
    """Hundredths of a point; None when too much of the index is suspended."""
    evidence_hash: str
    state: str
    """waiting, released, refused or withdrawn."""
    reason: str
    """Of a revision the public reads it."""
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    stale: bool
    """Whether the books, or the draft, have changed since; told of proposals that wait."""


class ExclusionRow(NamedTuple):
    """Trades of a cell left out by a rule of the method."""

    rule: str
    trades: int
    kg: int


@dataclass(frozen=True, slots=True)
class CellSide:
    """A cell in one of two values that are compared. price_milli: thousandths of a fen per kg."""

    price_milli: int | None
    level: Level
    trades: int
    volume_kg: int
    exclusions: tuple[ExclusionRow, ...]


@dataclass(frozen=True, slots=True)
class CellComparison:
    """A cell before and after; None on the side that has not got it."""

    product_number: int
    product_code: str
    before: CellSide | None
    after: CellSide | None

    @property
    def changed(self) -> bool:
        """Whether anything about the cell differs."""
        return self.before != self.after


# Consultations ---------------------------------------------------------------------------------------

LEAST_COMMENT_DAYS, MOST_COMMENT_DAYS = 20, 120


class ConsultationSubject(models.TextChoices):
    """What would change."""

    METHOD = "method", "计算方法"
    PARAMETERS = "parameters", "参数"
    CELLS = "cells", "样本与权重"


class ConsultationState(models.TextChoices):
    """Life of a consultation; the first three are inside only, the others public for good."""

    WAITING = "waiting", "待复核"
    REFUSED = "refused", "已驳回"
    WITHDRAWN = "withdrawn", "已撤回"
    OPEN = "open", "征求意见"
    ADOPTED = "adopted", "已采纳"
    CHANGED = "changed", "修改后采纳"
    DROPPED = "dropped", "不再实施"


CONSULTATION_STEPS: dict[str, tuple[str, ...]] = {
    "waiting": ("open", "refused", "withdrawn"),
    "open": ("adopted", "changed", "dropped"),
}
DECISION_STEPS: dict[str, tuple[str, ...]] = {"waiting": ("approved", "refused", "withdrawn")}
OUTCOMES = ("adopted", "changed", "dropped")
IN_PUBLIC = ("open", *OUTCOMES)


class NewConsultation(NamedTuple):
    """What is announced: a change of an index, its texts in both languages."""

    subject: str
    title_zh: str
    title_en: str
    change_zh: str
    change_en: str
    why_zh: str
    why_en: str
    comment_days: int
    """Full days for comments after the day it opens."""
    effective_from: date


class Decision(NamedTuple):
    """How a consultation ends. version and effective_from: of a change that comes, else empty and None.

    A change of cells or weights has no version: it comes with an edition of weights.
    """

    outcome: str
    reply_zh: str
    reply_en: str
    version: str = ""
    effective_from: date | None = None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision that was proposed, and by whom it was decided."""

    id: int
    outcome: str
    version: str
    effective_from: date | None
    reply_zh: str
    reply_en: str
    state: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str


@dataclass(frozen=True, slots=True)
class ConsultationRow:
    """A consultation. id is what paging goes by."""

    id: int
    number: str
    index_code: str
    terms: NewConsultation
    state: ConsultationState
    opened_on: date | None
    closes_on: date | None
    """Last day for comments."""
    comments: int
    """How many were written, those not shown among them."""
    decision: DecisionRow | None
    """The approved one; before it, one that waits."""
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str

    def takes_comments(self, today: date) -> bool:
        """Whether one may still comment."""
        return self.state == "open" and self.closes_on is not None and today <= self.closes_on


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment as whoever asks may read it; empty text where they may not."""

    id: int
    number: int
    """Within its consultation, from 1."""
    author: str
    username: str
    at: datetime
    text: str
    is_public: bool
    taken_down_at: datetime | None
    takedown_reason: str


@dataclass(frozen=True, slots=True)
class MethodVersionRow:
    """A version of the method, in force, past or announced."""

    version: str
    since: date
    until: date | None
    """Last day; None while it is in force or to come."""
    state: str
    """announced, in_force or past."""
    parameters: dict[str, int]
    """By which values of this version were computed; empty before the first."""
    consultation: str
    """Number of the consultation it came from; empty for the first version."""


# Complaints ------------------------------------------------------------------------------------------

ACKNOWLEDGE_TRADING_DAYS, DECIDE_TRADING_DAYS = 2, 10


class ComplaintSubject(models.TextChoices):
    """What a complaint is about; shown in the public register instead of its text."""

    TRADES = "trades", "采用或剔除的成交"
    PRICES = "prices", "品种价格与取价方式"
    ARITHMETIC = "arithmetic", "计算结果"
    PUBLICATION = "publication", "公布、推迟或修订"
    METHOD = "method", "计算方法"
    OTHER = "other", "其他"


class ComplaintState(models.TextChoices):
    """Life of a complaint."""

    FILED = "filed", "待受理"
    ACKNOWLEDGED = "acknowledged", "已受理"
    REJECTED = "rejected", "不成立"
    UPHELD = "upheld", "成立"
    WITHDRAWN = "withdrawn", "已撤回"


COMPLAINT_STEPS: dict[str, tuple[str, ...]] = {
    "filed": ("acknowledged", "withdrawn"),
    "acknowledged": ("rejected", "upheld", "withdrawn"),
}
OPEN_COMPLAINTS = ("filed", "acknowledged")


class NewComplaint(NamedTuple):
    """What somebody complains about. day: None when it is about the method."""

    subject: str
    day: date | None
    text: str
    contact_name: str = ""
    contact_phone: str = ""


@dataclass(frozen=True, slots=True)
class ComplaintRow:
    """A complaint with all that the desk and its complainant see. id is what paging goes by."""

    id: int
    number: str
    index_code: str
    day: date | None
    subject: str
    text: str
    account_no: int | None
    filed_by: str
    contact_name: str
    contact_phone: str
    filed_at: datetime
    acknowledge_by: date
    decide_by: date
    state: ComplaintState
    acknowledged_by: str
    acknowledged_at: datetime | None
    answer: str
    finished_by: str
    finished_at: datetime | None
    days_taken: int
    """Trading days from the filing to the end, or until today."""
    overdue: bool
    """Whether it waits longer than it may."""
    revision: int | None
    """The revision that followed an upheld complaint; None when there is none (yet)."""
