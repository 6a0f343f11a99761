"""Large bodies at a running server: taken where photographs are sent, from people we know, up to a limit."""

import re
from collections.abc import Iterator
from io import BytesIO

import httpx
import pytest
from PIL import Image

from tests.browser.people import PASSWORD
from tests.exchange_process import ExchangeProcess
from web.ws.body_limit import MAX_STORED, MAX_UPLOAD, UPLOADS

FORM = {"Content-Type": "multipart/form-data; boundary=limit"}
LARGE = b"x" * (MAX_STORED + 100_000)


@pytest.fixture
def keeper(live_exchange: ExchangeProcess) -> Iterator[httpx.Client]:
    """The browser of a keeper who is logged in."""
    with httpx.Client(base_url=live_exchange.url, timeout=60) as client:
        page = client.get("/accounts/login/").text
        form = {"csrfmiddlewaretoken": token_in(page), "login": "keeper-xy01", "password": PASSWORD}
        assert client.post("/accounts/login/", data=form).status_code == 302
        yield client


def token_in(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    return found[1]


def noise() -> bytes:
    """A photograph of several MB."""
    Image.effect_noise((2_400, 2_000), 90).convert("RGB").save(out := BytesIO(), "JPEG", quality=99)
    assert MAX_STORED < len(out.getvalue()) < 10_000_000
    return out.getvalue()


def test_a_large_photograph_is_taken_of_a_keeper(keeper: httpx.Client) -> None:
    lot = re.search(r"/store/lots/(RK\d+)/", keeper.get("/store/").text)
    assert lot
    page = keeper.get(lot[0]).text
    sent = keeper.post(
        f"{lot[0]}photos/",
        data={"csrfmiddlewaretoken": token_in(page), "kind": "room"},
        files={"photos": ("IMG_1.jpg", noise(), "image/jpeg")},
        follow_redirects=True,
    )
    assert "已保存 1 张照片" in sent.text
    thumb = re.search(r'src="(/photos/lots/[^"]+)"', sent.text)
    assert thumb
    assert keeper.get(thumb[1]).content.startswith(b"\xff\xd8\xff")


def test_of_others_and_elsewhere_a_large_body_is_refused(
    keeper: httpx.Client, live_exchange: ExchangeProcess
) -> None:
    upload, signed = "/store/lots/RK1/photos/", {"Signature-Input": "sig1=()"}
    stranger = httpx.Client(base_url=live_exchange.url, timeout=60)
    with stranger:
        for headers in ({}, {"Cookie": "sessionid=" + "a" * 32}, {"Cookie": "sessionid"}, signed):
            answer = stranger.post(upload, content=LARGE, headers={**FORM, **headers})
            assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        page = stranger.post(upload, content=LARGE, headers={**FORM, "Accept": "text/html"})
        assert (page.status_code, page.headers["content-type"]) == (401, "text/html; charset=utf-8")
    pieces = (LARGE[:100_000] for _ in range(12))
    for path, content in (("/me/deposit/", LARGE), (upload, b"x" * (MAX_UPLOAD + 1)), (upload, pieces)):
        answer = keeper.post(path, content=content, headers=FORM)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    for path in (upload, "/me/listings/1/photos/", "/me/contracts/HT1/delivery/act/"):
        assert keeper.post(path, content=LARGE, headers=FORM).status_code in {400, 403}, "Django refuses it"


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        (b"/store/lots/RK20261128000001/photos/", True),
        (b"/me/listings/7/photos/", True),
        (b"/me/contracts/HT1/delivery/act/", True),
        (b"/api/v1/store/intakes/RK1/photos?kind=gate", True),
        (b"/store/lots/RK1/act/", False),
        (b"/store/lots/../../me/photos/x/photos/", False),
        (b"/api/v1/orders?/photos", False),
        (b"/store/lots/RK1/photos/?x", False),
    ],
)
def test_where_uploads_go(address: bytes, is_one: bool) -> None:
    assert (UPLOADS.fullmatch(address) is not None) == is_one
