"""What both parties agree to change: proposed by one, agreed by the other, linked, obeyed by all."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadTransition, NotFound
from exchange.kernel.problems import JinguoError
from settlement import amendments, services
from settlement.delivery_selectors import access_delivery
from settlement.models import Amendment, Contract, Delivery
from settlement.pickups import LoadedShare
from settlement.terms import silence_ns
from settlement.verify import verify_settlement
from tests.settlement.clock import Clock, stopped_clock
from tests.settlement.market import DAY, DEALER, GROWER, OTHER, PRODUCTS, goods, open_market, run_sql, trade

NO = "HT20261120-00000001"
SALLY, BEN = Actor("sally"), Actor("ben")


@pytest.fixture
def clock(db: None, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = stopped_clock(monkeypatch)
    open_market()
    services.settle_trades([trade(1)])
    services.form_contracts([(trade(1), goods())], PRODUCTS)
    return clock


def propose(account_no: int = DEALER, **changes: date | int) -> str:
    wanted = changes or {"over_short_bps": 300}
    return services.propose_amendment(
        actor=BEN, account_no=account_no, contract_no=NO, changes=wanted, reason="车辆紧张"
    )


def code_of(act: object) -> str:
    with pytest.raises(JinguoError) as refused:
        act()  # type: ignore[operator]
    return refused.value.code


def test_quantity_and_price_are_another_deal(clock: Clock) -> None:
    for changes in ({"quantity_kg": 500}, {"price_fen": 700}, {"over_short_bps": 300, "price_fen": 700}):
        assert code_of(lambda changes=changes: propose(**changes)) == "another_deal"


def test_agreed_changes_are_obeyed_and_linked(clock: Clock) -> None:
    later = DAY + timedelta(days=20)
    first = propose(over_short_bps=300, deposit_release_day=later)
    assert Delivery.objects.get().amended is None
    services.agree_amendment(actor=SALLY, account_no=GROWER, amendment_no=first)
    second = propose(GROWER, delivery_until=DAY + timedelta(days=50), over_short_bps=400)
    services.agree_amendment(actor=BEN, account_no=DEALER, amendment_no=second)
    delivery, contract = Delivery.objects.get(), Contract.objects.get()
    assert delivery.next_due_ns == silence_ns(later)
    one, two = Amendment.objects.order_by("place")
    assert (one.prev_hash, two.prev_hash) == (contract.document_hash, one.document_hash)
    assert two.before == {"delivery_until": "2026-12-20", "over_short_bps": 300}
    assert services.release_quality_deposits(DAY + timedelta(days=19)) == 0
    clock.pass_hours(1)
    trade_id = delivery.pk
    services.pickup_booked(
        actor=BEN,
        pickup_no="TH1",
        trade_ids=[trade_id],
        plate="陕D12345",
        person="李铁柱 1234",
        at_ns=clock.at_ns + 1,
    )
    assert Delivery.objects.get().next_due_ns >= silence_ns(later)
    services.goods_loaded(actor=SALLY, pickup_no="TH1", shares=[LoadedShare(trade_id, 1_000, 1_040)])
    assert contract.over_short_bps == 200
    assert verify_settlement() == []


def test_only_the_other_party_agrees_and_strangers_see_nothing(clock: Clock) -> None:
    number = propose()
    assert code_of(lambda: services.agree_amendment(actor=BEN, account_no=DEALER, amendment_no=number)) == (
        "own_amendment"
    )
    with pytest.raises(NotFound):
        services.agree_amendment(actor=BEN, account_no=OTHER, amendment_no=number)
    with pytest.raises(NotFound):
        propose(OTHER)
    assert code_of(lambda: propose(GROWER)) == "amendment_waiting"
    services.decline_amendment(actor=SALLY, account_no=GROWER, amendment_no=number, reason="不同意")
    with pytest.raises(BadTransition):
        services.agree_amendment(actor=SALLY, account_no=GROWER, amendment_no=number)
    assert Delivery.objects.get().amended is None


def test_an_answer_comes_in_time_or_not_at_all(clock: Clock) -> None:
    number = propose()
    clock.pass_hours(73)
    agree = lambda: services.agree_amendment(actor=SALLY, account_no=GROWER, amendment_no=number)  # noqa: E731
    assert code_of(agree) == "amendment_expired"
    again = propose(GROWER)
    assert [row.state for row in amendments.amendments_of(NO)] == ["expired", "proposed"]
    services.decline_amendment(actor=SALLY, account_no=GROWER, amendment_no=again)
    assert Amendment.objects.get(amendment_no=again).state == "withdrawn"


@pytest.mark.parametrize(
    "changes",
    [
        {"over_short_bps": 501},
        {"over_short_bps": -1},
        {"over_short_bps": 200},
        {"late_fee_bps_per_day": 1},
        {"delivery_until": DAY},
        {"delivery_until": DAY + timedelta(days=181)},
        {"delivery_until": 5},
        {"delivery_until": True},
    ],
)
def test_what_may_not_change_is_refused(clock: Clock, changes: dict[str, date | int]) -> None:
    assert code_of(lambda: propose(**changes)) == "bad_amendment"
    assert not Amendment.objects.exists()


def test_a_flood_of_proposals_ends(clock: Clock) -> None:
    for _ in range(amendments.MOST_AMENDMENTS):
        services.decline_amendment(actor=BEN, account_no=DEALER, amendment_no=propose())
    assert code_of(propose) == "too_many_amendments"


def test_nothing_is_amended_when_the_goods_have_been_weighed_or_the_contract_is_over(clock: Clock) -> None:
    number = propose()
    services.accept(actor=BEN, account_no=DEALER, contract_no=NO)
    for act in (
        propose,
        lambda: services.agree_amendment(actor=SALLY, account_no=GROWER, amendment_no=number),
    ):
        with pytest.raises(BadTransition):
            act()


def test_a_forged_link_shows(clock: Clock) -> None:
    services.agree_amendment(actor=SALLY, account_no=GROWER, amendment_no=propose())
    for statement in (
        "UPDATE settlement_amendment SET reason = 'x'",
        "UPDATE settlement_amendment SET place = 2",
        "DELETE FROM settlement_amendment",
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            run_sql(statement)
    run_sql("UPDATE settlement_delivery SET amended = '{\"over_short_bps\": 500}'")
    (finding,) = verify_settlement()
    assert (finding.what, finding.subject) == ("amendments", NO)
    assert access_delivery(NO, account_no=None).contract_no == NO
