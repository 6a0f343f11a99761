"""The life of deliveries against what must always hold, whatever members, keepers and the clock do in any
order.

Σ = 0 and the floor agrees after every step; nothing kept of a contract is ever negative or left behind when
it ends; nobody pays more than the price back; a refused step changes nothing.
"""

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from exchange.kernel.audit import Actor
from exchange.kernel.problems import JinguoError
from exchange.members.credit import differences
from settlement import services
from settlement.credit import all_contracts
from settlement.evidence import NewEvidence
from settlement.models import (
    Breach,
    Charge,
    Claim,
    Contract,
    ContractPickup,
    Delivery,
    DisputeCase,
    LedgerAccount,
    Transfer,
)
from settlement.pickups import LoadedShare
from settlement.types import PaymentVariant
from tests.examples import examples
from tests.settlement.clock import Clock, stopped_clock
from tests.settlement.floor import Floor
from tests.settlement.market import DEALER, GROWER, PRODUCTS, goods, open_market, trade

PHOTO = NewEvidence("a.png", b"\x89PNG\r\n\x1a\n x")
KEEPER, CHECKER = Actor("keeper"), Actor("checker")
TRUCKS = st.sampled_from(["TH1", "TH2", "TH3"])
KEPT = ("bond", "escrow", "quality_deposit")


class DeliveryMachine(RuleBasedStateMachine):
    """Contracts of every kind, and everything that can be tried with them."""

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.patch = pytest.MonkeyPatch()
        self.clock: Clock = stopped_clock(self.patch)
        self.floor = Floor()
        self.count = self.corrections = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)
        self.patch.undo()

    def attempt(self, step: object, **told: object) -> None:
        """Does it, or sees it refused with a code and without a trace."""
        before = self.picture()
        try:
            with transaction.atomic():
                step(actor=KEEPER, **told)  # type: ignore[operator]
        except JinguoError:
            assert self.picture() == before

    @staticmethod
    def picture() -> list[object]:
        return [
            *ContractPickup.objects.order_by("pk").values(),
            *Delivery.objects.order_by("pk").values(),
            *LedgerAccount.objects.order_by("pk").values(),
        ]

    def contract(self, which: int) -> Delivery:
        return Delivery.objects.order_by("pk")[which % self.count]

    @initialize(cash=st.sampled_from([800_000, 3_000_000]))
    def open(self, cash: int) -> None:
        open_market(cash_fen=cash)
        self.floor.turn()
        self.conclude(PaymentVariant.FULL)

    @rule(payment=st.sampled_from(list(PaymentVariant)))
    def conclude(self, payment: PaymentVariant) -> None:
        amount = 720_000
        money = trade(self.count + 1)._replace(
            payment=payment, bond_fen=72_000 if payment == PaymentVariant.BOND else 0
        )
        at_once = money.bond_fen or amount
        if self.floor.funds[DEALER] - self.floor.bound[DEALER] < at_once + money.buyer_fee_fen:
            return
        self.count += 1
        services.settle_trades([money])
        services.form_contracts([(money, goods())], PRODUCTS)
        self.floor.settle(DEALER, -at_once - money.buyer_fee_fen)
        if payment == PaymentVariant.FULL:
            self.floor.settle(GROWER, amount - money.deposit_fen)

    @rule(account=st.sampled_from([DEALER, GROWER]), fen=st.integers(0, 2_000_000))
    def orders_hold_money(self, account: int, fen: int) -> None:
        self.floor.bound[account] = min(fen, self.floor.funds[account])

    @rule(which=st.integers(0, 9), who=st.sampled_from([DEALER, GROWER]), verb=st.integers(0, 1))
    def buyer_acts(self, which: int, who: int, verb: int) -> None:
        step = (services.pay_balance, services.accept)[verb]
        self.attempt(step, account_no=who, contract_no=self.contract(which).contract_no)

    @rule(which=st.integers(0, 9), truck=TRUCKS, hours=st.integers(1, 100))
    def book(self, which: int, truck: str, hours: int) -> None:
        self.attempt(
            services.pickup_booked,
            pickup_no=truck,
            trade_ids=[self.contract(which).pk],
            plate="陕D12345",
            person="李铁柱 1234",
            at_ns=self.clock.at_ns + hours * 3_600 * 10**9,
        )

    @rule(which=st.integers(0, 9), truck=TRUCKS, kg=st.integers(1, 600), away=st.integers(-25, 25))
    def load(self, which: int, truck: str, kg: int, away: int) -> None:
        row = ContractPickup.objects.filter(delivery=self.contract(which), pickup_no=truck).first()
        kg = min(kg, self.waiting_kg(self.contract(which)))
        if row is None or row.state != "open" or not kg:
            return
        share = LoadedShare(row.delivery_id, kg, max(1, kg + kg * away // 1_000))
        self.attempt(services.goods_loaded, pickup_no=truck, shares=[share])

    @staticmethod
    def waiting_kg(delivery: Delivery) -> int:
        return 1_000 - sum(delivery.pickups.values_list("kg", flat=True))

    @rule(truck=TRUCKS, gone=st.booleans())
    def leave_or_cancel(self, truck: str, gone: bool) -> None:
        waiting = {each.pk: self.waiting_kg(each) for each in Delivery.objects.all()}
        loaded = ContractPickup.objects.filter(pickup_no=truck, kg__gt=0).exists()
        if gone:
            self.attempt(services.goods_left, pickup_no=truck, waiting_kg=waiting)
        elif not loaded:
            self.attempt(services.pickup_cancelled, pickup_no=truck)

    @rule(truck=TRUCKS, which=st.integers(0, 9), kg=st.integers(-5, 5))
    def correct(self, truck: str, which: int, kg: int) -> None:
        row = ContractPickup.objects.filter(delivery=self.contract(which), pickup_no=truck).first()
        if row is not None and row.weighed_kg + kg > 0:
            shares = {row.delivery_id: kg}
            self.corrections += 1
            self.attempt(
                services.weight_corrected,
                pickup_no=truck,
                correction_no=f"GZ{self.corrections}",
                shares=shares,
            )

    @rule(which=st.integers(0, 9), kind=st.sampled_from(["visible", "hidden"]), fen=st.integers(1, 720_000))
    def claim(self, which: int, kind: str, fen: int) -> None:
        self.attempt(
            services.file_claim,
            account_no=DEALER,
            contract_no=self.contract(which).contract_no,
            kind=kind,
            text="霉心病",
            wanted_fen=fen,
            evidence=[PHOTO],
        )

    @rule(verb=st.integers(0, 3), steps=st.integers(0, 3))
    def answer_a_claim(self, verb: int, steps: int) -> None:
        claim = Claim.objects.filter(state__in=["filed", "reinspecting"]).first()
        if claim is None:
            return
        if verb == 3:
            findings = [("core_rot", steps)] if steps else []
            self.attempt(
                services.report_reinspection, claim_no=claim.claim_no, report_no="FJ-1", findings=findings
            )
            return
        step = (services.agree_claim, services.contest_claim, services.withdraw_claim)[verb]
        who = DEALER if verb == 2 else GROWER
        self.attempt(step, account_no=who, claim_no=claim.claim_no)

    @rule(which=st.integers(0, 9), payer=st.sampled_from(["seller", "buyer"]), fen=st.integers(1, 720_000))
    def dispute_and_award(self, which: int, payer: str, fen: int) -> None:
        number = self.contract(which).contract_no
        self.attempt(services.open_dispute, account_no=GROWER, contract_no=number, text="有争议")
        case = DisputeCase.objects.filter(state="open").first()
        if case is not None:
            told = {"case_no": case.case_no}
            self.attempt(services.refer_to_arbitration, reason="调解不成", **told)
            self.attempt(services.enter_award, payer=payer, fen=fen, text="裁决", **told)
            services.confirm_award(actor=CHECKER, case_no=case.case_no)

    @rule(which=st.integers(0, 9), party=st.sampled_from(["seller", "buyer"]), bps=st.integers(0, 2_100))
    def notice(self, which: int, party: str, bps: int) -> None:
        self.attempt(
            services.notice_breach,
            contract_no=self.contract(which).contract_no,
            party=party,
            ground="other",
            reason="违约",
            damages_bps=bps,
        )

    @rule(cures=st.booleans())
    def end_a_breach(self, cures: bool) -> None:
        breach = Breach.objects.filter(state="noticed").first()
        if breach is not None:
            step = services.cure_breach if cures else services.confirm_breach
            self.attempt(step, breach_no=breach.breach_no, reason="处理")

    @rule(hours=st.sampled_from([1, 24, 49, 180]))
    def time_passes(self, hours: int) -> None:
        services.run_due(self.clock.pass_hours(hours))
        services.ask_again()

    @rule()
    def floor_answers(self) -> None:
        self.floor.turn()
        for numbers, said in all_contracts():
            assert differences(said, contract_nos=numbers) == ((), ()), "credit records as if rebuilt"

    @invariant()
    def every_fen_is_somewhere(self) -> None:
        assert services.verify_ledger() == []

    @invariant()
    def what_is_kept_is_what_open_contracts_keep(self) -> None:
        kept = sum(
            account.credits_posted - account.debits_posted
            for account in LedgerAccount.objects.filter(kind__in=KEPT)
        )
        open_ones = Delivery.objects.exclude(stage__in=["completed", "breached"]).select_related("contract")
        expected = sum(map(self._kept_of, open_ones))
        assert kept == expected

    @staticmethod
    def _kept_of(delivery: Delivery) -> int:
        contract = delivery.contract
        if contract.payment == "bond" and contract.final_at_ns is None:
            return contract.bond_fen
        whole = contract.amount_fen if contract.payment == "escrow" else contract.deposit_fen
        return whole - delivery.deposit_used_fen

    @invariant()
    def goods_that_left_are_paid_at_the_price_of_the_contract(self) -> None:
        for row in ContractPickup.objects.exclude(state="open").select_related("delivery__contract"):
            assert row.over_short_fen == (row.weighed_kg - row.kg) * row.delivery.contract.price_fen
        for delivery in Delivery.objects.prefetch_related("pickups"):
            rows = list(delivery.pickups.all())
            assert delivery.over_short_fen == sum(row.over_short_fen for row in rows)
            assert delivery.over_short_fen == self.over_short_moved(delivery)
            assert (delivery.net_kg or 0) == sum(row.weighed_kg for row in rows)

    @staticmethod
    def over_short_moved(delivery: Delivery) -> int:
        """What the buyer paid or was asked for goods over, less what it was paid for goods short."""
        reference = f"trade:{delivery.pk}"
        asked = Charge.objects.filter(reference=reference, charge_key__startswith="over_short:")
        charged = sum(
            row.amount_fen if row.account_no == delivery.buyer_no else -row.amount_fen for row in asked
        )
        kept = Transfer.objects.filter(reference=reference, transfer_key__startswith="cushion:over_short:")
        return charged - sum(kept.values_list("amount_fen", flat=True))

    @invariant()
    def status_and_stage_tell_the_same(self) -> None:
        told = {
            "awaiting_payment": "unpaid",
            "disputed": "disputed",
            "completed": "completed",
            "breached": "breached",
        }
        for stage, status in Contract.objects.values_list("delivery__stage", "status"):
            assert status == told.get(stage, "effective")

    @invariant()
    def the_floor_agrees_when_it_has_heard_everything(self) -> None:
        if not self.floor_has_waiting():
            assert self.floor.agrees()

    @staticmethod
    def floor_has_waiting() -> bool:
        from exchange.kernel import outbox

        return bool(outbox.pending(1))


@pytest.mark.django_db
def test_deliveries_keep_every_fen_whatever_happens() -> None:
    run_state_machine_as_test(
        DeliveryMachine, settings=settings(max_examples=examples(12), stateful_step_count=20, deadline=None)
    )
