"""People of warehouses, inspection bodies and lenders act for their institution and for nobody else."""

import pytest
from django.db import IntegrityError, transaction

from exchange.kernel import institutions
from exchange.kernel.audit import SYSTEM
from exchange.kernel.errors import BadParameter, Conflict
from exchange.kernel.institution_errors import UnknownInstitution
from exchange.members import services
from exchange.members.models import User
from exchange.members.selectors import identity_of_user, staff_of_user
from tests.members.people import hire, register

pytestmark = pytest.mark.django_db

PASSWORD = "苹果-5e-Xianyang"


def employ(username: str = "keeper", institution: str = "warehouse:XY01") -> int:
    kind = institution.partition(":")[0]
    institutions.register(code=institution, name="旬邑冷库", kind=kind)
    return services.register_staff(
        actor=SYSTEM, username=username, password=PASSWORD, institution=institution, full_name="王芳"
    )


def test_staff_act_for_their_institution_and_no_member() -> None:
    person = employ()
    staff = staff_of_user(person)
    assert staff is not None
    assert (staff.institution, staff.kind, staff.own_code, staff.name, staff.full_name) == (
        "warehouse:XY01",
        "warehouse",
        "XY01",
        "旬邑冷库",
        "王芳",
    )
    assert identity_of_user(person) is None


def test_nobody_else_is_staff() -> None:
    trader = hire(register(1))
    operator = services.register_user(actor=SYSTEM, username="operator", password=PASSWORD, role="operator")
    assert staff_of_user(User.objects.get(username=trader).pk) is None
    assert staff_of_user(operator) is None
    assert staff_of_user(0) is None


def test_staff_need_an_institution_that_has_some() -> None:
    with pytest.raises(UnknownInstitution):
        services.register_staff(actor=SYSTEM, username="x", password=PASSWORD, institution="warehouse:NO")
    with pytest.raises(BadParameter):
        employ(institution="bank:ABC")
    with pytest.raises(BadParameter):
        services.register_user(
            actor=SYSTEM, username="x", password=PASSWORD, role="staff", member_code=register(1).code
        )
    employ()
    with pytest.raises(Conflict):
        employ()


def test_a_dismissed_person_acts_for_nobody() -> None:
    person = employ()
    User.objects.filter(pk=person).update(is_active=False)
    assert staff_of_user(person) is None


def test_raw_sql_cannot_make_a_member_s_person_staff() -> None:
    hire(register(1), username="trader")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(username="trader").update(institution="warehouse:XY01")
