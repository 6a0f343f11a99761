"""What everybody may read without a log-in."""

import re

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import today
from exchange.markets.services import define_fees, halt
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell
from web.translations import compile_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english_is_compiled() -> None:
    compile_all()


def page(path: str, *, language: str = "", **cookies: str) -> str:
    client = Client()
    for name, value in cookies.items():
        client.cookies[name] = value
    if language:
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    response = client.get(path, headers={"Accept-Language": "en-GB,en"})
    assert response.status_code == 200, path
    return response.content.decode()


def trade(market: TableExchange, price: int, kg: int) -> None:
    number = market.products[0].number
    market.floor.batch(sell(market.growers[0], number, price, kg))
    market.floor.batch(buy(market.dealers[0], number, price, kg))
    market.settle()


def test_board_shows_every_product_with_price_per_kg_and_per_jin(market: TableExchange) -> None:
    trade(market, 731, 5_000)
    html = page("/")
    assert "红富士 70#" in html
    assert "红富士 71#" in html
    assert 'data-cell="last">7.31<' in html
    assert re.search(r'data-cell="jin"[^>]*>3.655<', html)


def test_board_change_is_against_the_reference_price(market: TableExchange) -> None:
    trade(market, 731, 5_000)
    assert "▲" in page("/")
    assert "(+1.52%)" in page("/")


@pytest.mark.parametrize(
    ("query", "shown"),
    [("q=hfs", 2), ("q=71", 1), ("q=nothing", 0), ("variety=fuji&q=70", 1), ("county=乾县", 0), ("", 2)],
)
def test_board_is_filtered_by_the_server_too(market: TableExchange, query: str, shown: int) -> None:
    rows = re.findall(r"<tr( hidden)? data-product=", page(f"/?{query}"))
    assert (len(rows), rows.count("")) == (2, shown)


def test_board_asks_the_database_as_often_for_many_products_as_for_few(
    market: TableExchange, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(6):
        market.add_product()
    with django_assert_max_num_queries(6):
        Client().get("/")


def test_an_empty_market_says_so() -> None:
    html = page("/")
    assert "还没有上市品种" in html
    assert "还没有公布过指数" in html


def test_product_page_has_specification_band_and_tape(market: TableExchange) -> None:
    trade(market, 731, 5_000)
    html = page("/products/FUJI-70/")
    assert "≥ 70 mm" in html
    assert "5.76 – 8.64" in html
    assert "5,000" in html


def test_a_halted_product_is_told_by_word_and_icon(market: TableExchange) -> None:
    halt(actor=SYSTEM, code="FUJI-70", reason="核查")
    assert re.search(r'badge--warn"><svg.*?</svg>暂停', page("/products/FUJI-70/"), re.DOTALL)


@pytest.mark.parametrize("path", ["/products/NONE/", "/index/2026-11-20/", "/index/yesterday/", "/nowhere/"])
def test_what_is_not_there_is_a_page_of_ours(path: str) -> None:
    response = Client().get(path)
    assert response.status_code == 404
    assert "没有找到这个页面" in response.content.decode()


def test_about_shows_the_fees_in_force() -> None:
    define_fees(
        actor=SYSTEM, effective_from=today(), buyer_bps=20, seller_bps=15, grower_bps=0, deposit_bps=200
    )
    html = page("/about/")
    assert "0.2%" in html
    assert "0.15%" in html
    assert "37 号" in html


def test_about_is_readable_before_fees_are_defined() -> None:
    assert "规则与费用" in page("/about/")


# Language and look -----------------------------------------------------------------------------------


def test_chinese_comes_first_whatever_the_browser_asks_for() -> None:
    html = page("/about/")
    assert '<html lang="zh-Hans"' in html
    assert "规则与费用" in html


def test_english_is_a_switch_away() -> None:
    html = page("/about/", language="en")
    assert '<html lang="en"' in html
    assert "Rules and fees" in html
    assert not set(re.findall(r"[\u4e00-\u9fff]+", re.sub(r"<title>.*?</title>", "", html))) - {"中文"}


def test_an_unknown_language_is_chinese() -> None:
    assert '<html lang="zh-Hans"' in page("/about/", language="tlh")


def test_language_switch_returns_to_the_page() -> None:
    response = Client().post("/i18n/setlang/", {"language": "en", "next": "/index/"})
    assert response["Location"] == "/index/"
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"


def test_look_is_written_by_the_server_so_that_nothing_flashes() -> None:
    assert 'data-theme="dark" data-updown="green-up"' in page("/about/", theme="dark", updown="green-up")
    assert 'data-theme="auto" data-updown="red-up"' in page("/about/", theme="pink", updown="")


def test_preferences_keep_known_choices_only() -> None:
    response = Client().post("/preferences/", {"theme": "dark", "updown": "sideways", "next": "/about/"})
    assert response["Location"] == "/about/"
    assert response.cookies["theme"].value == "dark"
    assert "updown" not in response.cookies


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_preferences_never_lead_away(target: str) -> None:
    assert Client().post("/preferences/", {"theme": "dark", "next": target})["Location"] == "/"


# Headers and mark-up ---------------------------------------------------------------------------------


def test_no_page_has_inline_scripts_or_handlers(market: TableExchange) -> None:
    for path in ("/", "/products/FUJI-70/", "/index/", "/about/", "/accounts/login/"):
        html = page(path)
        for script in re.findall(r"<script\b[^>]*>", html):
            assert "src=" in script or 'type="application/json"' in script, (path, script)
        assert not re.search(r"<[^>]+\son[a-z]+=", html), path
        assert "javascript:" not in html, path


def test_scripts_are_our_own_only(market: TableExchange) -> None:
    policy = Client().get("/")["Content-Security-Policy"]
    assert "script-src 'self'" in policy.split("; ")
    assert "frame-ancestors 'none'" in policy


def test_every_page_has_one_heading_a_skip_link_and_labels(market: TableExchange) -> None:
    for path in ("/", "/products/FUJI-70/", "/index/", "/about/", "/accounts/login/"):
        html = page(path)
        assert len(re.findall(r"<h1\b", html)) == 1, path
        assert 'href="#main"' in html, path
        assert 'id="main"' in html, path
        fields = re.findall(
            r"<(?:input|select|textarea)\b(?![^>]*type=\"hidden\")[^>]*\bid=\"([^\"]+)\"", html
        )
        assert all(f'for="{field}"' in html for field in fields), path


# Log-in ----------------------------------------------------------------------------------------------


def test_too_many_wrong_passwords_lock_with_a_page_of_ours() -> None:
    client = Client()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = client.post("/accounts/login/", {"login": "nobody", "password": "wrong"})
    assert response.status_code == 429
    assert "登录已锁定" in response.content.decode()


def test_a_wrong_password_is_said_above_the_form() -> None:
    response = Client().post("/accounts/login/", {"login": "nobody", "password": "wrong"})
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()


def test_a_form_without_its_token_is_refused_kindly() -> None:
    response = Client(enforce_csrf_checks=True).post("/preferences/", {"theme": "dark"})
    assert response.status_code == 403
    assert "页面已过期" in response.content.decode()


def test_the_mark_is_where_browsers_look_for_it_and_leaves_the_csrf_cookie_alone() -> None:
    client = Client()
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer["Location"]) == (302, f"{settings.STATIC_URL}design/mark.svg")
    assert not answer.cookies
