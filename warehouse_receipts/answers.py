"""The floor's answers to our outbox rows, and what each business makes of them.

Called by the projector, in its transaction: a pledge is registered, a pickup may be confirmed, a freeze is in
force exactly when the goods have left the market.
"""

from collections.abc import Callable

from django.db import transaction

from warehouse_receipts import setting_aside
from warehouse_receipts.freezing import freeze_answered, loss_answered
from warehouse_receipts.picking_up import pickup_answered
from warehouse_receipts.pledging import let_go_late, pledge_answered
from warehouse_receipts.types import Business, SetAsideRow

FOLLOWERS: dict[Business, tuple[Callable[[SetAsideRow], None], ...]] = {
    Business.FROZEN: (freeze_answered,),
    Business.DISPUTED: (freeze_answered,),
    Business.LOST: (loss_answered,),
    Business.PLEDGE: (pledge_answered, let_go_late),
    Business.PICKUP: (pickup_answered,),
}


@transaction.atomic
def floor_answered(reference: str, seq: int, reason: int) -> bool:
    """Takes the floor's answer to an outbox row; False if it is not ours."""
    ours = setting_aside.floor_answered(reference, seq, reason)
    set_aside_id = setting_aside.set_aside_id_of(reference)
    if set_aside_id is not None:
        row = setting_aside.set_aside_by_id(set_aside_id)
        for follow in FOLLOWERS.get(row.business, ()):
            follow(row)
    return ours
