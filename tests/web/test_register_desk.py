"""The exchange's watch over stores, receipts in trouble and keys: by two persons, and on the record."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from exchange.kernel import outbox
from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import now, today
from exchange.kernel.models import AuditEntry, InstitutionClient, InstitutionKey
from exchange.markets.models import Product
from exchange.markets.selectors import products_by_number
from exchange.members import services as members
from exchange.ops.receipt_jobs import receipt_polls
from matching.types import Reason
from tests.trading.exchange_in_tables import TableExchange
from tests.warehouse_receipts.goods import FUJI_CLASS_1
from tests.web.conftest import PASSWORD, LogIn
from tests.web.test_store_desks import MEASURED, staff, text
from warehouse_receipts import services
from warehouse_receipts.models import (
    Disposal,
    Freeze,
    HolderNotice,
    Inspector,
    LossNotice,
    Reading,
    Receipt,
    ReinspectionOrder,
    Stock,
    StockTake,
    Warehouse,
    WarehouseProposal,
)
from warehouse_receipts.stocktaking import room_books
from warehouse_receipts.types import VarietyGroup

pytestmark = pytest.mark.django_db

PAGES = (
    "stores",
    "stores/new",
    "stores/proposals",
    "stocktakes",
    "freezes",
    "losses",
    "disposals",
    "reinspections",
    "institutions",
)
EXPORTS = (
    "stores/export.csv",
    "stores/proposals/export.csv",
    "stocktakes/export.csv",
    "freezes/export.csv",
    "losses/export.csv",
    "disposals/export.csv",
    "reinspections/export.csv",
    "reinspections/orders.csv",
    "institutions/export.csv",
)


def operator(name: str) -> Client:
    members.register_user(actor=SYSTEM, username=name, password=PASSWORD, role="operator", member_code=None)
    client = Client()
    user = get_user_model().objects.get(username=name)
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[1])
    return client


@pytest.fixture
def maker(market: TableExchange) -> Client:
    return operator("maker")


@pytest.fixture
def checker(market: TableExchange) -> Client:
    return operator("checker")


@pytest.fixture
def code(market: TableExchange) -> str:
    house = Warehouse.objects.first()
    assert house is not None
    return house.code


def the_floor_agrees() -> None:
    for row in outbox.pending():
        if row.reference.startswith("setaside:"):
            services.floor_answered(row.reference, 1, Reason.NONE)


def refused(client: Client, path: str, **form: object) -> str:
    """The page after a refused form, which says why."""
    html = text(client, path, **form)
    assert "notice--danger" in html
    return html


def receipt_no() -> str:
    receipt = Receipt.objects.first()
    assert receipt is not None
    return receipt.no


def approve_the_last(checker: Client) -> None:
    subject = WarehouseProposal.objects.latest("pk").pk
    text(checker, "/console/stores/decide/", verb="approve", subject=subject, reason="属实")


def dispose(maker: Client, checker: Client, **form: object) -> None:
    """Proposes a write-off or a regrade at the desk and has it approved; the clock does the rest."""
    act = "/console/disposals/act/"
    text(maker, act, reason="盘点短少", **form)
    case = Disposal.objects.latest("pk").pk
    refused(maker, act, verb="approve", subject=case)
    text(checker, act, verb="approve", subject=case)
    the_floor_agrees()
    for poll in receipt_polls():
        if poll.name == "receipts to be written off or regraded":
            poll.run(0)


# Who may ----------------------------------------------------------------------------------------------


def test_the_desks_are_the_operator_s_alone(
    market: TableExchange, maker: Client, code: str, log_in: LogIn
) -> None:
    house = Warehouse.objects.get(code=code)
    house.stock_takes.create(no="PD1", proposed_by="x", counted_at=now())
    pages = [
        *PAGES,
        f"stores/{code}",
        f"stores/{code}/count",
        "stocktakes/PD1",
        f"institutions/warehouse:{code}",
    ]
    others = [log_in(market.growers[0]), staff(f"warehouse:{code}"), Client()]
    for page in [f"/console/{page}/" for page in pages] + [f"/console/{export}" for export in EXPORTS]:
        assert maker.get(page).status_code == 200, page
        assert [other.get(page).status_code for other in others] == [403, 403, 302], page
    forms = {
        f"/console/stores/{code}/act/": {"verb": "suspend", "reason": "盗用"},
        "/console/freezes/act/": {"verb": "propose", "receipt": receipt_no(), "kind": "dispute"},
        f"/console/institutions/warehouse:{code}/act/": {"verb": "add_client", "name": "x"},
    }
    for path, form in forms.items():
        assert [other.post(path, form).status_code for other in others] == [403, 403, 302], path
    assert not WarehouseProposal.objects.filter(decision="waiting").exists()
    assert not Freeze.objects.exists()
    assert not InstitutionClient.objects.exists()


# Stores -----------------------------------------------------------------------------------------------


def changed(code: str, **values: object) -> dict[str, object]:
    house = Warehouse.objects.get(code=code)
    return {
        "verb": "change",
        "reason": "年度评审",
        "address": house.address,
        "insurer": house.insurer,
        "policy_no": house.policy_no,
        "insured_fen": house.insured_fen // 1_000_000,
        "insured_until": house.insured_until.isoformat(),
        "storage_fee_fen_per_t_day": f"{house.storage_fee_fen_per_t_day / 100:.2f}",
        "handling_fee_fen_per_t": f"{house.handling_fee_fen_per_t / 100:.2f}",
        "loss_permille_per_month": house.loss_permille_per_month,
        "star": house.star,
        **values,
    }


def test_a_change_shows_old_and_new_and_takes_another_person(
    maker: Client, checker: Client, code: str
) -> None:
    Warehouse.objects.filter(code=code).update(star=3, insured_fen=5_000_000_000)
    text(maker, f"/console/stores/{code}/act/", **changed(code, star=5))
    proposal = WarehouseProposal.objects.get(decision="waiting")
    assert proposal.values == {"star": 5}
    decide = {"verb": "approve", "subject": proposal.pk, "reason": "属实"}

    refused(maker, "/console/stores/decide/", **decide)
    page = text(checker, "/console/stores/")
    assert "<del>★★★</del>" in page
    assert "<ins>★★★★★</ins>" in page
    text(checker, "/console/stores/decide/", **decide)

    assert Warehouse.objects.get(code=code).star == 5
    entry = AuditEntry.objects.get(action="warehouse.approve", actor="checker")
    assert (entry.before, entry.reason) == ({"star": "3"}, "属实")
    refused(checker, "/console/stores/decide/", **decide)


def test_a_warehouse_is_designated_with_rooms_that_change_only_above_their_goods(
    maker: Client, checker: Client
) -> None:
    form = {
        "code": "ty01",
        "name": "太村库",
        "keeper": "太村果业",
        "county": "旬邑县",
        "address": "太村镇",
        "star": 4,
        "storage_fee_fen_per_t_day": "2.2",
        "handling_fee_fen_per_t": "15",
        "loss_permille_per_month": 5,
        "insurer": "人保",
        "policy_no": "P1",
        "insured_fen": "500",
        "insured_until": (today() + timedelta(days=300)).isoformat(),
        "room_1": "01",
        "kind_1": "cold",
        "capacity_1": "800",
        "reason": "投用",
    }
    answer = maker.post("/console/stores/new/", {**form, "capacity_1": "0"})
    assert answer.status_code == 422
    assert "太村果业" in answer.content.decode()
    assert maker.post("/console/stores/new/", form).status_code == 302
    approve_the_last(checker)
    act = "/console/stores/TY01/act/"
    text(maker, act, verb="room", room="02", kind="ca", capacity="200.5", reason="扩建")
    refused(maker, act, verb="resize", room="01", capacity="900", reason="等前一份")
    approve_the_last(checker)
    text(maker, act, verb="resize", room="01", capacity="700", reason="改造")
    approve_the_last(checker)
    house = Warehouse.objects.get(code="TY01")
    assert house.capacity_kg == 900_500
    assert list(house.rooms.values_list("code", "capacity_kg")) == [("01", 700_000), ("02", 200_500)]
    refused(maker, act, verb="resume", reason="并未暂停")
    refused(maker, act, verb="resize", room="99", capacity="1", reason="没有")
    refused(maker, act, verb="steal", reason="乱来")


def test_a_climate_file_is_taken_in_and_what_is_wrong_is_said_row_by_row(maker: Client, code: str) -> None:
    at = (now() - timedelta(hours=1)).isoformat()
    good, bad = f"01,{at},0.5,92", f"77,{at},0.5,92"
    lines = "\n".join(["room,at,temperature,humidity_pct", good, bad])

    def sent(mode: str) -> str:
        file = io.BytesIO(lines.encode())
        file.name = "climate.csv"
        answer = maker.post(f"/console/stores/{code}/readings/", {"file": file, "mode": mode})
        assert answer.status_code == 200
        return answer.content.decode()

    assert "unknown_room" in sent("all")
    assert not Reading.objects.exists()
    sent("good")
    sent("good")
    reading = Reading.objects.get()
    assert (reading.temperature_tenths, reading.source) == (5, "csv")
    assert maker.post(f"/console/stores/{code}/readings/", {"mode": "all"}).status_code == 422
    assert "1 条读数" in text(maker, f"/console/stores/{code}/?days=7")


# Stock-taking -----------------------------------------------------------------------------------------


def sheet(code: str) -> dict[str, object]:
    """A count sheet filled with what the books say."""
    return {f"kg:{room}:{product}": kg for (room, product), kg in room_books(code).items()}


def test_a_short_count_blocks_issue_until_another_person_settles_it(
    maker: Client, checker: Client, code: str
) -> None:
    (room, product), kg = next(iter(room_books(code).items()))
    count = f"/console/stores/{code}/count/"
    broken = {**sheet(code), f"kg:{room}:{product}": "x"}
    assert maker.post(count, broken).status_code == 422
    assert maker.post(count, {**sheet(code), f"kg:{room}:{product}": kg - kg // 2}).status_code == 302
    take = StockTake.objects.get()
    page = f"/console/stocktakes/{take.no}/"
    refused(maker, f"{page}act/", verb="confirm")
    assert "暂停签发" in text(checker, f"{page}act/", verb="confirm")
    assert Warehouse.objects.get(code=code).issue_blocked
    assert code in text(maker, "/console/stores/?status=blocked")
    assert Stock.objects.get(warehouse__code=code, product_number=product).physical_kg == kg
    refused(checker, f"{page}act/", verb="settle", reason="货还没补")
    assert StockTake.objects.get().state == "short"
    exported = maker.get("/console/stocktakes/export.csv").content.decode("utf-8-sig")
    assert int(next(csv.DictReader(io.StringIO(exported)))["短少 公斤"]) > 0

    for receipt in Receipt.objects.filter(warehouse__code=code, product_number=product):
        dispose(maker, checker, verb="write_off", receipt=receipt.no)
    text(checker, f"{page}act/", verb="settle", reason="仓单已核销")
    assert not Warehouse.objects.get(code=code).issue_blocked


def test_found_goods_go_onto_the_books_of_the_room_they_lie_in(
    maker: Client, checker: Client, code: str
) -> None:
    house, count = Warehouse.objects.get(code=code), f"/console/stores/{code}/count/"
    house.rooms.create(code="02", kind=house.kind, capacity_kg=100_000)
    product = next(iter(room_books(code)))[1]
    found = {"found_room_1": "02", "found_product_1": product, "found_kg_1": 700}
    assert maker.post(count, {**sheet(code), **found, "found_room_1": "66"}).status_code == 422
    assert maker.post(count, {**sheet(code), **found}).status_code == 302
    text(checker, f"/console/stocktakes/{StockTake.objects.get().no}/act/", verb="confirm")
    assert room_books(code)["02", product] == 700
    assert house.rooms.get(code="02").stored_kg == 700


# Freezes and losses -----------------------------------------------------------------------------------


def test_a_freeze_goes_through_two_persons_and_is_lifted_with_a_reason(
    maker: Client, checker: Client
) -> None:
    receipt = Receipt.objects.first()
    act, form = "/console/freezes/act/", {"verb": "propose", "receipt": receipt.no.lower(), "reason": "保全"}
    court = {**form, "kind": "authority", "authority": "咸阳中院"}
    refused(maker, act, **court)
    text(maker, act, **court, document_no="(2026)陕04执1号", until=(today() + timedelta(days=9)).isoformat())
    case = Freeze.objects.get()
    refused(maker, act, verb="approve", subject=case.pk)
    text(checker, act, verb="approve", subject=case.pk)
    the_floor_agrees()
    receipt.refresh_from_db()
    assert receipt.business == "frozen"
    assert "(2026)陕04执1号" in text(maker, "/console/freezes/?q=中院&state=active")
    refused(checker, act, verb="lift", subject=case.pk, reason="")
    text(checker, act, verb="lift", subject=case.pk, reason="法院解除")
    assert Freeze.objects.get().state == "lifted"
    assert AuditEntry.objects.get(action="freeze.lift_reason").reason == "法院解除"
    for subject in ("", "999999", "x" * 50):
        refused(checker, act, verb="lift", subject=subject, reason="乱来")


def test_a_loss_is_announced_objected_to_and_replaced_by_another_person(
    maker: Client, checker: Client
) -> None:
    receipt, act = receipt_no(), "/console/losses/act/"
    text(maker, act, verb="report", receipt=receipt, reason="遗失")
    the_floor_agrees()
    case = LossNotice.objects.get()
    refused(checker, act, verb="replace", subject=case.pk)
    text(maker, act, verb="object", subject=case.pk, reason="他人主张")
    refused(maker, act, verb="dismiss", subject=case.pk, reason="自审")
    text(checker, act, verb="dismiss", subject=case.pk, reason="无据")
    LossNotice.objects.update(objections_until=today() - timedelta(days=1))
    refused(maker, act, verb="replace", subject=case.pk)
    text(checker, act, verb="replace", subject=case.pk)
    successor = Receipt.objects.get(no=receipt).successor
    assert successor is not None
    assert successor.no in text(maker, "/console/losses/?state=replaced")


# Written off and regraded -----------------------------------------------------------------------------


def test_a_downgraded_receipt_becomes_one_of_a_product_its_report_supports(
    maker: Client, checker: Client, market: TableExchange
) -> None:
    receipt, act = Receipt.objects.first(), "/console/disposals/act/"
    lower = Product.objects.get(number=receipt.product_number)
    lower.pk, lower.number, lower.code, lower.grade = None, 2, "LOWER", "field_run"
    lower.save()
    assert "无需换级" in text(maker, f"/console/disposals/?receipt={receipt.no.lower()}")
    refused(maker, act, verb="regrade", receipt=receipt.no, product=2, reason="看着不好")
    person = Inspector.objects.select_related("body").first()
    services.reinspect(
        receipt.intake.no,
        body=person.body.name,
        inspector=person.name,
        group=VarietyGroup.FUJI,
        measured=replace(FUJI_CLASS_1, colour_pct=30),
        cells={number: product.cell for number, product in products_by_number().items()},
        actor=SYSTEM,
    )
    assert '<option value="2">' in text(maker, f"/console/disposals/?receipt={receipt.no}")
    refused(maker, act, verb="regrade", receipt=receipt.no, product=99, reason="没有此品种")
    the_floor_agrees()
    dispose(maker, checker, verb="regrade", receipt=receipt.no, product=2)

    new = Receipt.objects.get(no=receipt.no).successor
    assert (new.product_number, new.holder_no) == (2, receipt.holder_no)
    assert new.no in text(maker, "/console/disposals/?state=done&kind=regrade")
    refused(maker, act, verb="write_off", receipt="JG0", reason="没有")
    refused(checker, act, verb="approve", subject="999")


# Inspected again --------------------------------------------------------------------------------------


def test_an_ordered_reinspection_downgrades_and_shows_who_was_told(
    maker: Client, market: TableExchange
) -> None:
    receipt, person = Receipt.objects.first(), Inspector.objects.select_related("body").first()
    inspector, act = staff(f"inspector:{person.body.code}", person.name), "/console/reinspections/act/"
    form = {"verb": "order", "lot": receipt.no, "body": person.body.code, "reason": "温度报警"}
    refused(maker, act, **form, due_on=(today() - timedelta(days=1)).isoformat())
    text(maker, act, **form, due_on=today().isoformat())
    refused(maker, act, **form, due_on=today().isoformat())
    order = ReinspectionOrder.objects.get()
    page = f"/inspect/orders/{order.no}/"
    assert order.no in text(inspector, "/inspect/")
    services.designate_body(
        code="OTHER", name="别家", accreditation_no="1", accredited_until=today(), actor=SYSTEM
    )
    assert staff("inspector:OTHER").get(page).status_code == 404

    text(inspector, page, **{**MEASURED, "diameter_mm": 60, "colour_pct": 40})
    order.refresh_from_db()
    assert (order.state, order.report.kind) == ("done", "reinspection")
    assert HolderNotice.objects.filter(receipt_no=receipt.no, kind="downgraded").exists()
    listed = text(maker, "/console/reinspections/?downgraded=1")
    assert order.report.no in listed
    assert receipt.no in listed
    assert inspector.post(page, MEASURED, follow=True).status_code == 200
    assert ReinspectionOrder.objects.count() == 1


# Keys -------------------------------------------------------------------------------------------------


def test_a_private_key_is_shown_once_and_belongs_to_the_key_on_record(maker: Client, code: str) -> None:
    page, act = f"/console/institutions/warehouse:{code}/", f"/console/institutions/warehouse:{code}/act/"
    answer = maker.post(act, {"verb": "add_client", "name": "库存系统"})
    assert "no-store" in answer["Cache-Control"]
    pem = answer.context["secret"]
    private = load_pem_private_key(pem.encode(), None)
    assert isinstance(private, Ed25519PrivateKey)
    client = InstitutionClient.objects.get()
    assert client.public_key == private.public_key().public_bytes_raw().hex()
    assert "PRIVATE KEY" not in text(maker, page)

    given = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    form = {"verb": "rotate_client", "subject": client.key_id, "reason": "到期"}
    assert maker.post(act, {**form, "public_key": "abc"}).status_code == 422
    assert "PRIVATE KEY" not in maker.post(act, {**form, "public_key": given}).content.decode()
    live = InstitutionClient.objects.get(revoked_at__isnull=True)
    assert live.public_key == given
    assert maker.post(act, {**form, "public_key": given}).status_code == 422
    other = "/console/institutions/exchange/act/"
    refused(maker, other, verb="revoke_client", subject=live.key_id, reason="别家的")
    assert maker.post(other, {"verb": "add_client", "name": "x"}).status_code == 422
    text(maker, act, verb="revoke_client", subject=live.key_id, reason="停用")
    assert not InstitutionClient.objects.filter(revoked_at__isnull=True).exists()


def test_a_stolen_signing_key_is_revoked_and_replaced(maker: Client, code: str) -> None:
    signer = f"warehouse:{code}"
    old = InstitutionKey.objects.get(institution__code=signer, retired_at__isnull=True)
    refused(maker, f"/console/institutions/{signer}/act/", verb="revoke_key", reason="")
    text(maker, f"/console/institutions/{signer}/act/", verb="revoke_key", reason="被盗")
    old.refresh_from_db()
    assert old.revoked_at is not None
    assert InstitutionKey.objects.filter(institution__code=signer, retired_at__isnull=True).count() == 1


# Addresses --------------------------------------------------------------------------------------------


def test_nonsense_in_addresses_finds_nothing_and_breaks_nothing(maker: Client) -> None:
    missing = ("stores/NONE", "stores/NONE/count", "stocktakes/PD0", "institutions/warehouse:NONE")
    assert {maker.get(f"/console/{page}/").status_code for page in missing} == {404}
    odd = "?q=%00%27&county=x&status=x&state=x&kind=x&decision=x&warehouse=%00&downgraded=x&days=x&room=x"
    assert {maker.get(f"/console/{page}/{odd}").status_code for page in PAGES} == {200}
    assert maker.get("/console/freezes/?cursor=abc").status_code == 422
