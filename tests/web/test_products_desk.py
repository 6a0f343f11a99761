"""The desk of products and rules: one proposes, another approves, and the floor has the last word."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from exchange.kernel import audit
from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import day_number, today
from exchange.markets import services
from exchange.markets.models import ProductProposal
from exchange.markets.proposal_selectors import changes
from exchange.markets.selectors import product_by_code, trading_rules
from exchange.markets.types import ChangeState, ProductStatus
from matching.engine import ProductState
from matching.types import Command, CommandKind, Phase, Side, TieRule, TimeInForce
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell
from tests.web.conftest import LogIn
from tests.web.test_editions_desk import operator
from warehouse_receipts.selectors import receipts_of

pytestmark = pytest.mark.django_db

RULES = {
    "kind": "rules",
    "tick_fen": "0.05",
    "tie_rule": "3",
    "volatility_bps": "5",
    "modes": ["listed", "auction", "negotiated", "call", "continuous"],
    "payments": ["bond", "escrow"],
    "takes_effect": "now",
    "reason": "理事会第三次会议决定",
}
LIMITS = {
    "kind": "limits",
    "reference_price": "8.50",
    "band_bps": "10",
    "min_kg": "100",
    "reference_rolls": "1",
    "takes_effect": "now",
    "reason": "新季开秤",
}

TERMS = {
    "kind": "terms",
    "step_kg": "100",
    "resale_lock_days": "0",
    "premium_discount_fen": "-0.35",
    "takes_effect": "now",
    "reason": "库存充足，放开转售",
}


def resting(market: TableExchange, price: int) -> None:
    """A dealer's order that outlives the session."""
    market.floor.batch(
        Command(
            CommandKind.PLACE,
            account=market.dealers[0],
            product=market.products[0].number,
            side=Side.BUY,
            tif=TimeInForce.GTD,
            order_id=day_number(today()) + 3,
            price=price,
            quantity=1_000,
        )
    )
    market.settle()


def on_the_floor(market: TableExchange) -> ProductState:
    state = market.floor.replica.engine.product(market.products[0].number)
    assert state is not None
    return state


def propose(client: Client, code: str, form: dict[str, Any], **changed: Any) -> int:
    answer = client.post(f"/console/products/{code}/propose/", {**form, **changed}, follow=True)
    assert answer.status_code == 200, answer.content.decode()
    return changes()[0].id


def decide(client: Client, number: int, verb: str = "approve") -> str:
    form = {"subject": number, "verb": verb, "reason": "核对无误"}
    return client.post("/console/products/decide/", form, follow=True).content.decode()


def test_rules_by_two_people_and_a_refusal_of_the_floor_is_taken_back(market: TableExchange) -> None:
    maker, checker, code = operator("maker"), operator("checker"), market.products[0].code
    resting(market, 721)
    number = propose(maker, code, RULES)
    assert "须由另一人复核" in maker.get(f"/console/products/{code}/").content.decode()
    assert "提出人不能复核" in decide(maker, number)
    assert "正在交易时段内" in decide(checker, number), "rules change after the close only"
    assert changes()[0].state == ChangeState.WAITING

    services.close_session(actor=SYSTEM, reason="收市")
    market.settle()
    html = checker.get("/console/products/").content.decode()
    assert "现有 1 笔未成交委托的价格不是新价位的整数倍" in html
    assert "<del>0.01</del>" in html
    assert "<ins>0.05</ins>" in html
    decide(checker, number)
    assert changes()[0].state == ChangeState.TOLD
    assert "已经处理" in decide(checker, number)
    market.settle()
    assert changes()[0].state == ChangeState.FLOOR_REFUSED
    html = checker.get(f"/console/products/{code}/").content.decode()
    assert "交易主机拒绝" in html
    rows = trading_rules(market.products[0].number)
    assert [(row.version, row.restores, bool(row.answer)) for row in rows] == [
        (3, 1, False),
        (2, None, True),
        (1, None, False),
    ]
    assert product_by_code(code).rules == rows[-1].rules == rows[0].rules
    assert on_the_floor(market).tick == 1

    market.floor.batch(Command(CommandKind.CANCEL_ALL, account=market.dealers[0]))
    market.settle()
    decide(checker, propose(maker, code, RULES))
    market.settle()
    assert changes()[0].state == ChangeState.IN_FORCE
    assert (on_the_floor(market).tick, on_the_floor(market).tie_rule) == (5, TieRule.PRESSURE)
    assert product_by_code(code).payments == 24
    assert market.differences() == []
    assert audit.verify() == []


def test_another_resale_lock_binds_what_is_bought_from_then_on(market: TableExchange) -> None:
    maker, checker, product = operator("maker"), operator("checker"), market.products[0]

    def bought(dealer: int) -> date | None:
        trade = (sell(market.growers[0], product.number, 720, 1_000), buy(dealer, product.number, 720, 1_000))
        market.floor.batch(*trade)
        market.settle()
        (receipt,) = receipts_of(dealer)
        return receipt.locked_until

    first, second = market.dealers
    locked_until = bought(first)
    assert locked_until is not None
    other_step = maker.post(f"/console/products/{product.code}/propose/", {**TERMS, "step_kg": "500"})
    assert (other_step.status_code, "数量单位上市后不能改变" in other_step.content.decode()) == (409, True)
    too_long = maker.post(f"/console/products/{product.code}/propose/", {**TERMS, "resale_lock_days": "61"})
    assert (too_long.status_code, changes()) == (422, [])
    assert "立即生效" in decide(checker, propose(maker, product.code, TERMS))

    changed = product_by_code(product.code)
    assert (changed.resale_lock_days, changed.premium_discount_fen, changed.step_kg) == (0, -35, 100)
    assert changes()[0].state == ChangeState.IN_FORCE
    assert bought(second) is None
    assert receipts_of(first)[0].locked_until == locked_until
    assert market.differences() == []
    number = propose(maker, product.code, TERMS, resale_lock_days="2", takes_effect="next_session")
    assert "下一场开市前生效" in decide(checker, number)
    assert product_by_code(product.code).resale_lock_days == 0
    market.reopen()
    assert product_by_code(product.code).resale_lock_days == 2
    assert "-0.35" in checker.get(f"/console/products/{product.code}/").content.decode()


def test_limits_wait_for_the_next_session_or_are_refused_while_orders_rest(market: TableExchange) -> None:
    maker, checker, code = operator("maker"), operator("checker"), market.products[0].code
    before = on_the_floor(market)
    resting(market, 700)
    number = propose(maker, code, LIMITS)
    assert "交易时段内主机会拒绝" in checker.get(f"/console/products/{code}/").content.decode()
    decide(checker, number)
    market.settle()
    assert changes()[0].state == ChangeState.FLOOR_REFUSED
    after = on_the_floor(market)
    assert (after.low, after.high, after.reference) == (before.low, before.high, before.reference)
    assert product_by_code(code).limits == trading_rules(1)[-1].limits

    number = propose(maker, code, LIMITS, takes_effect="next_session")
    assert "收市时生效，主机会撤销它们" in checker.get(f"/console/products/{code}/").content.decode()
    assert "下一场开市前生效" in decide(checker, number)
    assert product_by_code(code).reference_price == 720
    market.reopen()
    assert changes()[0].state == ChangeState.IN_FORCE
    state = on_the_floor(market)
    assert (state.low, state.high, state.reference, state.phase) == (765, 935, 850, Phase.CONTINUOUS)
    assert not market.floor.replica.engine.open_orders(market.dealers[0])
    assert market.floor.batch(buy(market.dealers[0], 1, 900, 1_000))[0].reason == 0
    market.settle()
    assert market.differences() == []


def test_delisting_cancels_what_rests_and_ends_what_was_planned(market: TableExchange) -> None:
    maker, checker, code = operator("maker"), operator("checker"), market.products[0].code
    resting(market, 700)
    planned = propose(maker, code, RULES, takes_effect="next_session")
    decide(checker, planned)
    end = {"kind": "delist", "takes_effect": "now", "reason": "产季结束"}
    number = propose(maker, code, end)
    assert "退市时主机会全部撤销" in checker.get("/console/products/").content.decode()
    decide(checker, number)
    market.settle()
    assert product_by_code(code).status == ProductStatus.DELISTED
    assert on_the_floor(market).phase == Phase.CLOSED
    market.reopen()
    html = checker.get(f"/console/products/{code}/").content.decode()
    assert "开市时未能生效" in html
    assert {row.id: row.state for row in changes()} == {
        planned: ChangeState.FAILED,
        number: ChangeState.IN_FORCE,
    }
    refused = maker.post(f"/console/products/{code}/propose/", {**RULES}, follow=True)
    assert refused.status_code == 409
    assert market.differences() == []


def test_what_is_wrong_says_so_and_nobody_else_comes_in(market: TableExchange, log_in: LogIn) -> None:
    maker, checker, code = operator("maker"), operator("checker"), market.products[0].code
    page = f"/console/products/{code}/"
    for wrong in (
        {"tick_fen": "0"},
        {"tick_fen": "10"},
        {"tie_rule": "9"},
        {"modes": []},
        {"modes": ["all"]},
        {"volatility_bps": "101"},
        {"takes_effect": "yesterday"},
        {"kind": "gift"},
        {"reason": ""},
    ):
        answer = maker.post(f"{page}propose/", {**RULES, "volatility_bps": "4.5", **wrong})
        assert answer.status_code in {400, 422}, wrong
        assert 'value="4.5"' in answer.content.decode() or "volatility_bps" in wrong
    for wrong in ({"reference_price": "0"}, {"band_bps": "31"}, {"min_kg": "150"}, {"reference_rolls": "x"}):
        assert maker.post(f"{page}propose/", {**LIMITS, **wrong}).status_code in {400, 422}, wrong
    same = {**LIMITS, "reference_price": "7.20", "band_bps": "20"}
    assert "与现行值相同" in maker.post(f"{page}propose/", same).content.decode()
    assert maker.post("/console/products/NOPE/propose/", LIMITS).status_code == 302
    assert maker.get("/console/products/NOPE/").status_code == 404
    assert changes() == []

    number = propose(maker, code, LIMITS)
    assert "已有同类提案" in maker.post(f"{page}propose/", LIMITS).content.decode()
    assert "只有提出人可以撤回" in decide(checker, number, "withdraw")
    services.set_reference_price(actor=SYSTEM, code=code, price=730, reason="另有决定")
    assert "现行值已经改变" in decide(checker, number)
    assert "提案已驳回" in decide(checker, number, "refuse")
    for client in (log_in(market.growers[0]), Client()):
        assert client.get("/console/products/").status_code in {302, 403}
        assert client.post(f"{page}propose/", LIMITS).status_code in {302, 403}
        assert client.post("/console/products/decide/", {"subject": number}).status_code in {302, 403}
    for change in ({"new": {"reference_price": 1}}, {"state": "waiting"}, {"proposed_by": "somebody"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ProductProposal.objects.filter(pk=number).update(**change)

    listed = maker.get("/console/products/export.csv?q=FUJI-70").content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(listed))
    assert (row["代码"], row["参考价 元/公斤"], row["最低价 元/公斤"]) == (code, "7.30", "5.84")
    history = maker.get("/console/products/changes.csv").content.decode("utf-8-sig")
    (line,) = csv.DictReader(io.StringIO(history))
    assert (line["状态"], line["复核人"]) == ("已驳回", "checker")
    assert "参考价 元/公斤: 8.50" in line["变化后"]
