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
from warehouse_receipts.errors import UnknownIntake, UnknownReceipt
from warehouse_receipts.issuing import issue_hash
from warehouse_receipts.lifecycle import Action, Party, Stage, stage_of
from warehouse_receipts.models import Endorsement, Intake, LifeEvent, LotOrigin, Receipt
from warehouse_receipts.splitting import split_hash
from warehouse_receipts.title_rows import endorsement_hash
from warehouse_receipts.viewing import Viewer

MAX_LINEAGE = 200
"""Splits a receipt may be away from the one the warehouse signed; more and it is not told as whole."""


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
    lineage = _lineage(receipt)
    steps, steps_whole = _steps(receipt.intake, lineage)
    titles, title_whole = _titles(lineage)
    origin = LotOrigin.objects.filter(intake_id=receipt.intake_id).first()
    return Trace(
        receipt_no=receipt.no,
        stage=stage_of(receipt.state, receipt.business, receipt.ended),
        root_no=lineage[0].no,
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


def _lineage(receipt: Receipt) -> list[Receipt]:
    """The receipt the warehouse signed, its child, … down to this one."""
    line = [receipt]
    while line[-1].parent_id is not None and len(line) < MAX_LINEAGE:
        line.append(Receipt.objects.select_related("intake", "inspection").get(pk=line[-1].parent_id))
    return line[::-1]


def _steps(intake: Intake, lineage: list[Receipt]) -> tuple[tuple[TraceStep, ...], bool]:
    """Steps of lot and receipts. The lot's first follows nothing; a receipt's first a step or a title."""
    numbers = [intake.no, *(receipt.no for receipt in lineage)]
    events = list(LifeEvent.objects.filter(subject_no__in=numbers).order_by("pk"))
    titles = {receipt.title_hash for receipt in lineage}
    for values in Endorsement.objects.filter(receipt__in=lineage).values_list("hash", "prev_hash"):
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
        signature = bytes.fromhex(event.signature)
        signed = verifier.verify(event.institution, event.hash.encode(), signature, key_id=event.key_id)
        steps.append(_step(event, good=follows and hashed and signed and event.seq == seq + 1))
        heads[event.subject_no] = event.seq, event.hash
        seen.add(event.hash)
    begun = heads.keys() >= {intake.no, *(receipt.no for receipt in lineage[:1])}
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


def _titles(lineage: list[Receipt]) -> tuple[tuple[TitleStep, ...], bool]:
    """Transfers from the warehouse's receipt down to this one, and whether they lead there without a gap."""
    found: list[TitleStep] = []
    head = lineage[-1].title_hash
    whole = True
    for place in range(len(lineage) - 1, -1, -1):
        receipt = lineage[place]
        by_hash = {row.hash: row for row in Endorsement.objects.filter(receipt=receipt)}
        first_holder = receipt.holder_no
        while head in by_hash:
            row = by_hash.pop(head)
            found.append(_title(row, receipt.no))
            head, first_holder = row.prev_hash, row.from_no
        if place:
            head = _before_split(receipt, lineage[place - 1], first_holder, head)
    root = lineage[0]
    if not root.predecessors.exists():
        issued = issue_hash(root.no, root.intake.owner_no, root.issued_kg, root.intake.no, root.inspection.no)
        whole = head == issued
    return tuple(found[::-1]), whole and all(step.good for step in found)


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
        receipt_no=receipt_no,
        from_no=row.from_no,
        to_no=row.to_no,
        kg=row.kg,
        contract_no=row.contract_no,
        at=row.at,
        hash=row.hash,
        good=endorsement_hash(receipt_no, *said) == row.hash,
    )
