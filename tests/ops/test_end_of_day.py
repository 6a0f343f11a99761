"""The end of a day: stopped anywhere it goes on, run again it changes nothing, and it says when to stop."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django import DjangoDbBlocker

from exchange.commands.outcome import Exit
from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import today
from exchange.markets.selectors import products
from exchange.ops import end_of_day
from exchange.ops.end_of_day import STEPS, archive_of, day_end, run_day_end
from settlement import services as settlement
from settlement.daily_reconciliation import STOP_ABOVE_FEN
from settlement.models import DailyStatement, Transfer
from settlement.selectors import statement
from settlement.statement_paper import statement_document, statement_lines, statement_workbook
from tests.standing import standing
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell

pytestmark = pytest.mark.django_db


def a_traded_day() -> TableExchange:
    market = TableExchange()
    market.floor.time_ns = end_of_day.day_bounds_ns(today())[0] + 10**9 * 36_000
    market.build(growers=1, dealers=2, products=1, kg=20_000, fen=50_000_000)
    fuji = market.products[0].number
    market.floor.batch(sell(market.growers[0], fuji, 730, 5_000), buy(market.dealers[0], fuji, 730, 5_000))
    market.settle()
    return market


@pytest.fixture(scope="module")
def standing_exchange(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[TableExchange]:
    with standing(django_db_blocker, a_traded_day) as market:
        yield market


@pytest.fixture
def exchange(standing_exchange: TableExchange, db: None) -> TableExchange:
    """A day on which a grower and a dealer traded."""
    return standing_exchange.again()


def counts() -> tuple[int, int]:
    return Transfer.objects.count(), DailyStatement.objects.count()


def test_a_day_ends_step_by_step_and_again_the_same(exchange: TableExchange) -> None:
    seen: list[str] = []
    row = run_day_end(today(), progress=lambda done, steps, name: seen.append(f"{done}/{steps} {name}"))
    assert (row.state, row.done, row.steps_in_all) == ("done", len(STEPS), len(STEPS))
    assert seen[0] == f"0/{len(STEPS)} mark"
    results = {step["name"]: step["result"] for step in row.steps}
    assert results["report"]["trades"] == 1
    assert results["report"]["amount_fen"] == 5_000 * 730
    assert (results["reconcile"]["open_breaks"], results["reconcile"]["halted"]) == (0, [])
    assert results["verify"]["findings"] == []
    assert products()[0].reference_price == 730
    before = counts()
    again = run_day_end(today(), again=True)
    assert counts() == before
    assert again.archive_sha256 == row.archive_sha256
    stored = (Path(settings.DATA_DIR) / "archive" / f"{today()}.zip").read_bytes()
    assert hashlib.sha256(stored).hexdigest() == row.archive_sha256
    with zipfile.ZipFile(io.BytesIO(stored)) as archive:
        assert "trial_balance.json" in archive.namelist()
    exchange.settle()
    assert exchange.differences() == []


@pytest.mark.parametrize("dies_in", [step.name for step in STEPS])
def test_a_job_that_died_goes_on_where_it_was(
    exchange: TableExchange, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    ran: list[str] = []

    def watched(step: end_of_day.Step, *, dies: bool) -> end_of_day.Step:
        def run(day: date) -> dict[str, Any]:
            ran.append(step.name)
            result = step.run(day)
            if dies:
                raise KeyboardInterrupt
            return result

        return step._replace(run=run)

    with monkeypatch.context() as patch:
        patch.setattr(end_of_day, "STEPS", tuple(watched(s, dies=s.name == dies_in) for s in STEPS))
        with pytest.raises(KeyboardInterrupt):
            run_day_end(today())
        patch.setattr(end_of_day, "STEPS", tuple(watched(s, dies=False) for s in STEPS))
        row = run_day_end(today())
    assert row.state == "done"
    assert sorted(ran) == sorted([*(step.name for step in STEPS), dies_in])
    assert row.archive_sha256 == hashlib.sha256(archive_of(today())).hexdigest()
    assert day_end(today()) == row


def test_breaks_above_the_threshold_halt_every_product(exchange: TableExchange) -> None:
    exchange.bank.receive_unannounced(instruction_no="来账-1", amount_fen=1)
    lost = STOP_ABOVE_FEN + 1
    settlement.deposit(
        actor=SYSTEM, account_no=exchange.dealers[1], amount_fen=lost, bank=settlement.settlement_bank()
    )
    from settlement.models import MockBankInstruction

    MockBankInstruction.objects.filter(amount_fen=lost).delete()
    row = run_day_end(today())
    reconciled = next(step["result"] for step in row.steps if step["name"] == "reconcile")
    assert reconciled["halted"] == [product.code for product in products()]
    assert "对账差异" in reconciled["why"]


def test_a_statement_is_a_document_and_a_workbook(exchange: TableExchange) -> None:
    run_day_end(today())
    row = statement(exchange.dealers[0], today())
    lines = statement_lines(row)
    assert sum(fen for _, _, fen in lines[:-1]) == lines[-1][2] == row.closing_fen
    told = {"name": "咸阳果业", "code": "D000"}
    document = statement_document(row, **told)
    assert document == statement_document(row, **told)
    assert document.number == row.statement_no
    book = statement_workbook(row, **told)
    assert book == statement_workbook(row, **told)
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        assert b"SUM(B2:" in parts.read("xl/worksheets/sheet1.xml")


def test_the_command_says_what_it_did(exchange: TableExchange, capsys: pytest.CaptureFixture[str]) -> None:
    from exchange.cli import parser

    for arguments in (["day-end", "--day", str(today()), "--json"], ["ledger", "verify"]):
        options = parser().parse_args(arguments)
        assert options.run(options) == Exit.OK
    options = parser().parse_args(["ledger", "trial-balance", "--day", str(today())])
    assert options.run(options) == Exit.OK
    assert "bank:client_money" in capsys.readouterr().out
