"""Value types of membership, as they leave the package."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

SCOPES = ("read", "trade", "funds")
"""What an API key may do: look, place and cancel orders, move money in and out."""


class FeeRates(NamedTuple):
    """Rates of one account, in basis points of a trade's amount."""

    buyer_bps: int
    seller_bps: int
    deposit_bps: int
    """Quality guarantee deposit 品质担保金 kept back from the seller's proceeds."""


class MemberIdentity(NamedTuple):
    """Who is asking on behalf of which member, from an API key or a log-in."""

    member_id: int
    account_no: int
    code: str
    name: str
    kind: str
    user_id: int
    username: str
    role: str
    scopes: frozenset[str]
    suspended: bool


class StaffIdentity(NamedTuple):
    """Who is asking on behalf of which warehouse, inspection body or lender."""

    user_id: int
    username: str
    full_name: str
    institution: str
    """Code of the institution, e.g. ``warehouse:XY01``."""
    name: str
    kind: str
    own_code: str
    """The institution's code in its own register, e.g. ``XY01``."""


class SigningMember(NamedTuple):
    """A member as a contract names it."""

    account_no: int
    code: str
    name: str
    uscc: str
    signatory: str


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member as lists and contracts need it."""

    id: int
    code: str
    name: str
    kind: str
    uscc: str
    signatory: str
    county: str
    account_no: int
    status: str
    status_reason: str
    related_group: str
    fees: FeeRates
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class MemberPage:
    """One page of members in order of account number; ``next_cursor`` is None on the last page."""

    rows: tuple[MemberRow, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """An API key without its secret."""

    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    username: str
    created_at: datetime
    revoked_at: datetime | None


class IssuedKey(NamedTuple):
    """A new API key; ``plain`` is shown once and never again."""

    row: ApiKeyRow
    plain: str
