"""Any order of intake, issue, holding, releasing, trading and unlocking keeps every kilogram.

The machine keeps the simplest possible register beside the real one, kilograms by member, and after each
step compares the two, the stock, and the recount.
"""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from exchange.kernel import outbox
from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import add_trading_days, day_bounds_ns
from matching.types import Command
from tests.examples import examples
from tests.warehouse_receipts.goods import CELL, a_trade, a_warehouse, an_inspected_lot
from warehouse_receipts import selectors, services, verify
from warehouse_receipts.models import ReceiptHold
from warehouse_receipts.title import TitleBatch
from warehouse_receipts.types import RESALE_LOCK_TRADING_DAYS, TitleTrade

MEMBERS = (1, 2, 3)
PRODUCT = CELL.product_number
members = st.sampled_from(MEMBERS)
kilograms = st.integers(1, 40).map(lambda hundreds: hundreds * 100)


class Register(RuleBasedStateMachine):
    """Three members, one cell, one store."""

    def __init__(self) -> None:
        super().__init__()
        self.day = date(2026, 11, 23)
        self.number = 0
        self.physical = self.receipted = 0
        self.free: Counter[int] = Counter()
        self.locked: Counter[tuple[int, date]] = Counter()
        self.orders: dict[int, tuple[int, int]] = {}
        """order id → (member, kg on hold)"""
        self.lots: list[tuple[str, int]] = []
        """Stored lots and what of them has no receipt yet."""
        self.told: Counter[int] = Counter()
        """Kilograms the floor was told, by member."""

    def next_number(self) -> int:
        self.number += 1
        return self.number

    @initialize()
    def build_a_store(self) -> None:
        self.warehouse = a_warehouse()

    @rule(member=members, kg=kilograms)
    def store_a_lot(self, member: int, kg: int) -> None:
        intake = an_inspected_lot(self.warehouse, kg, owner_no=member)
        services.store_intake(intake, CELL)
        self.lots.append((intake, kg))
        self.physical += kg

    @precondition(lambda self: self.lots)
    @rule(data=st.data())
    def issue(self, data: st.DataObject) -> None:
        intake, left = self.lots.pop(data.draw(st.integers(0, len(self.lots) - 1)))
        kg = data.draw(st.integers(1, left))
        no = services.issue_receipt(intake, CELL, actor=SYSTEM, kg=kg)
        owner = selectors.receipt_detail(no).receipt.holder_no
        if kg < left:
            self.lots.append((intake, left - kg))
        self.receipted += kg
        self.free[owner] += kg
        self.told[owner] += kg

    @precondition(lambda self: any(self.free.values()))
    @rule(data=st.data())
    def hold(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from([no for no, kg in self.free.items() if kg]))
        kg = data.draw(st.integers(1, self.free[member]))
        order = self.next_number()
        services.hold_for_order(order, member, PRODUCT, kg)
        self.free[member] -= kg
        self.orders[order] = (member, kg)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        order, member, kg = self.some_of_an_order(data)
        services.release_hold(order, kg)
        self.free[member] += kg

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), buyer=members)
    def trade(self, data: st.DataObject, buyer: int) -> None:
        order, member, kg = self.some_of_an_order(data)
        self.settle(order, member, buyer, kg)

    @precondition(lambda self: any(self.free.values()))
    @rule(data=st.data(), buyer=members)
    def place_trade_and_cancel_in_one_batch(self, data: st.DataObject, buyer: int) -> None:
        member = data.draw(st.sampled_from([no for no, kg in self.free.items() if kg]))
        ordered = data.draw(st.integers(1, self.free[member]))
        traded = data.draw(st.integers(1, ordered))
        order, number = self.next_number(), self.next_number()
        with transaction.atomic():
            batch = TitleBatch(self.orders)
            batch.hold(order, member, PRODUCT, ordered)
            batch.transfer(self.a_trade(number, order, member, buyer, traded))
            batch.release(order, ordered - traded)
            parts = batch.write()
        assert sum(part.kg for part in parts[number]) == traded
        self.free[member] -= traded
        self.lock(buyer, traded)

    @rule(days=st.integers(1, 8))
    def let_days_pass(self, days: int) -> None:
        self.day += timedelta(days=days)
        services.unlock_receipts(self.day)
        for (member, until), kg in list(self.locked.items()):
            if until <= self.day:
                del self.locked[member, until]
                self.free[member] += kg
                self.told[member] += kg

    def some_of_an_order(self, data: st.DataObject) -> tuple[int, int, int]:
        """Takes part of what an order holds out of the model."""
        order = data.draw(st.sampled_from(sorted(self.orders)))
        member, held = self.orders[order]
        kg = data.draw(st.integers(1, held))
        if kg == held:
            del self.orders[order]
        else:
            self.orders[order] = (member, held - kg)
        return order, member, kg

    def settle(self, order: int, member: int, buyer: int, kg: int) -> None:
        number = self.next_number()
        parts = services.transfer_title([self.a_trade(number, order, member, buyer, kg)])
        assert sum(part.kg for part in parts[number]) == kg
        self.lock(buyer, kg)

    def a_trade(self, number: int, order: int, seller: int, buyer: int, kg: int) -> TitleTrade:
        at_ns = day_bounds_ns(self.day)[0] + 12 * 3_600 * 10**9
        return a_trade(number, order, kg, seller_no=seller, buyer_no=buyer)._replace(at_ns=at_ns)

    def lock(self, buyer: int, kg: int) -> None:
        self.locked[buyer, add_trading_days(self.day, RESALE_LOCK_TRADING_DAYS)] += kg

    @invariant()
    def the_register_agrees_with_the_model(self) -> None:
        for member in MEMBERS:
            free, held, locked = selectors.receipt_totals(member).get(PRODUCT, (0, 0, 0))
            assert free == self.free[member]
            assert held == sum(kg for owner, kg in self.orders.values() if owner == member)
            assert locked == sum(kg for (owner, _), kg in self.locked.items() if owner == member)

    @invariant()
    def receipts_never_exceed_the_goods(self) -> None:
        for stock in selectors.stocks():
            assert (stock.physical_kg, stock.receipted_kg) == (self.physical, self.receipted)
            assert stock.receipted_kg <= stock.physical_kg

    @invariant()
    def the_recount_finds_nothing(self) -> None:
        assert verify.shortfalls() == []
        assert not ReceiptHold.objects.filter(kg=0).exists()

    @invariant()
    def the_floor_was_told_what_may_be_sold(self) -> None:
        told: Counter[int] = Counter()
        for row in outbox.pending(10_000):
            command = Command.unpack(row.command)
            told[command.account] += command.quantity
        assert told == self.told


class _InItsOwnTransaction(Register):
    """Each example works on tables of its own: its transaction is rolled back at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._atomic = transaction.atomic()
        self._atomic.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._atomic.__exit__(None, None, None)


@pytest.mark.django_db
def test_every_kilogram_is_kept_whatever_happens() -> None:
    run_state_machine_as_test(
        _InItsOwnTransaction,
        settings=settings(
            max_examples=examples(12),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
