"""Photographs on pages: who may send them, who sees them, and what is never let in or out."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import Settings

from exchange.halls import services as halls
from exchange.halls.auction_selectors import auctions_of
from exchange.halls.models import Listing
from exchange.halls.photographs import MAX_PHOTOS
from exchange.halls.selectors import listing_by_id, listings_of
from exchange.halls.types import ListingState
from exchange.kernel.audit import Actor
from exchange.kernel.pictures import MAX_BYTES
from tests.photographs import LATITUDE, a_photograph
from tests.trading.exchange_in_tables import TableExchange
from tests.warehouse_receipts.goods import a_warehouse
from tests.web.conftest import LogIn
from tests.web.test_halls import LOT, TERMS, opening, receipt_of
from tests.web.test_institution_api import System
from tests.web.test_store_desks import staff
from warehouse_receipts.models import Inspector, LotPhoto, Receipt
from warehouse_receipts.photographs import photos_of_lots
from warehouse_receipts.services import attach_photo
from warehouse_receipts.states import PhotoKind
from web.pages.photos import _uploads

pytestmark = pytest.mark.django_db

STORE = Actor("store")


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    yield
    _uploads.forget()


@pytest.fixture
def lot(market: TableExchange) -> str:
    """The lot the first grower's first receipt stands for."""
    return Receipt.objects.get(no=receipt_of(market, market.growers[0])).intake.no


def files(*contents: bytes, name: str = "../../IMG_1.jpg") -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(name, content, content_type="text/html") for content in contents]


def told(client: Client, path: str, **form: object) -> str:
    response = client.post(path, form, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def statuses(path: str, *clients: Client) -> list[int]:
    return [client.get(path).status_code for client in clients]


# The store -------------------------------------------------------------------------------------------


def test_a_keeper_photographs_a_lot_and_those_it_concerns_see_it(
    market: TableExchange, lot: str, log_in: LogIn
) -> None:
    grower = market.growers[0]
    code = Receipt.objects.first().warehouse.code
    keeper, owner, desk = staff(f"warehouse:{code}"), log_in(grower), log_in()
    body = Inspector.objects.select_related("body").first()
    inspector = staff(f"inspector:{body.body.code}", body.name)
    form = {"kind": "sample", "photos": files(a_photograph(1), a_photograph(2, form="PNG"))}
    assert "已保存 2 张照片" in told(keeper, f"/store/lots/{lot}/photos/", **form)
    first, second = photos_of_lots([lot])
    path = f"/photos/lots/{lot}/{first.sha256}/full.jpg"

    receipt = receipt_of(market, grower)
    for client, page in (
        (keeper, f"/store/lots/{lot}/"),
        (inspector, f"/inspect/lots/{lot}/"),
        (owner, f"/me/receipts/{receipt}/"),
        (owner, f"/trace/{receipt}/"),
        (desk, f"/trace/{receipt}/"),
    ):
        html = client.get(page).content.decode()
        assert path in html, page
        assert f'src="/photos/lots/{lot}/{second.sha256}/thumb.jpg" alt="照片 2：样品' in html
    picture = owner.get(path)
    assert (picture["Content-Type"], picture["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert picture["Cache-Control"] == "private, max-age=31536000, immutable"
    assert LATITUDE not in picture.content
    other = staff(f"warehouse:{a_warehouse('QX09')}", "别库")
    assert statuses(path, keeper, inspector, desk) == [200] * 3
    assert statuses(path, log_in(market.dealers[0]), other) == [404] * 2
    assert statuses(path, Client()) == [302]
    for wrong in ("big.jpg", "full.png", "%2e%2e/full.jpg"):
        assert owner.get(path.replace("full.jpg", wrong)).status_code == 404


def test_what_a_keeper_may_not_send_leaves_nothing(market: TableExchange, lot: str) -> None:
    code = Receipt.objects.first().warehouse.code
    keeper, other = staff(f"warehouse:{code}"), staff(f"warehouse:{a_warehouse('QX09')}", "别库")
    path = f"/store/lots/{lot}/photos/"
    good = a_photograph()
    for contents, kind, why in (
        ((good, b"<html><script>alert(1)</script>" + bytes(99)), "gate", "不是 JPEG"),
        ((good, good[: len(good) // 2]), "gate", "不完整"),
        ((good + bytes(MAX_BYTES),), "gate", "不超过 10 MB"),
        ((good,), "selfie", "kind"),
        ((), "gate", "photos"),
        ([good] * 11, "gate", "至多 10 张"),
    ):
        html = told(keeper, path, kind=kind, photos=files(*contents))
        assert "notice--danger" in html, why
        assert why in html
    other.post(path, {"kind": "gate", "photos": files(good)})
    assert Client().post(path, {"kind": "gate", "photos": files(good)}).status_code == 302
    assert not LotPhoto.objects.exists()
    for _again in range(2):
        told(keeper, path, kind="gate", photos=files(good))
    assert LotPhoto.objects.count() == 1
    for _flood in range(8):
        html = told(keeper, path, kind="gate", photos=files(*[good] * 10))
    assert "频繁" in html


def test_a_warehouse_s_system_sends_photographs(market: TableExchange, lot: str) -> None:
    wms = System(f"warehouse:{Receipt.objects.first().warehouse.code}")
    other = System(f"warehouse:{a_warehouse('QX09')}")
    path = f"/store/intakes/{lot}/photos"
    sent = a_photograph(size=(1_600, 1_200), form="PNG")
    status, kept = wms.send_file(path, "kind=scale", sent)
    assert (status, kept["kind"], kept["photos"]) == (200, "scale", 1)
    assert wms.send_file(path, "kind=scale", sent, request_id="request-000001") == (200, kept)
    assert wms.send_file(path, "kind=room", sent) == (200, kept), "the same file is the same photograph"
    assert wms.send_file(path, "kind=scale", a_photograph(2), request_id="request-000001")[1]["code"] == (
        "request_id_reused"
    )
    for system, query, content, status, code in (
        (wms, "kind=selfie", sent, 422, "bad_parameter"),
        (wms, "kind=gate", b"<svg/>", 422, "bad_photo"),
        (wms, "kind=gate", sent + bytes(MAX_BYTES), 413, "photo_too_large"),
        (other, "kind=gate", sent, 404, "unknown_intake"),
    ):
        answer = system.send_file(path, query, content)
        assert (answer[0], answer[1]["code"]) == (status, code)
    assert [row.sha256 for row in photos_of_lots([lot])] == [kept["photo"]]


# Offers ----------------------------------------------------------------------------------------------


def approve(market: TableExchange, listing_id: int) -> None:
    halls.approve_listing(actor=Actor("checker"), listing_id=listing_id)
    market.settle()


def test_a_lister_shows_photographs_until_they_are_approved(
    market: TableExchange, lot: str, log_in: LogIn
) -> None:
    grower = market.growers[0]
    client, dealer, other = log_in(grower), log_in(market.dealers[0]), log_in(market.growers[1])
    first, second = (
        attach_photo(lot, kind=PhotoKind.SAMPLE, content=a_photograph(number), actor=STORE)
        for number in (1, 2)
    )
    form = {**TERMS, "receipt": receipt_of(market, grower), "stage": "terms"}
    page = client.get("/me/listings/new/", {"receipt": form["receipt"]}).content.decode()
    assert re.findall(r'name="photo" [^>]*value="(\w+)"[^>]* checked>', page) == [first, second]
    chosen = {**form, "photos_shown": "yes", "photo": second}
    html = client.post("/me/listings/new/", chosen).content.decode()
    assert f'name="photo" value="{second}"' in html
    assert first not in html
    foreign = {**chosen, "photo": "0" * 64, "stage": "confirm", "key": "k0"}
    assert client.post("/me/listings/new/", foreign).status_code == 422
    assert client.post("/me/listings/new/", {**chosen, "stage": "confirm", "key": "k1"}).status_code == 302
    (row,) = listings_of(grower).rows
    assert row.photos == (second,)

    desk = f"/me/listings/{row.id}/photos/"
    told(client, desk, verb="upload", photos=files(a_photograph(3)))
    told(client, desk, verb="choose", photo=first)
    (_second, own, _first) = photos = listing_by_id(row.id, operator=True).photos
    assert (_second, _first) == (second, first)
    assert "没有这张照片" in told(client, desk, verb="choose", photo="f" * 64)
    assert "不是 JPEG" in told(client, desk, verb="upload", photos=files(b"x" * 99))
    assert other.post(desk, {"verb": "remove", "photo": own}).status_code == 302
    assert other.get(desk).status_code == 404
    told(client, desk, verb="remove", photo=first)
    assert listing_by_id(row.id, operator=True).photos == photos[:2]

    path = f"/photos/listings/{row.id}/{own}/full.jpg"
    assert statuses(path, client, log_in(), dealer, Client()) == [200, 200, 404, 404]
    approve(market, row.id)
    assert listing_by_id(row.id).state == ListingState.OPEN
    assert statuses(path, dealer, Client()) == [200, 200]
    assert Client().get(path)["Cache-Control"] == "public, max-age=86400, immutable"
    assert path in Client().get(f"/listings/{row.id}/").content.decode()
    assert Client().get(f"/api/v1/listings/{row.id}").json()["photos"] == [
        f"/photos/listings/{row.id}/{digest}/full.jpg" for digest in photos[:2]
    ]
    assert statuses(path.replace(own, first), Client()) == [404], "taken off before it was shown"
    assert "不能再改" in told(client, desk, verb="remove", photo=own)
    with pytest.raises(IntegrityError), transaction.atomic():
        Listing.objects.filter(pk=row.id).update(photos=[])


def test_an_auction_shows_no_more_than_twelve_and_only_its_own(
    market: TableExchange, lot: str, log_in: LogIn
) -> None:
    grower = market.growers[0]
    client = log_in(grower)
    foreign_lot = Receipt.objects.get(no=receipt_of(market, market.growers[1])).intake.no
    foreign = attach_photo(foreign_lot, kind=PhotoKind.GATE, content=a_photograph(99), actor=STORE)
    taken = [
        attach_photo(lot, kind=PhotoKind.ROOM, content=a_photograph(number, size=(64, 48)), actor=STORE)
        for number in range(MAX_PHOTOS + 1)
    ]
    form = {**LOT, "receipt": receipt_of(market, grower), "opens_at": opening(), "stage": "confirm"}
    for photos in (taken, [taken[0], foreign]):
        assert client.post("/me/auctions/new/", {**form, "photo": photos, "key": "a"}).status_code == 422
    assert client.post("/me/auctions/new/", {**form, "photo": taken[1:], "key": "a"}).status_code == 302
    (row,) = auctions_of(grower).rows
    assert row.photos == tuple(taken[1:])
    desk = f"/me/auctions/{row.id}/photos/"
    assert "至多 12 张" in told(client, desk, verb="upload", photos=files(a_photograph(50)))
    told(client, desk, verb="remove", photo=taken[1])
    html = told(client, desk, verb="upload", photos=files(a_photograph(50)))
    assert f"/photos/auctions/{row.id}/" in html
    halls.approve_auction(actor=Actor("checker"), auction_id=row.id, announce_at_once=True)
    market.settle()
    own = auctions_of(grower).rows[0].photos[-1]
    assert statuses(f"/photos/auctions/{row.id}/{own}/thumb.jpg", Client()) == [200]
    assert (
        f"/photos/auctions/{row.id}/{own}/full.jpg" in Client().get(f"/auctions/{row.id}/").content.decode()
    )
    assert len(Client().get(f"/api/v1/auctions/{row.id}").json()["photos"]) == MAX_PHOTOS
