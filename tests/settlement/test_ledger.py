"""Posting: balanced by construction, all or none, each key once, each pending transfer resolved once."""

import pytest
from django.db import transaction

from exchange.kernel.errors import InsufficientFunds, LedgerRefused
from settlement.accounts import CLIENT_MONEY, FEES, SUSPENSE, account_ids, cash_of
from settlement.ledger import forfeit, forfeit_many, post, settle_trades
from settlement.models import LedgerAccount, Transfer
from settlement.selectors import funds_summary, ledger_lines
from settlement.types import Forfeit, TransferPhase
from settlement.verify import trial_balance, verify_settlement
from tests.settlement.market import DAY, DEALER, GROWER, NOON_NS, OTHER, open_market, resolve, trade, transfer

pytestmark = pytest.mark.django_db

A, B = cash_of(1), cash_of(2)


def balance(code: str) -> int:
    account = LedgerAccount.objects.get(code=code)
    return account.credits_posted - account.debits_posted


def fund(code: str, amount_fen: int) -> None:
    post([transfer(f"fund:{code}", CLIENT_MONEY, code, amount_fen)])


def test_a_transfer_takes_from_one_account_what_it_gives_another() -> None:
    fund(A, 1_000)
    post([transfer("t1", A, B, 400)])
    assert (balance(A), balance(B), balance(CLIENT_MONEY)) == (600, 400, -1_000)
    assert verify_settlement() == []


@pytest.mark.parametrize("amount", [1_001, 10**15])
def test_no_member_spends_more_than_it_has(amount: int) -> None:
    fund(A, 1_000)
    with pytest.raises(InsufficientFunds):
        post([transfer("t1", A, B, amount)])
    assert (balance(A), Transfer.objects.count()) == (1_000, 1)


def test_the_bank_account_cannot_be_overdrawn_either() -> None:
    post([transfer("t0", SUSPENSE, A, 500)])
    with pytest.raises(InsufficientFunds):
        post([transfer("t1", A, CLIENT_MONEY, 500)])


def test_suspense_may_stand_on_either_side() -> None:
    post([transfer("t0", SUSPENSE, A, 500)])
    assert balance(SUSPENSE) == -500
    post([transfer("t1", A, SUSPENSE, 500), transfer("t2", CLIENT_MONEY, SUSPENSE, 70)])
    assert balance(SUSPENSE) == 70


def test_linked_transfers_stand_or_fall_together() -> None:
    fund(A, 1_000)
    with pytest.raises(InsufficientFunds):
        post([transfer("t1", A, B, 400), transfer("t2", A, B, 601)])
    assert (balance(A), Transfer.objects.count()) == (1_000, 1)
    assert not Transfer.objects.filter(transfer_key="t1").exists()


def test_later_transfers_of_a_batch_may_spend_what_earlier_ones_brought() -> None:
    fund(A, 1_000)
    post([transfer("t1", A, B, 1_000), transfer("t2", B, FEES, 1_000)])
    assert balance(FEES) == 1_000


@pytest.mark.parametrize("amount", [0, -5])
def test_only_money_moves(amount: int) -> None:
    fund(A, 1_000)
    with pytest.raises(LedgerRefused):
        post([transfer("t1", A, B, amount)])


def test_a_transfer_needs_two_accounts() -> None:
    fund(A, 1_000)
    with pytest.raises(LedgerRefused):
        post([transfer("t1", A, A, 5)])


def test_the_same_key_moves_money_once() -> None:
    fund(A, 1_000)
    post([transfer("t1", A, B, 5)])
    with pytest.raises(LedgerRefused):
        post([transfer("t1", A, B, 5)])
    with pytest.raises(LedgerRefused):
        post([transfer("t2", A, B, 5), transfer("t2", A, B, 6)])
    assert balance(B) == 5


def test_a_pending_transfer_reserves_without_moving() -> None:
    fund(A, 1_000)
    post([transfer("p1", A, CLIENT_MONEY, 700, phase=TransferPhase.PENDING)])
    assert balance(A) == 1_000
    summary = funds_summary(1)
    assert (summary.cash_fen, summary.withdrawing_fen) == (1_000, 700)
    with pytest.raises(InsufficientFunds):
        post([transfer("t1", A, B, 301)])
    post([transfer("t2", A, B, 300)])


@pytest.mark.parametrize(("phase", "left"), [(TransferPhase.POST, 300), (TransferPhase.VOID, 1_000)])
def test_a_pending_transfer_is_posted_or_voided_once(phase: TransferPhase, left: int) -> None:
    fund(A, 1_000)
    pending = transfer("p1", A, CLIENT_MONEY, 700, phase=TransferPhase.PENDING)
    post([pending])
    post([resolve("r1", pending, phase)])
    assert (balance(A), funds_summary(1).withdrawing_fen) == (left, 0)
    for again in (TransferPhase.POST, TransferPhase.VOID):
        with pytest.raises(LedgerRefused):
            post([resolve("r2", pending, again)])
    assert verify_settlement() == []
    assert trial_balance().debits_pending == 0


@pytest.mark.parametrize("change", [{"amount_fen": 701}, {"debit": B}, {"credit": SUSPENSE}])
def test_a_resolution_matches_what_it_resolves(change: dict[str, object]) -> None:
    fund(A, 1_000)
    fund(B, 1_000)
    pending = transfer("p1", A, CLIENT_MONEY, 700, phase=TransferPhase.PENDING)
    post([pending])
    with pytest.raises(LedgerRefused):
        post([resolve("r1", pending, TransferPhase.POST)._replace(**change)])


def test_only_pending_transfers_are_resolved() -> None:
    fund(A, 1_000)
    posted = transfer("t1", A, B, 5)
    post([posted])
    for unknown in (posted, posted._replace(key="never posted")):
        with pytest.raises(LedgerRefused):
            post([resolve("r1", unknown, TransferPhase.POST)])


def test_accounts_are_opened_when_first_used() -> None:
    with transaction.atomic():
        first = account_ids([A, FEES])
        assert account_ids([FEES, A, B]) | first == account_ids([A, B, FEES])
    assert dict(LedgerAccount.objects.values_list("code", "normal")) == {
        A: "credit",
        B: "credit",
        FEES: "credit",
    }


def test_trades_move_payment_fees_and_deposit() -> None:
    open_market()
    settle_trades([trade(1), trade(2, kg=2_000, seller_fee_fen=11)])
    dealer, grower = funds_summary(DEALER), funds_summary(GROWER)
    assert dealer.cash_fen == 10_000_000 - 3 * 720_000 - 1_440 - 2_880
    assert grower.cash_fen == 10_000_000 + 3 * 720_000 - 3 * 14_400 - 11
    assert grower.quality_deposit_fen == 3 * 14_400
    assert balance(FEES) == 1_440 + 2_880 + 11
    keys = Transfer.objects.filter(reference="trade:2").order_by("pk").values_list("transfer_key", flat=True)
    assert list(keys) == ["trade:2:payment", "trade:2:buyer_fee", "trade:2:seller_fee", "trade:2:deposit"]


def test_legs_of_nothing_are_left_out() -> None:
    open_market()
    settle_trades([trade(1, buyer_fee_fen=0, deposit_fen=0)])
    settle_trades([])
    assert Transfer.objects.filter(reference="trade:1").count() == 1


def test_a_batch_of_trades_settles_or_fails_as_one() -> None:
    open_market()
    too_much = trade(2, price_fen=9_000, kg=2_000)
    with pytest.raises(InsufficientFunds):
        settle_trades([trade(1), too_much])
    with pytest.raises(LedgerRefused):
        settle_trades([trade(1), trade(1)])
    assert funds_summary(DEALER).cash_fen == 10_000_000
    settle_trades([trade(1)])


def test_proceeds_can_be_spent_in_the_same_batch() -> None:
    open_market(cash_fen=1_000_000)
    onward = trade(2, buyer_no=GROWER, seller_no=OTHER, price_fen=700, kg=2_000, deposit_fen=0)
    settle_trades([trade(1), onward])
    assert funds_summary(OTHER).cash_fen == 1_000_000 + 1_400_000


def test_a_batch_costs_the_same_few_statements_however_large(django_assert_num_queries: object) -> None:
    open_market(cash_fen=10**12)
    settle_trades([trade(1)])
    from django.db import connection

    extra = 1 if connection.vendor == "postgresql" else 0
    with django_assert_num_queries(4 + extra):  # type: ignore[operator]
        settle_trades([trade(n) for n in range(2, 302)])


def test_a_bond_passes_from_cash_to_cash_once() -> None:
    open_market(cash_fen=1_000)
    given = Forfeit(DEALER, GROWER, 400, "lot:7:winner_default", 9, NOON_NS, DAY)
    forfeit_many([given, given._replace(from_no=OTHER, reference="lot:8:winner_default")])
    forfeit(**given._asdict())
    assert [funds_summary(no).cash_fen for no in (GROWER, DEALER, OTHER)] == [1_800, 600, 600]
    (line, _) = ledger_lines(DEALER).rows
    assert (line.kind, line.amount_fen, line.text_zh) == ("forfeit", -400, "违约金 7:winner_default")
    for other in ({"amount_fen": 401}, {"to_no": OTHER}):
        with pytest.raises(LedgerRefused):
            forfeit_many([given._replace(**other)])
    with pytest.raises(InsufficientFunds):
        forfeit_many([given._replace(reference="lot:9", amount_fen=601)])
    assert verify_settlement() == []
