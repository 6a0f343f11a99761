"""Errors as people and programs get them."""

import json

import pytest

from exchange.kernel.errors import FloorUnavailable, NotAuthenticated, RateLimited, UnknownField
from web.api.problems import preferred_language, problem_body, problem_headers


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("fr,en;q=0.2", "en"),
        ("fr", "zh"),
        ("*", "zh"),
        ("zh;q=0.1, en;q=0.2", "en"),
        ("en;q=0", "zh"),
        (";;;,,,q=", "zh"),
        ("x" * 10_000, "zh"),
    ],
)
def test_the_language_the_client_likes_better(header: str | None, language: str) -> None:
    assert preferred_language(header) == language


def test_title_and_detail_follow_the_language_and_message_has_both() -> None:
    problem = json.loads(problem_body(UnknownField(field="x"), "en"))
    assert problem["title"] == problem["message"]["en"]
    assert "x" in problem["message"]["zh"]


def test_headers_say_how_to_go_on() -> None:
    assert problem_headers(RateLimited(retry_after_s=3))["Retry-After"] == "3"
    assert problem_headers(FloorUnavailable())["Retry-After"] == "1"
    assert "WWW-Authenticate" in problem_headers(NotAuthenticated())
