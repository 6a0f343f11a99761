"""Warehouses' and inspection bodies' own systems: signed requests, done once, own lots only."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import now, today
from exchange.kernel.signed_requests import register_client, signed_headers
from exchange.members.selectors import member_by_account_no
from exchange.ops import pickups
from settlement.pickups import shares_of
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell
from tests.warehouse_receipts.goods import a_warehouse
from warehouse_receipts.models import Inspector, Intake, LifeEvent, Reading, Receipt

pytestmark = pytest.mark.django_db

API = "/api/v1"


class System:
    """A system of an institution with a key of its own."""

    def __init__(self, institution: str) -> None:
        self.key = Ed25519PrivateKey.generate()
        public_key = self.key.public_key().public_bytes_raw()
        register_client(institution=institution, name="WMS", public_key=public_key, actor=SYSTEM)
        self.requests = 0

    def send(self, method: str, path: str, body: Any = None, *, request_id: str = "") -> tuple[int, Any]:
        """Sends a signed request; (status, answer)."""
        content = b"" if body is None else json.dumps(body).encode()
        return self._send(method, path, "", content, "application/json", request_id)

    def send_file(self, path: str, query: str, content: bytes, *, request_id: str = "") -> tuple[int, Any]:
        """Sends a file; (status, answer)."""
        return self._send("POST", path, query, content, "image/jpeg", request_id)

    def _send(
        self, method: str, path: str, query: str, content: bytes, content_type: str, request_id: str
    ) -> tuple[int, Any]:
        self.requests += 1
        headers = signed_headers(
            self.key,
            method=method,
            path=API + path,
            query=query,
            body=content,
            request_id=request_id or f"request-{self.requests:06d}",
            now_s=int(time.time()),
        )
        address = f"{API}{path}?{query}" if query else API + path
        response = Client().generic(method, address, content, content_type=content_type, headers=headers)
        return response.status_code, response.json()


@pytest.fixture
def wms(market: TableExchange) -> System:
    return System(f"warehouse:{Receipt.objects.first().warehouse.code}")


@pytest.fixture
def lab(market: TableExchange) -> System:
    return System(f"inspector:{Inspector.objects.select_related('body').first().body.code}")


def booking(market: TableExchange) -> dict[str, Any]:
    cell = market.products[0]
    return {
        "owner": member_by_account_no(market.growers[0]).code,
        "orchard": "亭口三号园",
        "county": cell.county,
        "variety": cell.variety.code,
        "bagging": cell.bagging.value,
        "crop_year": cell.crop_year,
        "packaging": "周转筐",
        "origin": {
            "grower": "赵明",
            "plot": "东坡",
            "harvested_on": (today() - timedelta(days=20)).isoformat(),
            "certificate_no": "HGZ-1",
            "certificate_issuer": "亭口村",
        },
    }


WEIGHTS = {"pieces": 1_000, "sample_pieces": 20, "sample_gross_g": 441_500, "sample_tare_g": 41_500}


def test_a_lot_is_brought_to_store_by_machines(market: TableExchange, wms: System, lab: System) -> None:
    status, lot = wms.send("POST", "/store/intakes", booking(market))
    assert status == 201
    at = f"/store/intakes/{lot['intake_no']}"
    wms.send("POST", f"{at}/arrival", {"plate": "陕D12345"})
    assert wms.send("POST", f"{at}/weights", WEIGHTS)[1]["net_kg"] == 20_000

    inspector = Inspector.objects.first().name
    report = f"/inspection/intakes/{lot['intake_no']}"
    assert lab.send("POST", f"{report}/sample", {"sampler": inspector, "pieces": 20})[0] == 200
    found = {
        "inspector": inspector,
        "sample_fruit": 200,
        "diameter_mm": 90,
        "colour_pct": 92,
        "firmness_tenths": 74,
        "ssc_tenths": 138,
        "diameters": {"90": 120, "95": 80},
    }
    assert lab.send("POST", f"{report}/report", found)[0] == 200

    status, stored = wms.send("POST", f"{at}/room", {"product": market.products[0].code})
    assert (status, stored["state"]) == (200, "stored")
    assert wms.send("GET", at)[1] == stored
    stock = wms.send("GET", "/store/stock")[1]["items"]
    assert any(row["physical_kg"] - row["receipted_kg"] == 20_000 for row in stock)
    actors = set(LifeEvent.objects.filter(subject_no=lot["intake_no"]).values_list("actor", flat=True))
    assert {actor.rpartition("/")[2] for actor in actors} == {"WMS"}


def test_a_repeated_request_is_not_done_again(market: TableExchange, wms: System) -> None:
    before = Intake.objects.count()
    first = wms.send("POST", "/store/intakes", booking(market), request_id="wms-2026-000001")
    again = wms.send("POST", "/store/intakes", booking(market), request_id="wms-2026-000001")
    assert first == again
    assert Intake.objects.count() == before + 1
    other = {**booking(market), "mark": "乙"}
    status, problem = wms.send("POST", "/store/intakes", other, request_id="wms-2026-000001")
    assert (status, problem["code"]) == (409, "request_id_reused")


def test_climate_is_taken_whole_or_not_at_all(wms: System) -> None:
    reading = {
        "room": "01",
        "at": f"{today():%Y-%m-%d}T00:00:00+08:00",
        "temperature_tenths": 5,
        "humidity_pct": 92,
    }
    bad = {**reading, "room": "99"}
    before = Reading.objects.count()
    status, problem = wms.send("POST", "/store/readings", {"readings": [reading, bad]})
    assert (status, problem["code"]) == (404, "unknown_room")
    assert Reading.objects.count() == before
    hot = {**reading, "temperature_tenths": 80, "at": f"{today():%Y-%m-%d}T00:01:00+08:00"}
    assert wms.send("POST", "/store/readings", {"readings": [reading, hot]}) == (
        200,
        {"taken": 2, "alarms": 1},
    )


def test_nobody_reaches_the_lots_of_others(market: TableExchange, wms: System, lab: System) -> None:
    number = Intake.objects.first().no
    other = System(f"warehouse:{a_warehouse('QX09')}")
    assert other.send("GET", f"/store/intakes/{number}")[1]["code"] == "unknown_intake"
    assert other.send("POST", f"/store/intakes/{number}/weights", WEIGHTS)[1]["code"] == "unknown_intake"
    assert lab.send("GET", f"/store/intakes/{number}")[1]["code"] == "not_permitted"
    assert wms.send("POST", f"/inspection/intakes/{number}/sample", {"sampler": "x", "pieces": 1})[0] == 403


def test_an_unsigned_request_and_a_wrong_body_are_refused(market: TableExchange, wms: System) -> None:
    response = Client().get(f"{API}/store/stock")
    assert (response.status_code, response.json()["code"]) == (401, "bad_signature")
    assert wms.send("POST", "/store/intakes", {**booking(market), "price": 1})[1]["code"] == "unknown_field"
    assert (
        wms.send("POST", "/store/intakes", {**booking(market), "variety": "pear"})[1]["code"]
        == "bad_parameter"
    )
    assert wms.send("POST", "/store/intakes", {**booking(market), "owner": "NOBODY"})[0] == 404


def test_a_machine_weighs_once_for_receipt_and_contract(market: TableExchange, wms: System) -> None:
    fuji = market.products[0].number
    market.floor.batch(sell(market.growers[0], fuji, 720, 1_000), buy(market.dealers[0], fuji, 720, 1_000))
    market.settle()
    booked = pickups.book_pickup(
        holder_no=market.dealers[0],
        receipt_nos=[pickups.fetchable(1)[0].receipt_no],
        plate="陕D12345",
        person="李师傅",
        id_no="11010519491231002X",
        slot_at=now() + timedelta(hours=3),
        actor=SYSTEM,
    )
    at = f"/store/pickups/{booked.no}"
    assert System(f"warehouse:{a_warehouse('QX09')}").send("GET", at)[1]["code"] == "unknown_pickup"
    assert wms.send("POST", f"{at}/slot")[1]["state"] == "booked"
    shown = {"code": "1", "plate": "陕D12345", "id_no": "11010519491231002X"}
    assert wms.send("POST", f"{at}/gate", shown)[1]["code"] == "wrong_pickup_code"
    assert wms.send("POST", f"{at}/gate", {**shown, "code": booked.code})[1]["state"] == "arrived"
    load = {"kg": 1_000, "weighed_kg": 990}
    assert wms.send("POST", f"{at}/loads", {**load, "weighed_kg": 900})[1]["code"] == "over_short"
    first = wms.send("POST", f"{at}/loads", load, request_id="wms-load-0001")
    assert first == wms.send("POST", f"{at}/loads", load, request_id="wms-load-0001")
    assert first[1]["delivered_kg"] == 1_000
    assert wms.send("POST", f"{at}/exit")[1]["gate_pass_no"].startswith("CM")
    correction = {"receipt_no": first[1]["ended"][0], "right_kg": 995, "reason": "皮重有误"}
    assert wms.send("POST", f"{at}/corrections", correction)[1]["correction_no"].startswith("GZ")
    assert shares_of(trade_id=1)[0].over_short_fen == -10 * 720
