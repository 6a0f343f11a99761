"""Fees by two people: from a day to come, in yuan before they are decided, public once they are."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from exchange.kernel import calendar
from exchange.kernel.audit import SYSTEM
from exchange.markets import services
from exchange.markets.fee_proposals import fee_proposals
from exchange.markets.models import FeeProposal, FeeSchedule
from exchange.markets.selectors import fees_for, fees_on
from exchange.members.types import FeeRates
from tests.trading.exchange_in_tables import TableExchange
from tests.web.conftest import LogIn
from tests.web.test_editions_desk import operator

pytestmark = pytest.mark.django_db

PAGE = "/console/fees/"


@pytest.fixture(autouse=True)
def _first_version(db: None) -> None:
    """0.2 % on either side since today."""
    services.define_fees(
        actor=SYSTEM,
        effective_from=calendar.today(),
        buyer_bps=20,
        seller_bps=20,
        grower_bps=0,
        deposit_bps=200,
    )


def form(**changes: str) -> dict[str, str]:
    """Sellers pay less in ten days."""
    return {
        "effective_from": str(calendar.today() + timedelta(days=10)),
        "buyer_bps": "0.2",
        "seller_bps": "0.15",
        "grower_bps": "0",
        "deposit_bps": "2",
        "reason": "降低卖方负担",
        **changes,
    }


def test_new_fees_from_preview_to_the_rulebook(market: TableExchange) -> None:
    maker, checker = operator("maker"), operator("checker")
    day = calendar.today() + timedelta(days=10)
    price = market.products[0].reference_price
    shown = maker.post(f"{PAGE}propose/", form(preview="1", reason="")).content.decode()
    assert "还没有提交" in shown
    for bps in (20, 15):
        assert f"{price * 20_000 * bps // 10_000 / 100:,.2f}" in shown
    assert fee_proposals() == []

    assert "待复核" in maker.post(f"{PAGE}propose/", form(), follow=True).content.decode()
    assert maker.post(f"{PAGE}propose/", form(seller_bps="0.1")).status_code == 409
    (row,) = fee_proposals()
    assert str(day) not in Client().get("/about/").content.decode(), "public only once it is approved"
    decision = {"subject": str(row.id), "verb": "approve", "reason": "同意"}
    assert "提出人不能复核" in maker.post(f"{PAGE}decide/", decision, follow=True).content.decode()
    assert FeeSchedule.objects.count() == 1
    assert "已批准" in checker.post(f"{PAGE}decide/", decision, follow=True).content.decode()
    assert "已经处理" in checker.post(f"{PAGE}decide/", decision, follow=True).content.decode()

    assert FeeSchedule.objects.count() == 2
    assert fees_for("dealer", day - timedelta(days=1)) == FeeRates(20, 20, 200)
    assert fees_for("dealer", day) == FeeRates(20, 15, 200)
    about = Client().get("/about/").content.decode()
    assert f'data-coming-fees="{day}"' in about
    assert "卖方 0.15%" in about
    assert ",0.15," in checker.get(f"{PAGE}export.csv").content.decode()
    assert "降低卖方负担" in checker.get(f"{PAGE}changes.csv").content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        FeeProposal.objects.update(seller_bps=1)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"effective_from": "today"}, "effective_from"),
        ({"effective_from": "0"}, "最早自"),
        ({"effective_from": "400"}, "最晚自"),
        ({"seller_bps": "0.51"}, "超出上限"),
        ({"deposit_bps": "20.01"}, "超出上限"),
        ({"buyer_bps": "-0.1"}, "buyer_bps"),
        ({"buyer_bps": "0.125"}, "buyer_bps"),
        ({"seller_bps": "0.2"}, "与现行值相同"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_is_wrong_is_refused_and_stays_typed(changed: dict[str, str], message: str) -> None:
    if (days := changed.get("effective_from", "")).isdigit():
        changed = {"effective_from": str(calendar.today() + timedelta(days=int(days)))}
    answer = operator("maker").post(f"{PAGE}propose/", form(**changed))
    assert (answer.status_code, fee_proposals()) == (422, [])
    html = answer.content.decode()
    assert message in html
    assert all(f'value="{typed}"' in html for typed in form(**changed).values())


def test_an_approval_is_refused_when_the_day_has_come_or_another_version_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    maker, checker = operator("maker"), operator("checker")
    maker.post(f"{PAGE}propose/", form())
    (row,) = fee_proposals()
    decision = {"subject": str(row.id), "verb": "approve", "reason": "同意"}
    services.define_fees(
        actor=SYSTEM,
        effective_from=row.effective_from,
        buyer_bps=10,
        seller_bps=10,
        grower_bps=0,
        deposit_bps=0,
    )
    assert "已经改变" in checker.post(f"{PAGE}decide/", decision, follow=True).content.decode()
    withdrawn = {**decision, "verb": "withdraw"}
    assert "只有提出人可以撤回" in checker.post(f"{PAGE}decide/", withdrawn, follow=True).content.decode()
    assert "提案已撤回" in maker.post(f"{PAGE}decide/", withdrawn, follow=True).content.decode()

    maker.post(f"{PAGE}propose/", form())
    decision["subject"] = str(fee_proposals()[0].id)
    at = calendar.day_bounds_ns(row.effective_from)[0] + 9 * 3_600 * calendar.NS_PER_S
    monkeypatch.setattr("time.time_ns", lambda: at)
    assert "执行日已到" in checker.get(PAGE).content.decode()
    assert "最早自" in checker.post(f"{PAGE}decide/", decision, follow=True).content.decode()
    assert (fee_proposals()[0].state, fees_on(row.effective_from).seller_bps) == ("waiting", 10)


def test_only_the_operator_comes_in(market: TableExchange, log_in: LogIn) -> None:
    for client, status in ((Client(), 302), (log_in(market.dealers[0]), 403)):
        for path in (PAGE, f"{PAGE}export.csv", f"{PAGE}changes.csv"):
            assert client.get(path).status_code == status
        for path in (f"{PAGE}propose/", f"{PAGE}decide/"):
            assert client.post(path, form()).status_code == status
    assert fee_proposals() == []
