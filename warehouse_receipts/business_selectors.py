"""What the desks look at of pledges and pickups. Lists are newest first, paged by the id of the last row."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from warehouse_receipts.case_errors import UnknownPickup
from warehouse_receipts.models import (
    HolderNotice,
    Lender,
    Load,
    Pickup,
    Pledge,
    Receipt,
    SetAsideLine,
    StorageFee,
)
from warehouse_receipts.picking_up import MAX_WRONG_CODES
from warehouse_receipts.pledging import loan_to_value_bps, pledged_kg
from warehouse_receipts.states import FeeKind, PickupState, PledgeState
from warehouse_receipts.viewing import Viewer

MAX_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class LenderRow:
    """A lender and its terms, in basis points of the goods' value."""

    code: str
    name: str
    first_ltv_bps: int
    call_ltv_bps: int
    cure_days: int


@dataclass(frozen=True, slots=True)
class PledgeRow:
    """A pledge as holder, lender and operator see it."""

    id: int
    pledge_no: str
    lender_code: str
    lender_name: str
    holder_no: int
    product_number: int
    principal_fen: int
    owed_fen: int
    due_on: date
    price_fen: int
    valued_on: date
    state: PledgeState
    registration_no: str
    call_kg: int
    call_due_on: date | None
    applied_at: datetime
    kg: int
    """Goods in force behind it; before registration those asked for."""
    receipt_nos: tuple[str, ...]
    reason: str

    @property
    def ltv_bps(self) -> int:
        """Loan to value at the last valuation, in basis points; 0 when nothing stands behind it."""
        return loan_to_value_bps(self.owed_fen, self.kg, self.price_fen) if self.kg else 0


@dataclass(frozen=True, slots=True)
class LoadRow:
    """A load weighed out."""

    receipt_no: str
    kg: int
    weighed_kg: int
    at: datetime
    clerk: str


@dataclass(frozen=True, slots=True)
class FeeLine:
    """A fee of the store on delivered goods."""

    payer_no: int
    kind: FeeKind
    from_day: date
    to_day: date
    fee_fen: int


@dataclass(frozen=True, slots=True)
class PickupRow:
    """A pickup as holder, keeper and operator see it."""

    id: int
    pickup_no: str
    holder_no: int
    warehouse_code: str
    warehouse_name: str
    warehouse_address: str
    keeper: str
    product_number: int
    kg: int
    delivered_kg: int
    weighed_kg: int
    state: PickupState
    plate: str
    person: str
    id_masked: str
    slot_at: datetime
    requested_at: datetime
    changed_at: datetime
    left_the_market: bool
    """Whether the floor has given the goods up: before that the slot cannot be confirmed."""
    locked: bool
    gate_pass_no: str
    reason: str
    receipts: tuple[tuple[str, int], ...]
    """(number, kg) of the receipts it was asked for."""

    @property
    def left_kg(self) -> int:
        """Still to be loaded."""
        return self.kg - self.delivered_kg


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """Something a holder has to know about a receipt."""

    receipt_no: str
    kind: str
    at: datetime


def lenders() -> list[LenderRow]:
    """Lenders that take pledges now."""
    return [
        LenderRow(row.code, row.name, row.first_ltv_bps, row.call_ltv_bps, row.cure_days)
        for row in Lender.objects.filter(active=True)
    ]


def pledges(
    viewer: Viewer, *, states: tuple[PledgeState, ...] = (), before: int | None = None, limit: int = 50
) -> list[PledgeRow]:
    """Pledges the viewer is a party to; all for the operator."""
    found = Pledge.objects.filter(_of_party(viewer, "lender", "lender__code")).select_related("lender")
    if states:
        found = found.filter(state__in=states)
    if before is not None:
        found = found.filter(pk__lt=before)
    return [_pledge(row) for row in found.order_by("-pk")[: max(1, min(limit, MAX_ROWS))]]


def _pledge(row: Pledge) -> PledgeRow:
    lines = SetAsideLine.objects.filter(set_aside__pledged__pledge=row).order_by("receipt_id")
    asked = list(lines.values_list("receipt__no", "kg"))
    in_force = pledged_kg(row)
    return PledgeRow(
        id=row.pk,
        pledge_no=row.no,
        lender_code=row.lender.code,
        lender_name=row.lender.name,
        holder_no=row.holder_no,
        product_number=row.product_number,
        principal_fen=row.principal_fen,
        owed_fen=row.owed_fen,
        due_on=row.due_on,
        price_fen=row.price_fen,
        valued_on=row.valued_on,
        state=PledgeState(row.state),
        registration_no=row.registration_no or "",
        call_kg=row.call_kg,
        call_due_on=row.call_due_on,
        applied_at=row.applied_at,
        kg=in_force or (sum(kg for _, kg in asked) if row.state == PledgeState.APPLIED else 0),
        receipt_nos=tuple(no for no, _ in asked),
        reason=row.reason,
    )


def pickups(
    viewer: Viewer, *, states: tuple[PickupState, ...] = (), before: int | None = None, limit: int = 50
) -> list[PickupRow]:
    """Pickups the viewer is a party to; all for the operator."""
    found = _pickups(viewer)
    if states:
        found = found.filter(state__in=states)
    if before is not None:
        found = found.filter(pk__lt=before)
    return [_pickup(row) for row in found.order_by("-pk")[: max(1, min(limit, MAX_ROWS))]]


def pickup(pickup_no: str, viewer: Viewer) -> PickupRow:
    """One pickup. Raises UnknownPickup."""
    row = _pickups(viewer).filter(no=pickup_no).first()
    if row is None:
        raise UnknownPickup(pickup=pickup_no)
    return _pickup(row)


def loads(pickup_no: str) -> list[LoadRow]:
    """What a pickup has loaded, in order."""
    found = Load.objects.filter(pickup__no=pickup_no).select_related("receipt").order_by("pk")
    return [LoadRow(row.receipt.no, row.kg, row.weighed_kg, row.at, row.actor) for row in found]


def loads_of_receipt(receipt_no: str) -> list[LoadRow]:
    """The load that ended a receipt, and those that ended parts split off it."""
    named = Q(receipt__no=receipt_no) | Q(receipt__parent__no=receipt_no)
    found = Load.objects.filter(named).select_related("receipt").order_by("pk")
    return [LoadRow(row.receipt.no, row.kg, row.weighed_kg, row.at, row.actor) for row in found]


def fees(pickup_no: str, *, payer_no: int | None = None) -> list[FeeLine]:
    """Storage and handling fees of a pickup's loads: all, or one payer's."""
    found = StorageFee.objects.filter(load__pickup__no=pickup_no).order_by("pk")
    if payer_no is not None:
        found = found.filter(payer_no=payer_no)
    return [FeeLine(row.payer_no, FeeKind(row.kind), row.from_day, row.to_day, row.fee_fen) for row in found]


def notices(holder_no: int, *, limit: int = 10) -> list[NoticeRow]:
    """What a holder has been told, newest first."""
    rows = HolderNotice.objects.filter(holder_no=holder_no).order_by("-pk")[:limit]
    return [NoticeRow(row.receipt_no, row.kind, row.at) for row in rows]


def pickup_of_receipt(receipt_no: str) -> str:
    """Number of the pickup that took, or is to take, a receipt's goods; empty when there is none."""
    receipt = Receipt.objects.filter(no=receipt_no).first()
    if receipt is None:
        return ""
    load = Load.objects.filter(receipt=receipt).select_related("pickup").first()
    if load is not None:
        return load.pickup.no
    return (
        Pickup.objects.filter(set_aside_id=receipt.set_aside_id or 0).values_list("no", flat=True).first()
        or ""
    )


def _pickups(viewer: Viewer) -> QuerySet[Pickup]:
    mine = _of_party(viewer, "warehouse", "warehouse__code")
    return Pickup.objects.filter(mine).select_related("warehouse", "set_aside")


def _of_party(viewer: Viewer, kind: str, code_path: str) -> Q:
    """Rows of the holder, of the institution of a kind, or all for the operator."""
    if viewer.operator:
        return Q()
    if viewer.account_no is not None:
        return Q(holder_no=viewer.account_no)
    code = viewer.own_code(kind)
    return Q(**{code_path: code}) if code else Q(pk__in=[])


def _pickup(row: Pickup) -> PickupRow:
    lines = SetAsideLine.objects.filter(set_aside_id=row.set_aside_id).order_by("receipt_id")
    moments = [moment for moment in (row.requested_at, row.arrived_at, row.ended_at) if moment]
    return PickupRow(
        id=row.pk,
        pickup_no=row.no,
        holder_no=row.holder_no,
        warehouse_code=row.warehouse.code,
        warehouse_name=row.warehouse.name,
        warehouse_address=row.warehouse.address,
        keeper=row.warehouse.keeper,
        product_number=row.product_number,
        kg=row.kg,
        delivered_kg=row.delivered_kg,
        weighed_kg=row.weighed_kg,
        state=PickupState(row.state),
        plate=row.plate,
        person=row.person,
        id_masked=row.id_masked,
        slot_at=row.slot_at,
        requested_at=row.requested_at,
        changed_at=max(moments),
        left_the_market=row.set_aside.state == "active",
        locked=row.wrong_codes >= MAX_WRONG_CODES,
        gate_pass_no=row.gate_pass_no or "",
        reason=row.reason,
        receipts=tuple(lines.values_list("receipt__no", "kg")),
    )
