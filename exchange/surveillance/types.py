"""Words and values of the surveillance: what detectors read and find, and how alerts and cases live.

Everything a detector reads is a plain row of integers, so that the same rows give the same findings on any
machine: fen per kg, kg, epoch ns, account and product numbers of the engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import models

from exchange.kernel.calendar import day_bounds_ns, previous_trading_day


class Kind(models.TextChoices):
    """What a detector looks for. The values are part of an alert's key: never change one."""

    WASH = "wash", "对敲"
    RELATED = "related", "关联交易"
    SELF_TRADE = "self_trade", "自成交拦截"
    LAYERING = "layering", "虚假申报"
    OUTLIER = "outlier", "异常价格"
    BID_RING = "bid_ring", "串通竞价"
    LARGE = "large", "大户集中"
    CLOSE = "close", "影响收盘价"


class AlertState(models.TextChoices):
    """Life of an alert; a later edition of the same alert supersedes one that nobody has looked at.

    What is no longer NEW stays what it is: a trigger of migration 0002 keeps it.
    """

    NEW = "new", "待处理"
    DISMISSED = "dismissed", "已排除"
    IN_CASE = "in_case", "已立案"
    SUPERSEDED = "superseded", "已被新版替代"


class CaseState(models.TextChoices):
    """Life of a case 监察案件: open ⇄ closing → closed, kept by a trigger of migration 0002."""

    OPEN = "open", "调查中"
    CLOSING = "closing", "待复核结案"
    CLOSED = "closed", "已结案"


class Outcome(models.TextChoices):
    """How a case ends."""

    NO_BREACH = "no_breach", "未发现违规"
    WARNING = "warning", "警示"
    REFERRED = "referred", "移送"


class EntryKind(models.TextChoices):
    """A line in the timeline of a case."""

    OPENED = "opened", "立案"
    ALERT = "alert", "并入预警"
    ORDER = "order", "附委托"
    TRADE = "trade", "附成交"
    NOTE = "note", "记录"
    ASSIGNED = "assigned", "指派"
    PROPOSED = "proposed", "提出结案"
    SENT_BACK = "sent_back", "退回"
    CLOSED = "closed", "结案"


# What detectors read ---------------------------------------------------------------------------------


class TradeFact(NamedTuple):
    """A settled trade or deal."""

    trade_id: int
    product: int
    price: int
    kg: int
    buyer: int
    seller: int
    buy_order: int
    sell_order: int
    taker_side: int
    in_call: bool
    mode: int
    at_ns: int


class OrderFact(NamedTuple):
    """An order of the day; cancelled_ns is 0 unless its owner cancelled it, and then when."""

    order_id: int
    account: int
    product: int
    side: int
    price: int
    kg: int
    filled: int
    status: int
    reason: int
    placed_ns: int
    cancelled_ns: int = 0


class Link(NamedTuple):
    """Why two members may be one: first and second in order, and how they are linked."""

    first: int
    second: int
    how: str
    """group: in one group of related parties; signatory: the same person signs; terminal: people of both
    logged in from the same address with the same program."""


class AuctionFact(NamedTuple):
    """An auction that ended, with what everybody in it did."""

    auction_id: int
    product: int
    owner: int
    side: int
    start_price: int
    ended_ns: int
    entered: tuple[int, ...]
    left: tuple[int, ...]
    """Of those who entered, who withdrew."""
    best_bids: tuple[tuple[int, int], ...]
    """(member, its best price), of those who bid."""
    winners: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that detectors read about a day."""

    day: date
    trades: tuple[TradeFact, ...] = ()
    earlier: tuple[TradeFact, ...] = ()
    """Trades of the days before that the parameters look back to, oldest first."""
    orders: tuple[OrderFact, ...] = ()
    links: tuple[Link, ...] = ()
    auctions: tuple[AuctionFact, ...] = ()
    """Of the day and of the days before that the parameters look back to."""

    def earlier_within(self, trading_days: int) -> tuple[TradeFact, ...]:
        """Of the earlier trades those of so many trading days before the day."""
        first = self.day
        for _ in range(trading_days):
            first = previous_trading_day(first)
        begins = day_bounds_ns(first)[0]
        return tuple(trade for trade in self.earlier if trade.at_ns >= begins)

    def is_of_day(self, at_ns: int) -> bool:
        """Whether an instant belongs to the day."""
        start_ns, end_ns = day_bounds_ns(self.day)
        return start_ns <= at_ns < end_ns

    def links_among(self, members: Sequence[int]) -> tuple[Link, ...]:
        """How these members are linked with each other."""
        return tuple(sorted(link for link in self.links if {link.first, link.second} <= set(members)))


@dataclass(frozen=True, slots=True)
class Finding:
    """What a detector found: who, where, by which numbers."""

    kind: Kind
    product: int
    """0 when it is about no single product."""
    accounts: tuple[int, ...]
    figures: dict[str, int]
    """Named with their units."""
    trades: tuple[int, ...] = ()
    orders: tuple[int, ...] = ()
    auctions: tuple[int, ...] = ()
    links: tuple[Link, ...] = ()
    mark: str = ""
    """Tells findings of one kind, product and members of a day apart, e.g. the trade of an outlier."""

    @property
    def subject(self) -> str:
        """What it is about, in one spelling: the part of the key that is the detector's."""
        accounts = ",".join(str(number) for number in sorted(self.accounts))
        return f"product:{self.product};accounts:{accounts};{self.mark}"


# What leaves the package -----------------------------------------------------------------------------


class AlertRow(NamedTuple):
    """An alert as the desk sees it. id pages the list."""

    id: int
    no: str
    key: str
    revision: int
    day: date
    kind: Kind
    product_number: int
    accounts: tuple[int, ...]
    figures: dict[str, int]
    rules_version: int
    evidence: dict[str, Any]
    evidence_hash: str
    computed_at: datetime
    state: AlertState
    decided_by: str
    decided_at: datetime | None
    reason: str
    case_no: str


class CaseRow(NamedTuple):
    """A case as the desk lists it."""

    id: int
    no: str
    title: str
    state: CaseState
    assignee: str
    opened_by: str
    opened_at: datetime
    outcome: str
    outcome_reason: str
    proposed_by: str
    proposed_at: datetime | None
    closed_by: str
    closed_at: datetime | None
    accounts: tuple[int, ...]


class EntryRow(NamedTuple):
    """A line of a case's timeline."""

    id: int
    kind: EntryKind
    text: str
    reference: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with everything in it."""

    row: CaseRow
    entries: tuple[EntryRow, ...]
    alerts: tuple[AlertRow, ...]
    orders: tuple[int, ...]
    trades: tuple[int, ...]


class RulesRow(NamedTuple):
    """A version of the parameters as somebody proposed it; version is 0 until it is approved."""

    id: int
    version: int
    state: str
    values: dict[str, int]
    changes: dict[str, tuple[int, int]]
    """Old and new value of what it changes."""
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run over a day found."""

    day: date
    rules_version: int
    new: list[str] = field(default_factory=list)
    """Numbers of alerts it made; keys where it was a dry run."""
    changed: list[str] = field(default_factory=list)
    """Alerts known before whose evidence is another now: each got a new revision."""
    known: int = 0
    findings: list[dict[str, Any]] = field(default_factory=list)
