"""Any order of businesses, splits, mergers, sales and pickups keeps every kilogram and every chain.

The machine keeps, beside the real register, only what each member owns and how much lies in the store; the
floor is played by a counter of kilograms that refuses what it does not have.
"""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from exchange.kernel import calendar, outbox
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.errors import JinguoError
from matching.desk_types import DeskCommand, DeskCommandKind
from matching.types import Command, CommandKind, Reason
from tests.examples import examples
from tests.warehouse_receipts.goods import CELL, a_receipt, a_trade, a_warehouse
from tests.warehouse_receipts.test_businesses import id_number
from warehouse_receipts import services, verify
from warehouse_receipts.chain_check import broken_chains
from warehouse_receipts.lifecycle import Stage, stage_of
from warehouse_receipts.models import Receipt, SetAside, Stock
from warehouse_receipts.title import TitleBatch
from warehouse_receipts.types import Business, SetAsideState

MEMBERS = (1, 2)
STORE = "XY01"
kilograms = st.integers(1, 20).map(lambda hundreds: hundreds * 100)
businesses = st.sampled_from(
    [Business.LISTING, Business.AUCTION, Business.PLEDGE, Business.FROZEN, Business.DISPUTED]
)


def moved(record: bytes) -> tuple[int, int]:
    """Whose free goods a command changes, and by how many kg: goods, or a lot taken or returned."""
    if record[0] == DeskCommandKind.LOT:
        lot = DeskCommand.unpack(record)
        return lot.account, -lot.quantity
    if record[0] == DeskCommandKind.LOT_RETURN:
        lot = DeskCommand.unpack(record)
        return SetAside.objects.get(pk=lot.id).holder_no, lot.quantity
    command = Command.unpack(record)
    assert command.kind == CommandKind.GOODS
    return command.account, command.quantity


class Life(RuleBasedStateMachine):
    """Two members, one cell, one store. A receipt is picked by its place among those in a state."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.owned: Counter[int] = Counter()
        self.floor: Counter[int] = Counter()
        """Kilograms free on the floor, by member."""
        self.delivered = 0
        self.stored = 0
        self.ended: set[str] = set()

    @initialize()
    def build_a_store(self) -> None:
        a_warehouse(STORE)

    def pick(self, data: st.DataObject, **state: object) -> Receipt:
        found = list(Receipt.objects.filter(state="issued", **state).order_by("id"))
        return found[data.draw(st.integers(0, len(found) - 1))] if found else self.bring(data)

    def bring(self, data: st.DataObject) -> Receipt:
        member, kg = data.draw(st.sampled_from(MEMBERS)), data.draw(kilograms) * 5
        no = a_receipt(STORE, kg, owner_no=member)
        self.owned[member] += kg
        self.stored += kg
        return Receipt.objects.get(no=no)

    def answer_all(self) -> None:
        """The floor takes what waits in the outbox, in order, as the engine would."""
        for row in outbox.pending(10_000):
            account, kg = moved(row.command)
            short = kg < 0 and self.floor[account] < -kg
            if not short:
                self.floor[account] += kg
            reason = Reason.INSUFFICIENT_GOODS if short else Reason.NONE
            outbox.mark_applied([outbox.Answer(row.id, row.id, reason)])
            services.floor_answered(row.reference, row.id, reason)
            self.answer_all()
            return

    @rule(data=st.data())
    def store_a_lot(self, data: st.DataObject) -> None:
        self.bring(data)

    @rule(data=st.data(), business=businesses, answered=st.booleans())
    def enter(self, data: st.DataObject, business: Business, answered: bool) -> None:
        receipt = self.pick(data)
        try:
            services.set_aside(
                holder_no=receipt.holder_no,
                receipt_nos=[receipt.no],
                business=business,
                reference="machine:1",
                actor=SYSTEM,
            )
        except JinguoError:
            assert receipt.business != Business.NONE or self.busy(receipt) or receipt.locked_until
        if answered:
            self.answer_all()

    @staticmethod
    def busy(receipt: Receipt) -> bool:
        return receipt.set_aside_lines.filter(open=True).exists()

    @precondition(lambda self: SetAside.objects.filter(state="active").exists())
    @rule(data=st.data(), buyer=st.sampled_from(MEMBERS))
    def leave_or_sell(self, data: st.DataObject, buyer: int) -> None:
        rows = list(SetAside.objects.filter(state=SetAsideState.ACTIVE).exclude(business="pickup"))
        if not rows:
            return
        row = rows[data.draw(st.integers(0, len(rows) - 1))]
        kg = data.draw(st.integers(1, row.left_kg))
        if row.business in {"listing", "auction"} and data.draw(st.booleans()):
            self.number += 1
            with transaction.atomic():
                batch = TitleBatch()
                trade = a_trade(self.number, 0, kg, seller_no=row.holder_no, buyer_no=buyer)
                batch.transfer_set_aside(row.pk, trade)
                batch.write()
            self.owned[row.holder_no] -= kg
            self.owned[buyer] += kg
        else:
            services.hand_back(row.pk, kg, reference="machine")

    @rule(data=st.data())
    def split_and_merge(self, data: st.DataObject) -> None:
        receipt = self.pick(data, business="none")
        if receipt.kg < 200 or self.busy(receipt):
            return
        part = data.draw(st.integers(100, receipt.kg - 100))
        numbers = services.split_receipt(
            holder_no=receipt.holder_no, no=receipt.no, parts_kg=[part, receipt.kg - part], actor=SYSTEM
        )
        if data.draw(st.booleans()):
            services.merge_receipts(holder_no=receipt.holder_no, numbers=numbers, actor=SYSTEM)
            self.ended.update(numbers)

    @rule(data=st.data(), off=st.integers(-2, 2))
    def pick_up_a_part(self, data: st.DataObject, off: int) -> None:
        self.answer_all()
        receipt = self.pick(data, business="none")
        self.answer_all()
        keeper = Actor("keeper")
        pickup = services.request_pickup(
            holder_no=receipt.holder_no,
            receipt_nos=[receipt.no],
            plate="陕D12345",
            person="李师傅",
            id_no=id_number(),
            slot_at=calendar.now() + timedelta(hours=1 + self.number),
            actor=SYSTEM,
        )
        self.number += 1
        self.answer_all()
        kg = data.draw(st.integers(1, receipt.kg))
        services.confirm_slot(pickup.no, warehouse_code=STORE, actor=keeper)
        services.check_in(
            pickup.no,
            warehouse_code=STORE,
            code=pickup.code,
            plate="陕D12345",
            id_no=id_number(),
            actor=keeper,
        )
        services.weigh_out(
            pickup.no, warehouse_code=STORE, kg=kg, weighed_kg=kg + int(kg * off / 100), actor=keeper
        )
        services.finish_pickup(pickup.no, warehouse_code=STORE, actor=keeper)
        self.owned[receipt.holder_no] -= kg
        self.delivered += kg

    @invariant()
    def every_kilogram_is_somebodys_and_lies_there(self) -> None:
        live: Counter[int] = Counter()
        for receipt in Receipt.objects.all():
            if receipt.state == "issued":
                live[receipt.holder_no] += receipt.kg
            else:
                self.ended.add(receipt.no)
        assert +live == +self.owned
        stock = Stock.objects.filter(product_number=CELL.product_number).first()
        if stock is not None:
            assert stock.physical_kg == self.stored - self.delivered
            assert stock.receipted_kg == live.total() <= stock.physical_kg

    @invariant()
    def no_receipt_comes_back(self) -> None:
        for receipt in Receipt.objects.filter(no__in=self.ended):
            assert stage_of(receipt.state, receipt.business, receipt.ended) in {
                Stage.DELIVERED,
                Stage.MERGED,
            }

    @invariant()
    def the_recounts_find_nothing(self) -> None:
        assert verify.shortfalls() == []
        assert broken_chains() == []

    @invariant()
    def the_floor_and_the_register_agree(self) -> None:
        """What the floor has free, and what waits to reach it, is what the register says can be sold."""
        sellable: Counter[int] = Counter()
        for receipt in Receipt.objects.filter(state="issued", business="none", locked_until=None):
            sellable[receipt.holder_no] += receipt.kg
        coming: Counter[int] = Counter()
        for row in outbox.pending(10_000):
            account, kg = moved(row.command)
            coming[account] += max(0, kg)
        assert +sellable == +(self.floor + coming)


class _InItsOwnTransaction(Life):
    """Each example works on tables of its own: its transaction is rolled back at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._atomic = transaction.atomic()
        self._atomic.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._atomic.__exit__(None, None, None)


@pytest.mark.django_db
def test_every_life_keeps_its_kilograms_and_its_chain() -> None:
    run_state_machine_as_test(
        _InItsOwnTransaction,
        settings=settings(
            max_examples=examples(12),
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
