"""The half-year report: from the books, by two people, signed, and final once filed."""

import hashlib
import io
import zipfile
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import today
from exchange.kernel.documents.codes import code_of
from exchange.kernel.documents.verification import verify_pdf
from exchange.kernel.errors import BadParameter
from exchange.kernel.proposal_errors import ChangeDecided, OwnChange
from exchange.members.models import User
from exchange.surveillance import half_year
from exchange.surveillance.errors import PeriodNotOver, ReportWaits, UnknownReport
from exchange.surveillance.half_year_figures import half_year_figures, period_of
from exchange.surveillance.half_year_paper import parts_of
from exchange.surveillance.models import HalfYearReport
from tests.kernel.documents.pdf_text import text_of
from tests.trading.exchange_in_tables import TableExchange

pytestmark = pytest.mark.django_db

ANNA, BERT = Actor("anna"), Actor("bert")
HALF = 1 if today().month <= 6 else 2


@pytest.fixture
def over(market: TableExchange, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """The half-year of the trades, which is over."""
    year = today().year
    after = period_of(year, HALF)[1].toordinal() + 3
    monkeypatch.setattr(calendar, "today", lambda: date.fromordinal(after))
    return year, HALF


def test_the_figures_are_the_books(market: TableExchange) -> None:
    figures = half_year_figures(today().year, HALF)
    trading = figures["trading"]
    assert trading["total"] == {"kg": 65_000, "fen": 65_000 * 730, "number": 2}
    assert sum(row["kg"] for row in trading["months"]) == 65_000
    assert [row["share_bps"] for row in figures["largest"]["seller"]] == [7_692, 2_307]
    assert figures["members"]["members"] == {"dealer": 2, "grower": 2}
    assert (figures["receipts"]["issued"], figures["receipts"]["issued_kg"]) == (2, 200_000)
    assert figures["receipts"]["stores"][0]["receipted_kg"] == 200_000
    assert figures["contracts"]["formed_fen"] == 65_000 * 730
    money = figures["money"]
    assert money["balances"]["client_money"] == money["paid_in"] == 2 * 500_000_000 + 100_000_000
    earlier = half_year_figures(today().year - 1, HALF)
    assert earlier["trading"]["total"] == {"kg": 0, "fen": 0, "number": 0}
    assert parts_of(earlier)[0].fields[1] == ("成交量", "0 吨")


def test_one_prepares_another_files_and_then_it_is_final(over: tuple[int, int]) -> None:
    year, half = over
    number = half_year.prepare_report(actor=ANNA, year=year, half=half, reason="半年报送")
    with pytest.raises(ReportWaits):
        half_year.prepare_report(actor=BERT, year=year, half=half, reason="另编")
    with pytest.raises(OwnChange):
        half_year.file_report(number, reason="同意", actor=ANNA)
    no = half_year.file_report(number, reason="同意", actor=BERT)
    assert no == f"BG{year}H{half}-01"
    pdf = half_year.report_file(no, "pdf")
    row = half_year.filed_report(no)
    assert hashlib.sha256(pdf).hexdigest() == row.pdf_hash
    report = verify_pdf(pdf)
    assert (report.genuine, report.kind, report.number) == (True, "regulatory", no)
    text = text_of(pdf)
    assert "474,500.00" in text
    with zipfile.ZipFile(io.BytesIO(half_year.report_file(no, "xlsx"))) as book:
        assert "<v>474500</v>" in book.read("xl/worksheets/sheet1.xml").decode()
    for change in ({"figures": "{}"}, {"pdf": b""}, {"no": "BG1"}, {"state": "waiting"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            HalfYearReport.objects.update(**change)
    with pytest.raises(ChangeDecided):
        half_year.refuse_report(number, reason="不同意", actor=BERT)
    again = half_year.prepare_report(actor=BERT, year=year, half=half, reason="更正")
    assert half_year.file_report(again, reason="同意", actor=ANNA).endswith("-02")


def test_periods_that_are_not_over_or_not_ours_are_refused(market: TableExchange) -> None:
    with pytest.raises(PeriodNotOver):
        half_year.prepare_report(actor=ANNA, year=today().year, half=HALF, reason="提前")
    for year, half in ((2019, 1), (today().year + 1, 1), (2026, 3)):
        with pytest.raises(BadParameter):
            half_year.prepare_report(actor=ANNA, year=year, half=half, reason="编制")
    with pytest.raises(UnknownReport):
        half_year.report_file("BG2026H1-99", "pdf")
    assert not HalfYearReport.objects.exists()


def test_the_desk_and_the_verification_page(over: tuple[int, int]) -> None:
    year, half = over
    people = {}
    for name in ("anna", "bert"):
        people[name] = Client()
        user = User.objects.get(username=name)
        people[name].force_login(user, "django.contrib.auth.backends.ModelBackend")
    desk = "/console/surveillance/reports/"
    form = {"verb": "prepare", "year": str(year), "half": str(half), "reason": "半年报送"}
    page = people["anna"].post(f"{desk}act/", form, follow=True).content.decode()
    assert "474,500.00" in page
    assert "须由另一人复核" in page
    (row,) = half_year.reports()
    verdict = {"verb": "file", "subject": str(row.id), "reason": "同意"}
    assert "已报送" in people["bert"].post(f"{desk}act/", verdict, follow=True).content.decode()
    no = half_year.reports()[0].no
    assert people["anna"].get(f"{desk}{no}.pdf").content == half_year.report_file(no, "pdf")
    assert people["anna"].get(f"{desk}{no}.exe").status_code == 422
    assert people["anna"].get(f"{desk}preview/?year={year}&half={half}").status_code == 200
    assert people["anna"].get(f"{desk}preview/?year=abcd&half=9").status_code == 422
    answer = Client().get(f"/verify/regulatory/{no}/{code_of('regulatory', no)}/")
    assert "报告已报送" in answer.content.decode()
