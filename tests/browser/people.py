"""Who is at the browser: people log in once, and later come with the session they have."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from playwright.sync_api import BrowserContext, Page

LogIn = Callable[..., Page]
"""The fixture ``log_in``: a page of somebody, by log-in name and options of the context."""

PHONE = {"width": 390, "height": 844}
PASSWORD = "jinguo-demo-2026"
LOG_IN = "/accounts/login/"

_sessions: dict[str, list[Any]] = {}
"""Session cookies by log-in name."""


def enter(page: Page, username: str, target: str = "") -> None:
    """Gives a page's context the session of somebody logged in, and shows the target, if there is one."""
    context = page.context
    context.clear_cookies(name="sessionid")
    if not (username in _sessions and _lives(context, _sessions[username])):
        _log_in(context, username)
        _sessions[username] = [each for each in context.cookies() if each.get("name") == "sessionid"]
    if target:
        page.goto(target)


def _lives(context: BrowserContext, session: list[Any]) -> bool:
    """Gives the session to the context; whether the exchange still knows it."""
    context.add_cookies(session)
    return context.request.get(LOG_IN, max_redirects=0).status == HTTPStatus.FOUND


def _log_in(context: BrowserContext, username: str) -> None:
    """Sends the form, as a page without scripts would. How people fill it in, test_pages shows."""
    context.clear_cookies()
    assert context.request.get(LOG_IN).ok
    token = next(each["value"] for each in context.cookies() if each.get("name") == "csrftoken")
    form: dict[str, str | float | bool] = {
        "login": username,
        "password": PASSWORD,
        "csrfmiddlewaretoken": token,
    }
    answer = context.request.post(LOG_IN, form=form, max_redirects=0)
    assert answer.status == HTTPStatus.FOUND, answer.text()


def reload_until(page: Page, button: str) -> None:
    """Reloads a page until the projector has written what the floor said."""
    for _ in range(100):
        if page.get_by_role("button", name=button, exact=True).count():
            return
        page.wait_for_timeout(100)
        page.reload()
    raise AssertionError(button)
