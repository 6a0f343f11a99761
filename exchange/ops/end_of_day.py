"""The end of a day 日终 as one job that can be stopped anywhere and goes on: mark, deadlines, bank,
statements.

Each step commits with the note that it is done, so a run after a crash starts with the first step that is
not. ``again=True`` runs all of them once more: steps write only what differs, so nothing changes unless the
books have, and then as a revision. The archive is made from the tables alone: the same books, the same bytes.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from exchange.kernel import trading_calendar
from exchange.kernel.archives import zipped
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import day_bounds_ns
from exchange.kernel.problems import JinguoError
from exchange.markets import services as markets
from exchange.markets.selectors import products
from exchange.ops.index_research import keep_research
from exchange.ops.models import DayEnd, DayEndStep
from exchange.ops.pickups import finish_forgotten
from exchange.ops.reference_prices import traded_day
from exchange.ops.store_money import post_storage_fees
from exchange.ops.trading_stop import stop_if_needed
from exchange.price_index.research_series import research_mismatches
from exchange.surveillance.running import run_day
from exchange.surveillance.statistics import keep_months
from exchange.trading.selectors import trades_of_day
from settlement import services as settlement
from settlement.bank_files import statement_of
from settlement.daily_reconciliation import breaks, must_stop_trading, runs
from settlement.delivery_selectors import delivery_figures
from settlement.selectors import statements_of_day
from settlement.trial_balance import trial_balance_at
from warehouse_receipts.storage_fees import fees_of_day

logger = logging.getLogger(__name__)

DAY_END = Actor("day-end")

Progress = Callable[[int, int, str], None]
"""(steps done, steps in all, name of the next one)."""


class Step(NamedTuple):
    """One step: what it does to a day, and what it says about it."""

    name: str
    zh: str
    en: str
    run: Callable[[date], dict[str, Any]]


class DayEndRow(NamedTuple):
    """A day's end, as the finance desk sees it."""

    day: date
    state: str
    archive_sha256: str
    done: int
    steps_in_all: int
    steps: list[dict[str, Any]]


def run_day_end(day: date, *, again: bool = False, progress: Progress = lambda *_: None) -> DayEndRow:
    """Ends a day, or goes on ending it. Run when nothing of the day can happen any more.

    Raises what a step raises; the steps before it stay done.
    """
    trading_calendar.load()
    with transaction.atomic():
        job, created = DayEnd.objects.select_for_update().get_or_create(day=day)
        if again and not created:
            job.steps.all().delete()
    done = set(job.steps.values_list("name", flat=True))
    DayEnd.objects.filter(pk=job.pk).update(state="running", finished_at=None)
    for at, step in enumerate(STEPS):
        if step.name in done:
            continue
        progress(at, len(STEPS), step.name)
        try:
            _run_step(job, step)
        except Exception:
            DayEnd.objects.filter(pk=job.pk).update(state="failed")
            raise
    archive = DayEndStep.objects.get(day_end=job, name="archive").result["sha256"]
    DayEnd.objects.filter(pk=job.pk).update(state="done", finished_at=timezone.now(), archive_sha256=archive)
    progress(len(STEPS), len(STEPS), "")
    return day_end(day)


def _run_step(job: DayEnd, step: Step) -> None:
    started = time.monotonic()
    result = step.run(job.day)
    with transaction.atomic():
        DayEndStep.objects.create(
            day_end=job, name=step.name, result=result, seconds=time.monotonic() - started
        )


def day_end(day: date) -> DayEndRow:
    """How far the end of a day is. Raises DayEnd.DoesNotExist."""
    return _row(DayEnd.objects.prefetch_related("steps").get(day=day))


def day_ends(limit: int = 30) -> list[DayEndRow]:
    """Newest day first."""
    return [_row(job) for job in DayEnd.objects.prefetch_related("steps").order_by("-day")[:limit]]


def _row(job: DayEnd) -> DayEndRow:
    steps = {step.name: step for step in job.steps.all()}
    shown = [
        {
            "name": step.name,
            "zh": step.zh,
            "en": step.en,
            "done": step.name in steps,
            "result": steps[step.name].result if step.name in steps else {},
            "seconds": steps[step.name].seconds if step.name in steps else None,
        }
        for step in STEPS
    ]
    return DayEndRow(job.day, job.state, job.archive_sha256, len(steps), len(STEPS), shown)


# The steps -------------------------------------------------------------------------------------------


def _mark(day: date) -> dict[str, Any]:
    """结算价: what was traded makes each product's reference price; a product is rolled once for a day."""
    rolled = {}
    for product in products():
        traded = traded_day(trades_of_day(day, product.number))
        row = markets.roll_reference(actor=DAY_END, code=product.code, day=day, traded=traded)
        if row is not None:
            rolled[product.code] = {"price": row.price, "source": row.source.value}
    return {"reference_prices": rolled}


def _deadlines(day: date) -> dict[str, Any]:
    until_ns = day_bounds_ns(day)[1]
    finished = finish_forgotten(until_ns, DAY_END)
    return {"finished": finished, **settlement.run_due(until_ns)._asdict()}


def _bank(day: date) -> dict[str, Any]:
    """Takes the bank's statement in.

    One that is refused lies in quarantine and shows in the reconciliation.
    """
    if statement_of(day) is not None:
        return {"statement": "known"}
    try:
        done = settlement.import_statement(settlement.settlement_bank().statement(day), actor=DAY_END)
    except JinguoError as error:
        logger.warning("The bank's statement of %s: %s", day, error)
        return {"statement": error.code}
    return {"statement": "imported", "booked": done.booked, "unclaimed": done.unclaimed}


def _reconcile(day: date) -> dict[str, Any]:
    """Reconciles; above the threshold trading stops until two people let it go on."""
    run = settlement.reconcile_day(day)
    why = must_stop_trading(day)
    halted = stop_if_needed(actor=DAY_END, why=why)
    return {"open_breaks": run.open_breaks, "open_fen": run.open_fen, "halted": halted, "why": why}


def _storage(day: date) -> dict[str, Any]:
    """Fees of goods that left are asked of who owes them, what stores owe is paid; the day's fees."""
    post_storage_fees()
    fees, fen = fees_of_day(day)
    return {"fees": fees, "fen": fen}


def _statements(day: date) -> dict[str, Any]:
    return {"new": settlement.build_statements(day)}


def _verify(_day: date) -> dict[str, Any]:
    return {"findings": [each._asdict() for each in settlement.verify_ledger()]}


def _watch(day: date) -> dict[str, Any]:
    """监察: the detectors over the day, and the statistics of a month that ended; again, nothing twice."""
    result = run_day(day, actor=DAY_END)
    months = [f"{month:%Y-%m}" for month in keep_months(day)]
    return {"new": result.new, "changed": result.changed, "known": result.known, "statistics": months}


def _research(day: date) -> dict[str, Any]:
    """研究序列: the research series of a month that ended, and then all months worked out again."""
    months = [f"{month:%Y-%m}" for month in keep_research(day)]
    return {"months": months, "mismatches": research_mismatches() if months else []}


def _report(day: date) -> dict[str, Any]:
    """The day in numbers: trade, money, deliveries."""
    trades = trades_of_day(day)
    return {
        "trades": len(trades),
        "kg": sum(trade.quantity for trade in trades),
        "amount_fen": sum(trade.amount_fen for trade in trades),
        "fees_fen": sum(trade.buyer_fee + trade.seller_fee for trade in trades),
        "members_trading": len({no for trade in trades for no in (trade.buyer_no, trade.seller_no)}),
        "deliveries": delivery_figures(),
    }


def _archive(day: date) -> dict[str, Any]:
    content = archive_of(day)
    directory = Path(settings.DATA_DIR) / "archive"
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{day}.zip"
    waiting = path.with_suffix(".part")
    waiting.write_bytes(content)
    waiting.replace(path)
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), "file": path.name}


STEPS: tuple[Step, ...] = (
    Step("mark", "结算价", "Settlement prices", _mark),
    Step("deadlines", "交收期限", "Delivery deadlines", _deadlines),
    Step("bank", "银行对账单", "Bank statement", _bank),
    Step("reconcile", "三方对账", "Reconciliation", _reconcile),
    Step("storage", "仓储费", "Storage fees", _storage),
    Step("statements", "结算单", "Statements", _statements),
    Step("verify", "账务核验", "Ledger check", _verify),
    Step("report", "日报", "Report", _report),
    Step("archive", "归档", "Archive", _archive),
    Step("watch", "市场监察", "Surveillance", _watch),
    Step("research", "指数研究序列", "Research index series", _research),
)


def archive_of(day: date) -> bytes:
    """A zip of the day's books: trial balance, statements, trades, reconciliation, and a manifest of hashes.

    From the tables alone, with fixed times inside: equal books give equal bytes.
    """
    rows = trial_balance_at(day)
    files = {
        "trial_balance.json": [row._asdict() for row in rows],
        "statements.jsonl": [asdict(row) for row in statements_of_day(day)],
        "trades.jsonl": [trade._asdict() for trade in trades_of_day(day)],
        "reconciliation.json": [
            {name: value for name, value in run._asdict().items() if name != "at_ns"}
            for run in runs(1_000)
            if run.day == day
        ],
        "breaks.json": [
            {"kind": each.kind, "reference": each.reference, "amount_fen": each.amount_fen}
            for each in breaks(day)
        ],
    }
    contents = {name: _lines(value) for name, value in files.items()}
    manifest = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    contents["manifest.json"] = _lines([manifest])
    return zipped(contents)


def _lines(rows: list[Any]) -> bytes:
    return "".join(f"{json.dumps(row, ensure_ascii=False, default=str)}\n" for row in rows).encode()
