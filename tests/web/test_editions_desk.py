"""The console's desk of rule editions: one proposes with a diff, another approves, bad data say where."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import today
from exchange.members import services as members
from tests.trading.exchange_in_tables import TableExchange
from tests.web.conftest import PASSWORD, LogIn
from warehouse_receipts import editions
from warehouse_receipts.states import EditionKind

pytestmark = pytest.mark.django_db


def operator(username: str) -> Client:
    members.register_user(
        actor=SYSTEM, username=username, password=PASSWORD, role="operator", member_code=None
    )
    client = Client()
    user = get_user_model().objects.get(username=username)
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[1])
    return client


def form(client: Client, **changes: str) -> dict[str, str]:
    """What the browser would send back of the form of a new edition, filled in."""
    page = client.get("/console/editions/new/grading/").content.decode()
    found = re.search(r"<textarea[^>]*name=\"rules\"[^>]*>(.*?)</textarea>", page, re.S)
    assert found is not None
    return {
        "standard": "GB/T 10651",
        "edition": "2027",
        "in_force_from": today().isoformat(),
        "rules": found[1].replace("&quot;", '"'),
        "reason": "标准修订",
        **changes,
    }


def test_an_edition_is_proposed_from_the_present_one_and_approved_by_another() -> None:
    maker, checker = operator("maker"), operator("checker")
    sent = form(maker)
    sent["rules"] = sent["rules"].replace('"fuji": [90, 80, 55]', '"fuji": [90, 85, 55]')

    page = maker.post("/console/editions/new/grading/", sent, follow=True)
    path = page.redirect_chain[-1][0]
    html = page.content.decode()
    assert html.count("富士系 · 一等 · 着色度下限 %") == 1
    assert "与 GB/T 10651-2008 相比" in html
    assert 'data-dialog="approve"' not in html
    refused = maker.post(f"{path}act/", {"verb": "approve", "reason": "自己批准"}, follow=True)
    assert "提出人不能审核" in refused.content.decode()
    approved = checker.post(f"{path}act/", {"verb": "approve", "reason": "核对无误"}, follow=True)
    assert "现行" in approved.content.decode()
    assert editions.grading_in_force()[1].name == "GB/T 10651-2027"
    listed = checker.get("/console/editions/").content.decode()
    assert listed.index("GB/T 10651-2027") < listed.index("GB/T 10651-2008") < listed.index("GB/T 8855-2008")


def test_bad_rule_data_say_where_and_keep_what_was_typed() -> None:
    client = operator("maker")
    sent = form(client)
    sent["rules"] = sent["rules"].replace('"fuji": [90, 80, 55]', '"fuji": [90, 95, 55]')

    answer = client.post("/console/editions/new/grading/", sent)

    assert answer.status_code == 422
    assert "colour_pct.fuji[1]" in answer.content.decode()
    assert "[90, 95, 55]" in answer.content.decode()
    late = form(client, in_force_from=(today() - timedelta(days=1)).isoformat())
    assert client.post("/console/editions/new/grading/", late).status_code == 422
    assert client.post("/console/editions/new/grading/", form(client, reason="")).status_code == 422
    assert len(editions.editions(EditionKind.GRADING)) == 1
    assert client.get("/console/editions/new/pears/").status_code == 404


def test_only_the_operator_has_this_desk(market: TableExchange, log_in: LogIn) -> None:
    member = log_in(market.growers[0])
    for path in ("/console/editions/", "/console/editions/1/", "/console/editions/new/grading/"):
        assert member.get(path).status_code == 403
    assert member.post("/console/editions/1/act/", {"verb": "approve", "reason": "批准"}).status_code == 403
