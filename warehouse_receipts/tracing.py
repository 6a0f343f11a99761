"""One receipt's whole life, from the orchard to where it is now, and whether every step of it is whole.

Checked are the hashes and signatures of the steps of its lot, of itself and of the receipts it was split
from, and the chain of title back to what the warehouse issued. This is the verification page's answer: a few
queries and signatures, whatever the size of the register. ``verify`` walks the whole register instead.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from exchange.kernel.audit import GENESIS
from exchange.kernel.institutions import Verifier
from warehouse_receipts.chain import event_hash
from warehouse_receipts.chain_check import is_signed
from warehouse_receipts.changing import succession_hash
from warehouse_receipts.errors import UnknownIntake, UnknownReceipt
from warehouse_receipts.issuing import issue_hash
from warehouse_receipts.lifecycle import Action, Party, Stage, stage_of
from warehouse_receipts.models import Endorsement, Intake, LifeEvent, LotOrigin, Receipt
from warehouse_receipts.splitting import split_hash
from warehouse_receipts.title_rows import endorsement_hash
from warehouse_receipts.viewing import Viewer

MAX_ANCESTORS = 200
"""Receipts one may descend from by splits and successions; more and it is not told as whole."""


class TraceStep(NamedTuple):
    """A step in the life of a lot or receipt."""

    subject_no: str
    action: Action
    stage: Stage
    party: Party
    institution: str
    at: datetime
    said: dict[str, Any]
    hash: str
    good: bool
    """Hash, chain and signature hold."""


class TitleStep(NamedTuple):
    """A transfer of title."""

    id: int
    """Its place in the register."""
    receipt_no: str
    from_no: int
    to_no: int
    kg: int
    contract_no: str
    at: datetime
    hash: str
    good: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of a receipt's way, oldest first."""

    receipt_no: str
    stage: Stage
    root_no: str
    intake_no: str
    steps: tuple[TraceStep, ...]
    titles: tuple[TitleStep, ...]
    steps_whole: bool
    title_whole: bool
    grower: str
    plot: str
    harvested_on: str
    certificate_no: str

    @property
    def whole(self) -> bool:
        """Nothing was changed, removed or slipped in."""
        return self.steps_whole and self.title_whole

    @property
    def head(self) -> str:
        """Hash of the last step."""
        return self.steps[-1].hash if self.steps else GENESIS


def trace(receipt_no: str, viewer: Viewer) -> Trace:
    """The life of a receipt the viewer may see. Raises UnknownReceipt."""
    receipts = Receipt.objects.filter(viewer.receipts(), no=receipt_no)
    receipt = receipts.select_related("intake", "inspection", "root").first()
    if receipt is None:
        raise UnknownReceipt(receipt=receipt_no)
    walk = _Walk()
    title_whole = walk.title(receipt)
    steps, steps_whole = _steps(receipt.intake, list(walk.receipts.values()))
    titles = tuple(sorted(walk.titles.values()))
    origin = LotOrigin.objects.filter(intake_id=receipt.intake_id).first()
    return Trace(
        receipt_no=receipt.no,
        stage=stage_of(receipt.state, receipt.business, receipt.ended),
        root_no=receipt.root.no if receipt.root else receipt.no,
        intake_no=receipt.intake.no,
        steps=steps,
        titles=titles,
        steps_whole=steps_whole,
        title_whole=title_whole,
        grower=origin.grower if origin else "",
        plot=" ".join(part for part in (origin.village, origin.plot) if part) if origin else "",
        harvested_on=origin.harvested_on.isoformat() if origin else "",
        certificate_no=origin.certificate_no if origin else "",
    )


def trace_lot(intake_no: str, viewer: Viewer) -> tuple[TraceStep, ...]:
    """Steps of a lot the viewer may see. Raises UnknownIntake."""
    intake = Intake.objects.filter(viewer.intakes(), no=intake_no).first()
    if intake is None:
        raise UnknownIntake(intake=intake_no)
    return _steps(intake, [])[0]


class _Walk:
    """The chain of title of a receipt, back through splits and successions to what the warehouse issued."""

    def __init__(self) -> None:
        self.receipts: dict[int, Receipt] = {}
        """The receipts met on the way, by key."""
        self.titles: dict[str, TitleStep] = {}
        """The transfers met on the way, by hash."""

    def title(self, receipt: Receipt) -> bool:
        """Whether title leads from the issue to this receipt without a gap; remembers what it meets."""
        head = receipt.title_hash
        good = True
        while True:
            if len(self.receipts) >= MAX_ANCESTORS:
                return False
            self.receipts[receipt.pk] = receipt
            head, first_holder, whole = self._transfers(receipt, head)
            good = good and whole
            if receipt.parent_id is None:
                return good and self._begun(receipt, first_holder, head)
            parent = Receipt.objects.select_related("intake", "inspection").get(pk=receipt.parent_id)
            head = _before_split(receipt, parent, first_holder, head)
            receipt = parent

    def _transfers(self, receipt: Receipt, head: str) -> tuple[str, int, bool]:
        """Follows the endorsements on a receipt; (title before the first, holder before it, all good)."""
        by_hash = {row.hash: row for row in Endorsement.objects.filter(receipt=receipt)}
        holder_no, whole = receipt.holder_no, True
        while head in by_hash:
            row = by_hash.pop(head)
            step = _title(row, receipt.no)
            self.titles[step.hash] = step
            head, holder_no, whole = row.prev_hash, row.from_no, whole and step.good
        return head, holder_no, whole

    def _begun(self, root: Receipt, holder_no: int, head: str) -> bool:
        """Whether a title begins with an issue by the warehouse, or with receipts that ended in this one."""
        before = list(root.predecessors.select_related("intake", "inspection").order_by("pk"))
        if not before:
            owner_no, lot_no, report_no = root.intake.owner_no, root.intake.no, root.inspection.no
            return head == issue_hash(root.no, owner_no, root.issued_kg, lot_no, report_no)
        ended = [(receipt.no, receipt.title_hash) for receipt in before]
        if head != succession_hash(root.no, holder_no, root.issued_kg, ended):
            return False
        return all(self.title(receipt) for receipt in before)


def _steps(intake: Intake, receipts: list[Receipt]) -> tuple[tuple[TraceStep, ...], bool]:
    """Steps of lot and receipts. The lot's first follows nothing; a receipt's first a step or a title."""
    numbers = [intake.no, *(receipt.no for receipt in receipts)]
    events = list(LifeEvent.objects.filter(subject_no__in=numbers).order_by("pk"))
    titles = {receipt.title_hash for receipt in receipts}
    for values in Endorsement.objects.filter(receipt__in=receipts).values_list("hash", "prev_hash"):
        titles.update(values)
    verifier = Verifier()
    heads: dict[str, tuple[int, str]] = {}
    seen: set[str] = set()
    steps = []
    for event in events:
        seq, head = heads.get(event.subject_no, (0, ""))
        if head:
            follows = event.prev_hash == head
        elif event.subject_no == intake.no:
            follows = event.prev_hash == GENESIS
        else:
            follows = event.prev_hash in seen | titles
        hashed = event_hash(event) == event.hash
        signed = is_signed(verifier, event.institution, event.key_id, event.hash, event.signature)
        steps.append(_step(event, good=follows and hashed and signed and event.seq == seq + 1))
        heads[event.subject_no] = event.seq, event.hash
        seen.add(event.hash)
    issued = {receipt.no for receipt in receipts if receipt.parent_id is None}
    begun = heads.keys() >= {intake.no, *issued}
    return tuple(steps), begun and all(step.good for step in steps)


def _step(event: LifeEvent, *, good: bool) -> TraceStep:
    return TraceStep(
        subject_no=event.subject_no,
        action=Action(event.action),
        stage=Stage(event.stage),
        party=Party(event.party),
        institution=event.institution,
        at=event.at,
        said=json.loads(event.said),
        hash=event.hash,
        good=good,
    )


def _before_split(child: Receipt, parent: Receipt, holder_no: int, head: str) -> str:
    """The parent's title a split by its own holder began from; a sale's chain goes on by itself."""
    assert child.parent_offset_kg is not None
    for row_hash in {parent.title_hash, *parent.endorsements.values_list("prev_hash", flat=True)}:
        said = child.no, parent.no, child.parent_offset_kg, child.issued_kg, holder_no, row_hash
        if split_hash(*said) == head:
            return str(row_hash)
    return head


def _title(row: Endorsement, receipt_no: str) -> TitleStep:
    said = row.from_no, row.to_no, row.kg, row.contract_no, row.trade_id, row.seq, row.prev_hash
    return TitleStep(
        id=row.pk,
        receipt_no=receipt_no,
        from_no=row.from_no,
        to_no=row.to_no,
        kg=row.kg,
        contract_no=row.contract_no,
        at=row.at,
        hash=row.hash,
        good=endorsement_hash(receipt_no, *said) == row.hash,
    )
