"""What contracts leave in the credit records of their parties, live and rebuilt."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from exchange import cli
from exchange.commands.outcome import Exit
from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import NS_PER_DAY
from exchange.members.credit import record_facts
from exchange.members.credit_selectors import own_facts
from exchange.members.credit_types import FactKind, NewFact
from exchange.members.selectors import member_by_account_no
from exchange.ops import demo_credit
from exchange.ops.credit_rebuild import rebuild
from settlement import credit, services
from settlement.models import Breach, Claim, Delivery, DisputeCase, Rescission
from settlement.terms import balance_due_ns, breach_due_ns
from tests.settlement.clock import Clock, stopped_clock
from tests.settlement.floor import Floor
from tests.settlement.market import DAY, DEALER, GROWER
from tests.settlement.test_delivery import (
    CHECKER,
    KEEPER,
    WITH_BOND,
    a_market_with_money,
    book,
    claim,
    conclude,
    dispute,
    go,
    load,
)

pytestmark = pytest.mark.django_db

Told = tuple[str, str, int]
CLEAN = (0, 0, 0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return stopped_clock(monkeypatch)


@pytest.fixture
def floor(db: None) -> Floor:
    return a_market_with_money()


def record_of(account_no: int) -> list[Told]:
    """(kind, role, days late) of a member's facts, the first recorded first."""
    return [(fact.kind, fact.role, fact.days_late) for fact in reversed(own_facts(account_no))]


def differs() -> tuple[int, int, int]:
    """What a dry run of the rebuild finds: missing, added, too much."""
    done = rebuild(dry_run=True)
    return done.missing, done.added, done.too_much_in_all


def test_a_kept_contract_a_late_balance_and_an_unpaid_one(floor: Floor, clock: Clock) -> None:
    late = conclude(floor, 1, **WITH_BOND)
    clock.at_ns = balance_due_ns(DAY) + NS_PER_DAY + 1
    services.pay_balance(actor=SYSTEM, account_no=DEALER, contract_no=late)
    floor.turn()
    services.accept(actor=SYSTEM, account_no=DEALER, contract_no=late)
    floor.turn()
    conclude(floor, 2, **WITH_BOND)
    clock.at_ns = breach_due_ns(DAY)
    services.run_due(clock.at_ns)
    floor.turn()
    assert record_of(GROWER) == [("fulfilled", "seller", 0)]
    assert record_of(DEALER) == [
        ("late_payment", "buyer", 2),
        ("fulfilled", "buyer", 0),
        ("breach", "buyer", 0),
        ("damages_paid", "buyer", 0),
    ]
    broken = next(fact for fact in own_facts(DEALER) if fact.kind == "breach")
    assert (broken.source, broken.detail) == (Breach.objects.get().breach_no, "non_payment")
    assert differs() == CLEAN


def test_money_that_was_bound_in_orders_is_late_by_the_day(floor: Floor, clock: Clock) -> None:
    number = conclude(floor, 1, **WITH_BOND)
    floor.bound[DEALER] = floor.funds[DEALER]
    services.pay_balance(actor=SYSTEM, account_no=DEALER, contract_no=number)
    floor.turn()
    clock.at_ns = balance_due_ns(DAY) + 1
    floor.bound[DEALER] = 0
    services.ask_again()
    floor.turn()
    assert record_of(DEALER) == [("late_payment", "buyer", 1)]
    assert differs() == CLEAN


def test_a_claim_found_right_an_agreed_one_and_an_award(floor: Floor, clock: Clock) -> None:
    first = conclude(floor, 1)
    upheld = claim(first)
    services.contest_claim(actor=SYSTEM, account_no=GROWER, claim_no=upheld)
    services.report_reinspection(actor=KEEPER, claim_no=upheld, report_no="FJ-1", findings=[("core_rot", 1)])
    floor.turn()
    services.agree_claim(actor=SYSTEM, account_no=GROWER, claim_no=claim(conclude(floor, 2)))
    floor.turn()
    for trade_id, payer, fen in ((3, "seller", 5_000), (4, "", 0)):
        case = dispute(conclude(floor, trade_id))
        services.refer_to_arbitration(actor=KEEPER, case_no=case, reason="调解不成")
        services.enter_award(actor=KEEPER, case_no=case, payer=payer, fen=fen, text="裁决")
        services.confirm_award(actor=CHECKER, case_no=case)
        floor.turn()
    assert Claim.objects.filter(state="settled").count() == 2
    opener = DisputeCase.objects.all()[0].opened_by_no
    assert opener in (GROWER, DEALER)
    kinds = [kind for kind, role, _ in record_of(GROWER) if role == "seller"]
    assert kinds.count("fulfilled") == 4
    assert {"claim_upheld", "settled", "dispute_upheld"} <= set(kinds)
    opened = [kind for kind, _, _ in record_of(opener)]
    assert (opened.count("dispute_opened"), opened.count("dispute_dismissed")) == (2, 1)
    assert differs() == CLEAN


def test_short_weight_goes_with_the_correction_that_unsays_it(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    pickup = book(number, clock)
    load(number, pickup, 970)
    go(number, pickup)
    services.accept(actor=SYSTEM, account_no=DEALER, contract_no=number)
    assert ("short_weight", "seller", 0) in record_of(GROWER)
    services.weight_corrected(
        actor=CHECKER, pickup_no=pickup, correction_no="GZ1", shares={Delivery.objects.get().pk: 15}
    )
    states = {fact.kind: fact.state for fact in own_facts(GROWER)}
    assert states == {"short_weight": "corrected", "fulfilled": "standing", "correction": "setting_aside"}
    assert differs() == CLEAN


def test_goods_fetched_after_the_last_day_are_late(floor: Floor, clock: Clock) -> None:
    number = conclude(floor)
    pickup = book(number, clock)
    load(number, pickup, 1_000)
    clock.go_to(DAY + timedelta(days=32))
    go(number, pickup)
    assert record_of(DEALER) == [("late_pickup", "buyer", 2)]
    assert differs() == CLEAN


def test_a_rescinded_contract_is_nobodys_kept_one(floor: Floor, clock: Clock) -> None:
    case = dispute(conclude(floor))
    services.refer_to_arbitration(actor=KEEPER, case_no=case, reason="调解不成")
    services.enter_award(actor=KEEPER, case_no=case, payer="seller", fen=5_000, text="解除合同")
    services.confirm_award(actor=CHECKER, case_no=case)
    delivery = Delivery.objects.get()
    Rescission.objects.create(
        rescission_no="JC1", delivery=delivery, ground="award", reason="裁决", refund_fen=1, state="done",
        proposed_by="a", proposed_at_ns=1, decided_by="b", decided_at_ns=1, finished_at_ns=1,
    )  # fmt: skip
    credit.record_contracts([delivery], because="JC1")
    for account_no in (GROWER, DEALER):
        assert {fact.kind: fact.state for fact in own_facts(account_no)}["fulfilled"] == "corrected"
    assert differs() == CLEAN


def test_the_rebuild_adds_what_happened_before_and_tells_what_nothing_bears_out(
    floor: Floor,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with monkeypatch.context() as before:
        before.setattr("settlement.completion.record_contracts", lambda deliveries: None)
        services.accept(actor=SYSTEM, account_no=DEALER, contract_no=conclude(floor))
    assert differs() == (2, 0, 0)
    assert cli.run(["credit", "rebuild", "--dry-run"]) == Exit.DIFFERENCES
    assert cli.run(["credit", "rebuild"]) == Exit.OK
    assert record_of(GROWER) == [("fulfilled", "seller", 0)]
    record_facts([NewFact(GROWER, FactKind.BREACH, "WY0", DAY, "seller", Delivery.objects.get().contract_no)])
    capsys.readouterr()
    assert cli.run(["credit", "rebuild", "--json"]) == Exit.DIFFERENCES
    assert json.loads(capsys.readouterr().out)["too_much"] == [[GROWER, "breach", "WY0"]]
    assert own_facts(GROWER)[0].state == "standing"

    assert cli.run(["credit", "evidence", "G001", "--as-of", "2026-12-31"]) == Exit.OK
    file = tmp_path / "evidence.json"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert cli.run(["credit", "verify", str(file)]) == Exit.OK
    assert cli.run(["credit", "verify", "D002", "--as-of", "2026-12-31"]) == Exit.OK
    assert cli.run(["credit", "verify", "G001", "--as-of", "2026-12-31"]) == Exit.DIFFERENCES
    assert "1 without a cause" in capsys.readouterr().out
    file.write_text(
        file.read_text(encoding="utf-8").replace('"failures": 1', '"failures": 0'), encoding="utf-8"
    )
    assert cli.run(["credit", "verify", str(file)]) == Exit.DIFFERENCES
    assert cli.run(["credit", "verify", "NOBODY"]) == Exit.USAGE


def test_the_demo_ends_what_its_members_have_concluded(
    floor: Floor, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for trade_id in range(1, 6):
        conclude(floor, trade_id)
    assert demo_credit.fill() == 0
    members = tuple(member_by_account_no(no) for no in (GROWER, DEALER))
    monkeypatch.setattr(demo_credit, "GROWERS", members)
    monkeypatch.setattr(demo_credit, "LEFT_OPEN", 1)
    monkeypatch.setattr(demo_credit, "ONE_IN", 4)
    assert demo_credit.fill() == 4
    kinds = [kind for kind, _, _ in record_of(GROWER)]
    assert sorted(kinds) == ["dispute_upheld", *["fulfilled"] * 4, "settled"]
    assert Delivery.objects.filter(stage="titled").count() == 1
    assert differs() == CLEAN
