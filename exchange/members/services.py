"""What changes members, their people and their keys. Each change is one transaction with its audit entry.

Whatever the floor has to know (fees, suspension, related parties) goes to it through the outbox, as one
ACCOUNT command.
"""

import base64
import hashlib
import hmac
import secrets

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from exchange.kernel import audit, institutions, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, Conflict, DuplicateMember, NotFound, UnknownMember
from exchange.kernel.ids import next_number
from exchange.members import checks
from exchange.members.models import ApiKey, Member, RelatedGroup, User
from exchange.members.selectors import api_key_row, forget_cached_keys, key_digest, member_by_code
from exchange.members.types import SCOPES, FeeRates, IssuedKey, MemberRow
from matching.types import MAX_ACCOUNT, Command, CommandKind

SUSPENDED_FLAG = 1
"""Bit 0 of an ACCOUNT command's flags."""

STAFFED_KINDS = frozenset({"warehouse", "inspector", "lender"})
"""Institutions whose people have desks of their own."""

_KEY_PREFIX = "jg_"
_SHOWN_KEY_CHARACTERS = 9


def register_member(
    *,
    actor: Actor,
    code: str,
    name: str,
    kind: str,
    uscc: str,
    county: str,
    fees: FeeRates,
    signatory: str = "",
    related_group: str = "",
) -> MemberRow:
    """Admits a member: gives it the next account number and opens its account on the floor.

    Raises BadUscc, BadParameter, DuplicateMember.
    """
    checks.check_uscc(uscc)
    checks.check_kind(kind)
    checks.check_fees(fees)
    checks.check_related_group(related_group)
    try:
        with transaction.atomic():
            member = Member.objects.create(
                code=code,
                name=name,
                kind=kind,
                uscc=uscc,
                county=county,
                signatory=signatory,
                related_group=related_group,
                account_no=next_number("account_no"),
                buyer_fee_bps=fees.buyer_bps,
                seller_fee_bps=fees.seller_bps,
                deposit_bps=fees.deposit_bps,
                joined_at=timezone.now(),
            )
            _tell_floor(member)
            audit.record(
                actor=actor,
                action="member.register",
                subject=f"member:{code}",
                after={
                    "name": name,
                    "kind": kind,
                    "uscc": uscc,
                    "account_no": member.account_no,
                    **fees._asdict(),
                },
            )
    except IntegrityError as error:
        raise DuplicateMember(detail=code) from error
    return member_by_code(code)


def suspend_member(*, actor: Actor, code: str, reason: str) -> MemberRow:
    """Stops a member from placing orders; it may still cancel and look."""
    return _set_status(actor, code, Member.Status.SUSPENDED, reason, "member.suspend")


def reinstate_member(*, actor: Actor, code: str, reason: str) -> MemberRow:
    """Lets a suspended member trade again."""
    return _set_status(actor, code, Member.Status.ACTIVE, reason, "member.reinstate")


def set_fees(*, actor: Actor, code: str, fees: FeeRates, reason: str) -> MemberRow:
    """Changes the rates of a member, from the floor's next command on. Raises BadParameter, UnknownMember."""
    checks.check_fees(fees)
    with transaction.atomic():
        member = _locked(code)
        before = FeeRates(member.buyer_fee_bps, member.seller_fee_bps, member.deposit_bps)
        if before != fees:
            member.buyer_fee_bps, member.seller_fee_bps, member.deposit_bps = fees
            member.save(update_fields=["buyer_fee_bps", "seller_fee_bps", "deposit_bps"])
            _tell_floor(member)
            audit.record(
                actor=actor,
                action="member.set_fees",
                subject=f"member:{code}",
                reason=reason,
                before=before._asdict(),
                after=fees._asdict(),
            )
    return member_by_code(code)


def set_related_group(*, actor: Actor, code: str, group: str, reason: str) -> MemberRow:
    """Puts a member into a group of related parties, or with an empty name into none.

    From the floor's next command on the members of a group do not trade with each other.
    Raises BadParameter, UnknownMember.
    """
    checks.check_related_group(group)
    if not reason.strip():
        raise BadParameter(name="reason")
    with transaction.atomic():
        member = _locked(code)
        before = member.related_group
        if before != group:
            member.related_group = group
            member.save(update_fields=["related_group"])
            _tell_floor(member)
            audit.record(
                actor=actor,
                action="member.set_related_group",
                subject=f"member:{code}",
                reason=reason,
                before={"related_group": before},
                after={"related_group": group},
            )
    return member_by_code(code)


def register_user(
    *,
    actor: Actor,
    username: str,
    password: str,
    role: str,
    member_code: str | None = None,
    full_name: str = "",
    password_hash: str = "",
) -> int:
    """Opens a log-in and returns its id. Operators have no member, everybody else has one.

    ``password_hash`` saves hashing a password that many share (Django's encoded form of ``password``).
    Raises BadParameter, Conflict (name taken), UnknownMember.
    """
    roles = set(User.Role.values) - {User.Role.STAFF}
    if role not in roles or (role == User.Role.OPERATOR) != (member_code is None):
        raise BadParameter(name="role")
    member = None if member_code is None else member_by_code(member_code).id
    user = User(username=username, role=role, member_id=member, first_name=full_name)
    return _open_log_in(actor, user, password, password_hash, {"role": role, "member": member_code})


def register_staff(
    *,
    actor: Actor,
    username: str,
    password: str,
    institution: str,
    full_name: str = "",
    password_hash: str = "",
) -> int:
    """Opens a log-in for a person of a warehouse, an inspection body or a lender and returns its id.

    Raises UnknownInstitution, BadParameter (an institution whose people are no staff), Conflict (name taken).
    """
    if institutions.institution(institution).kind not in STAFFED_KINDS:
        raise BadParameter(name="institution")
    user = User(username=username, role=User.Role.STAFF, institution=institution, first_name=full_name)
    return _open_log_in(actor, user, password, password_hash, {"institution": institution})


def _open_log_in(
    actor: Actor, user: User, password: str, password_hash: str, after: dict[str, str | None]
) -> int:
    if password_hash:
        user.password = password_hash
    else:
        user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
            audit.record(
                actor=actor, action="user.register", subject=f"user:{user.username}", after=dict(after)
            )
    except IntegrityError as error:
        raise Conflict(detail=f"user {user.username}") from error
    return user.pk


def issue_api_key(
    *, actor: Actor, member_code: str, username: str, name: str, scopes: tuple[str, ...] = SCOPES
) -> IssuedKey:
    """Makes a key for one of the member's people. Raises BadParameter, NotFound, UnknownMember."""
    plain = _KEY_PREFIX + secrets.token_urlsafe(32)
    return _keep_key(actor, member_code, username, name, scopes, plain)


def revoke_api_key(*, actor: Actor, member_code: str, key_id: int) -> None:
    """Ends a key; other processes stop taking it within selectors.KEY_CACHE_S. Raises NotFound."""
    with transaction.atomic():
        keys = ApiKey.objects.filter(pk=key_id, member__code=member_code, revoked_at__isnull=True)
        if not keys.update(revoked_at=timezone.now()):
            raise NotFound(detail=f"key {key_id}")
        audit.record(
            actor=actor, action="api_key.revoke", subject=f"member:{member_code}", after={"key": key_id}
        )
        transaction.on_commit(forget_cached_keys)


def demo_api_key(member_code: str) -> str:
    """The key of a demo member: made from SECRET_KEY, so it can be printed again and is never stored."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"demo-api-key:{member_code}".encode(), hashlib.sha256)
    plain = _KEY_PREFIX + base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    if not ApiKey.objects.filter(digest=key_digest(plain)).exists():
        user = User.objects.filter(member__code=member_code, is_active=True).order_by("pk").first()
        if user is None:
            raise UnknownMember(detail=member_code)
        _keep_key(audit.SYSTEM, member_code, user.username, "demo", SCOPES, plain)
    return plain


def _keep_key(
    actor: Actor, member_code: str, username: str, name: str, scopes: tuple[str, ...], plain: str
) -> IssuedKey:
    checks.check_scopes(scopes)
    with transaction.atomic():
        member = _locked(member_code)
        user = User.objects.filter(member=member, username=username).first()
        if user is None:
            raise NotFound(detail=f"user {username} of {member_code}")
        key = ApiKey.objects.create(
            member=member,
            user=user,
            name=name,
            prefix=plain[:_SHOWN_KEY_CHARACTERS],
            digest=key_digest(plain),
            scopes=list(scopes),
            created_at=timezone.now(),
        )
        audit.record(
            actor=actor,
            action="api_key.issue",
            subject=f"member:{member_code}",
            after={"key": key.pk, "user": username, "scopes": list(scopes)},
        )
        transaction.on_commit(forget_cached_keys)
    return IssuedKey(api_key_row(key), plain)


def _set_status(actor: Actor, code: str, status: Member.Status, reason: str, action: str) -> MemberRow:
    with transaction.atomic():
        member = _locked(code)
        before = member.status
        if before != status:
            member.status, member.status_reason = status, reason
            member.save(update_fields=["status", "status_reason"])
            _tell_floor(member)
            audit.record(
                actor=actor,
                action=action,
                subject=f"member:{code}",
                reason=reason,
                before={"status": before},
                after={"status": str(status)},
            )
            transaction.on_commit(forget_cached_keys)
    return member_by_code(code)


def _locked(code: str) -> Member:
    member = Member.objects.select_for_update().filter(code=code).first()
    if member is None:
        raise UnknownMember(detail=code)
    return member


def _group_number(name: str) -> int:
    """The engine's number of a group, 0 for none; counted down from the highest, away from the accounts."""
    if not name:
        return 0
    group = RelatedGroup.objects.filter(name=name).first()
    if group is None:
        number = MAX_ACCOUNT + 1 - next_number("related_group")
        group = RelatedGroup.objects.create(name=name, number=number)
    return group.number


def _tell_floor(member: Member) -> None:
    """Fees, suspension and group as the tables have them now; each telling has a number of its own."""
    command = Command(
        kind=CommandKind.ACCOUNT,
        account=member.account_no,
        flags=SUSPENDED_FLAG if member.status == Member.Status.SUSPENDED else 0,
        price=member.buyer_fee_bps,
        quantity=member.seller_fee_bps,
        amount=member.deposit_bps,
        order_id=_group_number(member.related_group),
    )
    telling = next_number(f"account:{member.account_no}")
    outbox.enqueue(command, f"account:{member.account_no}:{telling}")
