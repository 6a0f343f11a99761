"""卖货: three steps, each of them right about what arrives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.members.types import FeeRates
from exchange.trading.selectors import order_by_client_id
from matching.types import MAX_PRICE
from settlement.selectors import funds_summary
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell
from tests.web.conftest import LogIn
from web.pages.sell import Offer


@pytest.mark.django_db
class TestPages:
    def test_first_step_lists_what_can_be_sold(self, market: TableExchange, log_in: LogIn) -> None:
        html = log_in(market.growers[0]).get("/sell/").content.decode()
        assert html.count('class="goods"') == 2
        assert "20,000" in html
        assert "旬邑果库" in html

    def test_who_has_nothing_is_told_why(self, market: TableExchange, log_in: LogIn) -> None:
        html = log_in(market.dealers[0]).get("/sell/").content.decode()
        assert "现在没有可卖的货" in html

    def test_second_step_has_references_and_suggests_a_standard_receipt(
        self, market: TableExchange, log_in: LogIn
    ) -> None:
        html = log_in(market.growers[0]).get("/sell/FUJI-70/").content.decode()
        assert 'data-price="7.20"' in html
        assert 'name="quantity" inputmode="numeric" autocomplete="off" required value="20000"' in html

    def test_third_step_lists_every_deduction(self, market: TableExchange, log_in: LogIn) -> None:
        response = log_in(market.growers[0]).post("/sell/FUJI-70/", {"price": "7.20", "quantity": "5,000"})
        html = response.content.decode()
        assert "36,000.00 元" in html
        assert "−720.00 元" in html
        assert "35,280.00 元" in html
        assert 'data-client-order-id="sell-' in html

    @pytest.mark.parametrize(
        ("price", "quantity", "message"),
        [
            ("0", "1000", "价格不正确"),
            ("7.205", "1000", "价格不正确"),
            ("-7", "1000", "价格不正确"),
            ("99.00", "1000", "价格超出当日限价区间"),
            ("7.20", "0", "数量不正确"),
            ("7.20", "150", "数量不正确"),
            ("7.20", "1e3", "数量不正确"),
            ("7.20", "20100", "可用仓单数量不足"),
        ],
    )
    def test_a_mistake_is_explained_and_what_was_typed_is_kept(
        self, price: str, quantity: str, message: str, market: TableExchange, log_in: LogIn
    ) -> None:
        response = log_in(market.growers[0]).post("/sell/FUJI-70/", {"price": price, "quantity": quantity})
        html = response.content.decode()
        assert response.status_code == 422
        assert message in html
        assert f'value="{price}"' in html
        assert f'value="{quantity}"' in html

    def test_goods_one_does_not_have_cannot_be_offered(self, market: TableExchange, log_in: LogIn) -> None:
        assert log_in(market.dealers[0]).get("/sell/FUJI-70/").status_code == 403
        assert log_in(market.growers[0]).get("/sell/NONE/").status_code == 404

    def test_finance_does_not_sell(self, market: TableExchange, log_in: LogIn) -> None:
        assert log_in(market.growers[0], role="finance").get("/sell/").status_code == 403

    def test_result_says_what_was_sold_and_what_arrived(self, market: TableExchange, log_in: LogIn) -> None:
        number = market.products[0].number
        market.floor.batch(buy(market.dealers[0], number, 720, 3_000))
        market.floor.batch((sell(market.growers[0], number, 720, 5_000), "sell-1"))
        market.settle()
        order = order_by_client_id(market.growers[0], "sell-1")
        assert order is not None
        html = log_in(market.growers[0]).get(f"/sell/result/{order.order_id}/").content.decode()
        assert "卖出一部分" in html
        assert "3,000" in html
        assert "21,168.00" in html

    def test_results_of_others_are_not_found(self, market: TableExchange, log_in: LogIn) -> None:
        market.floor.batch((sell(market.growers[0], market.products[0].number, 720, 5_000), "sell-1"))
        market.settle()
        order = order_by_client_id(market.growers[0], "sell-1")
        assert order is not None
        assert log_in(market.growers[1]).get(f"/sell/result/{order.order_id}/").status_code == 404

    @pytest.mark.parametrize(("price", "kg"), [(720, 100), (733, 4_700), (701, 13_300)])
    def test_what_was_promised_is_what_arrives(self, price: int, kg: int, market: TableExchange) -> None:
        number, grower = market.products[0].number, market.growers[0]
        market.floor.batch(sell(grower, number, price, kg))
        market.floor.batch(buy(market.dealers[0], number, price, kg))
        market.settle()
        promised = Offer(price, kg, FeeRates(0, 0, 200))
        assert funds_summary(grower).cash_fen == promised.net_fen


@given(
    price=st.integers(1, MAX_PRICE),
    kg=st.integers(1, 10**9),
    fee=st.integers(0, 50),
    deposit=st.integers(0, 2_000),
)
def test_deductions_and_net_are_the_whole_price(price: int, kg: int, fee: int, deposit: int) -> None:
    offer = Offer(price, kg, FeeRates(0, fee, deposit))
    assert offer.net_fen + offer.fee_fen + offer.deposit_fen == offer.gross_fen
    assert 0 <= offer.net_fen <= offer.gross_fen
