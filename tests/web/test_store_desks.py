"""From the gate to a registered receipt through the desks, each person doing the own part and no other."""

import csv
import io
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import today
from exchange.members.selectors import member_by_account_no
from exchange.members.services import register_staff
from exchange.ops.file_imports import known_names
from tests.trading.exchange_in_tables import TableExchange
from tests.web.conftest import PASSWORD, LogIn
from warehouse_receipts import services
from warehouse_receipts.import_jobs import run_next_import
from warehouse_receipts.importing import INTAKE_COLUMNS
from warehouse_receipts.models import Inspector, Intake, IssueRequest, LifeEvent, Receipt
from warehouse_receipts.types import StoreType

pytestmark = pytest.mark.django_db


def staff(institution: str, name: str = "司磅员") -> Client:
    username = f"{institution.replace(':', '-')}-{name}".lower()
    register_staff(
        actor=SYSTEM, username=username, password=PASSWORD, institution=institution, full_name=name
    )
    client = Client()
    user = get_user_model().objects.get(username=username)
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[1])
    return client


@pytest.fixture
def keeper(market: TableExchange) -> Client:
    return staff(f"warehouse:{Receipt.objects.first().warehouse.code}")


@pytest.fixture
def inspector(market: TableExchange) -> Client:
    person = Inspector.objects.select_related("body").first()
    return staff(f"inspector:{person.body.code}", person.name)


def text(client: Client, path: str, **form: object) -> str:
    response = client.post(path, form, follow=True) if form else client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def booking(market: TableExchange) -> dict[str, object]:
    harvested = today() - timedelta(days=20)
    cell = market.products[0]
    return {
        "owner": member_by_account_no(market.growers[0]).code,
        "variety": cell.variety.code,
        "bagging": cell.bagging.value,
        "county": cell.county,
        "crop_year": cell.crop_year,
        "packaging": "周转筐",
        "mark": "甲-1",
        "orchard": "亭口三号园",
        "grower": "赵明",
        "plot": "东坡",
        "harvested_on": harvested.isoformat(),
        "certificate_no": "HGZ-1",
        "certificate_issuer": "亭口村",
        "substance": "吡虫啉",
        "treated_on": (harvested - timedelta(days=40)).isoformat(),
        "interval_days": 21,
    }


MEASURED = {"sample_fruit": 200, "diameter_mm": 95, "colour_pct": 92, "firmness": "7.4", "ssc": "13.8"}


def test_a_lot_goes_from_the_gate_to_a_receipt(
    market: TableExchange, keeper: Client, inspector: Client, log_in: LogIn
) -> None:
    text(keeper, "/store/book/", **booking(market))
    lot = Intake.objects.latest("pk")
    page, act = f"/store/lots/{lot.no}/", f"/store/lots/{lot.no}/act/"
    assert "赵明" in text(keeper, page)

    text(keeper, act, verb="arrive", plate="陕d12345")
    weights = {"pieces": 1_000, "sample_pieces": 20, "gross_kg": "441.5", "tare_kg": "41.5"}
    assert "净重 20,000 公斤" in text(keeper, act, verb="weigh", **weights)
    assert "(441.5 − 41.5) ÷ 20 × 1,000 = 20,000" in text(keeper, page)

    inspect = f"/inspect/lots/{lot.no}/act/"
    assert lot.no in text(inspector, "/inspect/")
    text(inspector, inspect, verb="sample", pieces=20, fruit=200)
    residue = {"residue_1": "吡虫啉", "residue_found_1": "0.012", "residue_limit_1": "0.5"}
    assert "已签发" in text(inspector, inspect, verb="inspect", **MEASURED, **residue)

    assert "已入库" in text(keeper, act, verb="store", product=market.products[0].number)
    assert "签发申请" in text(keeper, act, verb="issue", product=market.products[0].number, kg=20_000)
    request = IssueRequest.objects.latest("pk")
    assert request.no in text(inspector, "/inspect/")
    assert "已确认签发" in text(inspector, f"/inspect/issues/{request.no}/", verb="confirm")

    lot.refresh_from_db()
    assert (lot.net_kg, lot.plate, lot.state) == (20_000, "陕D12345", "stored")
    signers = LifeEvent.objects.filter(subject_no=lot.no).order_by("seq").values_list("party", flat=True)
    assert list(signers) == ["warehouse", "warehouse", "warehouse", "inspector", "inspector", "warehouse"]


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"verb": "weigh", "pieces": 10, "sample_pieces": 20, "gross_kg": "9", "tare_kg": "1"}, "抽样件数"),
        ({"verb": "weigh", "pieces": 10, "sample_pieces": 5, "gross_kg": "1", "tare_kg": "9"}, "毛重"),
        ({"verb": "weigh", "pieces": 10, "sample_pieces": 5, "gross_kg": "x", "tare_kg": "1"}, "gross_kg"),
        (
            {"verb": "weigh", "pieces": 10, "sample_pieces": 5, "gross_kg": "1.2345", "tare_kg": "1"},
            "gross_kg",
        ),
        ({"verb": "store", "product": 1}, "已到库"),
        ({"verb": "issue", "product": 99, "kg": 1}, "product"),
        ({"verb": "steal"}, "verb"),
    ],
)
def test_a_wrong_step_is_explained_and_changes_nothing(
    market: TableExchange, keeper: Client, form: dict[str, object], reason: str
) -> None:
    text(keeper, "/store/book/", **booking(market))
    lot = Intake.objects.latest("pk")
    text(keeper, f"/store/lots/{lot.no}/act/", verb="arrive", plate="陕D12345")
    html = text(keeper, f"/store/lots/{lot.no}/act/", **form)
    assert "notice--danger" in html
    assert reason in html
    lot.refresh_from_db()
    assert (lot.state, lot.net_kg) == ("arrived", 0)


def test_desks_are_there_for_their_people_only(
    market: TableExchange, keeper: Client, inspector: Client, log_in: LogIn
) -> None:
    lot = Intake.objects.earliest("pk")
    other = staff("warehouse:" + market_second_warehouse())
    assert other.get(f"/store/lots/{lot.no}/").status_code == 404
    other.post(f"/store/lots/{lot.no}/act/", {"verb": "turn_away", "reason": "不要"})
    for client, path, status in (
        (keeper, "/inspect/", 403),
        (inspector, "/store/", 403),
        (log_in(market.growers[0]), "/store/", 403),
        (log_in(), "/inspect/", 403),
        (Client(), "/store/", 302),
        (keeper, "/me/", 403),
        (keeper, "/console/", 403),
    ):
        assert client.get(path).status_code == status, path
    lot.refresh_from_db()
    assert lot.state == "stored"


def intake_file(*owners: str) -> SimpleUploadedFile:
    """A day's intake, a row for each owner, as a Chinese spreadsheet saves it."""
    day = (today() - timedelta(days=20)).isoformat()
    known = {
        "orchard": "三号园",
        "county": "旬邑",
        "variety": "fuji",
        "bagging": "paper",
        "crop_year": "2026",
        "packaging": "筐",
        "grower": "赵明",
        "plot": "东坡",
        "harvested_on": day,
        "certificate_no": "HGZ-1",
        "certificate_issuer": "村",
        "plate": "陕D12345",
        "pieces": "1000",
        "sample_pieces": "20",
        "sample_gross_g": "441500",
        "sample_tare_g": "41500",
    }
    out = io.StringIO()
    writer = csv.DictWriter(out, INTAKE_COLUMNS, restval="")
    writer.writeheader()
    for number, owner in enumerate(owners):
        writer.writerow({**known, "owner_no": owner, "reference": f"W{number}"})
    return SimpleUploadedFile("intake.csv", out.getvalue().encode("gb18030"))


def test_a_day_s_intake_is_loaded_whole_or_in_its_good_rows(market: TableExchange, keeper: Client) -> None:
    owner = member_by_account_no(market.growers[0]).code
    before = Intake.objects.count()

    def load(mode: str, *owners: str) -> str:
        form = {"kind": "intakes", "mode": mode, "file": intake_file(*owners)}
        return keeper.post("/store/import/", form).content.decode()

    assert "全部未载入" in load("all", owner, "x" * 5)
    assert Intake.objects.count() == before
    assert "已载入 1 行，1 行有错" in load("good", owner, "999999")
    assert Intake.objects.latest("pk").owner_no == market.growers[0]
    assert "已载入 1 行，0 行有错" in load("all", owner)
    assert Intake.objects.count() == before + 1
    bad = keeper.post(
        "/store/import/", {"kind": "intakes", "mode": "all", "file": SimpleUploadedFile("x", b"a,b")}
    )
    assert bad.status_code == 422


def test_a_long_file_is_a_job_that_its_store_follows_and_nobody_else(
    market: TableExchange, keeper: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = member_by_account_no(market.growers[0]).code
    monkeypatch.setattr("web.store.importing.MAX_ROWS", 1)
    form = {"kind": "intakes", "mode": "good", "file": intake_file(owner, "x" * 5)}
    asked = keeper.post("/store/import/", form)
    page = asked.headers["Location"]
    html = text(keeper, page)
    assert 'data-follow="' in html
    assert "排队中" in html
    assert "intake.csv" in text(keeper, "/store/import/")
    services.register_warehouse(
        actor=SYSTEM,
        code="OTHER",
        name="别家",
        county="旬邑",
        address="别处",
        keeper="别家",
        kind=StoreType.COLD,
        capacity_kg=1_000,
        storage_fee_fen_per_t_day=1,
        insurer="人保",
    )
    other = staff("warehouse:OTHER", "别家保管员")
    assert [other.get(page).status_code, other.get(f"{page}rows.csv").status_code] == [404, 404]
    assert "没有此次导入" in text(other, f"{page}cancel/", x=1)
    assert "排队中" in text(keeper, page)

    assert run_next_import(runner="test", known=known_names())
    part = keeper.get(f"{page}?part=1").content.decode()
    assert "已载入 1 行，1 行有错" in part
    assert "data-follow" not in part
    assert "<html" not in part
    rows = list(csv.DictReader(io.StringIO(keeper.get(f"{page}rows.csv").content.decode("utf-8-sig"))))
    assert [bool(row["入库单"]) for row in rows] == [True, False]
    text(keeper, f"{page}cancel/", x=1)
    assert "已完成" in text(keeper, page)


def market_second_warehouse() -> str:
    from tests.warehouse_receipts.goods import a_warehouse

    return a_warehouse("QX09")


def test_rooms_and_lists_are_shown(market: TableExchange, keeper: Client, inspector: Client) -> None:
    assert "实物与仓单" in text(keeper, "/store/rooms/")
    lot = Intake.objects.earliest("pk")
    assert lot.no in text(keeper, f"/store/?q={lot.no[:8]}")
    assert lot.no in text(inspector, f"/inspect/?done=1&q={lot.no}")
    assert "notice" not in text(keeper, "/store/?state=nonsense")
