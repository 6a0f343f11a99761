"""The papers of what is in the register: rows out of the tables, for those who may see them.

Members and products are numbers here; whoever asks brings their names along (`Names`).
"""

from typing import Any, Protocol

from django.utils.timezone import localtime

from exchange.kernel.documents.types import Document, Signatory
from exchange.kernel.institutions import EXCHANGE, EXCHANGE_NAME, institution_code
from exchange.kernel.money import format_yuan_grouped
from warehouse_receipts import business_selectors as business
from warehouse_receipts.errors import UnknownIntake, UnknownReceipt
from warehouse_receipts.lifecycle import Stage, stage_of
from warehouse_receipts.models import Inspection, Intake, LifeEvent, LotOrigin, Receipt, Warehouse
from warehouse_receipts.papers.errors import UnknownReport
from warehouse_receipts.papers.inspection import inspection_document
from warehouse_receipts.papers.receipt import receipt_document
from warehouse_receipts.papers.rows import (
    InspectionPaper,
    IntakePaper,
    PaperEndorsement,
    PaperLoad,
    PaperParty,
    PickupPaper,
    ReceiptPaper,
)
from warehouse_receipts.papers.store import intake_document, outbound_document, pickup_document
from warehouse_receipts.selectors import receipt_detail
from warehouse_receipts.states import PickupState
from warehouse_receipts.tracing import trace
from warehouse_receipts.types import Bagging, Grade, IntakeState, StoreType
from warehouse_receipts.viewing import Viewer

SHAPES = ("端正", "较端正", "可有缺陷", "畸形")
STEMS = ("完整", "轻微损伤", "缺失")
UG_PER_MG = 1_000

Paper = tuple[Document, tuple[Signatory, ...]]
"""A document and who signs it."""


class Names(Protocol):
    """Names of what this package knows by numbers and codes, in Chinese."""

    def party(self, account_no: int) -> PaperParty:
        """A member."""

    def product(self, number: int) -> str:
        """A product."""

    def variety(self, code: str) -> str:
        """A variety."""


def receipt_paper(receipt_no: str, viewer: Viewer, names: Names) -> Paper:
    """The receipt as it stands. Raises UnknownReceipt."""
    found = Receipt.objects.filter(viewer.receipts(), no=receipt_no).select_related(
        "warehouse", "inspection", "intake__room", "root"
    )
    receipt = found.first()
    if receipt is None:
        raise UnknownReceipt(receipt=receipt_no)
    paper = _receipt_row(receipt, viewer, names)
    return receipt_document(paper), (
        _keeper(receipt.warehouse, "保管人签发"),
        _inspector(receipt.inspection, "检验机构确认"),
        Signatory(EXCHANGE, EXCHANGE_NAME, "登记机构登记"),
    )


def _receipt_row(receipt: Receipt, viewer: Viewer, names: Names) -> ReceiptPaper:
    detail, life = receipt_detail(receipt.no), trace(receipt.no, viewer)
    warehouse, intake, inspection = receipt.warehouse, receipt.intake, receipt.inspection
    stage = stage_of(receipt.state, receipt.business, receipt.ended)
    moments = [step.at for step in life.steps] + [step.at for step in life.titles]
    root = receipt.root or receipt
    return ReceiptPaper(
        receipt_no=receipt.no,
        register_no=_register_no(root),
        state=stage.label,
        ended=bool(receipt.ended),
        as_of=localtime(max(moments, default=receipt.issued_at)),
        issued_at=localtime(receipt.issued_at),
        depositor=names.party(intake.owner_no),
        holder=names.party(receipt.holder_no),
        keeper=PaperParty(warehouse.keeper, warehouse.code, address=warehouse.address),
        warehouse_code=warehouse.code,
        warehouse_name=warehouse.name,
        store_type=StoreType(intake.room.kind if intake.room else warehouse.kind).label,
        product_name=names.product(receipt.product_number),
        county=intake.county,
        orchard=intake.orchard,
        crop_year=intake.crop_year,
        bagging=Bagging(intake.bagging).label,
        kg=receipt.kg,
        issued_kg=receipt.issued_kg,
        pieces=intake.pieces,
        packaging=intake.packaging,
        mark=intake.mark,
        grade=Grade(inspection.grade).label,
        standard=f"{inspection.standard}-{inspection.edition}",
        inspection_no=inspection.no,
        inspector=PaperParty(inspection.body, inspection.body_code),
        inspected_at=localtime(inspection.inspected_at),
        loss_permille_per_month=warehouse.loss_permille_per_month,
        storage_fee_fen_per_t_day=warehouse.storage_fee_fen_per_t_day,
        expires_on=receipt.expires_on,
        insurer=warehouse.insurer,
        insurance=_insurance(warehouse),
        intake_no=intake.no,
        parent_no=detail.receipt.parent_no or "",
        endorsements=tuple(
            PaperEndorsement(
                at=localtime(step.at),
                from_name=names.party(step.from_no).name,
                to_name=names.party(step.to_no).name,
                kg=step.kg,
                contract_no=step.contract_no,
                receipt_no=step.receipt_no,
            )
            for step in detail.endorsements
        ),
        loads=_paper_loads(business.loads_of_receipt(receipt.no)),
        chain_hash=life.head,
    )


def _register_no(root: Receipt) -> str:
    request = getattr(root, "issue_request", None)
    return (request.register_no or "") if request else ""


def _insurance(warehouse: Warehouse) -> str:
    if not warehouse.insured_until:
        return ""
    insured = format_yuan_grouped(warehouse.insured_fen)
    return f"仓库总保额 {insured} 元，至 {warehouse.insured_until:%Y-%m-%d}，保单 {warehouse.policy_no}"


def inspection_paper(report_no: str, viewer: Viewer, names: Names) -> Paper:
    """An inspection report, for who may see its lot or a receipt over it. Raises UnknownReport."""
    found = Inspection.objects.filter(no=report_no).select_related("intake__warehouse", "sampling")
    report = found.first()
    if report is None or not _may_see_lot(report.intake, viewer):
        raise UnknownReport(report=report_no)
    return inspection_document(_inspection_row(report, names)), (_inspector(report, "检验机构签发"),)


def _may_see_lot(intake: Intake, viewer: Viewer) -> bool:
    """Owners and keepers of the lot, inspectors, and holders of receipts over it."""
    if Intake.objects.filter(viewer.intakes(), pk=intake.pk).exists():
        return True
    return Receipt.objects.filter(viewer.receipts(), intake=intake).exists()


def _inspection_row(report: Inspection, names: Names) -> InspectionPaper:
    intake, sampling = report.intake, report.sampling
    before = intake.inspections.filter(pk__lt=report.pk).order_by("-pk").first()
    drawn = f"{sampling.lot_pieces:,} 件抽 {sampling.pieces} 件、{sampling.fruit} 果" if sampling else ""
    return InspectionPaper(
        report_no=report.no,
        intake_no=intake.no,
        body=PaperParty(report.body, report.body_code),
        inspector=report.inspector,
        inspected_at=localtime(report.inspected_at),
        standard=f"{report.standard}-{report.edition}",
        grade=Grade(report.grade).label,
        depositor=names.party(intake.owner_no),
        warehouse_name=intake.warehouse.name,
        variety=names.variety(intake.variety_code),
        county=intake.county,
        orchard=intake.orchard,
        crop_year=intake.crop_year,
        bagging=Bagging(intake.bagging).label,
        pieces=intake.pieces,
        net_kg=intake.net_kg,
        sampling_no=sampling.no if sampling else "",
        sampling=f"{drawn}（{sampling.standard}-{sampling.edition}）" if sampling else "",
        measured=measured_lines(report),
        residues=tuple(map(_residue, report.residues)),
        replaces_no=before.no if before else "",
    )


def measured_lines(report: Inspection) -> tuple[tuple[str, str, str], ...]:
    """What was measured, line by line, as the report prints it."""
    sizes = "，".join(f"{mm} mm：{count}" for mm, count in report.diameters.items())
    return (
        ("果径", f"≥ {report.diameter_mm} mm", sizes and f"分布 {sizes}"),
        ("着色度", f"{report.colour_pct}%", ""),
        ("硬度", f"{report.firmness_tenths / 10:.1f} kgf/cm²", ""),
        ("可溶性固形物", f"{report.ssc_tenths / 10:.1f}%", ""),
        ("果形", SHAPES[report.shape], ""),
        ("果梗", STEMS[report.stem], ""),
        ("刺伤、裂果、病虫果", f"{report.severe_pct}%", ""),
        ("碰压伤", f"{report.bruise_mm2} mm²", f"最大处 {report.bruise_largest_mm2} mm²"),
        ("磨伤", f"{report.rub_mm2} mm²", ""),
        ("日灼、药害、雹伤", f"{report.sunburn_mm2} mm²", "取最大一项"),
        ("虫伤", f"{report.insect_scar_mm2} mm²", ""),
        ("小疵点", f"{report.small_spots} 个", ""),
        ("网状果锈", f"{report.russet_pct}%", ""),
        ("容许度内不合格果", f"{report.nonconforming_pct}%", ""),
        ("抽检果数", f"{report.sample_fruit} 个", ""),
    )


def _residue(found: dict[str, Any]) -> tuple[str, str, str, str]:
    amount, limit = found["found_ug_per_kg"], found["limit_ug_per_kg"]
    verdict = "合格" if amount <= limit else "不合格"
    shown = f"{amount / UG_PER_MG:.3f}" if amount else "未检出"
    return str(found["substance"]), shown, f"{limit / UG_PER_MG:.3f}", verdict


def intake_paper(intake_no: str, viewer: Viewer, names: Names) -> Paper:
    """The in-note of a weighed lot. Raises UnknownIntake."""
    found = Intake.objects.filter(viewer.intakes(), no=intake_no).select_related("warehouse", "room")
    intake = found.first()
    if intake is None or not intake.net_kg:
        raise UnknownIntake(intake=intake_no)
    origin = LotOrigin.objects.filter(intake=intake).first()
    steps = LifeEvent.objects.filter(subject_no=intake.no).order_by("-seq")
    weighed = steps.filter(stage=Stage.WEIGHED).first()
    last = steps.first()
    assert weighed is not None
    assert last is not None
    row = IntakePaper(
        intake_no=intake.no,
        at=localtime(last.at),
        owner=names.party(intake.owner_no),
        keeper=PaperParty(intake.warehouse.keeper, intake.warehouse.code),
        warehouse_name=intake.warehouse.name,
        room=intake.room.code if intake.room else "",
        plate=intake.plate,
        variety=names.variety(intake.variety_code),
        county=intake.county,
        orchard=intake.orchard,
        grower=origin.grower if origin else "",
        harvested_on=origin.harvested_on.isoformat() if origin else "",
        certificate_no=origin.certificate_no if origin else "",
        crop_year=intake.crop_year,
        bagging=Bagging(intake.bagging).label,
        packaging=intake.packaging,
        mark=intake.mark,
        pieces=intake.pieces,
        sample_pieces=intake.sample_pieces,
        sample_gross_g=intake.sample_gross_g,
        sample_tare_g=intake.sample_tare_g,
        net_kg=intake.net_kg,
        state=IntakeState(intake.state).label,
        weigher=weighed.actor,
    )
    return intake_document(row), (_keeper(intake.warehouse, "保管人签发"),)


def pickup_paper(pickup_no: str, viewer: Viewer, names: Names) -> Paper:
    """The pickup order; once the truck has left, the out-note with its gate pass. Raises UnknownPickup.

    The pickup code is on neither: it is told once to the holder and kept nowhere.
    """
    row = business.pickup(pickup_no, viewer)
    done = row.state == PickupState.DONE
    owed = business.fees(pickup_no, payer_no=viewer.account_no)
    paper = PickupPaper(
        pickup_no=row.pickup_no,
        holder=names.party(row.holder_no),
        keeper=PaperParty(row.keeper, row.warehouse_code),
        warehouse_name=row.warehouse_name,
        warehouse_address=row.warehouse_address,
        product_name=names.product(row.product_number),
        kg=row.delivered_kg if done else row.kg,
        receipts=row.receipts,
        plate=row.plate,
        person=row.person,
        id_masked=row.id_masked,
        slot_at=localtime(row.slot_at),
        code="",
        state=row.state.label,
        at=localtime(row.changed_at),
        loads=_paper_loads(business.loads(pickup_no)),
        gate_pass_no=row.gate_pass_no,
        fees=tuple((names.party(fee.payer_no).name, _fee_text(fee), fee.fee_fen) for fee in owed),
    )
    keeper = Signatory(institution_code("warehouse", row.warehouse_code), row.keeper, "保管人签发")
    if done:
        return outbound_document(paper), (keeper,)
    return pickup_document(paper), (keeper, Signatory(EXCHANGE, EXCHANGE_NAME, "登记机构登记"))


def _paper_loads(rows: list[business.LoadRow]) -> tuple[PaperLoad, ...]:
    return tuple(
        PaperLoad(localtime(row.at), row.receipt_no, row.kg, row.weighed_kg, row.clerk) for row in rows
    )


def _fee_text(fee: business.FeeLine) -> str:
    if fee.from_day == fee.to_day:
        return fee.kind.label
    return f"{fee.kind.label} {fee.from_day:%Y-%m-%d} 至 {fee.to_day:%Y-%m-%d}"


def _inspector(report: Inspection, reason: str) -> Signatory:
    return Signatory(institution_code("inspector", report.body_code), report.body, reason)


def _keeper(warehouse: Warehouse, reason: str) -> Signatory:
    return Signatory(institution_code("warehouse", warehouse.code), warehouse.keeper, reason)
