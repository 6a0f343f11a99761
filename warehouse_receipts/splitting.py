"""Splitting a receipt for its own holder 拆分: the child takes the next kilograms of its parent.

A sale that takes part of a receipt splits it too (`title.TitleBatch`); there the endorsement begins the
child's chain of title, here a hash over the split does.
"""

from datetime import datetime

from exchange.kernel import calendar
from exchange.kernel.audit import GENESIS, Actor
from exchange.kernel.canonical import canonical_hash
from exchange.kernel.ids import next_number
from warehouse_receipts.chain import EXCHANGE, head_of, receipt_step, record_steps
from warehouse_receipts.lifecycle import Action, Party, Stage
from warehouse_receipts.models import Receipt
from warehouse_receipts.title import RECEIPT_SERIES
from warehouse_receipts.title_rows import receipt_no


def split_hash(no: str, parent_no: str, offset_kg: int, kg: int, holder_no: int, parent_hash: str) -> str:
    """SHA-256 over what a split says: where the chain of title of a child begins."""
    return canonical_hash(["split", no, parent_no, offset_kg, kg, holder_no, parent_hash])


def title_split_from(child: Receipt, born_as: str) -> str | None:
    """The title of its parent that a child was split from by its holder; None when a sale split it off.

    born_as: where the child's own chain of title begins.
    """
    parent = child.parent
    assert parent is not None
    assert child.parent_offset_kg is not None
    heads = {parent.title_hash, *parent.endorsements.values_list("prev_hash", flat=True)}
    facts = (child.no, parent.no, child.parent_offset_kg, child.issued_kg)
    holders = {parent.holder_no, *parent.endorsements.values_list("from_no", flat=True)}
    return next(
        (head for head in heads for holder in holders if split_hash(*facts, holder, head) == born_as), None
    )


def split_off(parent: Receipt, kg: int, at: datetime | None = None) -> Receipt:
    """A new receipt in no business for kg of a locked receipt of the same holder; the parent keeps the rest.

    Holds on the parent must leave kg free. The floor hears nothing: the holder's goods are the same. at: when
    it is split, of what the floor told; now if it told nothing.
    """
    assert 0 < kg < parent.kg
    moment = at or calendar.now()
    number = next_number(RECEIPT_SERIES)
    no = receipt_no(calendar.trading_day(calendar.ns_of(moment)), number)
    child = Receipt.objects.create(
        id=number,
        no=no,
        warehouse_id=parent.warehouse_id,
        product_number=parent.product_number,
        holder_no=parent.holder_no,
        issued_kg=kg,
        kg=kg,
        parent=parent,
        parent_offset_kg=parent.split_kg,
        root_id=parent.root_id or parent.pk,
        intake_id=parent.intake_id,
        inspection_id=parent.inspection_id,
        issued_at=moment,
        locked_until=parent.locked_until,
        expires_on=parent.expires_on,
        title_hash=split_hash(no, parent.no, parent.split_kg, kg, parent.holder_no, parent.title_hash),
    )
    parent.kg -= kg
    parent.split_kg += kg
    return child


def sign_split(
    parent: Receipt,
    child: Receipt,
    stage: Stage,
    party: Party,
    actor: Actor,
    *,
    child_stage: Stage | None = None,
) -> None:
    """Signs a split on both receipts; the child's steps follow the parent's.

    stage is the parent's, and the child's unless child_stage says otherwise.
    """
    head = head_of(parent.no)
    steps = [
        receipt_step(parent, Action.SPLIT, stage, party, child=child.no),
        receipt_step(
            child,
            Action.SPLIT,
            child_stage or stage,
            party,
            born_of=parent.title_hash if head == GENESIS else head,
            parent=parent.no,
        ),
    ]
    record_steps(steps, institution=EXCHANGE, actor=actor)
