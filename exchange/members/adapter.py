"""How allauth behaves here: accounts are opened by the operator after an examination, never by a visitor."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No public sign-up; everything else as allauth does it."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: a member is admitted by the operator."""
        return False
