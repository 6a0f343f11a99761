"""What is at the bank is what members, fees and suspense add up to, also under several writers."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from exchange.kernel import audit
from exchange.kernel.audit import SYSTEM
from exchange.kernel.errors import InsufficientFunds
from settlement import services
from settlement.accounts import cash_of
from settlement.banks import MockBank
from settlement.models import BankMovement
from settlement.reconciliation import reconcile
from settlement.selectors import funds_summary
from settlement.verify import verify_settlement
from tests.settlement.market import DEALER, GROWER, OTHER, open_market, trade, transfer

WRITERS = 4


@pytest.mark.django_db
def test_an_empty_exchange_reconciles() -> None:
    assert reconcile().difference_fen == 0


@pytest.mark.django_db
def test_every_fen_at_the_bank_is_somebodys() -> None:
    bank = open_market()
    bank.receive_unannounced(instruction_no="来账-1", amount_fen=500)
    services.run_bank(bank)
    services.settle_trades([trade(1)])
    sums = reconcile()
    assert (sums.bank_fen, sums.fees_fen, sums.suspense_fen) == (30_000_500, 1_440, 500)
    assert (sums.quality_deposits_fen, sums.difference_fen) == (14_400, 0)


@pytest.mark.django_db
def test_a_bank_that_lost_money_is_noticed() -> None:
    open_market()
    (finding,) = verify_settlement(MockBank(clock=lambda: 0))
    assert (finding.what, finding.subject) == ("bank", "bank:client_money")


def at_once(jobs: list[object]) -> list[object]:
    """Results of jobs run by several writers; SQLite in memory has one connection and so one writer."""

    def run(job: object) -> object:
        try:
            return job()  # type: ignore[operator]
        except InsufficientFunds as refusal:
            return refusal
        finally:
            if connection.vendor == "postgresql":
                connections.close_all()

    if connection.vendor != "postgresql":
        return [run(job) for job in jobs]
    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, jobs))


@pytest.mark.django_db(transaction=True)
def test_several_writers_cannot_spend_the_same_money() -> None:
    open_market(cash_fen=1_000)
    jobs: list[object] = [
        lambda n=n: services.post([transfer(f"t{n}", cash_of(GROWER), cash_of(OTHER), 300)])
        for n in range(12)
    ]
    outcomes = at_once(jobs)
    assert sum(outcome is None for outcome in outcomes) == 3
    assert funds_summary(GROWER).cash_fen == 100
    assert verify_settlement() == []


@pytest.mark.django_db(transaction=True)
def test_several_turns_with_the_bank_book_each_movement_once() -> None:
    bank = open_market(cash_fen=0)
    for _ in range(6):
        services.request_deposit(actor=SYSTEM, account_no=DEALER, amount_fen=100)
    at_once([lambda: services.run_bank(bank)] * WRITERS)
    assert funds_summary(DEALER).cash_fen == 600
    assert set(BankMovement.objects.values_list("state", flat=True)) == {"confirmed"}
    assert verify_settlement(bank) == []


@pytest.mark.django_db(transaction=True)
def test_several_people_leave_one_unbroken_trail() -> None:
    at_once([lambda: audit.record(actor=SYSTEM, action="a.b", subject="c:d")] * 20)
    assert audit.verify() == []
