"""Trading stops when the books and the bank differ by more than may be, whenever that is found.

Found at a day's end, when a statement of the bank is taken in, and by the clock during the day, which also
compares the bank's balance of this moment. All products are halted, the console shows why, and two people
let trading go on: one says what was done about it, another agrees, and only when the reason is gone.
"""

import logging
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import today
from exchange.kernel.errors import BadParameter
from exchange.kernel.problems import JinguoError
from exchange.markets import services as markets
from exchange.markets.errors import AlreadyHalted, NotHalted
from exchange.markets.selectors import products
from exchange.ops.models import TradingStop
from settlement import services as settlement
from settlement.bank_files import Imported
from settlement.banks import Bank
from settlement.daily_reconciliation import STOP_ABOVE_FEN, must_stop_trading
from settlement.errors import SamePerson
from settlement.reconciliation import live_difference_fen

logger = logging.getLogger(__name__)


class TradingStopped(JinguoError):
    code = "trading_stopped"
    status = 409
    zh = "因对账差异已停止交易：{reason}"
    en = "Trading is stopped because the books and the bank differ: {reason}"
    hint_zh = "请在财务页消除差异，由两人恢复交易"
    hint_en = "Clear the difference at the finance desk; two people let trading go on"


class NoTradingStop(JinguoError):
    code = "no_trading_stop"
    status = 409
    zh = "目前没有因对账差异停止交易"
    en = "Trading is not stopped by a difference"
    hint_zh = "无需恢复"
    hint_en = "There is nothing to resume"


class NotProposed(JinguoError):
    code = "resume_not_proposed"
    status = 409
    zh = "还没有人提出恢复交易"
    en = "Nobody has proposed to resume trading"
    hint_zh = "请先由一人写明处理结果并提出"
    hint_en = "One person first says what was done and proposes it"


class StopRow(NamedTuple):
    """A trading stop that is open."""

    reason: str
    still: str
    """Why it still has to be; empty when trading may go on."""
    products: list[str]
    proposed_by: str
    proposed_reason: str


def open_stop() -> StopRow | None:
    """The stop in force, if there is one."""
    row = TradingStop.objects.filter(resumed_at=None).first()
    if row is None:
        return None
    return StopRow(row.reason, must_stop_trading(today()), row.products, row.proposed_by, row.proposed_reason)


def stops_since(since: datetime) -> list[tuple[datetime, datetime | None]]:
    """When trading stopped and went on again, of stops since then and of the one in force."""
    rows = TradingStop.objects.filter(Q(stopped_at__gte=since) | Q(resumed_at=None)).order_by("pk")
    return list(rows.values_list("stopped_at", "resumed_at"))


def is_stopped() -> bool:
    """Whether a stop is in force."""
    return TradingStop.objects.filter(resumed_at=None).exists()


def check_may_resume() -> None:
    """Raises TradingStopped while a stop is open: nobody resumes a product past it."""
    row = TradingStop.objects.filter(resumed_at=None).first()
    if row is not None:
        raise TradingStopped(reason=row.reason)


def import_and_check(content: bytes, *, actor: Actor) -> Imported:
    """Takes a statement of the bank in, reconciles its day, and stops trading if it has to be.

    Raises as ``import_statement`` does; then nothing is reconciled.
    """
    done = settlement.import_statement(content, actor=actor)
    if done.day < today():
        settlement.reconcile_day(done.day)
    stop_if_needed(actor=actor)
    return done


def stop_if_needed(*, actor: Actor, why: str = "") -> list[str]:
    """Stops trading if breaks say so, or for ``why``; codes of the products halted now.

    While a stop is open, products that came or were opened since are halted too.
    """
    reason = why or must_stop_trading(today())
    with transaction.atomic():
        row = TradingStop.objects.select_for_update().filter(resumed_at=None).first()
        if row is None and not reason:
            return []
        if row is None:
            row = _new_stop(reason, actor)
        halted = _halt_all(actor, row.reason)
        if halted:
            row.products = sorted({*row.products, *halted})
            row.save(update_fields=["products"])
    return halted


def check_during_the_day(bank: Bank, *, actor: Actor) -> list[str]:
    """For the clock: also compares the bank's balance of this moment with the ledger.

    What the bank booked a moment ago and we have not is no difference: it is taken in and looked at again.
    """
    if abs(live_difference_fen(bank)) > STOP_ABOVE_FEN:
        settlement.run_bank(bank)
    difference = live_difference_fen(bank)
    why = ""
    if abs(difference) > STOP_ABOVE_FEN:
        why = f"银行余额与账面相差 {difference / 100:.2f} 元，超过 {STOP_ABOVE_FEN / 100:.2f} 元"
    return stop_if_needed(actor=actor, why=why)


def propose_resume(*, actor: Actor, reason: str) -> None:
    """One person says what was done. Raises NoTradingStop, BadParameter; TradingStopped if it stands."""
    if not 2 <= len(reason.strip()) <= 300:
        raise BadParameter(name="reason")
    with transaction.atomic():
        row = _locked()
        row.proposed_by, row.proposed_reason, row.proposed_at = actor.name, reason.strip(), timezone.now()
        row.save(update_fields=["proposed_by", "proposed_reason", "proposed_at"])
        audit.record(actor=actor, action="trading_stop.propose", subject=f"stop:{row.pk}", reason=reason)


def approve_resume(*, actor: Actor, bank: Bank) -> list[str]:
    """Another person agrees: the products it halted trade on; their codes.

    Raises NoTradingStop, NotProposed, SamePerson, TradingStopped when the reason stands or is back.
    """
    with transaction.atomic():
        row = _locked()
        if not row.proposed_by:
            raise NotProposed
        if row.proposed_by == actor.name:
            raise SamePerson
        if abs(live_difference_fen(bank)) > STOP_ABOVE_FEN:
            raise TradingStopped(reason=row.reason)
        row.resumed_by, row.resumed_at = actor.name, timezone.now()
        row.save(update_fields=["resumed_by", "resumed_at"])
        for code in row.products:
            try:
                with transaction.atomic():
                    markets.resume(actor=actor, code=code, reason=row.proposed_reason)
            except NotHalted:
                continue
        audit.record(
            actor=actor,
            action="trading_stop.resume",
            subject=f"stop:{row.pk}",
            reason=row.proposed_reason,
            after={"products": row.products},
        )
    return list(row.products)


def _locked() -> TradingStop:
    row = TradingStop.objects.select_for_update().filter(resumed_at=None).first()
    if row is None:
        raise NoTradingStop
    still = must_stop_trading(today())
    if still:
        raise TradingStopped(reason=still)
    return row


def _new_stop(reason: str, actor: Actor) -> TradingStop:
    try:
        with transaction.atomic():
            row = TradingStop.objects.create(reason=reason[:300], stopped_by=actor.name)
    except IntegrityError:
        return TradingStop.objects.select_for_update().get(resumed_at=None)
    logger.error("Trading is stopped: %s", reason)
    audit.record(actor=actor, action="trading_stop.stop", subject=f"stop:{row.pk}", reason=reason[:300])
    return row


def _halt_all(actor: Actor, reason: str) -> list[str]:
    halted = []
    for product in products():
        if product.halted:
            continue
        try:
            markets.halt(actor=actor, code=product.code, reason=reason)
        except AlreadyHalted:
            continue
        halted.append(product.code)
    return halted
