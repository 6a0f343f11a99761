"""Every refusal has a stable code, speaks both languages and says what to do."""

import re

import pytest

from exchange.kernel import errors
from exchange.kernel.errors import JinguoError, catalogue, error_for_reason, to_problem
from matching.types import Reason

CODES = sorted(catalogue())

PROMISED = [
    "malformed_json",
    "unknown_field",
    "missing_field",
    "bad_price",
    "price_band",
    "bad_quantity",
    "bad_side",
    "bad_order_type",
    "bad_time_in_force",
    "bad_client_order_id",
    "unknown_product",
    "unknown_order",
    "insufficient_funds",
    "insufficient_goods",
    "session_closed",
    "product_halted",
    "member_suspended",
    "not_authenticated",
    "not_permitted",
    "rate_limited",
    "body_too_large",
    "not_found",
    "method_not_allowed",
    "floor_unavailable",
    "projection_behind",
    "conflict",
    "bad_parameter",
    "internal_error",
]


def test_the_promised_codes_exist() -> None:
    assert set(PROMISED) <= set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_an_error_is_told_in_both_languages_with_what_to_do(code: str) -> None:
    kind = catalogue()[code]
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
    assert 400 <= kind.status <= 599
    for chinese in (kind.zh, kind.hint_zh):
        assert re.search(r"[\u4e00-\u9fff]", chinese)
    for english in (kind.en, kind.hint_en):
        assert english
        assert not re.search(r"[\u4e00-\u9fff]", english)


@pytest.mark.parametrize("code", CODES)
def test_an_error_can_be_shown_without_facts(code: str) -> None:
    problem = to_problem(catalogue()[code]())
    assert problem["code"] == code
    assert problem["type"].endswith(code)
    assert "{" not in problem["title"] + problem["message"]["en"] + problem["hint"]["en"]


def test_facts_are_put_into_the_text_and_beside_it() -> None:
    problem = to_problem(errors.UnknownField(field="colour"), "en")
    assert problem["title"] == "Unknown field colour"
    assert problem["message"]["zh"] == "不认识的字段 colour"
    assert problem["facts"] == {"field": "colour"}


def test_braces_in_a_fact_stay_braces() -> None:
    assert errors.UnknownField(field="{0.__class__}").message("en") == "Unknown field {0.__class__}"


def test_the_detail_is_about_this_one_case() -> None:
    problem = to_problem(errors.NotFound(detail="HT20261120-00000042"), "zh-hans")
    assert problem["detail"] == "HT20261120-00000042"
    assert problem["title"] == "没有找到"
    assert "not_found" in str(errors.NotFound())


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_of_the_engine_has_an_error(reason: Reason) -> None:
    error = error_for_reason(reason)
    assert isinstance(error, JinguoError)
    assert (error.code == "internal_error") == (reason is Reason.NONE)


def test_refusals_of_the_engine_have_codes_of_their_own() -> None:
    codes = [error_for_reason(reason).code for reason in Reason]
    assert len(set(codes)) == len(codes)
