"""Contract terms, amendments, rescission and the trading stop, as people see and do them."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import today
from exchange.kernel.documents.codes import code_of
from exchange.kernel.documents.verification import verify_pdf
from exchange.members import services as members
from settlement import services
from settlement.models import Amendment, Breach, Contract, Rescission, TermsVersion
from settlement.terms_desk import first_day, last_terms
from tests.kernel.documents.pdf_text import text_of
from tests.trading.exchange_in_tables import TableExchange
from tests.web.conftest import PASSWORD, LogIn
from tests.web.test_settlement_desks import number, post

__all__ = ["number"]

pytestmark = pytest.mark.django_db


def test_terms_are_proposed_approved_and_published(market: TableExchange, log_in: LogIn) -> None:
    desk = log_in()
    page = desk.get("/console/terms/").content.decode()
    assert "2026.2" in page
    assert "民法典" in page
    last = last_terms()
    form = {
        "effective_from": first_day(today()).isoformat(),
        "reason": "定金降低",
        "clause_title": [title for title, _ in last.clauses],
        "clause_text": [text for _, text in last.clauses],
    }
    refused = post(desk, "/console/terms/act/", verb="propose", bond_bps="2500", **form)
    assert "超过法律允许的上限" in refused
    assert "不正确" in post(desk, "/console/terms/act/", verb="propose", bond_bps="1e3", **form)
    post(desk, "/console/terms/act/", verb="propose", damages_bps="800", **form)
    version = TermsVersion.objects.get().version
    assert "1000 基点" in desk.get("/console/terms/").content.decode()
    alone = post(desk, "/console/terms/act/", verb="approve", subject=version)
    assert "提出人不能复核自己的申请" in alone
    assert desk.get(f"/terms/{version}/").status_code == 404
    second = other_operator()
    post(second, "/console/terms/act/", verb="approve", subject=version)
    assert "800" in second.get(f"/terms/{version}/").content.decode()
    assert log_in(market.growers[0]).get("/console/terms/").status_code == 403


def test_parties_amend_their_contract(market: TableExchange, number: str, log_in: LogIn) -> None:
    grower, dealer, stranger = (
        log_in(no) for no in (market.growers[0], market.dealers[0], market.dealers[1])
    )
    page, act = f"/me/contracts/{number}/", f"/me/contracts/{number}/amend/"
    shown = dealer.get(page).content.decode()
    for text in ("货物明细", "通用条款摘要", "交收期间", "损耗标准"):
        assert text in shown
    until = (today() + timedelta(days=40)).isoformat()
    assert "变更内容不正确" in post(dealer, act, verb="propose", over_short="9", reason="车辆紧张")
    assert "要减少或改价，请先解除本合同" in shown
    for other in ({"price": "7.10"}, {"quantity": "500", "over_short": "3.5"}):
        assert "那是另一笔交易" in post(dealer, act, verb="propose", reason="降价", **other)
    post(dealer, act, verb="propose", delivery_until=until, over_short="3.5", reason="车辆紧张")
    row = Amendment.objects.get()
    pdf = f"/me/amendments/{row.amendment_no}.pdf"
    assert grower.get(pdf).status_code == 404
    post(grower, act, verb="agree", subject=row.amendment_no)
    row.refresh_from_db()
    assert (row.state, row.changes) == ("agreed", {"delivery_until": until, "over_short_bps": 350})
    report = verify_pdf(grower.get(pdf).content)
    assert (report.genuine, report.kind, report.number) == (True, "amendment", row.amendment_no)
    assert stranger.get(pdf).status_code == 404
    for kind, no in (("amendment", row.amendment_no), ("contract", number)):
        answer = stranger.get(f"/verify/{kind}/{no}/{code_of(kind, no)}/").content.decode()
        assert row.amendment_no in answer
    paper = grower.get(f"{page}contract.pdf").content
    assert verify_pdf(paper).genuine
    assert text_of(paper).count("自营，无经纪") == 2
    assert Contract.objects.get().over_short_bps == 200


def test_a_broken_contract_is_undone_by_two_people(market: TableExchange, number: str, log_in: LogIn) -> None:
    desk, second = log_in(), other_operator()
    page, act = f"/console/deliveries/{number}/", f"/console/deliveries/{number}/act/"
    assert "提出解除" not in desk.get(page).content.decode()
    post(desk, act, verb="breach", party="buyer", ground="late_pickup", reason="逾期不提")
    Breach.objects.update(cure_due_ns=0)
    post(desk, act, verb="confirm_breach", subject=Breach.objects.get().breach_no, reason="未补正")
    assert "提出解除" in desk.get(page).content.decode()
    post(desk, act, verb="rescind", reason="买方违约，卖方收回货物")
    row = Rescission.objects.get()
    assert "提出人不能复核" in post(desk, act, verb="approve_rescission", subject=row.rescission_no)
    services.bind_bank_account(actor=SYSTEM, account_no=market.growers[0], bank=market.bank)
    market.deposit(market.growers[0], 1_000_000)
    market.settle()
    post(second, act, verb="approve_rescission", subject=row.rescission_no)
    market.settle()
    row.refresh_from_db()
    assert row.state == "done"
    shown = log_in(market.dealers[0]).get(f"/me/contracts/{number}/delivery/").content.decode()
    assert "已解除：货退卖方，款退买方" in shown
    own = log_in(market.growers[0]).get(f"/me/contracts/{number}/").content.decode()
    assert row.rescission_no in own
    assert "守约方手续费" not in own, "a grower had paid none"
    verdict = second.get(f"/verify/contract/{number}/{code_of('contract', number)}/").content.decode()
    assert "已解除" in verdict
    assert market.differences() == []


def other_operator() -> Client:
    """A second member of the operator's staff."""
    members.register_user(
        actor=SYSTEM, username="desk-two", password=PASSWORD, role="operator", member_code=None
    )
    client = Client()
    user = get_user_model().objects.get(username="desk-two")
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[1])
    return client
