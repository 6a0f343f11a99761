"""Pickups as a warehouse's own system does them: slot, gate, scale, gate pass; the same as on the tablet."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from exchange.kernel.calendar import TIMEZONE
from exchange.ops import pickups
from warehouse_receipts import business_selectors as business
from warehouse_receipts import services
from warehouse_receipts.viewing import Viewer
from warehouse_receipts.weight_corrections import propose_correction
from web.api.institution_access import actor_of_system, once, sender_of
from web.api.institution_schemas import (
    CorrectionIn,
    CorrectionOut,
    GateIn,
    LoadedOut,
    LoadIn,
    PickupOut,
)

router = Router(tags=["store"])


def _pickup(pickup_no: str, viewer: Viewer) -> dict[str, Any]:
    """Raises UnknownPickup, also for another store's."""
    row = business.pickup(pickup_no, viewer)
    return {
        "pickup_no": row.pickup_no,
        "state": row.state.value,
        "kg": row.kg,
        "delivered_kg": row.delivered_kg,
        "weighed_kg": row.weighed_kg,
        "plate": row.plate,
        "slot_at": row.slot_at.astimezone(TIMEZONE).isoformat(),
        "ready": row.left_the_market,
        "receipts": [number for number, _ in row.receipts],
        "gate_pass_no": row.gate_pass_no,
    }


@router.get("/store/pickups/{pickup_no}", response=PickupOut, summary="A pickup of the store")
def pickup(request: HttpRequest, pickup_no: str) -> dict[str, Any]:
    """Where a pickup at the sender's warehouse stands."""
    sender = sender_of(request, "warehouse")
    return _pickup(pickup_no, Viewer(institution=sender.institution))


@router.post("/store/pickups/{pickup_no}/slot", response=PickupOut, summary="Confirm the slot")
def confirm_slot(request: HttpRequest, pickup_no: str) -> dict[str, Any]:
    """Confirms the time asked for."""
    sender = sender_of(request, "warehouse")
    viewer = Viewer(institution=sender.institution)

    def do() -> dict[str, Any]:
        services.confirm_slot(
            pickup_no, warehouse_code=sender.own_code, actor=actor_of_system(request, sender)
        )
        return _pickup(pickup_no, viewer)

    return once(request, sender, do)


@router.post("/store/pickups/{pickup_no}/gate", response=PickupOut, summary="The truck is at the gate")
def check_in(request: HttpRequest, pickup_no: str, body: GateIn) -> dict[str, Any]:
    """Checks code, plate and identity card; five wrong tries lock the pickup."""
    sender = sender_of(request, "warehouse")
    viewer = Viewer(institution=sender.institution)
    # Not among the answers kept for repeats: a wrong try is counted though it is refused, and a pickup
    # already at the gate is told as it stands.
    if _pickup(pickup_no, viewer)["state"] != "arrived":
        services.check_in(
            pickup_no,
            warehouse_code=sender.own_code,
            code=body.code,
            plate=body.plate,
            id_no=body.id_no,
            actor=actor_of_system(request, sender),
        )
    return _pickup(pickup_no, viewer)


@router.post("/store/pickups/{pickup_no}/loads", response=LoadedOut, summary="Weigh a load out")
def weigh_out(request: HttpRequest, pickup_no: str, body: LoadIn) -> dict[str, Any]:
    """Reads the scale for receipt and contract at once; the answer names the receipts it ended."""
    sender = sender_of(request, "warehouse")
    viewer = Viewer(institution=sender.institution)
    _pickup(pickup_no, viewer)

    def do() -> dict[str, Any]:
        ended = pickups.weigh_out(
            pickup_no,
            warehouse_code=sender.own_code,
            kg=body.kg,
            weighed_kg=body.weighed_kg,
            actor=actor_of_system(request, sender),
        )
        return {**_pickup(pickup_no, viewer), "ended": ended}

    return once(request, sender, do)


@router.post("/store/pickups/{pickup_no}/exit", response=PickupOut, summary="The truck leaves")
def finish_pickup(request: HttpRequest, pickup_no: str) -> dict[str, Any]:
    """Writes the gate pass; goods over or short are paid."""
    sender = sender_of(request, "warehouse")
    viewer = Viewer(institution=sender.institution)

    def do() -> dict[str, Any]:
        pickups.finish_pickup(
            pickup_no, warehouse_code=sender.own_code, actor=actor_of_system(request, sender)
        )
        return _pickup(pickup_no, viewer)

    return once(request, sender, do)


@router.post(
    "/store/pickups/{pickup_no}/corrections", response=CorrectionOut, summary="A weight that was wrong"
)
def correct(request: HttpRequest, pickup_no: str, body: CorrectionIn) -> dict[str, Any]:
    """Proposes what a load should have weighed; the exchange decides."""
    sender = sender_of(request, "warehouse")
    viewer = Viewer(institution=sender.institution)
    _pickup(pickup_no, viewer)

    def do() -> dict[str, Any]:
        number = propose_correction(
            pickup_no,
            body.receipt_no,
            warehouse_code=sender.own_code,
            right_kg=body.right_kg,
            reason=body.reason,
            actor=actor_of_system(request, sender),
        )
        return {"correction_no": number}

    return once(request, sender, do)
