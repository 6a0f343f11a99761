"""Changing the register: the functions other packages call, in one place.

The steps live in modules of their own: ``warehouses`` (designation, climate), ``stocktaking``, ``intake``,
``inspecting``, ``issuing``, ``setting_aside``, ``changing`` (split, merge, expiry), ``freezing``,
``disposals``, ``pledging``, ``picking_up``. Goods reach the trading floor only through them, by commands in
the outbox, in the transaction that makes it true. Trading moves title through `title.TitleBatch`.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction

from exchange.kernel import calendar, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.bulk import bulk_writer
from warehouse_receipts.answers import floor_answered
from warehouse_receipts.changing import (
    expire_receipts,
    extend_receipt,
    merge_receipts,
    split_receipt,
)
from warehouse_receipts.disposals import (
    decide_disposal,
    follow_disposals,
    propose_regrade,
    propose_write_off,
)
from warehouse_receipts.freezing import (
    decide_freeze,
    follow_orders,
    lift_due_freezes,
    lift_freeze,
    object_to_loss,
    propose_freeze,
    replace_lost,
    report_loss,
    settle_objection,
    withdraw_loss,
)
from warehouse_receipts.inspecting import (
    add_inspector,
    designate_body,
    file_sampling,
    inspect_intake,
    reinspect,
    sample_intake,
    sweep_downgrades,
)
from warehouse_receipts.intake import (
    arrive_intake,
    book_intake,
    record_origin,
    refuse_intake,
    store_intake,
    weigh_intake,
)
from warehouse_receipts.issuing import (
    confirm_as_inspector,
    confirm_as_owner,
    issue_receipt,
    refuse_issue,
    register_issue,
    request_issue,
)
from warehouse_receipts.locks import lock_receipts_out_of_lock
from warehouse_receipts.models import Receipt
from warehouse_receipts.photographs import attach_photo, attach_photos
from warehouse_receipts.picking_up import (
    cancel_pickup,
    check_in,
    confirm_slot,
    finish_pickup,
    refused_pickup_of,
    request_pickup,
    weigh_out,
)
from warehouse_receipts.pledging import (
    admit_lender,
    apply_for_pledge,
    ask_foreclosure,
    decide_foreclosure,
    decide_pledge,
    record_repayment,
    release_pledge,
    review_pledges,
    top_up,
)
from warehouse_receipts.setting_aside import hand_back, set_aside, set_aside_id_of
from warehouse_receipts.storage_fees import mark_posted, unposted_fees
from warehouse_receipts.title import TitleBatch
from warehouse_receipts.title_rows import goods_command
from warehouse_receipts.types import Business, StoreType, TitlePart, TitleTrade
from warehouse_receipts.warehouses import (
    FIRST_ROOM,
    NewRoom,
    NewWarehouse,
    decide_proposal,
    propose_change,
    propose_room,
    propose_status,
    propose_warehouse,
    record_readings,
)

__all__ = [
    "add_inspector",
    "admit_lender",
    "apply_for_pledge",
    "arrive_intake",
    "ask_foreclosure",
    "attach_photo",
    "attach_photos",
    "book_intake",
    "cancel_pickup",
    "check_in",
    "confirm_as_inspector",
    "confirm_as_owner",
    "confirm_slot",
    "decide_disposal",
    "decide_foreclosure",
    "decide_freeze",
    "decide_pledge",
    "decide_proposal",
    "designate_body",
    "expire_receipts",
    "extend_receipt",
    "file_sampling",
    "finish_pickup",
    "floor_answered",
    "follow_disposals",
    "follow_orders",
    "hand_back",
    "hold_for_order",
    "inspect_intake",
    "issue_receipt",
    "lift_due_freezes",
    "lift_freeze",
    "mark_posted",
    "merge_receipts",
    "object_to_loss",
    "propose_change",
    "propose_freeze",
    "propose_regrade",
    "propose_room",
    "propose_status",
    "propose_warehouse",
    "propose_write_off",
    "record_origin",
    "record_readings",
    "record_repayment",
    "refuse_intake",
    "refuse_issue",
    "refused_pickup_of",
    "register_issue",
    "register_warehouse",
    "reinspect",
    "release_hold",
    "release_pledge",
    "replace_lost",
    "report_loss",
    "request_issue",
    "request_pickup",
    "review_pledges",
    "sample_intake",
    "set_aside",
    "set_aside_id_of",
    "settle_objection",
    "split_receipt",
    "store_intake",
    "sweep_downgrades",
    "top_up",
    "transfer_title",
    "unlock_receipts",
    "unposted_fees",
    "weigh_intake",
    "weigh_out",
    "withdraw_loss",
]

_SUM_INSURED_FEN_PER_KG = 1_000
"""What setting up a market insures a kilogram for: 10 元."""


@transaction.atomic
def register_warehouse(
    *,
    actor: Actor,
    code: str,
    name: str,
    county: str,
    address: str,
    keeper: str,
    kind: StoreType,
    capacity_kg: int,
    storage_fee_fen_per_t_day: int,
    insurer: str,
) -> str:
    """Proposes and approves a warehouse of one room: for setting up a market, not for a desk.

    The warehouse itself proposes, the actor approves. Returns its code.
    """
    new = NewWarehouse(
        code=code,
        name=name,
        county=county,
        address=address,
        keeper=keeper,
        rooms=(NewRoom(FIRST_ROOM, kind, capacity_kg),),
        storage_fee_fen_per_t_day=storage_fee_fen_per_t_day,
        insurer=insurer,
        policy_no=f"PZ{code}",
        insured_fen=capacity_kg * _SUM_INSURED_FEN_PER_KG,
        insured_until=calendar.today() + timedelta(days=365),
    )
    proposal = propose_warehouse(new, reason="市场设立", actor=Actor(f"warehouse:{code}"))
    decide_proposal(proposal, approve=True, reason="市场设立", actor=actor)
    return code


# Resale lock -----------------------------------------------------------------------------------------


@transaction.atomic
def unlock_receipts(day: date) -> int:
    """Ends the resale locks that are over on a day and tells the floor; how many receipts. Run daily.

    Of a receipt in some business the floor hears when it comes out of it.
    """
    receipts = lock_receipts_out_of_lock(day)
    lots: defaultdict[tuple[int, int], list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        if receipt.business == Business.NONE:
            lots[receipt.holder_no, receipt.product_number].append(receipt)
    if receipts:
        bulk_writer().fetch(
            "UPDATE warehouse_receipts_receipt SET locked_until = NULL WHERE id IN {keys} RETURNING id",
            [receipt.id for receipt in receipts],
        )
    outbox.enqueue_many(
        (
            goods_command(holder_no, product_number, sum(receipt.kg for receipt in lot)),
            _unlock_reference(lot[0]),
        )
        for (holder_no, product_number), lot in lots.items()
    )
    return len(receipts)


def _unlock_reference(first: Receipt) -> str:
    """Names the first receipt and its title: a receipt is unlocked once for each time it was bought."""
    return f"receipt:{first.no}:unlock:{first.title_hash[:16]}"


# One order, one trade: the batch for callers that have no more ----------------------------------------


@transaction.atomic
def hold_for_order(order_id: int, holder_no: int, product_number: int, kg: int) -> None:
    """Promises kg of the holder's oldest free receipts to a sell order."""
    batch = TitleBatch([order_id])
    batch.hold(order_id, holder_no, product_number, kg)
    batch.write()


@transaction.atomic
def release_hold(order_id: int, kg: int) -> None:
    """Frees kg of what a sell order holds."""
    batch = TitleBatch([order_id])
    batch.release(order_id, kg)
    batch.write()


@transaction.atomic
def transfer_title(trades: Sequence[TitleTrade]) -> dict[int, tuple[TitlePart, ...]]:
    """Moves the goods of trades to their buyers; the receipts each trade gave."""
    batch = TitleBatch(trade.sell_order_id for trade in trades)
    for trade in trades:
        batch.transfer(trade)
    return batch.write()
