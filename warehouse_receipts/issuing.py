"""Issue 签发: the warehouse asks, inspector and owner confirm, another person of the exchange registers.

A receipt exists only once all three have confirmed what lies there, and no one person can make one. It gets a
register number with a check character (ISO/IEC 7064 MOD 37-36), and its chain of steps follows that of its
lot.
"""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.canonical import canonical_hash
from exchange.kernel.errors import BadTransition
from exchange.kernel.ids import next_number
from warehouse_receipts.chain import EXCHANGE, head_of, receipt_step, record_step
from warehouse_receipts.checks import check_deliverable, check_issuable, check_residues
from warehouse_receipts.errors import (
    IssueNotConfirmed,
    NotYourGoods,
    OriginMissing,
    SamePerson,
    UnknownRequest,
)
from warehouse_receipts.intake import report_of
from warehouse_receipts.lifecycle import Action, Party, Stage, check_step
from warehouse_receipts.locks import lock_intake, lock_warehouse
from warehouse_receipts.models import Inspection, Intake, IssueRequest, LotOrigin, Receipt
from warehouse_receipts.states import IssueState
from warehouse_receipts.title import RECEIPT_SERIES
from warehouse_receipts.title_rows import goods_command, receipt_no
from warehouse_receipts.types import Bagging, CellSpec, Grade, StoreType

SEASON_END: dict[StoreType, tuple[int, int]] = {StoreType.COLD: (5, 31), StoreType.CA: (7, 31)}
"""Month and day of the year after harvest until which fruit may lie in such a store."""

RECHECK_DAYS = 30
"""An inspection vouches for the fruit this long, so a receipt is good for at least as many days."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@transaction.atomic
def request_issue(
    intake_no: str, cell: CellSpec, *, actor: Actor, kg: int | None = None, shelf_life_days: int | None = None
) -> str:
    """The warehouse asks for a receipt over kg of a stored lot (default: all that has none).

    Its request is the warehouse's confirmation. Returns the request's number. Raises OriginMissing,
    OverReceipted, BelowCell, ResidueFound, WarehouseNotActive, IssueBlocked, BadTransition (one is open).
    """
    intake = lock_intake(intake_no)
    if not LotOrigin.objects.filter(intake=intake).exists():
        raise OriginMissing(intake=intake_no)
    wanted = intake.net_kg - intake.receipted_kg if kg is None else kg
    _check(intake, cell, wanted)
    if intake.issue_requests.filter(state=IssueState.REQUESTED).exists():
        raise BadTransition(state=IssueState.REQUESTED.label, event=IssueState.REQUESTED.label)
    request = IssueRequest.objects.create(
        no=f"QF{calendar.today():%Y%m%d}{next_number('issue request'):06d}",
        intake=intake,
        product_number=cell.product_number,
        cell=asdict(cell),
        kg=wanted,
        shelf_life_days=shelf_life_days,
        proposed_by=actor.name,
        proposed_at=calendar.now(),
    )
    return request.no


def _check(intake: Intake, cell: CellSpec, kg: int) -> Inspection:
    warehouse = lock_warehouse(intake.warehouse.code)
    check_step(Action.REGISTER, Stage(intake.state), Stage.FREE, Party.EXCHANGE)
    report = report_of(intake)
    check_residues(report)
    check_deliverable(intake, intake.room.kind if intake.room else warehouse.kind, report, cell)
    check_issuable(intake, warehouse, cell, kg)
    return report


@transaction.atomic
def confirm_as_inspector(request_no: str, *, body_code: str, actor: Actor) -> None:
    """The body whose report the receipt will carry confirms it.

    Raises UnknownRequest, SamePerson, NotYourGoods.
    """
    request = _open_request(request_no)
    if report_of(request.intake).body_code != body_code:
        raise NotYourGoods
    _check_other_person(request, actor)
    request.inspector_by, request.inspector_at = actor.name, calendar.now()
    request.save(update_fields=["inspector_by", "inspector_at"])


@transaction.atomic
def confirm_as_owner(request_no: str, *, owner_no: int, actor: Actor) -> None:
    """The owner confirms lot and weight. Raises UnknownRequest, SamePerson, NotYourGoods."""
    request = _open_request(request_no)
    if request.intake.owner_no != owner_no:
        raise NotYourGoods
    _check_other_person(request, actor)
    request.owner_by, request.owner_at = actor.name, calendar.now()
    request.save(update_fields=["owner_by", "owner_at"])


@transaction.atomic
def refuse_issue(request_no: str, *, reason: str, actor: Actor) -> None:
    """Any of the parties, or the exchange, turns a request down."""
    request = _open_request(request_no)
    _check_other_person(request, actor)
    request.state, request.reason = IssueState.REFUSED, reason
    request.decided_by, request.decided_at = actor.name, calendar.now()
    request.save(update_fields=["state", "reason", "decided_by", "decided_at"])


@transaction.atomic
def register_issue(request_no: str, *, actor: Actor) -> str:
    """The exchange registers a confirmed request; returns the receipt's number.

    Everything is checked once more. The owner may sell as soon as the floor has taken the GOODS command.
    Raises IssueNotConfirmed, SamePerson and what request_issue does.
    """
    request = _open_request(request_no)
    if request.inspector_at is None or request.owner_at is None:
        raise IssueNotConfirmed
    if actor.name in {request.proposed_by, request.inspector_by, request.owner_by}:
        raise SamePerson
    cell = cell_of(request.cell)
    intake = lock_intake(request.intake.no)
    report = _check(intake, cell, request.kg)
    receipt = _write_receipt(intake, report, cell, request)
    request.register_no = register_no(intake.warehouse.code, calendar.today(), receipt.pk)
    request.receipt, request.state = receipt, IssueState.REGISTERED
    request.decided_by, request.decided_at = actor.name, calendar.now()
    request.save(update_fields=["register_no", "receipt", "state", "decided_by", "decided_at"])
    step = receipt_step(
        receipt,
        Action.REGISTER,
        Stage.FREE,
        Party.EXCHANGE,
        born_of=head_of(intake.no),
        lot=intake.no,
        report=report.no,
        register_no=request.register_no,
        warehouse_by=request.proposed_by,
        inspector_by=request.inspector_by,
        owner_by=request.owner_by,
    )
    record_step(step, institution=EXCHANGE, actor=actor)
    outbox.enqueue(
        goods_command(intake.owner_no, cell.product_number, receipt.kg), f"receipt:{receipt.no}:in"
    )
    audit.record(
        actor=actor,
        action="receipt.issue",
        subject=f"receipt:{receipt.no}",
        after={"holder_no": intake.owner_no, "kg": receipt.kg, "product": cell.product_number},
    )
    return receipt.no


def _write_receipt(intake: Intake, report: Inspection, cell: CellSpec, request: IssueRequest) -> Receipt:
    today = calendar.today()
    number = next_number(RECEIPT_SERIES)
    no = receipt_no(today, number)
    return Receipt.objects.create(
        id=number,
        no=no,
        warehouse=intake.warehouse,
        product_number=cell.product_number,
        holder_no=intake.owner_no,
        issued_kg=request.kg,
        kg=request.kg,
        intake=intake,
        inspection=report,
        issued_at=calendar.now(),
        expires_on=expiry(cell, today, request.shelf_life_days),
        title_hash=issue_hash(no, intake.owner_no, request.kg, intake.no, report.no),
    )


def issue_hash(no: str, owner_no: int, kg: int, intake_no: str, report_no: str) -> str:
    """SHA-256 over what an issue says: where the chain of title of a root receipt begins."""
    return canonical_hash([no, owner_no, kg, intake_no, report_no])


@transaction.atomic
def issue_receipt(
    intake_no: str, cell: CellSpec, *, actor: Actor, kg: int | None = None, shelf_life_days: int | None = None
) -> str:
    """All steps of an issue in one, each in the name of its party: for setting up a market, not for a desk.

    Returns the receipt's number. Raises as request_issue and register_issue.
    """
    with transaction.atomic():
        intake = lock_intake(intake_no)
    keeper = Actor(f"warehouse:{intake.warehouse.code}")
    request_no = request_issue(intake_no, cell, actor=keeper, kg=kg, shelf_life_days=shelf_life_days)
    report = report_of(intake)
    confirm_as_inspector(request_no, body_code=report.body_code, actor=Actor(f"inspector:{report.inspector}"))
    confirm_as_owner(request_no, owner_no=intake.owner_no, actor=Actor(f"account:{intake.owner_no}"))
    return register_issue(request_no, actor=actor)


def _open_request(request_no: str) -> IssueRequest:
    request = IssueRequest.objects.select_for_update().filter(no=request_no).first()
    if request is None or request.state != IssueState.REQUESTED:
        raise UnknownRequest(request=request_no)
    return request


def _check_other_person(request: IssueRequest, actor: Actor) -> None:
    if actor.name == request.proposed_by:
        raise SamePerson


def cell_of(values: dict[str, Any]) -> CellSpec:
    """A grade cell back from its JSON."""
    return CellSpec(
        product_number=values["product_number"],
        variety_code=values["variety_code"],
        bagging=Bagging(values["bagging"]),
        size_mm=values["size_mm"],
        grade=Grade(values["grade"]),
        county=values["county"],
        crop_year=values["crop_year"],
        store_type=StoreType(values["store_type"]),
    )


def expiry(cell: CellSpec, issued_on: date, shelf_life_days: int | None) -> date:
    """Last day of a receipt: the end of the store's season, or the shelf life of an early variety."""
    if shelf_life_days is not None:
        return issued_on + timedelta(days=shelf_life_days)
    month, day = SEASON_END[cell.store_type]
    return max(date(cell.crop_year + 1, month, day), issued_on + timedelta(days=RECHECK_DAYS))


# Register number --------------------------------------------------------------------------------------


def register_no(warehouse_code: str, day: date, number: int) -> str:
    """Register number: CD, warehouse, day, place in the series, check character."""
    body = f"CD{warehouse_code.upper()}{day:%Y%m%d}{number:08d}"
    return body + check_character(body)


def check_character(body: str) -> str:
    """ISO/IEC 7064 MOD 37-36 over digits and capital letters."""
    product = 36
    for character in body:
        total = (product + _ALPHABET.index(character)) % 36 or 36
        product = total * 2 % 37
    return _ALPHABET[(37 - product) % 36]


def is_register_no(number: str) -> bool:
    """Whether the check character of a register number is right."""
    valid = len(number) > 1 and set(number) <= set(_ALPHABET)
    return valid and check_character(number[:-1]) == number[-1]
