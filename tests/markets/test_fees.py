"""Versions of the fees and who pays them."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from exchange.kernel.audit import SYSTEM
from exchange.kernel.errors import BadParameter, NotFound
from exchange.markets import selectors, services
from exchange.markets.models import FeeSchedule
from exchange.members.selectors import member_by_code
from exchange.members.services import register_member
from exchange.members.types import FeeRates
from exchange.members.uscc import make_uscc

pytestmark = pytest.mark.django_db

NOVEMBER, DECEMBER = date(2026, 11, 2), date(2026, 12, 1)


@pytest.fixture(autouse=True)
def _fees(db: None) -> None:
    for day, seller in ((NOVEMBER, 20), (DECEMBER, 15)):
        services.define_fees(
            actor=SYSTEM, effective_from=day, buyer_bps=20, seller_bps=seller, grower_bps=0, deposit_bps=200
        )


def test_the_version_effective_on_a_day_is_used() -> None:
    assert selectors.fees_on(date(2026, 11, 30)).version == 1
    assert selectors.fees_on(DECEMBER).version == 2
    with pytest.raises(NotFound):
        selectors.fees_on(date(2026, 11, 1))


def test_growers_pay_no_fee_but_leave_the_quality_deposit() -> None:
    assert selectors.fees_for("grower", NOVEMBER) == FeeRates(0, 0, 200)
    assert selectors.fees_for("dealer", NOVEMBER) == FeeRates(20, 20, 200)


def test_new_fees_reach_the_members_they_differ_for() -> None:
    fees = selectors.fees_for("dealer", NOVEMBER)
    register_member(
        actor=SYSTEM,
        code="D001",
        name="咸阳果行",
        kind="dealer",
        uscc=make_uscc(division="610400", serial=1, authority="91"),
        county="秦都区",
        fees=fees,
    )

    services.apply_fees(actor=SYSTEM, day=DECEMBER, reason="新费率生效")

    assert member_by_code("D001").fees == FeeRates(20, 15, 200)


def test_a_fee_version_is_never_rewritten() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        FeeSchedule.objects.update(seller_bps=1)


@pytest.mark.parametrize("rate", [-1, 10_001])
def test_rates_are_shares(rate: int) -> None:
    with pytest.raises(BadParameter):
        services.define_fees(
            actor=SYSTEM, effective_from=DECEMBER, buyer_bps=rate, seller_bps=0, grower_bps=0, deposit_bps=0
        )


def test_a_fee_above_half_a_percent_is_refused_by_the_table() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        services.define_fees(
            actor=SYSTEM, effective_from=DECEMBER, buyer_bps=51, seller_bps=0, grower_bps=0, deposit_bps=0
        )
