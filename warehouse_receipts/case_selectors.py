"""What the exchange watches of receipts in trouble: freezes, losses, goods inspected again, who was told.

Lists are newest first, paged by the id of the last row seen (``before``).
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from exchange.kernel import calendar
from warehouse_receipts.case_errors import UnknownCase
from warehouse_receipts.errors import UnknownReceipt
from warehouse_receipts.inspecting import inspector_signer
from warehouse_receipts.models import (
    Freeze,
    HolderNotice,
    Inspection,
    InspectionBody,
    Intake,
    LossNotice,
    Receipt,
    ReinspectionOrder,
)
from warehouse_receipts.states import LossState, ReinspectionState
from warehouse_receipts.types import Grade, InspectionKind, ReceiptState

MAX_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class FreezeRow:
    """A freeze, from its proposal to its end."""

    id: int
    receipt_no: str
    holder_no: int
    product_number: int
    kg: int
    kind: str
    authority: str
    document_no: str
    reason: str
    until: date | None
    state: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    lifted_by: str
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class LossRow:
    """A receipt reported lost."""

    id: int
    receipt_no: str
    holder_no: int
    product_number: int
    kg: int
    reason: str
    announced_on: date
    objections_until: date
    objection: str
    state: LossState
    reported_by: str
    decided_by: str
    decided_at: datetime | None
    replaced_by: str
    """Number of the receipt in its place."""

    @property
    def notice_over(self) -> bool:
        """Whether the notice has run: the receipt may be replaced."""
        return calendar.today() > self.objections_until


@dataclass(frozen=True, slots=True)
class Told:
    """A holder who was told about a receipt."""

    holder_no: int
    receipt_no: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReinspectionRow:
    """A report on goods that were in store already, what it changed, and who was told."""

    id: int
    report_no: str
    order_no: str
    intake_no: str
    warehouse_name: str
    body: str
    inspector: str
    kind: InspectionKind
    grade: Grade
    grade_before: Grade | None
    """What the report before it had found."""
    inspected_at: datetime
    told: tuple[Told, ...]
    unfit_products: tuple[int, ...]
    """Products the lot no longer meets, as its newest report says."""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order to inspect stored goods again."""

    id: int
    order_no: str
    intake_no: str
    owner_no: int
    warehouse_name: str
    body_code: str
    body_name: str
    reason: str
    due_on: date
    state: ReinspectionState
    ordered_by: str
    ordered_at: datetime
    report_no: str
    closed_by: str
    note: str

    @property
    def late(self) -> bool:
        """Whether its day has passed without a report."""
        return self.state == ReinspectionState.ORDERED and self.due_on < calendar.today()


@dataclass(frozen=True, slots=True)
class BodyRow:
    """A designated inspection body and who inspects for it."""

    code: str
    name: str
    institution: str
    accreditation_no: str
    accredited_until: date
    active: bool
    inspectors: tuple[str, ...]


# Freezes ----------------------------------------------------------------------------------------------


def freezes(
    *, search: str = "", kind: str = "", state: str = "", before: int | None = None, limit: int = 50
) -> list[FreezeRow]:
    """Freezes with a text in authority or document, or at the start of the receipt's number."""
    found = Freeze.objects.select_related("receipt")
    if search:
        found = found.filter(
            Q(receipt__no__istartswith=search)
            | Q(authority__icontains=search)
            | Q(document_no__icontains=search)
        )
    if kind:
        found = found.filter(kind=kind)
    if state:
        found = found.filter(state=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    return [_freeze(row) for row in found.order_by("-pk")[: max(1, min(limit, MAX_ROWS))]]


def _freeze(row: Freeze) -> FreezeRow:
    return FreezeRow(
        id=row.pk,
        receipt_no=row.receipt.no,
        holder_no=row.receipt.holder_no,
        product_number=row.receipt.product_number,
        kg=row.receipt.kg,
        kind=row.kind,
        authority=row.authority,
        document_no=row.document_no,
        reason=row.reason,
        until=row.until,
        state=row.state,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        lifted_by=row.lifted_by,
        lifted_at=row.lifted_at,
    )


# Losses -----------------------------------------------------------------------------------------------


def losses(*, search: str = "", state: str = "", before: int | None = None, limit: int = 50) -> list[LossRow]:
    """Loss notices in one state or all, by the start of the receipt's number."""
    found = LossNotice.objects.select_related("receipt__successor")
    if search:
        found = found.filter(receipt__no__istartswith=search)
    if state:
        found = found.filter(state=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    return [_loss(row) for row in found.order_by("-pk")[: max(1, min(limit, MAX_ROWS))]]


def loss_notice(receipt_no: str, *, holder_no: int) -> LossRow | None:
    """The notice that runs over a holder's receipt, if any."""
    states = (LossState.ANNOUNCED, LossState.OBJECTED)
    found = LossNotice.objects.select_related("receipt__successor").filter(
        receipt__no=receipt_no, receipt__holder_no=holder_no, state__in=states
    )
    row = found.order_by("-pk").first()
    return None if row is None else _loss(row)


def _loss(row: LossNotice) -> LossRow:
    replaced = row.state == LossState.REPLACED and row.receipt.successor
    return LossRow(
        id=row.pk,
        receipt_no=row.receipt.no,
        holder_no=row.receipt.holder_no,
        product_number=row.receipt.product_number,
        kg=row.receipt.kg,
        reason=row.reason,
        announced_on=row.announced_on,
        objections_until=row.objections_until,
        objection=row.objection,
        state=LossState(row.state),
        reported_by=row.proposed_by,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        replaced_by=replaced.no if replaced else "",
    )


def holder_of(receipt_no: str) -> int:
    """Account number of a valid receipt's holder. Raises UnknownReceipt."""
    found = Receipt.objects.filter(no=receipt_no, state=ReceiptState.ISSUED)
    holder_no = found.values_list("holder_no", flat=True).first()
    if holder_no is None:
        raise UnknownReceipt(receipt=receipt_no)
    return holder_no


# Inspected again --------------------------------------------------------------------------------------


def reinspections(
    *, search: str = "", downgraded: bool = False, before: int | None = None, limit: int = 50
) -> list[ReinspectionRow]:
    """Reports on stored goods, by the start of the report's or the lot's number; downgrades only, if so."""
    found = Inspection.objects.exclude(kind=InspectionKind.INTAKE).select_related(
        "intake__warehouse", "reinspection_order"
    )
    if search:
        found = found.filter(Q(no__istartswith=search) | Q(intake__no__istartswith=search))
    if downgraded:
        found = found.exclude(intake__unfit_products=[])
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found.order_by("-pk")[: max(1, min(limit, MAX_ROWS))])
    told = _told({row.no for row in rows})
    return [_reinspection(row, tuple(told[row.no])) for row in rows]


def _told(report_nos: set[str]) -> defaultdict[str, list[Told]]:
    told: defaultdict[str, list[Told]] = defaultdict(list)
    for notice in HolderNotice.objects.filter(kind="downgraded", facts__report__in=report_nos):
        told[notice.facts["report"]].append(Told(notice.holder_no, notice.receipt_no, notice.at))
    return told


def _reinspection(row: Inspection, told: tuple[Told, ...]) -> ReinspectionRow:
    older = Inspection.objects.filter(intake=row.intake, pk__lt=row.pk).order_by("-pk")
    before = older.values_list("grade", flat=True).first()
    order = getattr(row, "reinspection_order", None)
    return ReinspectionRow(
        id=row.pk,
        report_no=row.no,
        order_no=order.no if order else "",
        intake_no=row.intake.no,
        warehouse_name=row.intake.warehouse.name,
        body=row.body,
        inspector=row.inspector,
        kind=InspectionKind(row.kind),
        grade=Grade(row.grade),
        grade_before=Grade(before) if before else None,
        inspected_at=row.inspected_at,
        told=told,
        unfit_products=tuple(row.intake.unfit_products),
    )


def reinspection_orders(
    *, body_code: str = "", state: str = "", before: int | None = None, limit: int = 50
) -> list[OrderRow]:
    """Orders to inspect again: one body's or all, in one state or all."""
    found = ReinspectionOrder.objects.select_related("intake__warehouse", "body", "report")
    if body_code:
        found = found.filter(body__code=body_code)
    if state:
        found = found.filter(state=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    return [_order(row) for row in found.order_by("-pk")[: max(1, min(limit, MAX_ROWS))]]


def reinspection_order(no: str, *, body_code: str = "") -> OrderRow:
    """One order, of a given body only. Raises UnknownCase."""
    found = ReinspectionOrder.objects.select_related("intake__warehouse", "body", "report").filter(no=no)
    if body_code:
        found = found.filter(body__code=body_code)
    row = found.first()
    if row is None:
        raise UnknownCase(case=no)
    return _order(row)


def _order(row: ReinspectionOrder) -> OrderRow:
    return OrderRow(
        id=row.pk,
        order_no=row.no,
        intake_no=row.intake.no,
        owner_no=row.intake.owner_no,
        warehouse_name=row.intake.warehouse.name,
        body_code=row.body.code,
        body_name=row.body.name,
        reason=row.reason,
        due_on=row.due_on,
        state=ReinspectionState(row.state),
        ordered_by=row.ordered_by,
        ordered_at=row.ordered_at,
        report_no=row.report.no if row.report else "",
        closed_by=row.closed_by,
        note=row.note,
    )


def lot_of_receipt(number: str) -> str:
    """Number of the lot behind a receipt or, given a lot's number, that. Raises UnknownReceipt."""
    receipt = Receipt.objects.filter(no=number).values_list("intake__no", flat=True).first()
    found = receipt or Intake.objects.filter(no=number).values_list("no", flat=True).first()
    if found is None:
        raise UnknownReceipt(receipt=number)
    return found


def inspection_bodies() -> list[BodyRow]:
    """Designated inspection bodies by code."""
    return [
        BodyRow(
            code=body.code,
            name=body.name,
            institution=inspector_signer(body.code),
            accreditation_no=body.accreditation_no,
            accredited_until=body.accredited_until,
            active=body.active,
            inspectors=tuple(each.name for each in body.inspectors.all() if each.active),
        )
        for body in InspectionBody.objects.prefetch_related("inspectors")
    ]
