"""解除, joined: goods back to the seller and the price back to the buyer, together or not at all.

Settlement and the receipt register do not know each other; as with every deal, they meet here. The buyer's
receipts are set aside first (the floor gives them up, or they are in their resale lock and unknown to it),
then the price is asked of the seller's free money. When the floor gives it up, the projector posts it and
passes the title back in its one transaction; until then the buyer has title and the seller the price.
"""

from django.db import transaction

from exchange.kernel.audit import Actor
from exchange.kernel.calendar import now_ns
from exchange.trading.errors import GoodsNotFree
from settlement import rescissions
from settlement.rescissions import RESCISSION, Undoing
from warehouse_receipts.selectors import receipts_by_no
from warehouse_receipts.setting_aside import (
    hand_back,
    set_aside,
    set_aside_by_id,
    set_aside_id_of,
    set_asides_for,
)
from warehouse_receipts.title import TitleBatch
from warehouse_receipts.types import Business, ReceiptState, SetAsideState, TitleTrade


def propose(*, actor: Actor, contract_no: str, reason: str) -> str:
    """Proposes to undo a contract; the number. Raises as ``propose_rescission`` does, and GoodsNotFree."""
    with transaction.atomic():
        undoing = rescissions.propose_rescission(actor=actor, contract_no=contract_no, reason=reason)
        _check_receipts(undoing)
    return undoing.rescission_no


def approve(*, actor: Actor, rescission_no: str) -> None:
    """A second person has it carried out. Raises as ``approve_rescission`` and ``set_aside`` do."""
    with transaction.atomic():
        undoing = rescissions.approve_rescission(actor=actor, rescission_no=rescission_no)
        _check_receipts(undoing)
        asked = set_aside(
            holder_no=undoing.buyer_no,
            receipt_nos=undoing.receipt_nos,
            business=Business.DISPUTED,
            reference=_reference(rescission_no),
            actor=actor,
        )
        if asked.state == SetAsideState.ACTIVE:
            _go_on(rescission_no)


def abandon(*, actor: Actor, rescission_no: str, reason: str) -> None:
    """Gives up a rescission whose price does not come; the buyer gets its goods back."""
    with transaction.atomic():
        rescissions.abandon_rescission(actor=actor, rescission_no=rescission_no, reason=reason)
        hand_back(_set_aside_of(rescission_no), reference=f"{_reference(rescission_no)}:abandoned")


def floor_answered(reference: str) -> bool:
    """After the register has taken the floor's answer about a set-aside; False if it is not ours."""
    set_aside_id = set_aside_id_of(reference)
    if set_aside_id is None:
        return False
    row = set_aside_by_id(set_aside_id)
    kind, _, rescission_no = row.reference.partition(":")
    if kind != RESCISSION:
        return False
    if row.state == SetAsideState.ACTIVE:
        _go_on(rescission_no)
    else:
        rescissions.goods_refused(rescission_no, row.reason)
    return True


def _go_on(rescission_no: str) -> None:
    undoing = rescissions.goods_given(rescission_no)
    if not undoing.seller_pays_fen:
        _pass_back(rescissions.price_returned(rescission_no))


def _pass_back(undoing: Undoing) -> None:
    """Title from the buyer to the seller, free to be sold at once: it was the seller's before."""
    batch = TitleBatch(resale_lock_days={undoing.product_number: 0})
    batch.transfer_set_aside(
        _set_aside_of(undoing.rescission_no),
        TitleTrade(
            trade_id=-undoing.trade_id,
            product_number=undoing.product_number,
            sell_order_id=0,
            seller_no=undoing.buyer_no,
            buyer_no=undoing.seller_no,
            kg=undoing.quantity_kg,
            contract_no=undoing.contract_no,
            seq=undoing.seq,
            at_ns=now_ns(),
        ),
    )
    batch.write()


rescissions.when_price_is_back(_pass_back)


def _check_receipts(undoing: Undoing) -> None:
    """The goods must be all there, in the buyer's hands and in the store, as they were bought."""
    found = receipts_by_no(undoing.receipt_nos)
    for number in undoing.receipt_nos:
        receipt = found.get(number)
        if (
            receipt is None
            or receipt.holder_no != undoing.buyer_no
            or receipt.state != ReceiptState.ISSUED
            or receipt.business != Business.NONE
        ):
            raise GoodsNotFree(receipt=number)
    if sum(found[number].kg for number in undoing.receipt_nos) != undoing.quantity_kg:
        raise GoodsNotFree(receipt="、".join(undoing.receipt_nos))


def _reference(rescission_no: str) -> str:
    return f"{RESCISSION}:{rescission_no}"


def _set_aside_of(rescission_no: str) -> int:
    """The set-aside that keeps the goods of a rescission."""
    (row,) = set_asides_for(_reference(rescission_no))
    return row.id
