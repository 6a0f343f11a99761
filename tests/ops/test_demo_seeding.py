"""Seeding the demo market from nothing, and after an interruption."""

import pytest

from exchange.members.selectors import member_by_code
from exchange.ops import demo
from exchange.ops.demo_data import BUYERS
from exchange.ops.demo_data import GROWERS as ALL_GROWERS
from settlement.selectors import funds_summary
from warehouse_receipts import selectors as register
from warehouse_receipts import verify

pytestmark = pytest.mark.django_db

GROWERS = ALL_GROWERS[:2]
TONNES = 200


def test_an_interrupted_seeding_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "GROWERS", GROWERS)
    with monkeypatch.context() as broken:
        broken.setattr(demo, "_seed_buyer", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            demo.seed(tonnes_per_grower=TONNES)
    goods = {
        grower.code: register.receipt_totals(member_by_code(grower.code).account_no) for grower in GROWERS
    }

    assert demo.seed_if_empty()

    assert goods == {
        grower.code: register.receipt_totals(member_by_code(grower.code).account_no) for grower in GROWERS
    }
    assert funds_summary(member_by_code(BUYERS[-1].code).account_no).cash_fen == demo.YUAN_PER_BUYER * 100
    assert verify.shortfalls() == []
