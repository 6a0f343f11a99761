"""What pledges say of those who borrowed on their receipts: a loan not repaid, and the goods sold for it.

The lender can ask only when the loan or a top-up call is overdue, and another person of the exchange decides.
"""

from collections.abc import Iterable

from exchange.kernel.calendar import ns_of, trading_day
from exchange.members.credit import record_facts
from exchange.members.credit_types import FactKind, NewFact
from warehouse_receipts.models import Pledge
from warehouse_receipts.states import PledgeState


def record_foreclosure(pledge: Pledge) -> None:
    """Records a foreclosure in the transaction that decides it."""
    record_facts(list(_foreclosed([pledge])))


def facts_of_pledges() -> list[NewFact]:
    """Every foreclosure there was, oldest first."""
    return list(_foreclosed(Pledge.objects.filter(state=PledgeState.FORECLOSED).order_by("pk")))


def _foreclosed(pledges: Iterable[Pledge]) -> Iterable[NewFact]:
    for pledge in pledges:
        assert pledge.ended_at is not None
        yield NewFact(
            account_no=pledge.holder_no,
            kind=FactKind.PLEDGE_FORECLOSED,
            source=pledge.no,
            day=trading_day(ns_of(pledge.ended_at)),
            amount_fen=pledge.owed_fen,
        )
