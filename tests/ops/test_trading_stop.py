"""Trading stops when the bank and the books differ, whenever it is found; two people let it go on."""

from datetime import timedelta

import pytest

from exchange.kernel.audit import Actor
from exchange.kernel.calendar import today
from exchange.kernel.problems import JinguoError
from exchange.markets.selectors import products
from exchange.ops import trading_stop
from matching.types import Phase
from settlement import services
from settlement.banks import MockBank
from settlement.daily_reconciliation import STOP_ABOVE_FEN, breaks, explain_break
from settlement.models import ReconciliationBreak
from settlement.reconciliation import live_difference_fen
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell

pytestmark = pytest.mark.django_db

ANNA, BO, CLOCK = Actor("anna"), Actor("bo"), Actor("clock")


@pytest.fixture
def exchange() -> TableExchange:
    built = TableExchange()
    built.build(growers=1, dealers=1, products=2, kg=20_000, fen=100_000_000)
    return built


def a_break(fen: int) -> int:
    return ReconciliationBreak.objects.create(
        kind="balance", reference="x", amount_fen=fen, detail="银行多", first_day=today(), last_day=today()
    ).pk


def code_of(act: object) -> str:
    with pytest.raises(JinguoError) as refused:
        act()  # type: ignore[operator]
    return refused.value.code


def test_the_floor_halts_and_two_people_resume(exchange: TableExchange) -> None:
    assert trading_stop.check_during_the_day(exchange.bank, actor=CLOCK) == []
    number = a_break(STOP_ABOVE_FEN + 1)
    assert len(trading_stop.check_during_the_day(exchange.bank, actor=CLOCK)) == 2
    exchange.settle()
    assert {product.phase for product in products()} == {Phase.HALTED}
    fuji, grower, dealer = exchange.products[0].number, exchange.growers[0], exchange.dealers[0]
    exchange.floor.batch(sell(grower, fuji, 720, 1_000), buy(dealer, fuji, 720, 1_000))
    exchange.settle()
    assert code_of(trading_stop.check_may_resume) == "trading_stopped"
    assert code_of(lambda: trading_stop.propose_resume(actor=ANNA, reason="已查明")) == "trading_stopped"
    explain_break(actor=ANNA, break_id=number, reason="银行更正")
    assert code_of(lambda: trading_stop.approve_resume(actor=BO, bank=exchange.bank)) == "resume_not_proposed"
    trading_stop.propose_resume(actor=ANNA, reason="银行已更正")
    assert code_of(lambda: trading_stop.approve_resume(actor=ANNA, bank=exchange.bank)) == "same_person_twice"
    assert len(trading_stop.approve_resume(actor=BO, bank=exchange.bank)) == 2
    exchange.settle()
    assert {product.phase for product in products()} == {Phase.CONTINUOUS}
    assert trading_stop.open_stop() is None
    assert code_of(lambda: trading_stop.propose_resume(actor=ANNA, reason="再来")) == "no_trading_stop"
    assert exchange.differences() == []


def test_money_under_way_is_no_difference_and_money_gone_is(exchange: TableExchange) -> None:
    dealer = exchange.dealers[0]
    services.request_deposit(actor=ANNA, account_no=dealer, amount_fen=STOP_ABOVE_FEN + 5)
    services.run_bank(MockBank(delay_ns=3_600 * 10**9))
    assert live_difference_fen(exchange.bank) == 0
    assert trading_stop.check_during_the_day(exchange.bank, actor=CLOCK) == []
    exchange.bank.receive_unannounced(instruction_no="来账-1", amount_fen=STOP_ABOVE_FEN * 2)
    assert trading_stop.check_during_the_day(exchange.bank, actor=CLOCK) == []

    class Thief(MockBank):
        def balance_fen(self) -> int:
            return super().balance_fen() - 5 * STOP_ABOVE_FEN

    assert len(trading_stop.check_during_the_day(Thief(), actor=CLOCK)) == 2
    stop = trading_stop.open_stop()
    assert stop is not None
    assert "相差" in stop.reason
    trading_stop.propose_resume(actor=ANNA, reason="查询银行")
    assert code_of(lambda: trading_stop.approve_resume(actor=BO, bank=Thief())) == "trading_stopped"


def test_a_statement_that_does_not_match_stops_trading_when_it_is_taken_in(exchange: TableExchange) -> None:
    yesterday = today() - timedelta(days=1)
    content = exchange.bank.statement(yesterday)
    a_break(STOP_ABOVE_FEN + 1)
    trading_stop.import_and_check(content, actor=ANNA)
    assert all(product.halted for product in products())
    assert breaks(today())
