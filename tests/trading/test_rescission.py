"""Undoing a broken contract: goods and price go back together, or nothing does."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from exchange.kernel.audit import Actor
from exchange.kernel.problems import JinguoError
from exchange.trading import rescission
from settlement import services
from settlement.accounts import FEES
from settlement.models import Breach, Contract, Delivery, Invoice, Rescission, Transfer
from settlement.rescissions import rescissions_of, rescissions_waiting
from settlement.selectors import funds_summary
from settlement.verify import verify_settlement
from tests.settlement.test_charges import balance
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell
from warehouse_receipts import services as warehouse
from warehouse_receipts.chain_check import broken_chains
from warehouse_receipts.holding_history import parts_of
from warehouse_receipts.models import Endorsement, Receipt
from warehouse_receipts.verify import shortfalls

ANNA, BO = Actor("anna"), Actor("bo")
KG, PRICE = 1_000, 720
FEE = 1_440
"""Two per mille of 7,200.00 yuan, as dealers pay and growers do not."""


class Broken:
    """An exchange in which the first dealer bought of the first grower, and one of them broke it."""

    def __init__(
        self,
        *,
        party: str = "seller",
        locked: bool = True,
        damages_bps: int = 500,
        dealer_sells: bool = False,
    ) -> None:
        self.exchange = TableExchange()
        self.exchange.build(growers=1, dealers=2, products=1, kg=20_000, fen=100_000_000)
        if not locked:
            self.exchange.add_product(resale_lock_days=0)
            self.exchange.store_goods(self.exchange.growers[0], self.exchange.products[-1], 20_000)
            self.exchange.reopen()
        seller = self.exchange.dealers[1] if dealer_sells else self.exchange.growers[0]
        if dealer_sells:
            self.exchange.store_goods(seller, self.exchange.products[-1], 20_000)
            self.exchange.settle()
        if not dealer_sells:
            services.bind_bank_account(actor=ANNA, account_no=seller, bank=self.exchange.bank)
        self.exchange.deposit(seller, PRICE * KG)
        self.product = self.exchange.products[-1].number
        self.seller, self.buyer = seller, self.exchange.dealers[0]
        self.exchange.floor.batch(
            sell(self.seller, self.product, PRICE, KG), buy(self.buyer, self.product, PRICE, KG)
        )
        self.exchange.settle()
        self.contract = Contract.objects.get()
        self.no = self.contract.contract_no
        breach_no = services.notice_breach(
            actor=ANNA, contract_no=self.no, party=party, ground="quality", reason="货不对板",
            damages_bps=damages_bps,
        )  # fmt: skip
        Breach.objects.filter(breach_no=breach_no).update(cure_due_ns=0)
        services.confirm_breach(actor=ANNA, breach_no=breach_no, reason="未补正")
        self.exchange.settle()

    def rescind(self) -> str:
        number = rescission.propose(actor=ANNA, contract_no=self.no, reason="守约方要求解除")
        rescission.approve(actor=BO, rescission_no=number)
        return number

    def state(self) -> str:
        return Rescission.objects.get().state

    def holders(self) -> set[int]:
        return set(
            Receipt.objects.filter(no__in=self.contract.receipt_nos).values_list("holder_no", flat=True)
        )

    def all_agree(self) -> bool:
        return (
            verify_settlement() == []
            and self.exchange.differences() == []
            and shortfalls() == []
            and broken_chains() == []
        )


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(JinguoError) as refused, transaction.atomic():
        act()
    return refused.value.code


@pytest.mark.django_db
@pytest.mark.parametrize("locked", [True, False])
def test_goods_and_price_go_back_together(locked: bool) -> None:
    broken = Broken(locked=locked)
    before = {no: funds_summary(no).cash_fen for no in (broken.seller, broken.buyer)}
    broken.rescind()
    assert broken.holders() == {broken.buyer}
    assert funds_summary(broken.seller).cash_fen == before[broken.seller]
    broken.exchange.settle()
    assert broken.state() == "done"
    assert broken.holders() == {broken.seller}
    assert funds_summary(broken.buyer).cash_fen == before[broken.buyer] + PRICE * KG + FEE
    assert funds_summary(broken.seller).cash_fen == before[broken.seller] - PRICE * KG - FEE
    back = Endorsement.objects.order_by("-pk")[0]
    assert (back.from_no, back.to_no, back.contract_no) == (broken.buyer, broken.seller, broken.no)
    (history,) = parts_of(back.receipt)
    assert [(each.holder_no, each.undone) for each in history.transfers] == [
        (broken.buyer, False),
        (broken.seller, True),
    ]
    assert broken.all_agree()
    broken.exchange.floor.batch(sell(broken.seller, broken.product, PRICE, 20_000))
    broken.exchange.settle()
    assert broken.all_agree()
    assert code_of(broken.rescind) == "already_rescinding"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("party", "dealer_sells", "to_buyer", "legs"),
    [
        ("seller", True, FEE, [("refund", PRICE * KG), ("fee_refund", FEE)]),
        ("buyer", True, -FEE, [("refund", PRICE * KG - FEE), ("refund", FEE), ("fee_refund", FEE)]),
        ("buyer", False, 0, [("refund", PRICE * KG)]),
    ],
)
def test_who_broke_the_contract_makes_good_the_fee_of_who_kept_it(
    party: str, dealer_sells: bool, to_buyer: int, legs: list[tuple[str, int]]
) -> None:
    broken = Broken(party=party, dealer_sells=dealer_sells)
    both = (broken.seller, broken.buyer)
    before = [funds_summary(no).cash_fen for no in both]
    income = balance(FEES)
    broken.rescind()
    broken.exchange.settle()
    after = [funds_summary(no).cash_fen for no in both]

    assert broken.state() == "done"
    moved = [new - old for new, old in zip(after, before, strict=True)]
    assert moved == [-PRICE * KG - to_buyer, PRICE * KG + to_buyer]
    assert balance(FEES) == income, "the exchange keeps what it earned from both"
    rows = Transfer.objects.filter(kind__in=("refund", "fee_refund")).order_by("pk")
    assert list(rows.values_list("kind", "amount_fen")) == legs
    row = rescissions_waiting() or rescissions_of([Delivery.objects.get(contract_no=broken.no)])
    assert (row[0].fee_fen, row[0].fee_bearer) == (abs(to_buyer), party if to_buyer else "")
    with pytest.raises(IntegrityError), transaction.atomic():
        Rescission.objects.update(fee_fen=1)
    assert broken.all_agree()


@pytest.mark.django_db
def test_orders_that_hold_the_goods_or_the_money_stop_it_without_a_trace() -> None:
    broken = Broken(locked=False)
    broken.exchange.floor.batch(sell(broken.buyer, broken.product, 790, KG))
    broken.exchange.settle()
    broken.rescind()
    broken.exchange.settle()
    assert (broken.state(), broken.holders()) == ("refused", {broken.buyer})
    assert broken.all_agree()


@pytest.mark.django_db
def test_a_seller_without_money_is_asked_until_it_pays_or_the_goods_go_back_to_the_buyer() -> None:
    broken = Broken()
    broken.exchange.withdraw(broken.seller, funds_summary(broken.seller).cash_fen)
    broken.exchange.settle()
    number = broken.rescind()
    broken.exchange.settle()
    assert (broken.state(), broken.holders()) == ("money_asked", {broken.buyer})
    rescission.abandon(actor=ANNA, rescission_no=number, reason="卖方无力退款")
    broken.exchange.settle()
    assert (broken.state(), broken.holders()) == ("abandoned", {broken.buyer})
    assert set(Receipt.objects.filter(holder_no=broken.buyer).values_list("business", flat=True)) == {"none"}
    assert broken.all_agree()
    broken.rescind()
    broken.exchange.deposit(broken.seller, PRICE * KG + FEE)
    broken.exchange.settle()
    services.ask_again()
    broken.exchange.settle()
    assert Rescission.objects.order_by("-pk")[0].state == "done"
    assert broken.holders() == {broken.seller}
    assert broken.all_agree()


@pytest.mark.django_db
def test_what_cannot_be_undone_says_why() -> None:
    broken = Broken()
    number = rescission.propose(actor=ANNA, contract_no=broken.no, reason="解除合同")
    assert code_of(lambda: rescission.approve(actor=ANNA, rescission_no=number)) == "same_person_twice"
    assert code_of(lambda: rescission.approve(actor=BO, rescission_no="JC0")) == "not_found"
    services.reject_rescission(actor=BO, rescission_no=number, reason="再协商")
    assert code_of(lambda: rescission.approve(actor=BO, rescission_no=number)) == "bad_transition"
    with transaction.atomic():
        Invoice.objects.create(
            document_no="FP-1", contract_no=broken.no, kind="12", issuer_no=1, seller_name="a",
            seller_uscc="a", buyer_name="b", buyer_uscc="b", lines=[], net_fen=1, tax_fen=0, state="issued",
            invoice_no="1" * 20, due_day=broken.contract.day, created_at_ns=1,
        )  # fmt: skip
        assert code_of(broken.rescind) == "invoice_stands"
        transaction.set_rollback(True)
    (receipt_no,) = broken.contract.receipt_nos
    warehouse.split_receipt(holder_no=broken.buyer, no=receipt_no, parts_kg=[300, 700], actor=ANNA)
    assert code_of(broken.rescind) == "goods_not_free"


@pytest.mark.django_db
def test_a_contract_that_was_kept_is_not_undone() -> None:
    exchange = TableExchange()
    exchange.build(growers=1, dealers=1, products=1, kg=20_000, fen=100_000_000)
    exchange.floor.batch(sell(exchange.growers[0], 1, PRICE, KG), buy(exchange.dealers[0], 1, PRICE, KG))
    exchange.settle()
    number = Contract.objects.get().contract_no
    assert code_of(lambda: rescission.propose(actor=ANNA, contract_no=number, reason="反悔")) == (
        "no_ground_to_rescind"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["write", "price_returned", "_finish"])
def test_killed_half_way_nothing_has_happened(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Broken()
    broken.rescind()
    cash = funds_summary(broken.buyer).cash_fen

    def die(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    targets = {
        "write": "exchange.trading.rescission.TitleBatch.write",
        "price_returned": "settlement.rescissions.price_returned",
        "_finish": "settlement.rescissions._finish",
    }
    monkeypatch.setattr(targets[where], die)
    with pytest.raises(RuntimeError), transaction.atomic():
        broken.exchange.settle()
    monkeypatch.undo()
    assert (broken.state(), broken.holders()) == ("money_asked", {broken.buyer})
    assert funds_summary(broken.buyer).cash_fen == cash
    broken.exchange.restart_projector()
    broken.exchange.settle()
    assert (broken.state(), broken.holders()) == ("done", {broken.seller})
    assert broken.all_agree()


class RescissionProperty(TestCase):
    """Whoever broke it and whatever the damages: Σ is what it was, and goods and price never part."""

    @settings(max_examples=3, deadline=None, phases=(Phase.explicit, Phase.generate))
    @given(st.sampled_from(["seller", "buyer"]), st.integers(0, 2_000), st.booleans())
    def test_goods_and_price_never_part(self, party: str, damages_bps: int, pays: bool) -> None:
        broken = Broken(party=party, damages_bps=damages_bps)
        both = (broken.seller, broken.buyer)
        if not pays:
            broken.exchange.withdraw(broken.seller, funds_summary(broken.seller).cash_fen)
            broken.exchange.settle()
        total = sum(funds_summary(no).cash_fen for no in both)
        broken.rescind()
        broken.exchange.settle()
        buyer_has_goods = broken.holders() == {broken.buyer}
        assert buyer_has_goods == (broken.state() != "done") == (not pays)
        assert sum(funds_summary(no).cash_fen for no in both) == total
        assert broken.all_agree()
