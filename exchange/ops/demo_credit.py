"""The demo market's credit: what its members did with the contracts they have concluded so far.

Made through the same services as real business: buyers accept goods, now and then a seller makes short weight
good, or loses a dispute before the arbitrators. The last contracts of each run are left as they are, so that
a demo always has some under way.
"""

from exchange.kernel.audit import Actor
from exchange.ops.demo import DEMO, OPERATORS
from exchange.ops.demo_data import BUYERS, GROWERS
from settlement import services as settlement
from settlement.delivery_selectors import DeliveryRow, deliveries

FIRST, SECOND = (Actor(operator.username) for operator in OPERATORS[:2])
MOST = 400
LEFT_OPEN = 8
ONE_IN = 16
"""Of so many contracts one ends with short weight made good, and one with an award."""


def fill() -> int:
    """Ends the contracts under way between demo members but the last; how many."""
    demo = {member.name for member in (*GROWERS, *BUYERS)}
    rows = [
        row for row in deliveries(stage="titled", limit=MOST) if {row.seller_name, row.buyer_name} <= demo
    ]
    waiting = sorted(rows, key=lambda row: row.contract_no)[:-LEFT_OPEN]
    for place, row in enumerate(waiting, start=1):
        if place % ONE_IN == 0:
            _award(row)
        elif place % ONE_IN == ONE_IN // 2:
            _make_good(row)
        else:
            settlement.accept(actor=DEMO, account_no=row.buyer_no, contract_no=row.contract_no)
    return len(waiting)


def _make_good(row: DeliveryRow) -> None:
    """The scale said one per cent less; the seller pays."""
    claim_no = settlement.file_claim(
        actor=DEMO,
        account_no=row.buyer_no,
        contract_no=row.contract_no,
        kind="weight",
        text="复磅少百分之一",
        wanted_fen=row.amount_fen // 100,
    )
    settlement.agree_claim(actor=DEMO, account_no=row.seller_no, claim_no=claim_no)


def _award(row: DeliveryRow) -> None:
    """Mediation fails, and the arbitrators award the buyer two per cent."""
    case_no = settlement.open_dispute(
        actor=DEMO, account_no=row.buyer_no, contract_no=row.contract_no, text="果径与质检单不符，协商不成"
    )
    settlement.refer_to_arbitration(actor=FIRST, case_no=case_no, reason="双方未能达成一致")
    settlement.enter_award(
        actor=FIRST, case_no=case_no, payer="seller", fen=row.amount_fen // 50, text="卖方退还百分之二货款"
    )
    settlement.confirm_award(actor=SECOND, case_no=case_no)
