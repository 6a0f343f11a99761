"""Money owed after the deal, and money moved by hand: the floor first, two people, new entries only."""

import pytest

from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.errors import BadTransition, InsufficientFunds, NotFound
from settlement import errors, services
from settlement.accounts import CLIENT_MONEY, FEES, RISK_RESERVE, SUSPENSE, TAX_PAYABLE, cash_of
from settlement.charges import Leg, ask
from settlement.models import Charge, LedgerAccount, Transfer
from settlement.proposals import proposals
from settlement.selectors import funds_summary
from settlement.types import TransferKind
from settlement.verify import verify_settlement
from tests.settlement.floor import Floor
from tests.settlement.market import DEALER, GROWER, NOON_NS, open_market, trade

pytestmark = pytest.mark.django_db

MAKER, CHECKER = Actor("maker"), Actor("checker")
CASH = 100_000_00


@pytest.fixture
def floor() -> Floor:
    open_market(cash_fen=CASH)
    floor = Floor()
    floor.turn()
    return floor


def balance(code: str) -> int:
    account = LedgerAccount.objects.get(code=code)
    return account.credits_posted - account.debits_posted


def owe(fen: int = 500) -> None:
    legs = [
        Leg(cash_of(GROWER), fen - 100, TransferKind.COMPENSATION),
        Leg(FEES, 100, TransferKind.DELIVERY_FEE),
    ]
    ask(key="test:1", account_no=DEALER, legs=legs, reference="test:1", at_ns=NOON_NS)


def test_a_charge_moves_when_the_floor_gives_the_money_up(floor: Floor) -> None:
    owe()
    owe()
    assert funds_summary(DEALER).cash_fen == CASH
    floor.turn()
    assert (funds_summary(DEALER).cash_fen, funds_summary(GROWER).cash_fen) == (CASH - 500, CASH + 400)
    assert floor.agrees()
    assert Charge.objects.get().state == "paid"


def test_a_charge_the_floor_refuses_is_due_until_it_is_paid_or_waived(floor: Floor) -> None:
    floor.bound[DEALER] = CASH
    owe()
    floor.turn()
    assert services.ask_again() == 1
    floor.turn()
    charge = Charge.objects.get()
    assert (charge.state, charge.attempts) == ("due", 2)
    with pytest.raises(errors.BadReason):
        services.waive(actor=MAKER, charge_key="test:1", reason="")
    services.waive(actor=MAKER, charge_key="test:1", reason="市场经营者承担")
    assert services.ask_again() == 0
    with pytest.raises(BadTransition):
        services.waive(actor=MAKER, charge_key="test:1", reason="再次免除")
    assert floor.agrees()


def test_a_correction_is_a_new_entry_that_two_people_made(floor: Floor) -> None:
    services.settle_trades([trade(1)])
    floor.settle(DEALER, -721_440)
    floor.settle(GROWER, 720_000 - 14_400)
    correct = {"transfer_key": "trade:1:payment", "reason": "价格录入错误"}
    no = services.propose_correction(actor=MAKER, amount_fen=700_000, **correct)
    with pytest.raises(errors.BadMove):
        services.propose_correction(actor=MAKER, amount_fen=20_001, **correct)
    with pytest.raises(errors.SamePerson):
        services.approve(actor=MAKER, proposal_no=no)
    assert funds_summary(DEALER).cash_fen == CASH - 721_440
    services.approve(actor=CHECKER, proposal_no=no)
    floor.turn()
    assert funds_summary(DEALER).cash_fen == CASH - 21_440
    assert Transfer.objects.filter(kind="correction").count() == 1
    with pytest.raises(BadTransition):
        services.approve(actor=CHECKER, proposal_no=no)
    assert floor.agrees()
    assert verify_settlement() == []


def test_moves_by_hand_keep_to_the_pairs_of_the_chart(floor: Floor) -> None:
    services.settle_trades([trade(1)])
    floor.settle(DEALER, -721_440)
    floor.settle(GROWER, 720_000 - 14_400)

    def propose(kind: TransferKind, debit: str, credit: str, fen: int = 40) -> str:
        return services.propose_move(
            actor=MAKER, kind=kind, debit=debit, credit=credit, amount_fen=fen, reason="月末结转"
        )

    for kind, debit, credit, fen in (
        (TransferKind.FEES_TAKEN, cash_of(DEALER), CLIENT_MONEY, 40),
        (TransferKind.FEES_TAKEN, FEES, cash_of(DEALER), 40),
        (TransferKind.RESERVE_SET_ASIDE, FEES, "reserve:gold", 40),
        (TransferKind.GOODS_PAYMENT, cash_of(DEALER), cash_of(GROWER), 40),
        (TransferKind.RESERVE_SET_ASIDE, FEES, RISK_RESERVE, 0),
        (TransferKind.TAX, "member:x:cash", TAX_PAYABLE, 40),
    ):
        with pytest.raises(errors.BadMove):
            propose(kind, debit, credit, fen)
    moves = [
        (TransferKind.RESERVE_SET_ASIDE, FEES, RISK_RESERVE, 40),
        (TransferKind.INTEREST, CLIENT_MONEY, "payable:interest", 40),
        (TransferKind.INTEREST_SHARED, "payable:interest", cash_of(DEALER), 30),
        (TransferKind.BANK_CHARGE, "bank:charges", CLIENT_MONEY, 9),
        (TransferKind.TAX, cash_of(GROWER), TAX_PAYABLE, 40),
        (TransferKind.FEES_TAKEN, FEES, CLIENT_MONEY, 1_400),
        (TransferKind.SUSPENSE, SUSPENSE, cash_of(GROWER), 5),
    ]
    for kind, debit, credit, fen in moves:
        services.approve(actor=CHECKER, proposal_no=propose(kind, debit, credit, fen))
    floor.turn()
    assert (balance(FEES), balance(RISK_RESERVE), balance(TAX_PAYABLE)) == (0, 40, 40)
    over = propose(TransferKind.FEES_TAKEN, FEES, CLIENT_MONEY, 1)
    with pytest.raises(InsufficientFunds):
        services.approve(actor=CHECKER, proposal_no=over)
    services.reject(actor=CHECKER, proposal_no=over, reason="手续费已划完")
    assert [row.state for row in proposals(open_only=True)] == []
    with pytest.raises(NotFound):
        services.approve(actor=CHECKER, proposal_no="TZ-1")
    assert floor.agrees()
    assert verify_settlement() == []


def test_nobody_proposes_a_correction_of_nothing() -> None:
    with pytest.raises(NotFound):
        services.propose_correction(actor=SYSTEM, transfer_key="trade:9:payment", amount_fen=1, reason="更正")
