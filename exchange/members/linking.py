"""Why two members may be one: a group of related parties, one signatory, one terminal.

For the exchange's surveillance. A terminal is an address and program from which people of several members
logged in; addresses of this machine and of private networks say nothing and are left out.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import combinations
from typing import NamedTuple

from axes.models import AccessLog

from exchange.members.models import Member, User

MOST_AT_A_TERMINAL = 20
"""An address of more members is a provider's, not a desk's."""


class MemberLink(NamedTuple):
    """Two members, the lower number first, and how they are linked: group, signatory or terminal."""

    first: int
    second: int
    how: str


def member_links(since: datetime, until: datetime) -> list[MemberLink]:
    """Links as registered now, and those of log-ins in a span of time, in order."""
    found: set[MemberLink] = set()
    members = list(Member.objects.values_list("account_no", "related_group", "signatory"))
    for how, column in (("group", 1), ("signatory", 2)):
        together: dict[str, list[int]] = defaultdict(list)
        for row in members:
            if row[column]:
                together[str(row[column])].append(row[0])
        found |= _linked(together.values(), how)
    return sorted(found | _linked(_terminals(since, until), "terminal"))


def _linked(groups: Iterable[Iterable[int]], how: str) -> set[MemberLink]:
    pairs = (pair for group in groups for pair in combinations(sorted(set(group)), 2))
    return {MemberLink(first, second, how) for first, second in pairs}


def _terminals(since: datetime, until: datetime) -> list[set[int]]:
    """Members by the terminal that people of two or more of them used."""
    accounts = dict(User.objects.filter(member__isnull=False).values_list("username", "member__account_no"))
    logs = AccessLog.objects.filter(attempt_time__gte=since, attempt_time__lt=until)
    rows = logs.values_list("username", "ip_address", "user_agent").distinct()
    at: dict[tuple[str, str], set[int]] = defaultdict(set)
    for username, address, program in rows:
        account = accounts.get(username)
        if account is not None and address and ipaddress.ip_address(address).is_global:
            at[address, program].add(account)
    return [members for members in at.values() if 2 <= len(members) <= MOST_AT_A_TERMINAL]
