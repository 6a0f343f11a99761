"""Account numbers by member code, for commands that name another member; asked once and remembered."""

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from exchange.members.selectors import member_by_code

MAX_REMEMBERED = 10_000
"""Codes remembered; a code never comes to mean another member."""


class MemberDirectory:
    """Looks members up without holding up the event loop."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    async def account_no(self, code: str) -> int:
        """The member's account number. Raises UnknownMember."""
        number = self._numbers.get(code)
        if number is None:
            number = await sync_to_async(_look_up, thread_sensitive=False)(code)
            if len(self._numbers) >= MAX_REMEMBERED:
                self._numbers.clear()
            self._numbers[code] = number
        return number


def _look_up(code: str) -> int:
    close_old_connections()
    try:
        return member_by_code(code).account_no
    finally:
        close_old_connections()
