"""Receipts that wait for the balance of a contract: sold, and still the seller's until it is paid.

    parts = keep_for_contract(deal, set_aside_id=lot)   # at the deal: out of its lot, or of free receipts (0)
    pass_title(title, resale_lock_days=…)               # with the balance: the buyer's
    give_back(contract_no)                              # broken before it was paid: the seller's to sell

The floor took the goods from the seller at the deal, so it hears nothing of their being kept; of what comes
back it does. Each contract has one set-aside, found by its number. All of it happens in the caller's
transaction, which moves the money.
"""

from collections.abc import Mapping

from django.db import connection

from exchange.kernel.audit import Actor
from exchange.kernel.calendar import datetime_of
from warehouse_receipts.errors import ReceiptsShort
from warehouse_receipts.lifecycle import Party, Stage
from warehouse_receipts.locks import lock_free_receipts, lock_receipts_set_aside, lock_set_aside
from warehouse_receipts.models import Receipt, SetAside, SetAsideLine
from warehouse_receipts.setting_aside import begin, hand_back, lessen
from warehouse_receipts.splitting import sign_split, split_off
from warehouse_receipts.title import PAGE, TitleBatch
from warehouse_receipts.types import Business, SetAsideState, TitlePart, TitleTrade

FLOOR = Actor("floor")

_Chosen = tuple[Receipt, bool]
"""A receipt, and whether it was split off for this."""


def reference_of(contract_no: str) -> str:
    """How the set-aside of a contract is called."""
    return f"contract:{contract_no}"


def keep_for_contract(deal: TitleTrade, *, set_aside_id: int = 0) -> tuple[TitlePart, ...]:
    """Sets the goods of a deal aside for its contract, the oldest receipts first; which receipts.

    Out of a set-aside in force, or with 0 out of the seller's free receipts, as a title would pass. Raises
    ReceiptsShort when the register has less than the floor sold.
    """
    assert connection.in_atomic_block, "goods are kept together with the money, in one transaction"
    chosen = _from_set_aside(deal, set_aside_id) if set_aside_id else _from_free(deal)
    receipts = [receipt for receipt, _ in chosen]
    begin(receipts, Business.CONTRACT, reference_of(deal.contract_no), FLOOR)
    return tuple(
        TitlePart(
            receipt_no=receipt.no,
            kg=receipt.kg,
            warehouse_code=receipt.warehouse.code,
            inspection_no=receipt.inspection.no,
            intake_id=receipt.intake_id,
            graded_by=f"{receipt.inspection.standard}-{receipt.inspection.edition}",
            root_no=receipt.root.no if receipt.root is not None else receipt.no,
            split=split,
        )
        for receipt, split in chosen
    )


def _from_set_aside(deal: TitleTrade, set_aside_id: int) -> list[_Chosen]:
    row, kg = lock_set_aside(set_aside_id), deal.kg
    sold = (row.holder_no, row.product_number) == (deal.seller_no, deal.product_number)
    if not sold or row.state != SetAsideState.ACTIVE or kg > row.left_kg:
        raise _short(deal, kg - row.left_kg)
    chosen: list[_Chosen] = []
    for receipt in lock_receipts_set_aside(row.pk):
        if not kg:
            break
        chosen.append(_part(receipt, min(kg, receipt.kg), Stage(row.business), deal))
        kg -= chosen[-1][0].kg
    assert not kg, "what is left of a set-aside is what its receipts weigh"
    SetAsideLine.objects.filter(receipt__in=[receipt for receipt, _ in chosen], open=True).update(open=False)
    lessen(row, deal.kg)
    return chosen


def _from_free(deal: TitleTrade) -> list[_Chosen]:
    """The seller's oldest free receipts; of one that orders hold a part of, what they do not hold."""
    chosen: list[_Chosen] = []
    kg, after_id = deal.kg, 0
    while kg:
        page = lock_free_receipts(deal.seller_no, deal.product_number, after_id=after_id, limit=PAGE)
        if not page:
            raise _short(deal, kg)
        for locked in page:
            if kg:
                receipt = Receipt.objects.get(pk=locked.id)
                chosen.append(_part(receipt, min(kg, receipt.kg - receipt.held_kg), Stage.FREE, deal))
                kg -= chosen[-1][0].kg
        after_id = page[-1].id
    return chosen


def _part(receipt: Receipt, kg: int, stage: Stage, deal: TitleTrade) -> _Chosen:
    """The receipt, or a part of it in no business."""
    if kg == receipt.kg:
        return receipt, False
    part = split_off(receipt, kg, datetime_of(deal.at_ns))
    sign_split(receipt, part, stage, Party.EXCHANGE, FLOOR, child_stage=Stage.FREE)
    return part, True


def pass_title(title: TitleTrade, *, resale_lock_days: Mapping[int, int]) -> None:
    """The receipts kept for a contract are the buyer's, endorsed and in their resale lock from now on.

    Raises ReceiptsShort when they are not there.
    """
    row = _kept_for(title.contract_no)
    if row is None or row.left_kg != title.kg:
        raise _short(title, title.kg - (row.left_kg if row else 0))
    batch = TitleBatch(resale_lock_days=resale_lock_days)
    batch.transfer_set_aside(row.pk, title)
    batch.write()


def give_back(contract_no: str) -> None:
    """The seller may sell again what was kept for the contract. Raises ReceiptsShort when it is not there."""
    row = _kept_for(contract_no)
    if row is None:
        raise ReceiptsShort(contract_no, account=0, product=0, missing_kg=0)
    hand_back(row.pk, reference=reference_of(contract_no))


def _kept_for(contract_no: str) -> SetAside | None:
    rows = SetAside.objects.select_for_update().filter(
        reference=reference_of(contract_no), business=Business.CONTRACT, state=SetAsideState.ACTIVE
    )
    return rows.first()


def _short(deal: TitleTrade, missing_kg: int) -> ReceiptsShort:
    return ReceiptsShort(
        f"trade {deal.trade_id}",
        account=deal.seller_no,
        product=deal.product_number,
        missing_kg=missing_kg,
    )
