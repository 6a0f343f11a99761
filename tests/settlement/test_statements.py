"""Statements and ledger lines say the same as the ledger."""

from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import today
from exchange.kernel.errors import BadParameter, NotFound
from settlement import selectors, services
from settlement.accounts import CLIENT_MONEY, cash_of
from settlement.models import DailyStatement
from settlement.types import TransferPhase
from settlement.verify import verify_settlement
from tests.examples import examples
from tests.settlement.market import (
    DAY,
    DEALER,
    GROWER,
    OTHER,
    PRODUCTS,
    goods,
    open_market,
    resolve,
    run_sql,
    trade,
    transfer,
)

pytestmark = pytest.mark.django_db

NEXT_DAY = DAY + timedelta(days=1)


def fund_on(day_offset: int = 0) -> None:
    """Money for the dealer, booked on the day itself rather than today."""
    day = DAY + timedelta(days=day_offset)
    services.post([transfer(f"in:{day_offset}", CLIENT_MONEY, cash_of(DEALER), 2_000_000, day=day)])


def test_a_statement_tells_the_day() -> None:
    open_market(cash_fen=0)
    fund_on()
    services.settle_trades([trade(1), trade(2)])
    assert services.build_statements(DAY) == 2

    dealer = selectors.statement(DEALER, DAY)
    assert (dealer.opening_fen, dealer.corrections_fen) == (0, 2_000_000)
    assert (dealer.purchases_fen, dealer.buyer_fees_fen, dealer.trades) == (1_440_000, 2_880, 2)
    assert dealer.closing_fen == selectors.funds_summary(DEALER).cash_fen
    grower = selectors.statement(GROWER, DAY)
    assert (grower.sales_fen, grower.deposits_kept_fen, grower.quality_deposit_fen) == (
        1_440_000,
        28_800,
        28_800,
    )
    assert grower.closing_fen == 1_440_000 - 28_800


def test_deposits_and_withdrawals_have_lines_of_their_own() -> None:
    bank = open_market(cash_fen=500_000)
    view = services.request_withdrawal(actor=SYSTEM, account_no=DEALER, amount_fen=1_000)
    services.withdrawal_accepted(view.id, 5)
    services.run_bank(bank)
    services.build_statements(today())
    stated = selectors.statement(DEALER, today())
    assert (stated.deposits_fen, stated.withdrawals_fen, stated.closing_fen) == (500_000, 1_000, 499_000)


def test_the_next_day_opens_where_the_last_closed() -> None:
    open_market(cash_fen=0)
    fund_on()
    services.settle_trades([trade(1)])
    services.build_statements(DAY)
    services.settle_trades([trade(2, day=NEXT_DAY)])
    services.build_statements(NEXT_DAY)
    for account_no in (DEALER, GROWER):
        before, after = (selectors.statement(account_no, day) for day in (DAY, NEXT_DAY))
        assert after.opening_fen == before.closing_fen
        assert after.trades == 1
    assert selectors.statement(GROWER, NEXT_DAY).quality_deposit_fen == 28_800


def test_days_without_statements_are_carried() -> None:
    open_market(cash_fen=0)
    fund_on()
    services.build_statements(DAY)
    services.settle_trades([trade(1, day=NEXT_DAY)])
    services.settle_trades([trade(2, day=DAY + timedelta(days=3))])
    services.build_statements(DAY + timedelta(days=3))
    stated = selectors.statement(DEALER, DAY + timedelta(days=3))
    assert stated.opening_fen == 2_000_000 - 720_000 - 1_440
    assert stated.closing_fen == selectors.funds_summary(DEALER).cash_fen


def test_a_second_run_writes_only_what_differs() -> None:
    open_market(cash_fen=0)
    fund_on()
    services.settle_trades([trade(1)])
    assert services.build_statements(DAY) == 2
    assert services.build_statements(DAY) == 0
    services.post([transfer("late", cash_of(DEALER), cash_of(OTHER), 5)])
    assert services.build_statements(DAY) == 2
    assert selectors.statement(DEALER, DAY).revision == 2
    assert selectors.statement(DEALER, DAY).statement_no == "JS20261120-D002-2"
    assert [row.revision for row in selectors.statements_of(DEALER).rows] == [2, 1]
    assert selectors.statement(OTHER, DAY).revision == 1


def test_a_change_behind_the_trigger_shows() -> None:
    open_market(cash_fen=0)
    fund_on()
    services.build_statements(DAY)
    on_table = " ON settlement_dailystatement" if connection.vendor == "postgresql" else ""
    run_sql(f"DROP TRIGGER settlement_dailystatement_no_update{on_table}")
    DailyStatement.objects.update(trades=7)
    (finding,) = verify_settlement()
    assert finding.what == "statement"


def test_a_day_without_statement_has_none() -> None:
    with pytest.raises(NotFound):
        selectors.statement(DEALER, DAY)


# Ledger lines ----------------------------------------------------------------------------------------


def test_lines_say_why_and_what_was_left() -> None:
    open_market(cash_fen=0)
    fund_on()
    services.settle_trades([trade(1)])
    services.form_contracts([(trade(1), goods())], PRODUCTS)
    fee, payment, funding = selectors.ledger_lines(DEALER).rows
    assert (fee.amount_fen, fee.balance_fen) == (-1_440, 2_000_000 - 721_440)
    assert (payment.amount_fen, payment.balance_fen) == (-720_000, 1_280_000)
    assert (funding.amount_fen, funding.balance_fen) == (2_000_000, 2_000_000)
    assert payment.text_zh == "成交 1 货款"
    assert payment.text_en == "Payment for the goods of trade 1"
    assert payment.contract_no == "HT20261120-00000001"
    assert funding.contract_no is None
    (kept,) = selectors.ledger_lines(GROWER, account="quality_deposit").rows
    assert (kept.amount_fen, kept.balance_fen, kept.day) == (14_400, 14_400, DAY)


def test_pages_of_lines_fit_together() -> None:
    open_market(cash_fen=0)
    fund_on()
    services.settle_trades([trade(1), trade(2)])
    whole = selectors.ledger_lines(DEALER).rows
    paged, cursor = [], None
    while True:
        page = selectors.ledger_lines(DEALER, limit=2, cursor=cursor)
        paged += page.rows
        cursor = page.next_cursor
        if cursor is None:
            break
    assert tuple(paged) == whole
    assert len(whole) == 5


def test_reserved_money_is_no_line_until_it_moves() -> None:
    open_market(cash_fen=0)
    fund_on()
    pending = transfer("p", cash_of(DEALER), CLIENT_MONEY, 700, phase=TransferPhase.PENDING)
    services.post([pending])
    assert len(selectors.ledger_lines(DEALER).rows) == 1
    services.post([resolve("r", pending, TransferPhase.POST)])
    assert selectors.ledger_lines(DEALER).rows[0].balance_fen == 2_000_000 - 700


def test_nobody_has_no_lines_and_no_funds() -> None:
    assert selectors.ledger_lines(404).rows == ()
    assert selectors.funds_summary(404).cash_fen == 0
    open_market()
    assert selectors.ledger_lines(GROWER, cursor="1").rows == ()
    assert selectors.ledger_cash()[GROWER] == (10_000_000, 0)
    with pytest.raises(BadParameter):
        selectors.ledger_lines(GROWER, account="fees")


class AnyDaysTrades(TestCase):
    """Whatever was traded, statements add up, follow each other and agree with ledger and lines."""

    @settings(max_examples=examples(15), deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(0, 3), st.permutations([GROWER, DEALER, OTHER]), st.integers(1, 999)),
            max_size=12,
        )
    )
    def test_statements_agree_with_the_ledger(self, deals: list[tuple[int, list[int], int]]) -> None:
        open_market(cash_fen=0)
        for account_no in (GROWER, DEALER, OTHER):
            services.post([transfer(f"in:{account_no}", CLIENT_MONEY, cash_of(account_no), 10**10)])
        by_day = sorted(enumerate(deals, start=1), key=lambda deal: deal[1][0])
        for trade_id, (offset, (buyer, seller, _), kg) in by_day:
            day = DAY + timedelta(days=offset)
            services.settle_trades([trade(trade_id, kg=kg, buyer_no=buyer, seller_no=seller, day=day)])
        for offset in range(4):
            services.build_statements(DAY + timedelta(days=offset))
        for account_no in (GROWER, DEALER, OTHER):
            closing = selectors.statement(account_no, DAY + timedelta(days=3))
            funds = selectors.funds_summary(account_no)
            assert (closing.closing_fen, closing.quality_deposit_fen) == (
                funds.cash_fen,
                funds.quality_deposit_fen,
            )
            lines = selectors.ledger_lines(account_no, limit=500).rows
            assert lines[0].balance_fen == funds.cash_fen
            assert lines[-1].balance_fen == lines[-1].amount_fen
        assert verify_settlement() == []
