"""A market with an odd day, built once for the tests of the package."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import day_bounds_ns, today
from exchange.members.models import Member, User
from exchange.surveillance import facts
from settlement import services as settlement
from tests.standing import standing
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, cancel, sell


def an_odd_day() -> TableExchange:
    """One buyer takes all; a grower sells while bids of its own stand, and takes those away at once."""
    market = TableExchange()
    market.floor.time_ns = day_bounds_ns(today())[0] + 10**9 * 36_000
    market.build(growers=2, dealers=2, products=1, kg=100_000, fen=500_000_000)
    grower, dealer, fuji = market.growers[0], market.dealers[0], market.products[0].number
    settlement.bind_bank_account(actor=SYSTEM, account_no=grower, bank=market.bank)
    market.deposit(grower, 100_000_000)
    market.settle()
    replies = market.floor.batch(buy(grower, fuji, 600, 30_000), buy(grower, fuji, 601, 30_000))
    market.floor.batch(sell(grower, fuji, 730, 15_000), buy(dealer, fuji, 730, 15_000))
    market.floor.batch(*(cancel(grower, reply.order_id) for reply in replies))
    market.floor.batch(sell(market.growers[1], fuji, 730, 50_000), buy(dealer, fuji, 730, 50_000))
    market.settle()
    for name in ("anna", "bert"):
        User.objects.create_user(name, password="x", role=User.Role.OPERATOR)
    Member.objects.update(signatory="")
    return market


@pytest.fixture(scope="package")
def standing_market(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[TableExchange]:
    with standing(django_db_blocker, an_odd_day) as market:
        yield market


@pytest.fixture
def market(standing_market: TableExchange, db: None, monkeypatch: pytest.MonkeyPatch) -> TableExchange:
    """The market after its odd day; its journal is where the surveillance looks for one."""
    market = standing_market.again()
    monkeypatch.setattr(facts, "open_journal", lambda: market.floor.journal)
    monkeypatch.setattr(market.floor.journal, "close", lambda: None, raising=False)
    return market
