"""What the clock does for receipts, from the seal over a sale to the valuation of a pledge."""

from datetime import timedelta

import pytest

from exchange.kernel import calendar
from exchange.ops import receipt_jobs
from tests.warehouse_receipts.goods import SELLER, a_receipt, a_trade, a_warehouse
from warehouse_receipts import selectors, services
from warehouse_receipts.models import EndorsementSeal, Receipt
from warehouse_receipts.setting_aside import set_asides_for

pytestmark = pytest.mark.django_db


def test_the_clock_seals_sales_and_ends_receipts_past_their_last_day() -> None:
    sold, old = (a_receipt(warehouse, 1_000) for warehouse in (a_warehouse(), "XY01"))
    services.hold_for_order(7, SELLER, 1, 1_000)
    services.transfer_title([a_trade(1, 7, 1_000)])
    Receipt.objects.filter(no=old).update(expires_on=calendar.today() - timedelta(days=1))

    for poll in receipt_jobs.receipt_polls():
        poll.run(calendar.now_ns())

    assert EndorsementSeal.objects.get().count == 1
    expires_on = selectors.receipt_detail(old).receipt.expires_on
    assert len(set_asides_for(f"expiry:{old}:{expires_on:%Y%m%d}")) == 1
    assert selectors.receipt_detail(sold).receipt.business == "none"
    assert receipt_jobs.index_prices() == {}
