"""New products by two people: seen first, proposed, approved, and traded from the next session."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from exchange.kernel.calendar import today
from exchange.markets.models import NewProductProposal
from exchange.markets.new_products import new_products
from exchange.markets.selectors import product_by_code, products, trading_rules
from matching.types import Phase
from tests.trading.exchange_in_tables import TableExchange
from tests.web.conftest import LogIn
from tests.web.test_editions_desk import operator

pytestmark = pytest.mark.django_db

PAGE = "/console/products/new/"


def form(**changes: str) -> dict[str, str]:
    """彬州 红富士 纸加膜 85#."""
    return {
        "code": "hfs-zm85-1-bz",
        "name_zh": "彬州红富士 纸加膜 85# 一等",
        "name_en": "Binzhou Red Fuji, paper and film, 85 mm, class 1",
        "pinyin": "bzhfs85",
        "variety_code": "fuji",
        "bagging": "paper_film",
        "size_mm": "85",
        "grade": "class_1",
        "county": "彬州市",
        "crop_year": str(today().year),
        "store_type": "ca",
        "reference_price": "6.60",
        "premium_discount_fen": "-0.40",
        "band_bps": "8",
        "step_kg": "500",
        "min_kg": "2000",
        "resale_lock_days": "3",
        "reference_rolls": "0",
        "reason": "新产季开市",
        **changes,
    }


def test_a_product_from_preview_to_its_first_session(market: TableExchange) -> None:
    maker, checker = operator("maker"), operator("checker")
    shown = maker.post(f"{PAGE}propose/", form(preview="1", reason="")).content.decode()
    assert "还没有提交" in shown
    assert "±8% · 6.08 – 7.12" in shown
    assert new_products() == []

    assert "等待另一人复核" in maker.post(f"{PAGE}propose/", form(), follow=True).content.decode()
    assert maker.post(f"{PAGE}propose/", form()).status_code == 409
    assert "1 个待复核" in checker.get("/console/products/").content.decode()
    (row,) = new_products()
    decision = {"subject": str(row.id), "verb": "approve", "reason": "规格齐全"}
    assert "提出人不能复核" in maker.post(f"{PAGE}decide/", decision, follow=True).content.decode()
    assert len(products()) == 2
    assert "HFS-ZM85-1-BZ 已上市" in checker.post(f"{PAGE}decide/", decision, follow=True).content.decode()
    assert "已经处理" in checker.post(f"{PAGE}decide/", decision, follow=True).content.decode()

    product = product_by_code("HFS-ZM85-1-BZ")
    assert (product.reference_price, product.premium_discount_fen, product.band_bps) == (660, -40, 800)
    assert (product.step_kg, product.min_kg, product.resale_lock_days) == (500, 2_000, 3)
    assert (product.county, product.store_type, product.reference_rolls) == ("彬州市", "ca", False)
    market.settle()
    assert trading_rules(product.number)[0].answer == 0
    assert market.differences() == []
    market.reopen()
    assert product_by_code("HFS-ZM85-1-BZ").phase == Phase.CONTINUOUS
    assert market.differences() == []
    assert "新产季开市" in checker.get("/console/products/new.csv").content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        NewProductProposal.objects.update(values={})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"code": "A"}, "code"),
        ({"code": "HFS 80"}, "code"),
        ({"pinyin": "新-1"}, "pinyin"),
        ({"name_en": "咸阳"}, "name_en"),
        ({"variety_code": "durian"}, "variety_code"),
        ({"bagging": "box"}, "bagging"),
        ({"county": "西安市"}, "county"),
        ({"size_mm": "20"}, "size_mm"),
        ({"crop_year": "2019"}, "crop_year"),
        ({"reference_price": "0"}, "价格"),
        ({"band_bps": "31"}, "band_bps"),
        ({"step_kg": "0"}, "step_kg"),
        ({"min_kg": "2100"}, "min_kg"),
        ({"resale_lock_days": "61"}, "resale_lock_days"),
        ({"premium_discount_fen": "-10001"}, "premium_discount_fen"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_is_wrong_is_refused_and_stays_typed(
    market: TableExchange, changed: dict[str, str], message: str
) -> None:
    answer = operator("maker").post(f"{PAGE}propose/", form(**changed))
    assert (answer.status_code, new_products()) == (422, [])
    html = answer.content.decode()
    assert message in html
    assert f'value="{form(**changed)["name_zh"]}"' in html


def test_one_cell_is_one_product(market: TableExchange) -> None:
    maker, checker = operator("maker"), operator("checker")
    answer = maker.post(f"{PAGE}propose/", form(code=market.products[0].code))
    assert (answer.status_code, "已存在" in answer.content.decode()) == (409, True)
    maker.post(f"{PAGE}propose/", form())
    maker.post(f"{PAGE}propose/", form(code="OTHER-CODE"))
    second, first = new_products()
    decide = {"verb": "approve", "reason": "同意"}
    checker.post(f"{PAGE}decide/", {**decide, "subject": str(first.id)})
    html = checker.post(f"{PAGE}decide/", {**decide, "subject": str(second.id)}, follow=True).content.decode()
    assert "已存在" in html
    assert (new_products()[0].state, len(products())) == ("waiting", 3)
    assert maker.post(f"{PAGE}propose/", form(code="THIRD-CODE")).status_code == 409


def test_only_the_operator_comes_in(market: TableExchange, log_in: LogIn) -> None:
    for client, status in ((Client(), 302), (log_in(market.dealers[0]), 403)):
        for path in (PAGE, "/console/products/new.csv"):
            assert client.get(path).status_code == status
        for path in (f"{PAGE}propose/", f"{PAGE}decide/"):
            assert client.post(path, form()).status_code == status
    assert new_products() == []
