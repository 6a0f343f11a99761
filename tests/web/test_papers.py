"""Signed papers of the register: there for whom they concern, genuine, and confirmed to the public."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from exchange.kernel.audit import SYSTEM
from exchange.kernel.documents.codes import code_of
from exchange.kernel.documents.verification import verify_pdf
from exchange.members.services import register_staff
from tests.trading.exchange_in_tables import TableExchange
from tests.warehouse_receipts.test_tracing import lift_triggers
from tests.web.conftest import PASSWORD, LogIn
from warehouse_receipts.models import LifeEvent, Receipt
from warehouse_receipts.papers.labels import lot_labels
from warehouse_receipts.viewing import OPERATOR
from web.pages.names import RegisterNames
from web.pages.visitors import forget_visitors

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet() -> Iterator[None]:
    forget_visitors()
    yield
    forget_visitors()


@pytest.fixture
def receipt(market: TableExchange) -> Receipt:
    return Receipt.objects.select_related("intake", "inspection", "warehouse").order_by("pk")[0]


def staff(institution: str) -> Client:
    username = institution.replace(":", "-").lower()
    register_staff(actor=SYSTEM, username=username, password=PASSWORD, institution=institution)
    client = Client()
    user = get_user_model().objects.get(username=username)
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[1])
    return client


def test_each_paper_is_signed_by_whose_paper_it_is(receipt: Receipt, log_in: LogIn) -> None:
    client = log_in(receipt.holder_no)
    keeper, inspector = f"warehouse:{receipt.warehouse.code}", f"inspector:{receipt.inspection.body_code}"
    for path, signers in {
        f"/papers/receipts/{receipt.no}.pdf": [keeper, inspector, "exchange"],
        f"/papers/reports/{receipt.inspection.no}.pdf": [inspector],
        f"/papers/intakes/{receipt.intake.no}.pdf": [keeper],
    }.items():
        response = client.get(path)
        assert response["Content-Type"] == "application/pdf", path
        report = verify_pdf(response.content)
        assert report.genuine
        assert [signature.institution for signature in report.signatures] == signers
        assert client.get(path).content == response.content


def test_papers_are_there_for_whom_they_concern(receipt: Receipt, log_in: LogIn) -> None:
    path = f"/papers/receipts/{receipt.no}.pdf"
    assert Client().get(path).status_code == 302
    assert log_in(2 if receipt.holder_no == 1 else 1).get(path).status_code == 404
    for client in (log_in(), staff(f"warehouse:{receipt.warehouse.code}")):
        assert client.get(path).status_code == 200
        assert client.get("/papers/receipts/JG0.pdf").status_code == 404


def test_the_public_is_told_that_a_receipt_is_whole_and_nothing_private(receipt: Receipt) -> None:
    path = f"/verify/receipt/{receipt.no}/{code_of('receipt', receipt.no)}/"
    html = Client().get(path).content.decode()
    assert "仓单真实有效" in html
    assert f"{receipt.kg:,}" in html
    assert html.count("签名有效") >= 7
    for private in ("礼泉县第", "唐建设", "account:"):
        assert private not in html
    report = receipt.inspection.no
    assert (
        "报告真实有效"
        in Client().get(f"/verify/inspection/{report}/{code_of('inspection', report)}/").content.decode()
    )

    lift_triggers("warehouse_receipts_lifeevent")
    LifeEvent.objects.filter(subject_no=receipt.intake.no, action="weigh").update(actor="nobody")

    html = Client().get(path).content.decode()
    assert "登记链不完整" in html
    assert "仓单真实有效" not in html


def test_every_paper_of_the_store_is_confirmed_to_the_public(receipt: Receipt) -> None:
    lot = receipt.intake.no
    html = Client().get(f"/verify/intake/{lot}/{code_of('intake', lot)}/").content.decode()
    assert "批次真实，已登记" in html
    for private in ("礼泉县第", "唐建设", "account:"):
        assert private not in html
    for kind, told in (("pickup", "提货单真实有效"), ("outbound", "货物尚未出库")):
        path = f"/verify/{kind}/TH0/{code_of(kind, 'TH0')}/"
        assert Client().get(path).status_code == 404, told


def test_labels_are_for_the_lot_s_people_and_lead_to_its_public_page(receipt: Receipt, log_in: LogIn) -> None:
    lot = receipt.intake
    path = f"/papers/intakes/{lot.no}/labels.pdf"
    keeper = staff(f"warehouse:{receipt.warehouse.code}")
    sheet = keeper.get(path)
    assert sheet.content.startswith(b"%PDF")
    assert sheet.content == keeper.get(path, {"first": "1", "last": str(min(24, lot.pieces))}).content
    labels = lot_labels(lot.no, OPERATOR, RegisterNames(), first=2, last=3)
    assert [label.piece.partition(" ")[0] for label in labels] == ["2", "3"]
    address = labels[0].code.removeprefix(settings.PUBLIC_URL)
    assert "批次真实，已登记" in Client().get(address).content.decode()
    for wrong in (
        {"first": "0"},
        {"first": "x"},
        {"first": "5", "last": "4"},
        {"last": str(lot.pieces + 1)},
        {"last": "481"},
    ):
        assert keeper.get(path, wrong).status_code == 422, wrong
    stranger = 2 if lot.owner_no == 1 else 1
    assert log_in(stranger).get(path).status_code == 404
