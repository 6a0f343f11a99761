"""All of a chunk of the halls or nothing of it, wherever the projector dies and however it is cut."""

import pytest
from django.db import transaction

from exchange.halls import services as halls
from exchange.halls.auction_selectors import auctions_for_operator, awards
from exchange.halls.desk_settings import settings_in_force
from exchange.halls.models import SettingProposal
from exchange.halls.selectors import listings_of
from exchange.halls.types import AwardState, HallState, ListingState
from exchange.kernel import calendar
from exchange.kernel.calendar import NS_PER_S
from matching.desk_types import WITH_BOND, AuctionKind, DeskCommand, DeskSetting
from matching.types import Side
from tests.halls.hall import CHECKER, MAKER, Hall, K, P
from tests.trading.paper_floor import buy, sell
from tests.trading.table_dump import Dump, Killed, dump, killed_at
from warehouse_receipts.selectors import receipts_of

MINUTE_NS = 60 * NS_PER_S
STRIDE = 5
"""One statement in so many is where the projector dies; which ones differs from run to run of the suite only
with the code."""


def receipt(account: int, place: int) -> tuple[str, ...]:
    """The account's receipts, oldest first, by place."""
    return (receipts_of(account)[::-1][place].receipt_no,)


@pytest.fixture
def waiting(hall: Hall) -> Hall:
    """Open listings and an auction, and a chunk that ends them: takes with a bond, an agreement, an award, a
    default."""
    (grower, other), (one, two, three), product = hall.growers, hall.dealers, hall.products[0]
    hall.store_goods(grower, product, 5_000)
    hall.settle()
    first = hall.list(grower, receipt_nos=receipt(grower, 0), negotiable=True, payment=WITH_BOND)
    need = hall.list(three, side=Side.BUY, quantity_kg=2_000, price=730, payment=WITH_BOND)
    bond = {P.BOND_FEN_PER_T: 20_000, P.STEP: 5, P.DURATION_NS: MINUTE_NS}
    lot = hall.put_up(other, AuctionKind.ENGLISH, bond, receipt_nos=receipt(other, 0))
    for account in (one, two):
        hall.say(K.ENTER, account, lot.id)
    hall.wait(61 * NS_PER_S)
    a_minute_to_pay()
    hall.settle()
    epoch = hall.auction(lot.id).epoch
    for _ in range(2):
        hall.withdraw(two, 45_000_000)
    hall.settle()

    until = first.valid_until_ns
    floor = hall.floor
    floor.batch(DeskCommand(K.TAKE, account=one, id=first.id, price=720, quantity=3_000))
    floor.batch(DeskCommand(K.COUNTER, account=two, id=first.id, price=700, quantity=1_000, amount=until))
    floor.batch(sell(grower, product.number, 720, 2_000), buy(one, product.number, 720, 1_000))
    floor.batch(DeskCommand(K.TAKE, account=grower, id=need.id, price=730, quantity=1_000))
    floor.batch(DeskCommand(K.BID, account=one, id=lot.id, price=700, other=epoch))
    floor.batch(DeskCommand(K.BID, account=two, id=lot.id, price=705, other=epoch))
    floor.batch(DeskCommand(K.WITHDRAW, account=grower, id=first.id))
    halls.draft_listing(actor=MAKER, account_no=grower, terms=hall.terms(receipt_nos=receipt(grower, 1)))
    for _ in range(9):
        floor.time_ns += 19 * NS_PER_S
        floor.batch(DeskCommand(K.TIME))
    return hall


def a_minute_to_pay() -> None:
    """Shorter than people may make it."""
    row = SettingProposal.objects.create(
        setting=int(DeskSetting.PAY_NS),
        old=settings_in_force()[DeskSetting.PAY_NS],
        new=MINUTE_NS,
        reason="试行",
        proposed_by=MAKER.name,
        proposed_at=calendar.now(),
    )
    halls.decide_setting(row.pk, approve=True, reason="同意", actor=CHECKER)


def projected(hall: Hall) -> tuple[Dump, int]:
    """The tables after the waiting chunk, and how many statements it takes; everything rolled back."""
    with transaction.atomic():
        with pytest.MonkeyPatch.context() as patch, killed_at(0, patch) as seen:
            hall.projector.catch_up()
        after = dump()
        assert hall.differences() == []
        transaction.set_rollback(True)
    hall.restart_projector()
    return after, len(seen)


def test_death_leaves_nothing_and_a_restart_writes_the_same(
    waiting: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump()
    after, statements = projected(waiting)
    assert statements > 60
    for statement in range(1, statements + 1, STRIDE):
        with transaction.atomic():
            waiting.restart_projector()
            with killed_at(statement, monkeypatch) as seen, pytest.raises(Killed):
                waiting.projector.catch_up()
            assert dump() == before, f"rows survived death after {seen[-1]}"
            waiting.restart_projector()
            waiting.projector.catch_up()
            assert dump() == after, f"the restart after {seen[-1]} wrote other rows"
            transaction.set_rollback(True)


@pytest.mark.parametrize("budget", [1, 3])
def test_the_cut_of_chunks_does_not_show_in_the_tables(waiting: Hall, budget: int) -> None:
    after, _ = projected(waiting)
    waiting.restart_projector(budget=budget)
    waiting.projector.catch_up()
    assert dump() == after


def test_a_restart_goes_on_with_what_is_open(waiting: Hall) -> None:
    waiting.settle()
    waiting.floor.save_snapshot()
    waiting.restart_projector()
    grower = waiting.growers[0]
    (lot,) = auctions_for_operator().rows
    draft, first = listings_of(grower).rows
    assert (first.state, lot.state) == (ListingState.WITHDRAWN, HallState.PAYING)
    waiting.say(K.PAY, waiting.dealers[0], lot.id)
    halls.submit_listing(actor=MAKER, account_no=grower, listing_id=draft.id)
    halls.approve_listing(actor=CHECKER, listing_id=draft.id)
    waiting.settle()
    failed = waiting.listing(draft.id)
    assert (failed.state, failed.failure) == (ListingState.FAILED, "lot_too_small")
    assert waiting.auction(lot.id).state == HallState.AWARDED
    assert [award.state for award in awards(lot.id)] == [AwardState.DEFAULTED, AwardState.PAID]
    assert waiting.differences() == []
