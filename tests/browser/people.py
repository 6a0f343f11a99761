"""Who is at the browser: people log in once, and later come with the session they have."""

from typing import Any

from playwright.sync_api import Page

PASSWORD = "jinguo-demo-2026"

_sessions: dict[str, list[Any]] = {}
"""Session cookies by log-in name."""


def enter(page: Page, username: str, target: str = "/") -> None:
    """Shows a page to somebody logged in; through the form when there is no session that still lives."""
    page.context.clear_cookies(name="sessionid")
    if username in _sessions:
        page.context.add_cookies(_sessions[username])
        page.goto("/accounts/login/?next=" + target)  # leads on at once who is logged in
        if "/accounts/login/" not in page.url:
            return
    else:
        page.goto("/accounts/login/?next=" + target)
    page.fill("[name=login]", username)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
    _sessions[username] = [each for each in page.context.cookies() if each.get("name") == "sessionid"]


def reload_until(page: Page, button: str) -> None:
    """Reloads a page until the projector has written what the floor said."""
    for _ in range(100):
        if page.get_by_role("button", name=button, exact=True).count():
            return
        page.wait_for_timeout(100)
        page.reload()
    raise AssertionError(button)
