"""The delivery timeline 交收时间表 as one typed table: which step, whose, by when, to what effect.

``TIMELINE`` is the table of the rulebook (delivery, T = day of the deal); ``timeline`` lays it over one
contract: what is done, what is due, what is late. ``run_due`` is the clock's turn.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction

from exchange.kernel.calendar import day_bounds_ns
from settlement.amended import delivery_until, release_day
from settlement.breaches import break_unpaid
from settlement.claims import reinspect_unanswered
from settlement.completion import accept_silently
from settlement.models import Contract, Delivery, Invoice, LifeStep
from settlement.pickups import hidden_until_ns, let_weighed_goods_leave
from settlement.terms import silence_ns, terms_of
from settlement.types import InvoiceState, PaymentVariant

SYSTEM, BUYER, SELLER, BOTH, KEEPER, ISSUER = "system", "buyer", "seller", "both", "keeper", "issuer"


class Plan(NamedTuple):
    """One row of the table."""

    step: str
    who: str
    zh: str
    en: str
    effect_zh: str
    effect_en: str
    due: Callable[[Contract, Delivery], int | None]
    """By when, in epoch ns; None = this contract has no such step, or nobody knows yet."""


class Row(NamedTuple):
    """The plan's row for one contract."""

    step: str
    who: str
    zh: str
    en: str
    effect_zh: str
    effect_en: str
    due_ns: int | None
    done_ns: int | None
    overdue: bool


class DueRun(NamedTuple):
    """What the clock did."""

    broken: int
    left: int
    reinspected: int
    completed: int


def _balance_due(contract: Contract, _delivery: Delivery) -> int | None:
    return contract.payment_due_ns


def _end_of_day(contract: Contract, days: int) -> int:
    return day_bounds_ns(contract.day + timedelta(days=days))[1]


def _hidden_due(_contract: Contract, delivery: Delivery) -> int | None:
    return None if delivery.left_at_ns is None else hidden_until_ns(delivery)


def _storage_due(_contract: Contract, delivery: Delivery) -> int | None:
    if delivery.left_at_ns is not None:
        return None
    return day_bounds_ns(delivery_until(delivery))[1]


def _invoice_due(contract: Contract, delivery: Delivery) -> int | None:
    days = terms_of(contract.rulebook_version).invoice_days
    done = delivery.completed_at_ns
    return None if done is None else done + days * 86_400_000_000_000


TIMELINE: tuple[Plan, ...] = (
    Plan(
        *("deal", SYSTEM, "成交", "Deal"),
        *("合同成立；价款或保证金、手续费划转", "Contract formed; price or bond and fees paid"),
        lambda contract, _: contract.formed_at_ns,
    ),
    Plan(
        *("balance", BUYER, "支付尾款", "Balance payment"),
        *("逾期每日 0.05% 滞纳金，T+3 违约", "0.05% per day when late; breach at T+3"),
        _balance_due,
    ),
    Plan(
        *("title", SYSTEM, "货权转移", "Title passes"),
        *("仓单背书；卖方收款，留存品质担保金", "Receipt endorsed; seller paid, quality deposit kept"),
        lambda contract, _: contract.payment_due_ns or contract.formed_at_ns,
    ),
    Plan(
        *("pickup", BUYER, "提货通知", "Pickup notice"),
        *(
            "提货码、车牌、提货人；免费期后仓储费由买方承担",
            "Pickup code, plate and ID; the buyer pays storage after the free days",
        ),
        lambda contract, _: _end_of_day(contract, terms_of(contract.rulebook_version).pickup_days),
    ),
    Plan(
        *("weigh_out", KEEPER, "过磅验货", "Weighing and inspection"),
        *("溢短 ±2% 按合同价结算", "Over/short within ±2% is settled at the contract price"),
        lambda _, delivery: delivery.pickup_at_ns,
    ),
    Plan(
        *("objection", BUYER, "隐蔽缺陷异议", "Hidden defects"),
        *("离库后 48 小时内，附照片或视频", "Within 48 hours after leaving the store, with photos or video"),
        _hidden_due,
    ),
    Plan(
        *("acceptance", BUYER, "验收", "Acceptance"),
        *("逾期视为接受；退还品质担保金", "No claim by then means acceptance; the deposit is released"),
        lambda contract, delivery: _hidden_due(contract, delivery) or silence_ns(release_day(delivery)),
    ),
    Plan(
        *("invoice", ISSUER, "开具发票", "Invoice"),
        *("合同完成后 7 日内", "Within 7 days of completion"),
        _invoice_due,
    ),
    Plan(
        *("longest_storage", BUYER, "最迟提货", "Latest pickup"),
        *("逾期催告，可按民法典第九百一十六条处置", "Then a reminder, and disposal under Civil Code 916"),
        _storage_due,
    ),
)

_DONE_BY: dict[str, tuple[str, ...]] = {
    "balance": ("pay",),
    "pickup": ("book_pickup",),
    "weigh_out": ("weigh_out",),
    "objection": ("claim", "accept", "silence", "dispute"),
    "acceptance": ("accept", "silence", "resolve"),
    "longest_storage": ("leave",),
}
"""By step: the events of the delivery's life that fulfil it."""


def timeline(delivery: Delivery, now_ns: int) -> list[Row]:
    """The rows this contract has, with what is done and what is late at an instant."""
    contract = delivery.contract
    steps = LifeStep.objects.filter(subject=f"delivery:{delivery.pk}").order_by("pk")
    happened: dict[str, int] = {}
    for event, at_ns in steps.values_list("event", "at_ns"):
        happened.setdefault(event, at_ns)
    issued = (
        Invoice.objects.filter(contract_no=contract.contract_no, reverses=None)
        .exclude(state=InvoiceState.DRAFT)
        .values_list("issued_at_ns", flat=True)
        .first()
    )
    rows = []
    for plan in TIMELINE:
        due_ns = plan.due(contract, delivery)
        if plan.step == "balance" and contract.payment != PaymentVariant.BOND:
            continue
        done_ns = _done_ns(plan.step, contract, happened, issued)
        over = delivery.stage in ("completed", "breached") and plan.step not in ("invoice", "longest_storage")
        overdue = done_ns is None and due_ns is not None and due_ns <= now_ns and not over
        rows.append(Row(*plan[:6], due_ns, done_ns, overdue))
    return rows


def _done_ns(step: str, contract: Contract, happened: dict[str, int], issued: int | None) -> int | None:
    if step == "deal":
        return contract.formed_at_ns
    if step == "title":
        return contract.final_at_ns
    if step == "invoice":
        return issued
    return next((happened[event] for event in _DONE_BY[step] if event in happened), None)


def run_due(now_ns: int) -> DueRun:
    """Does what deadlines do by an instant: breaks, lets leave, re-inspects, accepts.

    Safe to repeat and kill.
    """
    broken = break_unpaid(now_ns)
    with transaction.atomic():
        left = let_weighed_goods_leave(now_ns)
    return DueRun(broken, left, reinspect_unanswered(now_ns), accept_silently(now_ns))
