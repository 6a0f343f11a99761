"""Every kilogram is paid for by whose it was: histories through splits, sales and mergers, and their fees."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.kernel.calendar import NS_PER_S, trading_day
from tests.warehouse_receipts.goods import BUYER, NOON_NS, SELLER, a_receipt, a_trade, a_warehouse
from tests.warehouse_receipts.test_businesses import MAKER, OWNER, asked, id_number, the_floor_agrees, whole
from warehouse_receipts import services
from warehouse_receipts.holding_history import Came, Chapter, Part, Transfer, Transfers, parts, parts_of
from warehouse_receipts.models import Receipt
from warehouse_receipts.storage_fees import FREE_DAYS, Period, fees_of_pickup, kept_kg

STORED, LEFT, OWNER_NO = date(2026, 10, 1), date(2027, 2, 1), 1
KG = 24


@dataclass
class Paper:
    """A receipt of the model, and which single kilograms it has left."""

    kilograms: list[int]
    issued: int
    came_from: tuple[Came, ...] = ()
    transfers: list[Transfer] = field(default_factory=list)
    split: int = 0
    live: bool = True


class Register:
    """Receipts that are split, sold and merged, and beside them what happened to each kilogram."""

    def __init__(self) -> None:
        self.papers = [Paper(list(range(KG)), KG)]
        self.truth: dict[int, list[Transfer]] = {kilogram: [] for kilogram in range(KG)}

    def live(self) -> list[int]:
        return [number for number, paper in enumerate(self.papers) if paper.live]

    def whole(self, number: int) -> Came:
        paper = self.papers[number]
        return Came(number, str(len(paper.transfers)), paper.split, len(paper.kilograms))

    def sell(self, number: int, day: date, holder: int) -> None:
        paper = self.papers[number]
        paper.transfers.append(Transfer(day, holder))
        for kilogram in paper.kilograms:
            self.truth[kilogram].append(Transfer(day, holder))

    def split_off(self, number: int, kg: int) -> int:
        paper = self.papers[number]
        taken, paper.kilograms = paper.kilograms[:kg], paper.kilograms[kg:]
        came = Came(number, str(len(paper.transfers)), paper.split, kg)
        paper.split += kg
        self.papers.append(Paper(taken, kg, (came,)))
        return len(self.papers) - 1

    def merge(self, numbers: list[int]) -> None:
        came = tuple(self.whole(number) for number in sorted(numbers))
        kilograms = [each for number in sorted(numbers) for each in self.papers[number].kilograms]
        for number in numbers:
            self.papers[number].live = False
        self.papers.append(Paper(kilograms, len(kilograms), came))

    def read(self, number: int, head: str) -> Chapter:
        paper = self.papers[number]
        return Chapter(tuple(paper.transfers[: int(head)]), paper.came_from)


steps = st.lists(
    st.tuples(
        st.sampled_from(("sell", "split", "sell a part", "merge")), st.integers(0, 99), st.integers(0, 99)
    ),
    max_size=16,
)


@settings(max_examples=30, deadline=None)
@given(steps)
def test_every_kilogram_keeps_its_own_history_and_is_paid_for_once(taken: list[tuple[str, int, int]]) -> None:
    register = Register()
    for at, (what, chosen, amount) in enumerate(taken):
        live = register.live()
        number, day = live[chosen % len(live)], STORED + timedelta(days=7 * at)
        has = len(register.papers[number].kilograms)
        if what == "merge" and len(live) > 1:
            register.merge(live[chosen % (len(live) - 1) :][: 2 + amount % 2])
        elif what == "sell":
            register.sell(number, day, 2 + amount % 3)
        elif has > 1:
            child = register.split_off(number, 1 + amount % (has - 1))
            if what == "sell a part":
                register.sell(child, day, 2 + amount % 3)

    kilogram_days = 0
    for number in register.live():
        found = parts(register.read, register.whole(number))
        kilograms = register.papers[number].kilograms
        own: Counter[Transfers] = Counter(tuple(register.truth[each]) for each in kilograms)
        assert {part.transfers: part.kg for part in found} == dict(own)
        kept = kept_kg(OWNER_NO, STORED, found, LEFT)
        kilogram_days += sum((span.to_day - span.from_day).days * kg for span, kg in kept.items())
    assert kilogram_days == KG * (LEFT - STORED).days


@pytest.mark.django_db
def test_merged_goods_are_charged_by_what_each_part_was_kept_by_whom() -> None:
    """5 t bought on one day and 3 t three days later, merged by the buyer and split again."""
    a_receipt(a_warehouse(), 20_000)
    services.hold_for_order(7, SELLER, 1, 8_000)
    later_ns = NOON_NS + 3 * 86_400 * NS_PER_S
    services.transfer_title([a_trade(1, 7, 5_000)])
    services.transfer_title([a_trade(2, 7, 3_000)._replace(at_ns=later_ns)])
    services.unlock_receipts(trading_day(NOON_NS) + timedelta(days=60))
    bought = [row.no for row in Receipt.objects.filter(holder_no=BUYER)]
    merged = services.merge_receipts(holder_no=BUYER, numbers=bought, actor=OWNER)

    first, second = trading_day(NOON_NS), trading_day(later_ns)
    early, late = (Transfer(first, BUYER),), (Transfer(second, BUYER),)
    assert history(merged) == [Part(3_000, late), Part(5_000, early)]
    rest, child = services.split_receipt(holder_no=BUYER, no=merged, parts_kg=[6_000, 2_000], actor=OWNER)
    assert history(child) == [Part(2_000, early)]
    assert history(rest) == [Part(3_000, early), Part(3_000, late)]

    free = timedelta(days=FREE_DAYS)
    kept = kept_kg(SELLER, STORED, history(rest), LEFT)
    assert kept == {
        Period(SELLER, STORED, first + free): 3_000,
        Period(SELLER, STORED, second + free): 3_000,
        Period(BUYER, first + free, LEFT): 3_000,
        Period(BUYER, second + free, LEFT): 3_000,
    }
    pickup = asked(rest)
    the_floor_agrees()
    services.confirm_slot(pickup.no, warehouse_code="XY01", actor=MAKER)
    services.check_in(
        pickup.no,
        warehouse_code="XY01",
        code=pickup.code,
        plate="陕D12345",
        id_no=id_number(),
        actor=MAKER,
    )
    services.weigh_out(pickup.no, warehouse_code="XY01", kg=6_000, weighed_kg=6_000, actor=MAKER)
    assert {fee.kg for fee in fees_of_pickup(pickup.no)} <= {6_000}
    whole()


def history(no: str) -> list[Part]:
    return parts_of(Receipt.objects.get(no=no))
