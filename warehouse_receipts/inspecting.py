"""Sampling and inspection: who may, by which plan, what was found; and what a re-inspection leads to.

Reports are final. A later one that no longer meets what receipts of the lot promise makes their product unfit
for the lot: free receipts leave the market at once (open orders are pulled), others as soon as their business
ends, and holders are told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import transaction

from exchange.kernel import audit, calendar, institutions
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.errors import BadTransition
from exchange.kernel.ids import next_number
from warehouse_receipts.chain import Step, record_step
from warehouse_receipts.checks import check_diameters, unmet
from warehouse_receipts.editions import grading_in_force, sampling_in_force
from warehouse_receipts.errors import (
    BadMeasurements,
    BadSampling,
    NotAccredited,
    UnknownBody,
    UnknownSampling,
)
from warehouse_receipts.grading import assess
from warehouse_receipts.intake import step_of_inspector
from warehouse_receipts.lifecycle import Action, Party, Stage
from warehouse_receipts.locks import lock_intake
from warehouse_receipts.models import (
    HolderNotice,
    Inspection,
    InspectionBody,
    Inspector,
    Intake,
    Receipt,
    Sampling,
)
from warehouse_receipts.setting_aside import set_aside
from warehouse_receipts.types import (
    Business,
    CellSpec,
    InspectionKind,
    IntakeState,
    Measurements,
    ReceiptState,
    VarietyGroup,
)


@dataclass(frozen=True, slots=True)
class Residue:
    """A pesticide residue found, in µg/kg, and the limit of GB 2763."""

    substance: str
    found_ug_per_kg: int
    limit_ug_per_kg: int


# Who may ----------------------------------------------------------------------------------------------


@transaction.atomic
def designate_body(
    *, code: str, name: str, accreditation_no: str, accredited_until: date, actor: Actor
) -> str:
    """Designates an inspection body, or renews its accreditation; it gets a key to sign with."""
    body, new = InspectionBody.objects.update_or_create(
        code=code,
        defaults={"name": name, "accreditation_no": accreditation_no, "accredited_until": accredited_until},
    )
    institutions.register(code=inspector_signer(code), name=name, kind="inspector", actor=actor)
    audit.record(
        actor=actor,
        action="inspection_body.designate" if new else "inspection_body.renew",
        subject=f"inspection_body:{code}",
        after={"name": name, "accredited_until": accredited_until.isoformat()},
    )
    return body.code


@transaction.atomic
def add_inspector(body_code: str, *, name: str, licence_no: str, actor: Actor) -> None:
    """A person who may sample and inspect for a body. Raises UnknownBody."""
    body = InspectionBody.objects.filter(code=body_code).first()
    if body is None:
        raise UnknownBody(body=body_code)
    Inspector.objects.update_or_create(
        body=body, name=name, defaults={"licence_no": licence_no, "active": True}
    )
    audit.record(
        actor=actor,
        action="inspector.add",
        subject=f"inspection_body:{body_code}",
        after={"name": name, "licence_no": licence_no},
    )


def inspector_signer(body_code: str) -> str:
    """Code of the institution whose key an inspection body signs with."""
    return institutions.institution_code("inspector", body_code)


def accredited(body: str, inspector: str) -> InspectionBody:
    """The body with this code or name, if it may inspect today through this person.

    Raises UnknownBody, NotAccredited.
    """
    found = (
        InspectionBody.objects.filter(code=body).first() or InspectionBody.objects.filter(name=body).first()
    )
    if found is None:
        raise UnknownBody(body=body)
    valid = found.active and found.accredited_until >= calendar.today()
    if not valid or not found.inspectors.filter(name=inspector, active=True).exists():
        raise NotAccredited(body=found.name, inspector=inspector)
    return found


# Sampling ---------------------------------------------------------------------------------------------


@transaction.atomic
def sample_intake(
    intake_no: str,
    *,
    body: str,
    sampler: str,
    pieces: int | None = None,
    fruit: int = 200,
    seal_no: str = "",
    actor: Actor = SYSTEM,
) -> str:
    """Draws a sample of a weighed lot by the plan in force; returns the number of the sample.

    pieces: how many were opened (default: as many as the plan asks for). Raises BadSampling, UnknownBody,
    NotAccredited, NoEditionInForce, BadTransition.
    """
    intake = lock_intake(intake_no)
    found = accredited(body, sampler)
    step_of_inspector(intake, Action.SAMPLE, IntakeState.SAMPLED)
    sample = _draw(intake, sampler, pieces, fruit, seal_no)
    said = {
        "sample": sample.no,
        "pieces": sample.pieces,
        "fruit": fruit,
        "plan": f"{sample.standard}-{sample.edition}",
    }
    step = Step(intake.no, Action.SAMPLE, Stage.SAMPLED, Party.INSPECTOR, said)
    record_step(step, institution=inspector_signer(found.code), actor=actor)
    return sample.no


def _draw(intake: Intake, sampler: str, pieces: int | None, fruit: int, seal_no: str) -> Sampling:
    edition, plan = sampling_in_force()
    least = plan.least_sample(intake.pieces)
    drawn = least if pieces is None else pieces
    if not least <= drawn <= intake.pieces or fruit < plan.least_fruit:
        raise BadSampling(least=least, fruit=plan.least_fruit)
    return Sampling.objects.create(
        no=f"CY{calendar.today():%Y%m%d}{next_number('sampling'):06d}",
        intake=intake,
        standard=edition.standard,
        edition=edition.edition,
        lot_pieces=intake.pieces,
        least_pieces=least,
        pieces=drawn,
        fruit=fruit,
        sampler=sampler,
        seal_no=seal_no,
        sampled_at=calendar.now(),
    )


@transaction.atomic
def file_sampling(sampling_no: str, *, body: str, filing_no: str, actor: Actor) -> None:
    """Files a sample with the authority 抽检备案, once, by the body whose inspector drew it.

    Raises UnknownSampling, UnknownBody, NotAccredited, BadTransition.
    """
    sample = Sampling.objects.select_for_update().filter(no=sampling_no).first()
    if sample is None:
        raise UnknownSampling(sampling=sampling_no)
    accredited(body, sample.sampler)
    if sample.filing_no or not filing_no:
        raise BadTransition(state="已备案" if sample.filing_no else "未备案", event="备案")
    sample.filing_no, sample.filed_at, sample.filed_by = filing_no, calendar.now(), actor.name
    sample.save(update_fields=["filing_no", "filed_at", "filed_by"])


# Inspection -------------------------------------------------------------------------------------------


@transaction.atomic
def inspect_intake(
    intake_no: str,
    *,
    body: str,
    inspector: str,
    group: VarietyGroup,
    measured: Measurements,
    diameters: Mapping[int, int] | None = None,
    residues: Sequence[Residue] = (),
    actor: Actor = SYSTEM,
) -> str:
    """Writes the inspection report of a sampled lot, graded by the edition in force; returns its number.

    diameters: fruit of the sample by size in mm. Raises UnknownBody, NotAccredited, BadMeasurements,
    NoEditionInForce.
    """
    intake = lock_intake(intake_no)
    found = accredited(body, inspector)
    step_of_inspector(intake, Action.INSPECT, IntakeState.INSPECTED)
    report = _write_report(
        intake, found, inspector, group, measured, diameters, residues, InspectionKind.INTAKE
    )
    step = Step(intake.no, Action.INSPECT, Stage.INSPECTED, Party.INSPECTOR, _said(report))
    record_step(step, institution=inspector_signer(found.code), actor=actor)
    return report.no


def _write_report(
    intake: Intake,
    body: InspectionBody,
    inspector: str,
    group: VarietyGroup,
    measured: Measurements,
    diameters: Mapping[int, int] | None,
    residues: Sequence[Residue],
    kind: InspectionKind,
) -> Inspection:
    check_diameters(measured, diameters or {})
    if any(each.found_ug_per_kg < 0 or each.limit_ug_per_kg <= 0 for each in residues):
        raise BadMeasurements(why_zh="农药残留", why_en="pesticide residues")
    edition, rules = grading_in_force()
    return Inspection.objects.create(
        no=f"ZJ{calendar.today():%Y%m%d}{next_number('inspection'):06d}",
        intake=intake,
        kind=kind,
        body=body.name,
        body_code=body.code,
        sampling=intake.samplings.order_by("-pk").first(),
        inspector=inspector,
        standard=edition.standard,
        edition=edition.edition,
        grade=assess(measured, group, rules).grade,
        diameters={str(mm): count for mm, count in sorted((diameters or {}).items())},
        residues=[asdict(each) for each in residues],
        inspected_at=calendar.now(),
        **asdict(measured),
    )


def _said(report: Inspection) -> dict[str, Any]:
    return {
        "report": report.no,
        "standard": f"{report.standard}-{report.edition}",
        "grade": str(report.grade),
        "diameter_mm": report.diameter_mm,
        "colour_pct": report.colour_pct,
        "firmness_tenths": report.firmness_tenths,
        "ssc_tenths": report.ssc_tenths,
    }


class Reinspected(NamedTuple):
    """A new report, and the products whose receipts over this lot it no longer supports."""

    report_no: str
    unfit_products: tuple[int, ...]


@transaction.atomic
def reinspect(
    intake_no: str,
    *,
    body: str,
    inspector: str,
    group: VarietyGroup,
    measured: Measurements,
    cells: Mapping[int, CellSpec],
    diameters: Mapping[int, int] | None = None,
    residues: Sequence[Residue] = (),
    kind: InspectionKind = InspectionKind.REINSPECTION,
    actor: Actor,
) -> Reinspected:
    """Inspects stored goods again. cells: the grade cells of the products its receipts are in.

    Where a receipt's cell is no longer met, its holder is told and the receipt leaves the market
    (`sweep_downgrades`). Raises as inspect_intake, and BadTransition when the lot is not in store.
    """
    intake = lock_intake(intake_no)
    found = accredited(body, inspector)
    if intake.state != IntakeState.STORED:
        raise BadTransition(state=IntakeState(intake.state).label, event=InspectionKind.REINSPECTION.label)
    plan = sampling_in_force()[1]
    if measured.sample_fruit < plan.least_fruit:
        raise BadSampling(least=plan.least_sample(intake.pieces), fruit=plan.least_fruit)
    report = _write_report(intake, found, inspector, group, measured, diameters, residues, kind)
    step = Step(
        intake.no, Action.INSPECT, Stage.STORED, Party.INSPECTOR, {**_said(report), "kind": kind.value}
    )
    record_step(step, institution=inspector_signer(found.code), actor=actor)
    live = Receipt.objects.filter(intake=intake, state=ReceiptState.ISSUED)
    products = sorted(set(live.values_list("product_number", flat=True)))
    store = intake.room.kind if intake.room else intake.warehouse.kind
    unfit = [number for number in products if unmet(intake, store, report, cells[number])]
    intake.unfit_products = unfit
    intake.save(update_fields=["unfit_products"])
    told = live.filter(product_number__in=unfit)
    HolderNotice.objects.bulk_create(
        HolderNotice(
            holder_no=receipt.holder_no,
            receipt_no=receipt.no,
            kind="downgraded",
            facts={"report": report.no, "grade": str(report.grade)},
            at=calendar.now(),
        )
        for receipt in told
    )
    sweep_downgrades(intake_no=intake.no)
    return Reinspected(report.no, tuple(unfit))


@transaction.atomic
def sweep_downgrades(*, intake_no: str | None = None) -> int:
    """Takes free receipts out of the market whose lot no longer meets their product; how many. Run often."""
    lots = Intake.objects.exclude(unfit_products=[])
    if intake_no is not None:
        lots = lots.filter(no=intake_no)
    taken = 0
    for lot in lots:
        free = Receipt.objects.filter(
            intake=lot,
            product_number__in=lot.unfit_products,
            state=ReceiptState.ISSUED,
            business=Business.NONE,
        ).exclude(set_aside_lines__open=True)
        for receipt in free.order_by("id"):
            set_aside(
                holder_no=receipt.holder_no,
                receipt_nos=[receipt.no],
                business=Business.DOWNGRADED,
                reference=f"lot:{lot.no}",
                actor=SYSTEM,
                pull_orders=True,
            )
            taken += 1
    return taken
