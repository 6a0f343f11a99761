"""From the deal to completion, breach or award: who may do what by when, and where every fen goes."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import date, timedelta

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.calendar import NS_PER_DAY
from exchange.kernel.errors import BadTransition, NotFound, NotPermitted
from exchange.kernel.problems import JinguoError
from settlement import errors, services
from settlement.evidence import NewEvidence
from settlement.invoices import invoice_amounts, invoices_of, tax_hints
from settlement.models import (
    Breach,
    Charge,
    Claim,
    Contract,
    Delivery,
    DisputeCase,
    Invoice,
    LedgerAccount,
    LifeStep,
)
from settlement.pickups import LoadedShare
from settlement.selectors import funds_summary
from settlement.terms import balance_due_ns, breach_due_ns, late_fee_fen
from settlement.timeline import TIMELINE, timeline
from settlement.types import PaymentVariant, TradeMoney
from settlement.verify import verify_settlement
from tests.settlement.clock import Clock, stopped_clock
from tests.settlement.conftest import Titles
from tests.settlement.floor import Floor
from tests.settlement.market import DAY, DEALER, GROWER, NOON_NS, OTHER, PRODUCTS, goods, open_market, trade
from tests.standing import standing

pytestmark = pytest.mark.django_db

CASH = 100_000_00
PRICE = 720_000
"""1 000 kg at 7.20 yuan."""
FEE, DEPOSIT, BOND = 1_440, 14_400, 72_000
KEEPER, CHECKER = Actor("keeper"), Actor("checker")
PHOTO = NewEvidence("烂果.jpg", b"\xff\xd8\xff\xe0 mouldy core")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return stopped_clock(monkeypatch)


def a_market_with_money() -> Floor:
    with pytest.MonkeyPatch.context() as early:
        stopped_clock(early)
        open_market(cash_fen=CASH)
        floor = Floor()
        floor.turn()
    return floor


@pytest.fixture(scope="module")
def standing_floor(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Floor]:
    with standing(django_db_blocker, a_market_with_money) as floor:
        yield floor


@pytest.fixture
def floor(standing_floor: Floor, db: None, clock: Clock) -> Floor:
    """A market with money, and the floor that knows it."""
    return deepcopy(standing_floor)


def conclude(floor: Floor, trade_id: int = 1, **changes: object) -> str:
    """A deal: the floor, the ledger and the contract, as the projector does it."""
    money = trade(trade_id)._replace(**changes)  # type: ignore[arg-type]
    services.settle_trades([money])
    (number,) = services.form_contracts([(money, goods())], PRODUCTS)
    floor.settle(money.buyer_no, -_paid_at_once(money) - money.buyer_fee_fen)
    if money.payment == PaymentVariant.FULL:
        floor.settle(money.seller_no, money.amount_fen - money.deposit_fen - money.seller_fee_fen)
    assert floor.agrees()
    return number


def _paid_at_once(money: TradeMoney) -> int:
    return money.bond_fen if money.payment == PaymentVariant.BOND else money.amount_fen


def book(number: str, clock: Clock, hours: int = 20, pickup: str = "TH1") -> str:
    """What the register tells of a pickup of the contract's goods; its number."""
    services.pickup_booked(
        actor=SYSTEM,
        pickup_no=pickup,
        trade_ids=[trade_of(number)],
        plate="陕D12345",
        person="李铁柱 123X",
        at_ns=clock.at_ns + hours * NS_PER_DAY // 24,
    )
    return pickup


def trade_of(number: str) -> int:
    return Delivery.objects.get(contract_no=number).pk


def load(number: str, pickup: str, net_kg: int, kg: int = 1_000) -> None:
    share = LoadedShare(trade_of(number), kg, net_kg)
    services.goods_loaded(actor=KEEPER, pickup_no=pickup, shares=[share])


def go(number: str, pickup: str, waiting_kg: int = 0) -> None:
    """The gate pass."""
    services.goods_left(actor=KEEPER, pickup_no=pickup, waiting_kg={trade_of(number): waiting_kg})


def weigh(number: str, pickup: str, net_kg: int = 1_000) -> None:
    load(number, pickup, net_kg)
    go(number, pickup)


def cash(account_no: int) -> int:
    return funds_summary(account_no).cash_fen


def sound(floor: Floor) -> None:
    floor.turn()
    assert floor.agrees()
    assert verify_settlement() == []
    kept = LedgerAccount.objects.filter(kind__in=["bond", "escrow", "quality_deposit"])
    if not Delivery.objects.exclude(stage__in=["completed", "breached"]).exists():
        assert sum(each.credits_posted - each.debits_posted for each in kept) == 0


# Keeping the contract --------------------------------------------------------------------------------


def test_payment_and_title_are_final_with_the_contract(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    contract = Contract.objects.get(contract_no=number)
    assert (contract.final_at_ns, contract.status) == (contract.formed_at_ns, "effective")
    rows = timeline(Delivery.objects.get(contract_no=number), clock.at_ns)
    assert [row.step for row in rows] == [plan.step for plan in TIMELINE if plan.step != "balance"]
    assert {row.step for row in rows if row.done_ns} == {"deal", "title"}
    late = {row.step for row in timeline(Delivery.objects.get(), clock.go_to(DAY + timedelta(days=9)))}
    assert late >= {"pickup", "acceptance"}


def test_from_deal_to_completion_with_goods_over(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    pickup = book(number, clock)
    clock.pass_hours(20)
    load(number, pickup, 1_015)
    assert Delivery.objects.get().stage == "weighed_out"
    go(number, pickup)
    go(number, pickup)
    floor.turn()
    assert cash(DEALER) == CASH - PRICE - FEE - 15 * 720
    clock.pass_hours(47)
    assert services.run_due(clock.at_ns).completed == 0
    clock.pass_hours(1)
    assert services.run_due(clock.at_ns) == (0, 0, 0, 1)
    assert services.run_due(clock.at_ns) == (0, 0, 0, 0)
    sound(floor)
    assert cash(GROWER) == CASH + PRICE + 15 * 720
    assert Contract.objects.get().status == "completed"
    invoice = Invoice.objects.get()
    assert (invoice.kind, invoice.net_fen, invoice.tax_fen) == ("12", PRICE + 15 * 720, 0)


def test_goods_short_are_paid_back_from_the_deposit(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    weigh(number, book(number, clock), 990)
    sound(floor)
    assert funds_summary(GROWER).quality_deposit_fen == DEPOSIT - 7_200
    services.accept(actor=SYSTEM, account_no=DEALER, contract_no=number)
    sound(floor)
    assert (cash(DEALER), cash(GROWER)) == (CASH - PRICE - FEE + 7_200, CASH + PRICE - 7_200)


def test_a_contract_that_ends_at_the_scale_is_paid_for_what_it_says(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    pickup = book(number, clock)
    load(number, pickup, 990)
    services.accept(actor=SYSTEM, account_no=DEALER, contract_no=number)
    go(number, pickup)
    sound(floor)
    assert (cash(DEALER), cash(GROWER)) == (CASH - PRICE - FEE + 7_200, CASH + PRICE - 7_200)
    assert Invoice.objects.get().net_fen == PRICE - 7_200
    services.weight_corrected(
        actor=CHECKER, pickup_no=pickup, correction_no="GZ1", shares={trade_of(number): -5}
    )
    sound(floor)
    assert (cash(DEALER), cash(GROWER)) == (CASH - PRICE - FEE + 10_800, CASH + PRICE - 10_800)
    assert Charge.objects.get().charge_key.endswith(":GZ1")


def test_what_is_corrected_between_acceptance_and_the_gate_is_paid_too(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    pickup = book(number, clock)
    load(number, pickup, 1_010)
    services.accept(actor=SYSTEM, account_no=DEALER, contract_no=number)
    shares = {trade_of(number): 5}
    services.weight_corrected(actor=CHECKER, pickup_no=pickup, correction_no="GZ1", shares=shares)
    go(number, pickup)
    sound(floor)
    assert (cash(DEALER), cash(GROWER)) == (CASH - PRICE - FEE - 10_800, CASH + PRICE + 10_800)


def test_two_trucks_fetch_one_contract(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    first, second = book(number, clock), book(number, clock, pickup="TH2")
    load(number, first, 405, kg=400)
    go(number, first, waiting_kg=600)
    delivery = Delivery.objects.get()
    assert (delivery.stage, delivery.net_kg) == ("pickup_booked", 405)
    services.pickup_cancelled(actor=SYSTEM, pickup_no=second)
    services.pickup_cancelled(actor=SYSTEM, pickup_no=second)
    assert Delivery.objects.get().stage == "titled"
    weigh_rest = book(number, clock, pickup="TH3")
    load(number, weigh_rest, 590, kg=600)
    go(number, weigh_rest)
    sound(floor)
    delivery.refresh_from_db()
    assert (delivery.stage, delivery.net_kg, delivery.over_short_fen) == ("departed", 995, -5 * 720)
    assert cash(DEALER) == CASH - PRICE - FEE + 5 * 720
    events = list(LifeStep.objects.filter(subject=f"delivery:{delivery.pk}").values_list("event", flat=True))
    assert events == [
        *("book_pickup", "weigh_out", "leave_in_part", "book_pickup", "cancel_pickup"),
        *("book_pickup", "weigh_out", "leave"),
    ]


def test_more_than_the_tolerance_may_not_leave(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    pickup = book(number, clock)
    with pytest.raises(errors.OverTolerance), transaction.atomic():
        load(number, pickup, 1_021)
    assert Delivery.objects.get().stage == "pickup_booked"
    load(number, pickup, 1_020)


@pytest.mark.parametrize("contested", [True, False])
def test_unpaid_and_contested_goods_stay_in_the_store(floor: Floor, clock: Clock, contested: bool) -> None:
    number = conclude(floor, **({} if contested else WITH_BOND))
    if contested:
        pickup = book(number, clock)
        no = claim(number)
    refusal = errors.GoodsContested if contested else errors.GoodsUnpaid
    for act in (lambda: book(number, clock, pickup="TH2"), lambda: load(number, "TH1", 1_000)):
        with pytest.raises(refusal), transaction.atomic():
            act()
    if contested:
        services.withdraw_claim(actor=SYSTEM, account_no=DEALER, claim_no=no)
        weigh(number, pickup)
        sound(floor)


def test_a_claim_at_the_scale_does_not_hold_the_truck(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    pickup = book(number, clock)
    load(number, pickup, 1_000)
    no = claim(number)
    go(number, pickup)
    services.withdraw_claim(actor=SYSTEM, account_no=DEALER, claim_no=no)
    assert Delivery.objects.get().stage == "weighed_out"
    clock.go_to(DAY + timedelta(days=8))
    assert services.run_due(clock.at_ns)[1:] == (1, 0, 1)
    sound(floor)


def test_silence_after_seven_days_is_acceptance(floor: Floor, clock: Clock) -> None:
    conclude(floor)
    clock.go_to(DAY + timedelta(days=6))
    assert services.run_due(clock.at_ns).completed == 0
    clock.go_to(DAY + timedelta(days=7))
    assert services.run_due(clock.at_ns).completed == 1
    sound(floor)


def test_only_the_buyer_takes_the_buyers_steps(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    for stranger in (GROWER, OTHER):
        for act in (services.accept, services.pay_balance):
            with pytest.raises(NotFound):
                act(actor=SYSTEM, account_no=stranger, contract_no=number)
    with pytest.raises(BadTransition):
        services.pay_balance(actor=SYSTEM, account_no=DEALER, contract_no=number)


# Bond and escrow -------------------------------------------------------------------------------------

WITH_BOND = {"payment": PaymentVariant.BOND, "bond_fen": BOND}


def test_a_bond_then_the_balance_in_time(floor: Floor, clock: Clock, titles: Titles) -> None:
    number = conclude(floor, **WITH_BOND, seller_fee_fen=FEE)
    assert (cash(DEALER), cash(GROWER)) == (CASH - BOND - FEE, CASH)
    contract = Contract.objects.get()
    assert (contract.status, contract.final_at_ns) == ("unpaid", None)
    assert contract.payment_due_ns == balance_due_ns(DAY)
    assert [part["amount_fen"] for part in contract.payment_schedule] == [BOND, PRICE - BOND]
    for _ in range(2):
        asked = services.pay_balance(actor=SYSTEM, account_no=DEALER, contract_no=number)
        assert asked == PRICE - BOND
    sound(floor)
    assert (cash(DEALER), cash(GROWER)) == (CASH - PRICE - FEE, CASH + PRICE - DEPOSIT - FEE)
    assert titles.told == [("passed", number)]
    contract.refresh_from_db()
    assert (contract.status, contract.final_at_ns) == ("effective", clock.at_ns)
    clock.go_to(DAY + timedelta(days=7))
    assert services.run_due(clock.at_ns).completed == 1
    sound(floor)


def test_a_late_balance_costs_a_fee_for_each_day_begun(floor: Floor, clock: Clock) -> None:
    number = conclude(floor, **WITH_BOND)
    clock.at_ns = balance_due_ns(DAY) + NS_PER_DAY + 1
    late = (PRICE - BOND) * 5 * 2 // 10_000
    services.pay_balance(actor=SYSTEM, account_no=DEALER, contract_no=number)
    sound(floor)
    assert cash(DEALER) == CASH - PRICE - FEE - late
    assert late_fee_fen(1_000_000, 5, 5) == 0
    assert late_fee_fen(1_000_000, 5, 6) == 500


def test_an_unpaid_balance_is_a_breach_at_t3(floor: Floor, clock: Clock, titles: Titles) -> None:
    number = conclude(floor, **WITH_BOND, seller_fee_fen=FEE)
    clock.at_ns = breach_due_ns(DAY) - 1
    assert services.run_due(clock.at_ns).broken == 0
    clock.at_ns += 1
    assert services.run_due(clock.at_ns).broken == 1
    sound(floor)
    assert (cash(DEALER), cash(GROWER)) == (CASH - BOND - FEE, CASH + BOND)
    assert Contract.objects.get().status == "breached"
    assert titles.told == [("given back", number)]
    with pytest.raises(BadTransition):
        services.pay_balance(actor=SYSTEM, account_no=DEALER, contract_no=number)


def test_a_balance_that_comes_after_the_breach_goes_back(floor: Floor, clock: Clock) -> None:
    number = conclude(floor, **WITH_BOND)
    floor.bound[DEALER] = CASH
    services.pay_balance(actor=SYSTEM, account_no=DEALER, contract_no=number)
    floor.turn()
    assert Charge.objects.get().state == "due"
    floor.bound[DEALER] = 0
    assert services.ask_again() == 1
    clock.at_ns = breach_due_ns(DAY)
    services.run_due(clock.at_ns)
    sound(floor)
    assert (cash(DEALER), cash(GROWER)) == (CASH - BOND - FEE, CASH + BOND)


def test_escrow_pays_the_seller_on_acceptance(floor: Floor, clock: Clock) -> None:
    number = conclude(floor, payment=PaymentVariant.ESCROW, seller_fee_fen=FEE)
    assert cash(GROWER) == CASH
    weigh(number, book(number, clock), 990)
    services.accept(actor=SYSTEM, account_no=DEALER, contract_no=number)
    sound(floor)
    assert (cash(DEALER), cash(GROWER)) == (CASH - PRICE - FEE + 7_200, CASH + PRICE - 7_200 - FEE)


# Claims ----------------------------------------------------------------------------------------------


def claim(number: str, kind: str = "visible", wanted: int = 30_000, **changes: object) -> str:
    told = {"text": "霉心病果超过百分之五", "evidence": [PHOTO], **changes}
    return services.file_claim(
        actor=SYSTEM,
        account_no=DEALER,
        contract_no=number,
        kind=kind,
        wanted_fen=wanted,
        **told,  # type: ignore[arg-type]
    )


def leave(number: str, clock: Clock) -> None:
    weigh(number, book(number, clock))


def test_an_agreed_claim_is_paid_and_completes(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    no = claim(number)
    clock.go_to(DAY + timedelta(days=1))
    assert services.run_due(clock.at_ns).completed == 0
    with pytest.raises(NotPermitted):
        services.agree_claim(actor=SYSTEM, account_no=DEALER, claim_no=no)
    services.agree_claim(actor=SYSTEM, account_no=GROWER, claim_no=no)
    sound(floor)
    assert (cash(DEALER), cash(GROWER)) == (CASH - PRICE - FEE + 30_000, CASH + PRICE - 30_000)
    assert Invoice.objects.get().net_fen == PRICE - 30_000


@pytest.mark.parametrize(
    ("findings", "fen", "loser"), [([("core_rot", 2), ("size", 1)], 57_600, GROWER), ([], 0, DEALER)]
)
def test_the_table_decides_after_reinspection_and_the_loser_pays_for_it(
    floor: Floor, clock: Clock, findings: list[tuple[str, int]], fen: int, loser: int
) -> None:
    number = conclude(floor)
    no = claim(number, wanted=100_000)
    clock.pass_hours(48)
    assert services.run_due(clock.at_ns).reinspected == 1
    with pytest.raises(errors.BadClaim):
        services.report_reinspection(actor=KEEPER, claim_no=no, report_no="FJ-1", findings=[("gold", 1)])
    got = services.report_reinspection(actor=KEEPER, claim_no=no, report_no="FJ-1", findings=findings)
    assert got == fen
    sound(floor)
    expected = {DEALER: CASH - PRICE - FEE + fen, GROWER: CASH + PRICE - fen}
    expected[loser] -= 50_000
    assert {no: cash(no) for no in expected} == expected
    assert Claim.objects.get().state == ("settled" if fen else "rejected")


def test_hidden_defects_are_claimed_within_48_hours_of_leaving(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    with pytest.raises(errors.ClaimTooEarly):
        claim(number, "hidden")
    leave(number, clock)
    with pytest.raises(errors.ClaimTooLate):
        claim(number, "visible")
    clock.pass_hours(47)
    no = claim(number, "hidden")
    services.withdraw_claim(actor=SYSTEM, account_no=DEALER, claim_no=no)
    assert Delivery.objects.get().stage == "departed"
    clock.pass_hours(1)
    with pytest.raises(errors.ClaimTooLate):
        claim(number, "hidden")
    services.run_due(clock.at_ns)
    with pytest.raises(errors.ClaimTooLate):
        claim(number, "weight")
    sound(floor)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"kind": "gossip"}, errors.BadClaim),
        ({"text": ""}, errors.BadClaim),
        ({"wanted": 0}, errors.BadClaim),
        ({"wanted": PRICE + 1}, errors.BadClaim),
        ({"evidence": []}, errors.EvidenceMissing),
        ({"evidence": [NewEvidence("a.exe", b"MZ\x90\x00\xff")]}, errors.BadEvidence),
        ({"evidence": [NewEvidence("a.jpg", b"")]}, errors.BadEvidence),
        ({"evidence": [PHOTO] * 41}, errors.TooMuchEvidence),
    ],
)
def test_a_bad_claim_leaves_nothing(
    floor: Floor, changes: dict[str, object], refusal: type[JinguoError]
) -> None:
    number = conclude(floor)
    with pytest.raises(refusal):
        claim(number, **changes)  # type: ignore[arg-type]
    assert Delivery.objects.get().stage == "titled"
    assert not Claim.objects.exists()


# Breach and dispute ----------------------------------------------------------------------------------


def test_a_breach_has_time_to_cure_and_then_costs_damages(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    notice = {"contract_no": number, "party": "seller", "ground": "non_delivery", "reason": "货物被挪走"}
    with pytest.raises(errors.BadDamages):
        services.notice_breach(actor=KEEPER, damages_bps=2_001, **notice)
    cured = services.notice_breach(actor=KEEPER, **notice)
    services.cure_breach(actor=KEEPER, breach_no=cured, reason="已补足")
    no = services.notice_breach(actor=KEEPER, **notice)
    with pytest.raises(errors.CureRunning):
        services.confirm_breach(actor=KEEPER, breach_no=no, reason="仍未交付")
    clock.pass_hours(48)
    services.confirm_breach(actor=KEEPER, breach_no=no, reason="仍未交付")
    sound(floor)
    assert (cash(DEALER), cash(GROWER)) == (CASH - PRICE - FEE + 72_000, CASH + PRICE - 72_000)
    other = conclude(floor, 2)
    services.name_replacement(actor=KEEPER, breach_no=no, contract_no=other)
    assert Breach.objects.get(breach_no=no).replacement_no == other


def test_an_escrow_goes_back_when_the_seller_broke(floor: Floor, clock: Clock) -> None:
    number = conclude(floor, payment=PaymentVariant.ESCROW)
    no = services.notice_breach(
        actor=KEEPER, contract_no=number, party="seller", ground="quality", reason="货不对板"
    )
    clock.pass_hours(48)
    services.confirm_breach(actor=KEEPER, breach_no=no, reason="货不对板")
    sound(floor)
    assert (cash(DEALER), cash(GROWER)) == (CASH - FEE + 72_000, CASH - 72_000)


def dispute(number: str) -> str:
    return services.open_dispute(
        actor=SYSTEM, account_no=DEALER, contract_no=number, text="复检方法有争议", evidence=[PHOTO]
    )


def test_mediation_settles_when_both_agree_to_the_same(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    claim(number)
    no = dispute(number)
    assert Claim.objects.get().state == "escalated"
    clock.go_to(DAY + timedelta(days=20))
    assert services.run_due(clock.at_ns).completed == 0
    services.mediate(actor=KEEPER, case_no=no)
    services.propose_settlement(actor=KEEPER, case_no=no, payer="seller", fen=20_000, text="各让一步")
    with pytest.raises(NotFound):
        services.agree_to_settlement(actor=SYSTEM, account_no=OTHER, case_no=no, fen=20_000)
    with pytest.raises(errors.NotDecided):
        services.agree_to_settlement(actor=SYSTEM, account_no=GROWER, case_no=no, fen=19_000)
    assert not services.agree_to_settlement(actor=SYSTEM, account_no=GROWER, case_no=no, fen=20_000)
    assert services.agree_to_settlement(actor=SYSTEM, account_no=DEALER, case_no=no, fen=20_000)
    sound(floor)
    assert (cash(DEALER), cash(GROWER)) == (CASH - PRICE - FEE + 20_000, CASH + PRICE - 20_000)


def test_an_award_needs_two_people(floor: Floor) -> None:
    no = dispute(conclude(floor))
    services.refer_to_arbitration(actor=KEEPER, case_no=no, reason="调解不成")
    with pytest.raises(errors.NotDecided):
        services.confirm_award(actor=CHECKER, case_no=no)
    with pytest.raises(errors.BadAward):
        services.enter_award(actor=KEEPER, case_no=no, payer="buyer", fen=PRICE + 1, text="裁决")
    services.enter_award(actor=KEEPER, case_no=no, payer="buyer", fen=5_000, text="裁决书 12 号")
    with pytest.raises(errors.SamePerson):
        services.confirm_award(actor=KEEPER, case_no=no)
    services.confirm_award(actor=CHECKER, case_no=no)
    sound(floor)
    assert (cash(DEALER), cash(GROWER)) == (CASH - PRICE - FEE - 5_000, CASH + PRICE + 5_000)
    assert DisputeCase.objects.get().state == "awarded"


# Invoices --------------------------------------------------------------------------------------------


def test_an_invoice_is_issued_reversed_and_explained(floor: Floor) -> None:
    number = conclude(floor)
    services.accept(actor=SYSTEM, account_no=DEALER, contract_no=number)
    document = f"FP-{number}"
    who = {"actor": SYSTEM, "document_no": document}
    with pytest.raises(NotFound):
        services.issue(account_no=OTHER, **who)
    with pytest.raises(NotPermitted):
        services.issue(account_no=DEALER, **who)
    services.choose_purchase_invoice(account_no=DEALER, **who)
    with pytest.raises(errors.BadInvoice):
        services.issue(account_no=DEALER, invoice_no="123", **who)
    issued = services.issue(account_no=DEALER, **who)
    services.ask_red_letter(account_no=DEALER, reason="开票有误", **who)
    with pytest.raises(NotPermitted):
        services.answer_red_letter(account_no=DEALER, agree=True, **who)
    services.answer_red_letter(account_no=GROWER, agree=True, **who)
    red, first = invoices_of(DEALER)
    assert (first.state, first.invoice_no, red.net_fen, red.reverses_no) == (
        "reversed",
        issued,
        -PRICE,
        issued,
    )
    assert [hint.code for hint in tax_hints(first, DEALER, certificate=False)] == ["deduct", "certificate"]
    assert invoices_of(OTHER) == []


def test_tax_is_what_is_left_of_a_price_that_includes_it() -> None:
    assert invoice_amounts(10_900, "00") == (10_000, 900)
    assert invoice_amounts(720_000, "00") == (660_550, 59_450)
    assert invoice_amounts(720_000, "12") == (720_000, 0)


def test_deadlines_fall_on_trading_days() -> None:
    friday = date(2026, 11, 20)
    assert balance_due_ns(friday) == NOON_NS + NS_PER_DAY + 4 * 3_600 * 10**9
    assert breach_due_ns(friday) == NOON_NS + 4 * NS_PER_DAY + 4 * 3_600 * 10**9
