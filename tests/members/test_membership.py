"""Members are admitted, suspended and charged; the floor hears of it in the same transaction."""

import pytest

from exchange.kernel import audit, outbox
from exchange.kernel.audit import SYSTEM
from exchange.kernel.errors import BadCursor, BadParameter, BadUscc, Conflict, DuplicateMember, UnknownMember
from exchange.kernel.models import AuditEntry
from exchange.members import selectors, services
from exchange.members.models import Member, User
from exchange.members.types import FeeRates
from exchange.members.uscc import make_uscc
from matching.types import MAX_ACCOUNT, Command, CommandKind
from tests.members.people import FEES, hire, register

pytestmark = pytest.mark.django_db


def told_floor() -> list[tuple[str, Command]]:
    return [(row.reference, Command.unpack(row.command)) for row in outbox.pending()]


def test_members_get_account_numbers_without_gaps() -> None:
    assert [register(serial).account_no for serial in (11, 12, 13)] == [1, 2, 3]


def test_a_new_member_is_opened_on_the_floor_with_its_fees() -> None:
    member = register(1)
    command = Command(kind=CommandKind.ACCOUNT, account=1, price=20, quantity=0, amount=200)
    assert told_floor() == [("account:1:1", command)]
    assert selectors.member_by_code("G001") == selectors.member_by_account_no(1) == member
    assert member.fees == FEES


def test_a_refused_registration_takes_no_number_and_tells_nobody() -> None:
    register(1)
    with pytest.raises(DuplicateMember):
        register(1)
    assert register(2).account_no == 2
    assert len(told_floor()) == 2


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"uscc": "93610425000000010X"}, BadUscc),
        ({"uscc": ""}, BadUscc),
        ({"kind": "bank"}, BadParameter),
        ({"fees": FeeRates(-1, 0, 0)}, BadParameter),
        ({"fees": FeeRates(0, 10_001, 0)}, BadParameter),
    ],
)
def test_a_registration_with_wrong_particulars_is_refused(
    change: dict[str, object], error: type[Exception]
) -> None:
    particulars = {
        "code": "G001",
        "name": "合作社",
        "kind": "grower",
        "uscc": make_uscc(division="610425", serial=1),
        "county": "礼泉",
        "fees": FEES,
    }
    with pytest.raises(error):
        services.register_member(actor=SYSTEM, **(particulars | change))  # type: ignore[arg-type]
    assert not Member.objects.exists()
    assert not told_floor()


def test_suspending_stops_trading_and_can_be_lifted() -> None:
    register(1)
    suspended = services.suspend_member(actor=SYSTEM, code="G001", reason="未按时交货")
    assert (suspended.status, suspended.status_reason) == ("suspended", "未按时交货")
    again = services.reinstate_member(actor=SYSTEM, code="G001", reason="已交货")
    assert again.status == "active"
    assert [(reference, command.flags) for reference, command in told_floor()] == [
        ("account:1:1", 0),
        ("account:1:2", 1),
        ("account:1:3", 0),
    ]
    assert AuditEntry.objects.get(action="member.suspend").after == {"status": "suspended"}
    assert audit.verify() == []


def test_suspending_twice_tells_the_floor_once() -> None:
    register(1)
    for _ in range(2):
        services.suspend_member(actor=SYSTEM, code="G001", reason="x")
    assert len(told_floor()) == 2


def test_new_fees_keep_a_suspension() -> None:
    register(1)
    services.suspend_member(actor=SYSTEM, code="G001", reason="x")
    row = services.set_fees(actor=SYSTEM, code="G001", fees=FeeRates(30, 10, 100), reason="新费率")
    assert row.fees == FeeRates(30, 10, 100)
    command = told_floor()[-1][1]
    assert (command.flags, command.price, command.quantity, command.amount) == (1, 30, 10, 100)
    services.set_fees(actor=SYSTEM, code="G001", fees=FeeRates(30, 10, 100), reason="again")
    assert len(told_floor()) == 3


@pytest.mark.parametrize(
    "ask",
    [selectors.member_by_code, lambda code: services.suspend_member(actor=SYSTEM, code=code, reason="")],
)
def test_nobody_is_somebody(ask: object) -> None:
    with pytest.raises(UnknownMember):
        ask("G404")  # type: ignore[operator]
    with pytest.raises(UnknownMember):
        selectors.member_by_account_no(404)


def test_members_are_listed_page_by_page() -> None:
    for serial in range(1, 6):
        register(serial, "dealer" if serial % 2 else "grower")
    first = selectors.list_members(limit=2)
    second = selectors.list_members(limit=2, cursor=first.next_cursor)
    third = selectors.list_members(limit=2, cursor=second.next_cursor)
    codes = [row.code for page in (first, second, third) for row in page.rows]
    assert codes == ["D001", "G002", "D003", "G004", "D005"]
    assert third.next_cursor is None
    assert [row.code for row in selectors.list_members(kind="grower").rows] == ["G002", "G004"]
    assert [row.code for row in selectors.list_members(search="第3果业").rows] == ["D003"]
    assert set(selectors.members_by_account_no([1, 2, 99])) == {1, 2}


@pytest.mark.parametrize("cursor", ["x", "-1", "1e3", "", "٣", "9" * 30])
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        selectors.list_members(cursor=cursor)


def test_people_act_for_their_member_and_operators_for_none() -> None:
    member = register(1)
    hire(member, "trader", "li.na")
    operator = services.register_user(
        actor=SYSTEM, username="operator", password="苹果-5e-Xianyang", role="operator"
    )
    person = User.objects.get(username="li.na")
    identity = selectors.identity_of_user(person.pk)
    assert identity is not None
    assert (identity.account_no, identity.role, identity.suspended) == (1, "trader", False)
    assert person.check_password("苹果-5e-Xianyang")
    assert selectors.identity_of_user(operator) is None
    assert selectors.identity_of_user(999) is None


def test_a_log_in_name_is_taken_once() -> None:
    member = register(1)
    hire(member, username="li.na")
    with pytest.raises(Conflict):
        hire(member, username="li.na")


@pytest.mark.parametrize(("role", "code"), [("operator", "G001"), ("trader", None), ("king", "G001")])
def test_a_role_fits_the_member(role: str, code: str | None) -> None:
    register(1)
    with pytest.raises(BadParameter):
        services.register_user(actor=SYSTEM, username="x", password="x", role=role, member_code=code)


def test_members_of_a_group_share_a_number_that_no_account_has() -> None:
    for serial in (1, 2, 3):
        register(serial)
    codes = [selectors.member_by_account_no(number).code for number in (1, 2, 3)]

    for code, group in zip(codes, ("塬上红", "塬上红", "秦川"), strict=True):
        services.set_related_group(actor=SYSTEM, code=code, group=group, reason="同一控制人")

    numbers = [command.order_id for _, command in told_floor()[-3:]]
    assert numbers == [MAX_ACCOUNT, MAX_ACCOUNT, MAX_ACCOUNT - 1]
    assert [row.related_group for row in selectors.list_members().rows] == ["塬上红", "塬上红", "秦川"]

    services.set_related_group(actor=SYSTEM, code=codes[0], group="", reason="股权转让")
    assert told_floor()[-1][1].order_id == 0
    entry = AuditEntry.objects.order_by("-pk")[0]
    assert (entry.action, entry.reason) == ("member.set_related_group", "股权转让")
    assert audit.verify() == []


def test_a_group_outlives_a_suspension_and_a_change_of_fees() -> None:
    code = register(1).code
    services.set_related_group(actor=SYSTEM, code=code, group="塬上红", reason="同一控制人")
    services.suspend_member(actor=SYSTEM, code=code, reason="核查")
    assert told_floor()[-1][1].order_id == MAX_ACCOUNT


@pytest.mark.parametrize("group", [" 塬上红", "x" * 61, "a\nb"])
def test_a_group_has_a_plain_name(group: str) -> None:
    code = register(1).code
    with pytest.raises(BadParameter):
        services.set_related_group(actor=SYSTEM, code=code, group=group, reason="同一控制人")
    with pytest.raises(BadParameter):
        services.set_related_group(actor=SYSTEM, code=code, group="塬上红", reason=" ")
