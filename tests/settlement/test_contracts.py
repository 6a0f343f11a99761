"""One contract per trade, its terms fixed by a hash, its deposit given back after the objection time."""

from datetime import date, timedelta

import pytest
from django.db import connection

from exchange.kernel.canonical import canonical_hash
from exchange.kernel.errors import BadCursor, BadParameter, NotFound
from settlement import selectors, services
from settlement.contracts import FIELDS, MORE_FIELDS, document_hash, document_of
from settlement.models import Contract
from settlement.shown import ContractView
from settlement.types import ProductTerms
from settlement.verify import verify_settlement
from tests.settlement.market import (
    DAY,
    DEALER,
    GROWER,
    OTHER,
    PRODUCTS,
    goods,
    open_market,
    run_sql,
    trade,
    waiting_commands,
)

pytestmark = pytest.mark.django_db


def conclude(count: int = 1, first: int = 1) -> list[str]:
    """Settles trades and forms their contracts, as the projector does."""
    trades = [trade(n) for n in range(first, first + count)]
    services.settle_trades(trades)
    return services.form_contracts([(money, goods()) for money in trades], PRODUCTS)


def the_contract() -> ContractView:
    (number,) = conclude()
    return selectors.access_contract(number, account_no=None)


def test_a_trade_forms_a_contract_with_every_field() -> None:
    open_market()
    contract = the_contract()
    assert contract.contract_no == "HT20261120-00000001"
    assert (contract.seller.code, contract.buyer.code) == ("G001", "D002")
    assert contract.seller.signatory == "王建国"
    assert (contract.price_fen, contract.quantity_kg, contract.amount_fen) == (720, 1_000, 720_000)
    assert (contract.buyer_fee_fen, contract.seller_fee_fen, contract.deposit_fen) == (1_440, 0, 14_400)
    assert contract.receipt_nos == ("JG202611200001-3",)
    assert contract.spec["size_mm"] == 80
    assert contract.deposit_release_day == DAY + timedelta(days=7)
    assert contract.payment_schedule == [{"due": "2026-11-20", "share_bps": 10_000, "amount_fen": 720_000}]
    assert contract.status == "effective"


def test_the_hash_is_that_of_the_document() -> None:
    open_market()
    the_contract()
    stored = Contract.objects.get()
    assert stored.document_hash == document_hash(stored) == canonical_hash(document_of(stored))
    assert tuple(document_of(stored)) == FIELDS + MORE_FIELDS


def test_a_change_behind_the_trigger_shows() -> None:
    open_market()
    conclude(2)
    on_table = " ON settlement_contract" if connection.vendor == "postgresql" else ""
    run_sql(f"DROP TRIGGER settlement_contract_steps{on_table}")
    run_sql("UPDATE settlement_contract SET delivery_place = 'x' WHERE trade_id = 2")
    (finding,) = verify_settlement()
    assert (finding.what, finding.subject) == ("contract", "HT20261120-00000002")


def test_only_the_parties_and_the_operator_see_a_contract() -> None:
    open_market()
    number = the_contract().contract_no
    for party in (GROWER, DEALER, None):
        assert selectors.access_contract(number, account_no=party).contract_no == number
    for stranger, sought in ((OTHER, number), (GROWER, "HT20261120-99999999")):
        with pytest.raises(NotFound):
            selectors.access_contract(sought, account_no=stranger)


def test_contracts_are_listed_newest_first_page_by_page() -> None:
    open_market()
    numbers = conclude(5)
    first = selectors.contracts_of(GROWER, limit=3)
    second = selectors.contracts_of(GROWER, limit=3, cursor=first.next_cursor)
    assert [c.contract_no for c in (*first.rows, *second.rows)] == numbers[::-1]
    assert second.next_cursor is None
    assert selectors.contracts_of(OTHER).rows == ()
    assert len(selectors.all_contracts().rows) == 5
    assert selectors.contract_nos([1, 5, 9]) == {1: numbers[0], 5: numbers[4]}


@pytest.mark.parametrize(("limit", "cursor"), [(0, None), (501, None), (5, "x"), (5, "-1"), (5, "9" * 40)])
def test_made_up_pages_are_refused(limit: int, cursor: str | None) -> None:
    with pytest.raises((BadParameter, BadCursor)):
        selectors.contracts_of(GROWER, limit=limit, cursor=cursor)


def test_terms_with_floating_point_are_refused() -> None:
    open_market()
    rounded = {1: ProductTerms("X", "x", {"size_cm": 8.0})}
    with pytest.raises(TypeError):
        services.form_contracts([(trade(1), goods())], rounded)
    assert services.form_contracts([], PRODUCTS) == []


def test_a_deposit_comes_back_when_nobody_objected() -> None:
    bank = open_market()
    conclude(3)
    services.settle_trades([])
    assert services.release_quality_deposits(DAY + timedelta(days=6)) == 0
    assert services.release_quality_deposits(DAY + timedelta(days=7)) == 3
    funds = selectors.funds_summary(GROWER)
    assert (funds.cash_fen, funds.quality_deposit_fen) == (10_000_000 + 3 * 720_000, 0)
    reference, command = waiting_commands()[-1]
    assert reference.startswith("quality_release:1:")
    assert (command.account, command.amount) == (GROWER, 3 * 14_400)
    assert services.floor_answered(reference, 99, 0)
    assert {c.status for c in selectors.contracts_of(GROWER).rows} == {"completed"}
    assert verify_settlement(bank) == []


def test_releasing_again_releases_nothing() -> None:
    open_market()
    conclude(2)
    later = DAY + timedelta(days=30)
    assert [services.release_quality_deposits(later) for _ in range(2)] == [2, 0]
    assert len([r for r, _ in waiting_commands() if r.startswith("quality_release")]) == 1


def test_many_deposits_come_back_in_several_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("settlement.completion.CHUNK", 2)
    open_market()
    conclude(5)
    assert services.release_quality_deposits(date(2027, 1, 1)) == 5
    references = [r for r, _ in waiting_commands() if r.startswith("quality_release")]
    assert len(set(references)) == len(references) == 3


def test_a_contract_without_deposit_is_completed_too() -> None:
    open_market()
    money = trade(1, deposit_fen=0)
    services.settle_trades([money])
    services.form_contracts([(money, goods())], PRODUCTS)
    assert services.release_quality_deposits(date(2027, 1, 1)) == 1
    assert not [r for r, _ in waiting_commands() if r.startswith("quality_release")]
