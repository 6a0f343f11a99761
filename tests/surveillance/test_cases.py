"""Runs that make no alert twice, alerts found again from the books, cases that two people close."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from exchange.cli import run as jinguo
from exchange.commands.outcome import Exit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import today
from exchange.kernel.canonical import canonical_hash, canonical_json
from exchange.kernel.errors import BadParameter, Conflict
from exchange.kernel.proposal_errors import ChangesNothing, ChangeWaits, OwnChange
from exchange.surveillance import cases, rules
from exchange.surveillance.errors import (
    AlertDecided,
    CaseClosed,
    CaseNotClosing,
    NothingSuch,
    NotStaff,
    OwnOutcome,
    UnknownAlert,
)
from exchange.surveillance.models import Alert, Case, CaseEntry, RulesVersion
from exchange.surveillance.parameters import BUILT_IN
from exchange.surveillance.running import run_day, verify_alert
from exchange.surveillance.selectors import alerts, case_by_no
from exchange.surveillance.types import AlertState, CaseState, EntryKind, Outcome
from exchange.trading.models import Order, Trade
from matching.types import Reason
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell

pytestmark = pytest.mark.django_db

ANNA, BERT = Actor("anna"), Actor("bert")


def test_the_same_day_gives_the_same_alerts_and_later_facts_a_revision(market: TableExchange) -> None:
    dry = run_day(today(), dry_run=True)
    assert not Alert.objects.exists()
    first = run_day(today(), actor=ANNA)
    assert (first.known, len(first.new)) == (0, len(dry.new))
    kinds = sorted(alert.kind.value for alert in alerts())
    assert kinds == ["large", "large", "layering"]
    (layers,) = alerts(kind="layering")
    assert (layers.accounts, layers.figures["cancelled_kg"]) == ((market.growers[0],), 60_000)
    assert layers.figures["fastest_ms"] == 1_000, "as the journal has it"
    again = run_day(today(), actor=ANNA)
    assert (again.new, again.changed, again.known) == ([], [], 3)

    fuji = market.products[0].number
    market.floor.batch(sell(market.growers[1], fuji, 730, 10_000), buy(market.dealers[1], fuji, 730, 10_000))
    market.settle()
    later = run_day(today(), actor=ANNA)
    assert (later.new, len(later.changed), later.known) == ([], 2, 1)
    states = [(alert.state, alert.revision) for alert in alerts(kind="large")]
    assert sorted(states) == [("new", 2), ("new", 2), ("superseded", 1), ("superseded", 1)]
    with pytest.raises(BadParameter):
        run_day(today() + timedelta(days=1))


def test_alerts_are_found_by_any_of_their_members(market: TableExchange) -> None:
    run_day(today())
    (layers,) = Alert.objects.filter(kind="layering")
    for no, accounts in (("YJ1", [71]), ("YJ2", [17, 305]), ("YJ3", [5, 17, 710])):
        layers.pk, layers.no, layers.key, layers.accounts = None, no, no, accounts
        layers.save(force_insert=True)
    found = {number: [alert.no for alert in alerts(account_no=number)] for number in (71, 17, 710, 0, 30)}
    assert found == {71: ["YJ1"], 17: ["YJ3", "YJ2"], 710: ["YJ3"], 0: [], 30: []}


def test_an_alert_is_found_again_until_somebody_touches_it(
    market: TableExchange, capsys: pytest.CaptureFixture[str]
) -> None:
    assert jinguo(["surveillance", "run", today().isoformat(), "--json"]) == Exit.OK
    report = json.loads(capsys.readouterr().out)
    assert len(report["new"]) == 3
    for no in report["new"]:
        assert verify_alert(no).holds
    rules.propose_rules(actor=ANNA, values={"layering_kg": 90_000}, reason="减少误报")
    rules.decide_rules(rules.rules_versions()[0].id, approve=True, reason="同意", actor=BERT)
    assert verify_alert(report["new"][0]).holds, "by the parameters it was found by"
    Order.objects.filter(reason=Reason.BY_OWNER).update(reason=Reason.SESSION_END)
    (layers,) = alerts(kind="layering")
    assert jinguo(["surveillance", "verify", layers.no]) == Exit.DIFFERENCES
    assert "the books do not give it" in capsys.readouterr().out
    Trade.objects.filter(quantity=50_000).update(quantity=49_000, amount_fen=49_000 * 730)
    assert any(not verify_alert(alert.no).holds for alert in alerts(kind="large"))
    assert jinguo(["surveillance", "verify", "YJ1"]) == Exit.USAGE
    with pytest.raises(UnknownAlert):
        verify_alert("YJ1")


def test_evidence_and_timelines_cannot_be_rewritten(market: TableExchange) -> None:
    run_day(today())
    cases.open_case(title="疑似虚假申报", reason="预警", actor=ANNA, alerts=[alerts()[0].no])
    for change in (
        lambda: Alert.objects.update(evidence="{}"),
        lambda: Alert.objects.update(accounts=[9]),
        lambda: Alert.objects.all().delete(),
        lambda: Alert.objects.filter(state="in_case").update(state="new", case=None, decided_by=""),
        lambda: CaseEntry.objects.update(text="另有说明"),
        lambda: CaseEntry.objects.all().delete(),
        lambda: Case.objects.update(opened_by="bert"),
        lambda: Case.objects.update(state="closed", outcome="warning", closed_by="anna", closed_at=Now()),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_an_alert_is_dealt_with_once(market: TableExchange) -> None:
    run_day(today())
    one, other, third = (alert.no for alert in alerts())
    with pytest.raises(BadParameter):
        cases.dismiss_alert(one, reason=" ", actor=ANNA)
    cases.dismiss_alert(one, reason="做市报价调整", actor=ANNA)
    no = cases.open_case(title="大户集中", reason="占比过高", actor=ANNA, alerts=[other])
    for act in (
        lambda: cases.dismiss_alert(one, reason="再次排除", actor=BERT),
        lambda: cases.attach_alert(no, other, reason="并入", actor=BERT),
        lambda: cases.open_case(title="又一案", reason="重复", actor=BERT, alerts=[one]),
    ):
        with pytest.raises(AlertDecided):
            act()
    assert Case.objects.count() == 1, "a refused one leaves nothing"
    cases.attach_alert(no, third, reason="并案", actor=BERT)
    assert [alert.state for alert in case_by_no(no).alerts] == [AlertState.IN_CASE, AlertState.IN_CASE]


def test_a_case_is_worked_on_and_closed_by_a_second_person(market: TableExchange) -> None:
    run_day(today())
    (layers,) = alerts(kind="layering")
    no = cases.open_case(title="疑似虚假申报", reason="撤单过快", actor=ANNA, alerts=[layers.no])
    trade = Trade.objects.order_by("-pk").first()
    assert trade is not None
    cases.attach(no, EntryKind.TRADE, trade.pk, text="相关成交", actor=ANNA)
    with pytest.raises(Conflict):
        cases.attach(no, EntryKind.TRADE, trade.pk, text="又一次", actor=ANNA)
    with pytest.raises(NothingSuch):
        cases.attach(no, EntryKind.ORDER, 10**9, text="没有", actor=ANNA)
    with pytest.raises(NotStaff):
        cases.assign(no, assignee="nobody", reason="转交", actor=ANNA)
    cases.assign(no, assignee="bert", reason="转交", actor=ANNA)
    with pytest.raises(BadParameter):
        cases.add_note(no, text="零\x00", actor=BERT)
    cases.add_note(no, text="已电话核实", actor=BERT)
    with pytest.raises(CaseNotClosing):
        cases.close_case(no, reason="同意", actor=BERT)
    cases.propose_outcome(no, outcome=Outcome.WARNING, reason="首次，书面警示", actor=BERT)
    with pytest.raises(OwnOutcome):
        cases.close_case(no, reason="同意", actor=BERT)
    with pytest.raises(CaseClosed):
        cases.add_note(no, text="补记", actor=ANNA)
    cases.send_back(no, reason="证据不足", actor=ANNA)
    cases.propose_outcome(no, outcome=Outcome.NO_BREACH, reason="系报价调整", actor=BERT)
    cases.close_case(no, reason="同意", actor=ANNA)
    file = case_by_no(no)
    assert (file.row.state, file.row.outcome, file.row.closed_by) == (CaseState.CLOSED, "no_breach", "anna")
    assert [entry.kind.value for entry in file.entries] == (
        ["opened", "alert", "trade", "assigned", "note", "proposed", "sent_back", "proposed", "closed"]
    )
    assert trade.pk in file.trades
    assert file.orders == tuple(layers.evidence["orders"])
    with pytest.raises(CaseClosed):
        cases.propose_outcome(no, outcome=Outcome.REFERRED, reason="移送", actor=ANNA)
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.update(outcome="referred")


def test_thresholds_are_changed_by_two_people(db: None) -> None:
    assert rules.rules_in_force() == (1, BUILT_IN)
    with pytest.raises(ChangesNothing):
        rules.propose_rules(actor=ANNA, values={"wash_kg": BUILT_IN.wash_kg}, reason="不变")
    with pytest.raises(BadParameter):
        rules.propose_rules(actor=ANNA, values={"wash_kg": 0}, reason="关闭")
    number = rules.propose_rules(actor=ANNA, values={"wash_kg": 9_000}, reason="产季量大")
    with pytest.raises(ChangeWaits):
        rules.propose_rules(actor=BERT, values={"wash_kg": 8_000}, reason="另提")
    with pytest.raises(OwnChange):
        rules.decide_rules(number, approve=True, reason="同意", actor=ANNA)
    rules.decide_rules(number, approve=True, reason="同意", actor=BERT)
    version, parameters = rules.rules_in_force()
    assert (version, parameters.wash_kg, parameters.related_kg) == (2, 9_000, BUILT_IN.related_kg)
    assert rules.rules_versions()[0].changes == {"wash_kg": (5_000, 9_000)}


def test_what_was_kept_when_there_were_fewer_parameters_holds(market: TableExchange) -> None:
    run_day(today())
    (layers,) = Alert.objects.filter(kind="layering")
    evidence = json.loads(layers.evidence)
    del evidence["parameters"]["close_share_bps"]
    layers.pk, layers.no, layers.revision, layers.state = None, "YJ1", 2, AlertState.SUPERSEDED
    layers.evidence, layers.evidence_hash = canonical_json(evidence).decode(), canonical_hash(evidence)
    layers.save(force_insert=True)
    assert verify_alert("YJ1").holds
    rules.decide_rules(
        rules.propose_rules(actor=ANNA, values={"wash_kg": 9_000}, reason="产季量大"),
        approve=True,
        reason="同意",
        actor=BERT,
    )
    fewer = RulesVersion.objects.get()
    fewer.pk, fewer.version, fewer.values = None, 3, {"wash_kg": 8_000}
    fewer.save(force_insert=True)
    rules.propose_rules(actor=ANNA, values={"related_kg": 2_000}, reason="减少误报")
    assert rules.rules_versions()[0].changes == {"related_kg": (BUILT_IN.related_kg, 2_000)}
