"""API keys: shown once, kept as a digest, ended at once."""

import pytest
from django.test import RequestFactory

from exchange.kernel.audit import SYSTEM
from exchange.kernel.errors import BadParameter, MemberSuspended, NotFound, NotPermitted, UnknownMember
from exchange.members import checks, selectors, services
from exchange.members.adapter import AccountAdapter
from exchange.members.models import ApiKey, User
from exchange.members.types import IssuedKey, MemberIdentity
from tests.members.people import hire, register

pytestmark = pytest.mark.django_db


def issued(role: str = "admin", scopes: tuple[str, ...] = ("read", "trade", "funds")) -> IssuedKey:
    username = hire(register(1), role)
    return services.issue_api_key(
        actor=SYSTEM, member_code="G001", username=username, name="bot", scopes=scopes
    )


def asked(plain: str) -> MemberIdentity:
    selectors.forget_cached_keys()
    identity = selectors.member_by_api_key(plain)
    assert identity is not None
    return identity


def test_a_key_names_its_member_and_person() -> None:
    key = issued()
    identity = asked(key.plain)
    assert (identity.code, identity.account_no, identity.username) == ("G001", 1, "g001-admin")
    assert identity.scopes == {"read", "trade", "funds"}


def test_the_key_itself_is_not_kept() -> None:
    key = issued()
    stored = ApiKey.objects.get()
    assert key.plain not in (stored.digest, stored.prefix)
    assert key.plain.startswith(stored.prefix)
    assert selectors.api_keys(asked(key.plain).member_id) == (key.row,)


@pytest.mark.parametrize("plain", ["", "jg_", "x" * 10_000, "键"])
def test_other_texts_are_nobody(plain: str) -> None:
    issued()
    assert selectors.member_by_api_key(plain) is None


def test_asking_again_needs_no_table(django_assert_num_queries: object) -> None:
    key = issued()
    asked(key.plain)
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert selectors.member_by_api_key(key.plain) is not None


def test_memory_of_keys_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "_KEY_CACHE_LIMIT", 3)
    for n in range(10):
        selectors.member_by_api_key(f"guess {n}")
    assert len(selectors._cached_keys) <= 3


@pytest.mark.django_db(transaction=True)
def test_a_revoked_key_is_nobody_at_once_in_this_process() -> None:
    key = issued()
    asked(key.plain)
    services.revoke_api_key(actor=SYSTEM, member_code="G001", key_id=key.row.id)
    assert selectors.member_by_api_key(key.plain) is None
    with pytest.raises(NotFound):
        services.revoke_api_key(actor=SYSTEM, member_code="G001", key_id=key.row.id)


@pytest.mark.django_db(transaction=True)
def test_a_suspended_member_is_known_as_such_at_once() -> None:
    key = issued()
    assert not asked(key.plain).suspended
    services.suspend_member(actor=SYSTEM, code="G001", reason="x")
    identity = selectors.member_by_api_key(key.plain)
    assert identity is not None
    with pytest.raises(MemberSuspended):
        checks.check_may_trade(identity)
    checks.check_may_cancel(identity)


def test_a_person_who_left_has_no_key() -> None:
    key = issued()
    User.objects.update(is_active=False)
    assert selectors.member_by_api_key(key.plain) is None


def test_the_demo_key_can_be_printed_again() -> None:
    hire(register(1))
    plain = services.demo_api_key("G001")
    assert services.demo_api_key("G001") == plain
    assert asked(plain).code == "G001"
    assert ApiKey.objects.count() == 1


def test_demo_keys_differ_between_members_and_exchanges(settings: object) -> None:
    for serial in (1, 2):
        hire(register(serial))
    first = services.demo_api_key("G001")
    assert services.demo_api_key("G002") != first
    settings.SECRET_KEY = "another exchange"  # type: ignore[attr-defined]
    assert services.demo_api_key("G001") != first


def test_a_member_without_people_has_no_demo_key() -> None:
    register(1)
    with pytest.raises(UnknownMember):
        services.demo_api_key("G001")


@pytest.mark.parametrize("scopes", [(), ("everything",), ("read", "x")])
def test_scopes_come_from_the_list(scopes: tuple[str, ...]) -> None:
    with pytest.raises(BadParameter):
        issued(scopes=scopes)


def test_a_key_is_for_the_members_own_people() -> None:
    stranger = hire(register(2))
    register(1)
    with pytest.raises(NotFound):
        services.issue_api_key(actor=SYSTEM, member_code="G001", username=stranger, name="x")


@pytest.mark.parametrize(
    ("role", "may"),
    [("trader", {"trade"}), ("finance", {"funds"}), ("logistics", set()), ("admin", {"trade", "funds"})],
)
def test_roles_decide_who_trades_and_who_moves_money(role: str, may: set[str]) -> None:
    identity = asked(issued(role).plain)
    checks.check_may_read(identity)
    for scope, check in (("trade", checks.check_may_trade), ("funds", checks.check_may_move_money)):
        if scope in may:
            check(identity)
            narrowed = identity._replace(scopes=frozenset({"read"}))
            with pytest.raises(NotPermitted):
                check(narrowed)
        else:
            with pytest.raises(NotPermitted):
                check(identity)


def test_a_key_without_scope_read_may_not_read() -> None:
    with pytest.raises(NotPermitted):
        checks.check_may_read(asked(issued(scopes=("trade",)).plain))


def test_only_operators_operate() -> None:
    services.register_user(actor=SYSTEM, username="operator", password="苹果-5e-Xianyang", role="operator")
    hire(register(1), username="li.na")
    checks.check_operator(User.objects.get(username="operator"))
    with pytest.raises(NotPermitted):
        checks.check_operator(User.objects.get(username="li.na"))


def test_visitors_cannot_sign_up() -> None:
    assert not AccountAdapter().is_open_for_signup(RequestFactory().get("/"))
