"""溯源: a receipt's way drawn as a chain: orchard, store, report, receipt, contracts, truck."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchange.kernel.documents.codes import verify_url
from exchange.kernel.documents.qr import qr_svg
from exchange.kernel.institutions import institutions
from warehouse_receipts import business_selectors as business
from warehouse_receipts.case_errors import UnknownPickup
from warehouse_receipts.desk_selectors import OriginRow, origin
from warehouse_receipts.photographs import photos_of_lots
from warehouse_receipts.selectors import receipt_detail
from warehouse_receipts.tracing import Trace, trace
from warehouse_receipts.types import ReceiptDetail
from warehouse_receipts.viewing import OPERATOR, Viewer
from web.pages import words
from web.pages.access import viewer_page
from web.pages.names import RegisterNames
from web.pages.photos import lot_photos_shown
from web.pages.register_words import ENDED, STAGE
from web.store.shown import steps_shown

G_PER_KG = 1_000


@viewer_page
@require_safe
def receipt_trace(request: HttpRequest, viewer: Viewer, receipt_no: str) -> HttpResponse:
    """The drawn chain, then every signed step."""
    life = trace(receipt_no, viewer)
    detail, names = receipt_detail(receipt_no), RegisterNames()
    signers = {row.code: row.name for row in institutions()}
    steps = steps_shown(life.steps)
    for shown, step in zip(steps, life.steps, strict=True):
        shown["party"] = signers.get(step.institution, step.institution)
    context = {
        "receipt_no": receipt_no,
        "whole": life.whole,
        "links": _links(life, detail, names, viewer),
        "steps": steps,
        "photos": lot_photos_shown(photos_of_lots([detail.intake_no])),
        "qr": qr_svg(verify_url("receipt", receipt_no)),
        "verify_path": urlsplit(verify_url("receipt", receipt_no)).path,
    }
    return render(request, "pages/trace.html", context)


def _links(life: Trace, detail: ReceiptDetail, names: RegisterNames, viewer: Viewer) -> list[dict[str, Any]]:
    links = [
        _orchard(detail, origin(detail.intake_no)),
        _store(life, detail),
        _report(detail),
        _receipt(life, detail, names),
    ]
    links += [_contract(step.contract_no, step, names, viewer) for step in life.titles]
    truck = _truck(life, viewer)
    return [*links, truck] if truck else links


def _orchard(detail: ReceiptDetail, grown: OriginRow | None) -> dict[str, Any]:
    lines = [f"{words.word(words.COUNTY, detail.county)} {detail.orchard}"]
    if grown is not None:
        lines += [
            f"{grown.grower} · {grown.plot}",
            _("采收 %(day)s") % {"day": grown.harvested_on.isoformat()},
        ]
        lines.append(_("合格证 %(no)s") % {"no": grown.certificate_no})
    return {"icon": "orchard", "title": _("果园"), "lines": lines}


def _store(life: Trace, detail: ReceiptDetail) -> dict[str, Any]:
    weighed = next((step for step in life.steps if step.action.value == "weigh"), None)
    stored = next((step for step in life.steps if step.action.value == "store"), None)
    lines = [detail.receipt.warehouse_name, detail.intake_no]
    if weighed is not None:
        said = weighed.said
        gross, tare = said["gross_g"] / G_PER_KG, said["tare_g"] / G_PER_KG
        lines.append(
            f"({gross:,.1f} − {tare:,.1f}) ÷ {said['sample_pieces']} × {said['pieces']:,}"
            f" = {said['net_kg']:,} kg"
        )
    at = localtime(stored.at) if stored else None
    paper = f"/papers/intakes/{detail.intake_no}.pdf"
    return {"icon": "store", "title": _("入库"), "lines": lines, "at": at, "paper": paper}


def _report(detail: ReceiptDetail) -> dict[str, Any]:
    report = detail.inspection
    grade = words.word(words.GRADE, report.grade)
    return {
        "icon": "shield",
        "title": _("质检"),
        "lines": [f"{grade} · {report.standard}-{report.edition}", report.body],
        "at": localtime(report.inspected_at),
        "paper": f"/papers/reports/{report.inspection_no}.pdf",
    }


def _receipt(life: Trace, detail: ReceiptDetail, names: RegisterNames) -> dict[str, Any]:
    row = detail.receipt
    lines = [row.receipt_no, names.shown_product(row.product_number), f"{row.kg:,} kg"]
    if row.root_no != row.receipt_no:
        lines.append(_("分自 %(no)s") % {"no": row.root_no})
    return {
        "icon": "receipt",
        "title": _("仓单"),
        "lines": [*lines, words.word(STAGE, life.stage.value)],
        "at": localtime(row.issued_at),
        "paper": f"/papers/receipts/{row.receipt_no}.pdf",
        "ended": life.stage.value in ENDED,
    }


def _contract(contract_no: str, step: Any, names: RegisterNames, viewer: Viewer) -> dict[str, Any]:
    """A transfer; names of earlier parties are for the operator and for whom they are."""
    known = viewer == OPERATOR or viewer.account_no in (step.from_no, step.to_no)
    lines = [contract_no, f"{step.kg:,} kg"]
    if known:
        lines.insert(1, f"{names.party(step.from_no).name} → {names.party(step.to_no).name}")
    link: dict[str, Any] = {
        "icon": "contract",
        "title": _("合同"),
        "lines": lines,
        "at": localtime(step.at),
        "broken": not step.good,
    }
    if viewer == OPERATOR:
        link["paper"] = f"/papers/contracts/{contract_no}.pdf"
    elif known:
        link["paper"] = f"/me/contracts/{contract_no}/contract.pdf"
    return link


def _truck(life: Trace, viewer: Viewer) -> dict[str, Any] | None:
    """Plate and person are for whoever may see the pickup itself."""
    number = business.pickup_of_receipt(life.receipt_no)
    if not number:
        return None
    try:
        row = business.pickup(number, viewer)
    except UnknownPickup:
        return None
    lines = [f"{row.plate} · {row.person}", number, f"{row.weighed_kg or row.kg:,} kg"]
    return {
        "icon": "truck",
        "title": _("提货车辆"),
        "lines": [*lines, row.gate_pass_no] if row.gate_pass_no else lines,
        "at": localtime(row.changed_at),
        "paper": f"/papers/pickups/{number}.pdf",
    }
