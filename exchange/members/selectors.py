"""What others may know about members. Nothing here leaves as a queryset or a model."""

import hashlib
import threading
import time
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count

from exchange.kernel.errors import BadCursor, UnknownMember
from exchange.kernel.institutions import institutions
from exchange.members.models import ApiKey, Member, User
from exchange.members.types import (
    SCOPES,
    ApiKeyRow,
    FeeRates,
    MemberIdentity,
    MemberPage,
    MemberRow,
    SigningMember,
    StaffIdentity,
)

KEY_CACHE_S = 5.0
"""How long a process trusts what it knows about an API key."""

_KEY_CACHE_LIMIT = 10_000
MAX_RELATED = 200
"""Related parties looked at for one member; a group is a family of firms, not a crowd."""

_cached_keys: dict[str, tuple[float, MemberIdentity | None]] = {}
_cached_keys_lock = threading.Lock()


def key_digest(plain: str) -> str:
    """What is kept of an API key."""
    return hashlib.sha256(plain.encode()).hexdigest()


def member_by_api_key(plain: str) -> MemberIdentity | None:
    """Who sends this key, or None. Answers from memory for KEY_CACHE_S."""
    digest = key_digest(plain)
    at = time.monotonic()
    with _cached_keys_lock:
        known = _cached_keys.get(digest)
    if known is not None and known[0] > at:
        return known[1]
    identity = _identity_of_digest(digest)
    with _cached_keys_lock:
        if len(_cached_keys) >= _KEY_CACHE_LIMIT:
            _cached_keys.clear()
        _cached_keys[digest] = (at + KEY_CACHE_S, identity)
    return identity


def forget_cached_keys() -> None:
    """Makes this process ask the tables again: a key was issued or revoked, a member suspended."""
    with _cached_keys_lock:
        _cached_keys.clear()


def identity_of_user(user_id: int) -> MemberIdentity | None:
    """Who a logged-in person acts for, with every scope; None for operators and people without a member."""
    user = User.objects.select_related("member").filter(pk=user_id, is_active=True).first()
    if user is None or user.member is None:
        return None
    return _identity(user.member, user, frozenset(SCOPES))


def staff_of_user(user_id: int) -> StaffIdentity | None:
    """Which institution a logged-in person acts for; None for members' people and operators."""
    user = User.objects.filter(pk=user_id, is_active=True, role=User.Role.STAFF).first()
    rows = institutions(codes=[user.institution]) if user is not None else []
    if user is None or not rows:
        return None
    return StaffIdentity(
        user_id=user.pk,
        username=user.username,
        full_name=user.first_name or user.username,
        institution=user.institution,
        name=rows[0].name,
        kind=rows[0].kind,
        own_code=user.institution.partition(":")[2],
    )


def member_by_code(code: str) -> MemberRow:
    """Raises UnknownMember."""
    return _row(_only(Member.objects.filter(code=code), code))


def member_by_account_no(account_no: int) -> MemberRow:
    """Raises UnknownMember."""
    return _row(_only(Member.objects.filter(account_no=account_no), str(account_no)))


def members_by_account_no(account_nos: Iterable[int]) -> dict[int, MemberRow]:
    """The members with these numbers; unknown numbers are left out."""
    return {m.account_no: _row(m) for m in Member.objects.filter(account_no__in=set(account_nos))}


def suspended_accounts() -> set[int]:
    """Numbers of the members that may not trade now."""
    rows = Member.objects.filter(status=Member.Status.SUSPENDED)
    return set(rows.values_list("account_no", flat=True))


def related_accounts(account_no: int) -> tuple[int, ...]:
    """Account numbers of the member's related parties, without its own; at most MAX_RELATED."""
    group = Member.objects.filter(account_no=account_no).exclude(related_group="").values("related_group")
    related = Member.objects.filter(related_group__in=group).exclude(account_no=account_no)
    return tuple(related.order_by("account_no").values_list("account_no", flat=True)[:MAX_RELATED])


def signing_members(account_nos: Iterable[int]) -> dict[int, SigningMember]:
    """What contracts say about the members with these numbers; unknown numbers are left out."""
    members = Member.objects.filter(account_no__in=set(account_nos))
    rows = members.values_list("account_no", "code", "name", "uscc", "signatory")
    return {row[0]: SigningMember._make(row) for row in rows}


def list_members(
    *, kind: str | None = None, search: str = "", cursor: str | None = None, limit: int = 50
) -> MemberPage:
    """Members in order of account number, optionally of one kind and with a text in code or name."""
    members = Member.objects.order_by("account_no")
    if kind:
        members = members.filter(kind=kind)
    if search:
        members = members.filter(code__icontains=search) | members.filter(name__icontains=search)
    if cursor is not None:
        members = members.filter(account_no__gt=_account_no_in(cursor))
    found = list(members[: limit + 1])
    more = len(found) > limit
    return MemberPage(tuple(map(_row, found[:limit])), str(found[limit - 1].account_no) if more else None)


def api_keys(member_id: int) -> tuple[ApiKeyRow, ...]:
    """All keys of a member, revoked ones too, oldest first."""
    keys = ApiKey.objects.filter(member_id=member_id).select_related("user").order_by("pk")
    return tuple(map(api_key_row, keys))


def api_key_row(key: ApiKey) -> ApiKeyRow:
    """A key without its secret."""
    return ApiKeyRow(
        id=key.pk,
        name=key.name,
        prefix=key.prefix,
        scopes=tuple(key.scopes),
        username=key.user.username,
        created_at=key.created_at,
        revoked_at=key.revoked_at,
    )


def _identity_of_digest(digest: str) -> MemberIdentity | None:
    key = (
        ApiKey.objects.select_related("member", "user")
        .filter(digest=digest, revoked_at__isnull=True, user__is_active=True)
        .first()
    )
    return None if key is None else _identity(key.member, key.user, frozenset(key.scopes))


def _identity(member: Member, user: User, scopes: frozenset[str]) -> MemberIdentity:
    return MemberIdentity(
        member_id=member.pk,
        account_no=member.account_no,
        code=member.code,
        name=member.name,
        kind=member.kind,
        user_id=user.pk,
        username=user.username,
        role=user.role,
        scopes=scopes,
        suspended=member.status == Member.Status.SUSPENDED,
    )


def _row(member: Member) -> MemberRow:
    return MemberRow(
        id=member.pk,
        code=member.code,
        name=member.name,
        kind=member.kind,
        uscc=member.uscc,
        signatory=member.signatory,
        county=member.county,
        account_no=member.account_no,
        status=member.status,
        status_reason=member.status_reason,
        related_group=member.related_group,
        fees=FeeRates(member.buyer_fee_bps, member.seller_fee_bps, member.deposit_bps),
        joined_at=member.joined_at,
    )


def _only(members: "Iterable[Member]", sought: str) -> Member:
    for member in members:
        return member
    raise UnknownMember(detail=sought)


def _account_no_in(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 10):
        raise BadCursor
    return int(cursor)


def operator_names() -> list[str]:
    """Log-in names of the operator's staff who may act, in order."""
    staff = User.objects.filter(role=User.Role.OPERATOR, is_active=True)
    return list(staff.order_by("username").values_list("username", flat=True))


def member_figures(start: datetime, end: datetime) -> dict[str, dict[str, int]]:
    """Members by kind: ``members`` admitted before the end, ``admitted`` in the span, ``suspended`` now."""
    admitted = Member.objects.filter(joined_at__lt=end).order_by()
    parts = {
        "members": admitted,
        "admitted": admitted.filter(joined_at__gte=start),
        "suspended": admitted.filter(status=Member.Status.SUSPENDED),
    }
    return {name: dict(rows.values_list("kind").annotate(number=Count("pk"))) for name, rows in parts.items()}
