"""What warehouses' and inspection bodies' own systems send and read: intake, weights, climate, results.

Every request is signed and has an id of its own; the same request again gets the same answer, so a system may
repeat whatever it is unsure of. Each sees and changes its own lots only.
"""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Status

from exchange.kernel import pictures
from exchange.kernel.calendar import TIMEZONE
from exchange.kernel.errors import BadParameter
from exchange.markets.selectors import product_by_code, products_by_number, varieties
from exchange.members.selectors import member_by_code
from warehouse_receipts import services
from warehouse_receipts.desk_selectors import lot, stock_of
from warehouse_receipts.inspecting import Residue
from warehouse_receipts.intake import NewOrigin, Treatment
from warehouse_receipts.photographs import photos_of_lots
from warehouse_receipts.states import PhotoKind
from warehouse_receipts.types import Bagging, Measurements, SampleWeights
from warehouse_receipts.viewing import Viewer
from warehouse_receipts.warehouses import NewReading
from web.api.institution_access import actor_of_system, once, sender_of
from web.api.institution_schemas import (
    ArrivalIn,
    InspectionIn,
    InspectionOut,
    IntakeIn,
    IntakeOut,
    OriginIn,
    PhotoOut,
    ReadingsIn,
    ReadingsOut,
    SampleIn,
    SampleOut,
    StocksOut,
    StoreIn,
    WeightsIn,
)

store = Router(tags=["store"])
inspection = Router(tags=["inspection"])

PhotoKindWord = Literal["gate", "scale", "sample", "room"]
_FILE = {"schema": {"type": "string", "format": "binary"}}
PHOTO_BODY = {
    "requestBody": {
        "required": True,
        "description": "A JPEG, PNG or WebP of at most 10 MB.",
        "content": dict.fromkeys(("image/jpeg", "image/png", "image/webp"), _FILE),
    }
}


def _lot(intake_no: str, viewer: Viewer) -> dict[str, Any]:
    row = lot(intake_no, viewer)
    return {
        "intake_no": row.intake_no,
        "state": row.state.value,
        "pieces": row.pieces,
        "net_kg": row.net_kg,
        "receipted_kg": row.receipted_kg,
        "room": row.room,
        "report_no": row.report_no,
    }


@store.post("/store/intakes", response={201: IntakeOut}, summary="Book a lot in")
def book_intake(request: HttpRequest, body: IntakeIn) -> Status[dict[str, Any]]:
    """A lot on its way to the sender's warehouse, with where it grew."""
    sender = sender_of(request, "warehouse")
    if body.variety not in {row.code for row in varieties()}:
        raise BadParameter(name="variety")

    def do() -> dict[str, Any]:
        number = services.book_intake(
            warehouse_code=sender.own_code,
            owner_no=member_by_code(body.owner).account_no,
            orchard=body.orchard,
            county=body.county,
            variety_code=body.variety,
            bagging=Bagging(body.bagging),
            crop_year=body.crop_year,
            packaging=body.packaging,
            mark=body.mark,
            origin=_origin(body.origin),
            actor=actor_of_system(request, sender),
        )
        return _lot(number, Viewer(institution=sender.institution))

    return Status(201, once(request, sender, do))


def _origin(body: OriginIn) -> NewOrigin:
    return NewOrigin(
        grower=body.grower,
        plot=body.plot,
        village=body.village,
        bagged_on=body.bagged_on,
        unbagged_on=body.unbagged_on,
        harvested_on=body.harvested_on,
        treatments=tuple(Treatment(each.substance, each.on, each.interval_days) for each in body.treatments),
        certificate_no=body.certificate_no,
        certificate_issuer=body.certificate_issuer,
    )


@store.get("/store/intakes/{intake_no}", response=IntakeOut, summary="A lot of the store")
def intake(request: HttpRequest, intake_no: str) -> dict[str, Any]:
    """Where a lot of the sender's warehouse stands."""
    sender = sender_of(request, "warehouse")
    return _lot(intake_no, Viewer(institution=sender.institution))


@store.post("/store/intakes/{intake_no}/arrival", response=IntakeOut, summary="The truck is at the gate")
def arrive_intake(request: HttpRequest, intake_no: str, body: ArrivalIn) -> dict[str, Any]:
    """Records the arrival of a booked lot."""
    sender = sender_of(request, "warehouse")
    viewer = Viewer(institution=sender.institution)
    lot(intake_no, viewer)

    def do() -> dict[str, Any]:
        services.arrive_intake(intake_no, plate=body.plate, actor=actor_of_system(request, sender))
        return _lot(intake_no, viewer)

    return once(request, sender, do)


@store.post("/store/intakes/{intake_no}/weights", response=IntakeOut, summary="Weights of a lot")
def weigh_intake(request: HttpRequest, intake_no: str, body: WeightsIn) -> dict[str, Any]:
    """Weighs an arrived lot by sample; the answer has its net weight."""
    sender = sender_of(request, "warehouse")
    viewer = Viewer(institution=sender.institution)
    lot(intake_no, viewer)
    sample = SampleWeights(body.sample_pieces, body.sample_gross_g, body.sample_tare_g)

    def do() -> dict[str, Any]:
        actor = actor_of_system(request, sender)
        services.weigh_intake(intake_no, pieces=body.pieces, sample=sample, actor=actor)
        return _lot(intake_no, viewer)

    return once(request, sender, do)


@store.post(
    "/store/intakes/{intake_no}/photos",
    response=PhotoOut,
    summary="A photograph of a lot",
    openapi_extra=PHOTO_BODY,
)
def photograph_intake(request: HttpRequest, intake_no: str, kind: PhotoKindWord) -> dict[str, Any]:
    """Keeps a photograph: the body is the file. It is served encoded anew, without position or device."""
    sender = sender_of(request, "warehouse")
    viewer = Viewer(institution=sender.institution)
    lot(intake_no, viewer)
    pictures.keep(request.body)  # takes a while: before the sender's requests are locked

    def do() -> dict[str, Any]:
        digest = services.attach_photo(
            intake_no, kind=PhotoKind(kind), content=request.body, actor=actor_of_system(request, sender)
        )
        rows = photos_of_lots([intake_no])
        kept = next(row for row in rows if row.sha256 == digest)
        return {"intake_no": intake_no, "kind": kept.kind.value, "photo": digest, "photos": len(rows)}

    return once(request, sender, do)


@store.post("/store/intakes/{intake_no}/room", response=IntakeOut, summary="Put a lot in store")
def store_intake(request: HttpRequest, intake_no: str, body: StoreIn) -> dict[str, Any]:
    """Puts an inspected lot into stock as goods of a product it meets."""
    sender = sender_of(request, "warehouse")
    viewer = Viewer(institution=sender.institution)
    lot(intake_no, viewer)
    cell = product_by_code(body.product).cell

    def do() -> dict[str, Any]:
        services.store_intake(intake_no, cell, room=body.room, actor=actor_of_system(request, sender))
        return _lot(intake_no, viewer)

    return once(request, sender, do)


@store.post("/store/readings", response=ReadingsOut, summary="Temperature and humidity")
def record_readings(request: HttpRequest, body: ReadingsIn) -> dict[str, Any]:
    """Readings of the store's rooms: all of them are stored, or none."""
    sender = sender_of(request, "warehouse")
    readings = [
        NewReading(
            each.room,
            each.at if each.at.tzinfo else each.at.replace(tzinfo=TIMEZONE),
            each.temperature_tenths,
            each.humidity_pct,
        )
        for each in body.readings
    ]

    def do() -> dict[str, Any]:
        alarms = services.record_readings(sender.own_code, readings, source="api")
        return {"taken": len(readings), "alarms": alarms}

    return once(request, sender, do)


@store.get("/store/stock", response=StocksOut, summary="Goods in the store")
def stock(request: HttpRequest) -> dict[str, Any]:
    """What lies in the sender's warehouse, and what receipts stand for."""
    sender = sender_of(request, "warehouse")
    listed = products_by_number()
    items = [
        {
            "product": listed[row.product_number].code if row.product_number in listed else "",
            "physical_kg": row.physical_kg,
            "receipted_kg": row.receipted_kg,
        }
        for row in stock_of(sender.own_code)
    ]
    return {"warehouse": sender.own_code, "items": items}


@inspection.post("/inspection/intakes/{intake_no}/sample", response=SampleOut, summary="Draw a sample")
def sample_intake(request: HttpRequest, intake_no: str, body: SampleIn) -> dict[str, Any]:
    """Records a sample of a weighed lot, drawn by the plan."""
    sender = sender_of(request, "inspector")
    lot(intake_no, Viewer(institution=sender.institution))

    def do() -> dict[str, Any]:
        number = services.sample_intake(
            intake_no,
            body=sender.own_code,
            sampler=body.sampler,
            pieces=body.pieces,
            fruit=body.fruit,
            seal_no=body.seal_no,
            actor=actor_of_system(request, sender),
        )
        return {"sampling_no": number}

    return once(request, sender, do)


@inspection.post(
    "/inspection/intakes/{intake_no}/report", response=InspectionOut, summary="Results of an inspection"
)
def inspect_intake(request: HttpRequest, intake_no: str, body: InspectionIn) -> dict[str, Any]:
    """Writes the report of a sampled lot; the grade follows from what was measured."""
    sender = sender_of(request, "inspector")
    row = lot(intake_no, Viewer(institution=sender.institution))
    group = next(each.group for each in varieties() if each.code == row.variety_code)
    measured = {name: getattr(body, name) for name in Measurements.__dataclass_fields__}

    def do() -> dict[str, Any]:
        number = services.inspect_intake(
            intake_no,
            body=sender.own_code,
            inspector=body.inspector,
            group=group,
            measured=Measurements(**measured),
            diameters=_diameters(body),
            residues=[
                Residue(each.substance, each.found_ug_per_kg, each.limit_ug_per_kg) for each in body.residues
            ],
            actor=actor_of_system(request, sender),
        )
        return {"report_no": number}

    return once(request, sender, do)


def _diameters(body: InspectionIn) -> dict[int, int]:
    """Fruit by diameter in mm. Raises BadParameter for a diameter that is no number."""
    if not all(mm.isascii() and mm.isdigit() and len(mm) <= 3 for mm in body.diameters):
        raise BadParameter(name="diameters")
    return {int(mm): count for mm, count in body.diameters.items()}
