"""Who looks at a receipt under an order sees it: its holder, the operator, and whoever verifies a paper."""

from django.test import Client
from django.utils import translation

from exchange.kernel.audit import SYSTEM
from exchange.kernel.documents.codes import code_of
from tests.trading.exchange_in_tables import TableExchange
from tests.warehouse_receipts.test_court_orders import COURT, DOCUMENT, order
from tests.web.conftest import LogIn
from warehouse_receipts import services
from warehouse_receipts.selectors import receipts_of


def test_an_order_that_waits_is_seen_by_all_who_look(market: TableExchange, log_in: LogIn) -> None:
    grower = market.growers[0]
    no = receipts_of(grower)[0].receipt_no
    services.report_loss(holder_no=grower, no=no, reason="遗失", actor=SYSTEM)
    market.settle()
    order(no)

    with translation.override("zh-hans"):
        own = log_in(grower).get(f"/me/receipts/{no}/").content.decode()
        desk = log_in().get("/console/receipts/").content.decode()
        public = Client().get(f"/verify/receipt/{no}/{code_of('receipt', no)}/").content.decode()
    for page in (own, desk):
        assert "冻结令生效" in page
        assert COURT in page
        assert DOCUMENT in page
    assert "没有等待执行的冻结令" in public
    assert "请留意状态" in public
    assert COURT not in public
    assert DOCUMENT not in public
