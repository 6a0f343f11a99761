"""Invoices 数电票: data for the tax bureau's service, their numbers when they come back, red letters, export.

A grower that sells what it grew is exempt: it issues kind 12 自产农产品销售. Where the member that sells
cannot issue, the buyer does: kind 16 农产品收购. Other members are taxed at 9 % and issue an ordinary one
(00). Prices include tax: net = price ÷ 1.09 to the fen, tax is the rest. No live call: a mock issuer
numbers them.
"""

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import day_bounds_ns, now_ns, trading_day
from exchange.kernel.errors import NotFound, NotPermitted
from exchange.members.selectors import members_by_account_no
from settlement.checks import check_reason
from settlement.errors import BadInvoice
from settlement.lives import begin, step
from settlement.locks import lock_ledger, locked_invoice
from settlement.models import Contract, Delivery, Invoice
from settlement.rescissions import check_not_rescinded
from settlement.terms import terms_of
from settlement.types import InvoiceState

SELF_PRODUCED, PURCHASE, ORDINARY = "12", "16", "00"
RATE_BPS = 900
"""增值税 on agricultural products."""
TAX_CODE = "1010115010000000000"
"""税收分类编码 of fresh apples 苹果 (19 digits)."""
NUMBER_DIGITS = 20
_EXPORT_HEADER = (
    "单据号",
    "特定要素类型",
    "数电票号码",
    "状态",
    "购方名称",
    "购方税号",
    "销方名称",
    "销方税号",
    "项目名称",
    "规格型号",
    "单位",
    "数量",
    "不含税金额",
    "税率",
    "税额",
    "税收分类编码",
    "免税标识",
    "红冲号码",
)


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice as its parties see it."""

    document_no: str
    contract_no: str
    kind: str
    issuer_no: int
    seller_name: str
    seller_uscc: str
    buyer_name: str
    buyer_uscc: str
    lines: list[dict[str, Any]]
    net_fen: int
    tax_fen: int
    state: str
    invoice_no: str | None
    due_day: date
    reverses_no: str | None
    asked_by_no: int | None


@dataclass(frozen=True, slots=True)
class TaxHint:
    """One thing a member should know or do about tax on a contract."""

    code: str
    zh: str
    en: str


def draft_invoices(deliveries: Sequence[Delivery], at_ns: int) -> None:
    """One draft for each completed contract, for what was finally paid. In the caller's transaction."""
    nos = {delivery.seller_no for delivery in deliveries}
    kinds = {no: member.kind for no, member in members_by_account_no(nos).items()}
    day = trading_day(at_ns)
    drafts = []
    for delivery in deliveries:
        contract = delivery.contract
        kind = SELF_PRODUCED if kinds.get(contract.seller_no) == "grower" else ORDINARY
        drafts.append(_draft(delivery, kind, contract.seller_no, day, at_ns))
    Invoice.objects.bulk_create(drafts)


def invoice_amounts(paid_fen: int, kind: str) -> tuple[int, int]:
    """(net, tax) of what was paid; both exact, their sum is what was paid."""
    if kind in (SELF_PRODUCED, PURCHASE):
        return paid_fen, 0
    net = (paid_fen * 10_000 + (10_000 + RATE_BPS) // 2) // (10_000 + RATE_BPS)
    return net, paid_fen - net


def _draft(delivery: Delivery, kind: str, issuer_no: int, day: Any, at_ns: int) -> Invoice:
    contract = delivery.contract
    paid = contract.amount_fen + delivery.over_short_fen - delivery.adjustment_fen
    net, tax = invoice_amounts(paid, kind)
    line = {
        "item": "*水果*苹果",
        "spec": contract.product_name,
        "unit": "公斤",
        "quantity_kg": delivery.net_kg or contract.quantity_kg,
        "net_fen": net,
        "rate_bps": 0 if kind != ORDINARY else RATE_BPS,
        "tax_fen": tax,
        "tax_code": TAX_CODE,
        "exempt": kind != ORDINARY,
    }
    return Invoice(
        document_no=f"FP-{contract.contract_no}",
        contract_no=contract.contract_no,
        kind=kind,
        issuer_no=issuer_no,
        seller_name=contract.seller_name,
        seller_uscc=contract.seller_uscc,
        buyer_name=contract.buyer_name,
        buyer_uscc=contract.buyer_uscc,
        lines=[line],
        net_fen=net,
        tax_fen=tax,
        due_day=day + timedelta(days=terms_of(contract.rulebook_version).invoice_days),
        created_at_ns=at_ns,
    )


def choose_purchase_invoice(*, actor: Actor, account_no: int, document_no: str) -> None:
    """The buyer issues instead (kind 16), because the grower cannot. Raises NotFound, BadInvoice."""
    with transaction.atomic():
        invoice, contract = _of_party(document_no, account_no)
        if account_no != contract.buyer_no:
            raise NotPermitted
        if invoice.state != InvoiceState.DRAFT or invoice.kind != SELF_PRODUCED:
            raise BadInvoice(
                why_zh="只有果农未开具的发票可改为收购发票", why_en="only a grower's draft can change"
            )
        invoice.kind, invoice.issuer_no = PURCHASE, contract.buyer_no
        invoice.save(update_fields=["kind", "issuer_no"])
        _audit(actor, "invoice.purchase", invoice)


def issue(*, actor: Actor, account_no: int, document_no: str, invoice_no: str = "") -> str:
    """Notes the number the tax service gave (20 digits); without one the mock issuer makes it up.

    By the issuer only. Raises NotFound, NotPermitted, BadInvoice, BadTransition, AlreadyRescinding.
    """
    with transaction.atomic():
        invoice, _ = _of_party(document_no, account_no)
        if account_no != invoice.issuer_no:
            raise NotPermitted
        check_not_rescinded(invoice.contract_no)
        number = invoice_no or mock_number(invoice.document_no)
        if not (number.isascii() and number.isdigit() and len(number) == NUMBER_DIGITS):
            raise BadInvoice(why_zh="号码不是 20 位数字", why_en="the number does not have 20 digits")
        if Invoice.objects.filter(invoice_no=number).exclude(pk=invoice.pk).exists():
            raise BadInvoice(why_zh="号码已被使用", why_en="the number is in use")
        at_ns = now_ns()
        step(invoice, "issue", actor=actor.name, at_ns=at_ns)
        invoice.invoice_no, invoice.issued_at_ns = number, at_ns
        invoice.save(update_fields=["state", "invoice_no", "issued_at_ns"])
        _audit(actor, "invoice.issue", invoice)
    return number


def mock_number(document_no: str) -> str:
    """The number the mock tax service gives a document: always the same for the same one."""
    return f"26{int(hashlib.sha256(document_no.encode()).hexdigest(), 16) % 10**18:018d}"


def ask_red_letter(*, actor: Actor, account_no: int, document_no: str, reason: str) -> None:
    """One party asks for a red-letter invoice 红字确认单. Raises NotFound, BadReason, BadTransition."""
    check_reason(reason)
    with transaction.atomic():
        invoice, _ = _of_party(document_no, account_no)
        step(invoice, "ask_red", actor=actor.name, at_ns=now_ns(), why=reason)
        invoice.asked_by_no, invoice.reason = account_no, reason.strip()
        invoice.save(update_fields=["state", "asked_by_no", "reason"])
        _audit(actor, "invoice.ask_red", invoice)


def answer_red_letter(*, actor: Actor, account_no: int, document_no: str, agree: bool) -> None:
    """The other party confirms: a red-letter invoice of its own reverses the first; or declines.

    Raises NotFound, NotPermitted (whoever asked cannot confirm), BadTransition.
    """
    with transaction.atomic():
        invoice, _ = _of_party(document_no, account_no)
        if account_no == invoice.asked_by_no:
            raise NotPermitted
        at_ns = now_ns()
        step(invoice, "confirm_red" if agree else "decline_red", actor=actor.name, at_ns=at_ns)
        invoice.save(update_fields=["state"])
        if agree:
            _reverse(invoice, actor, at_ns)
        _audit(actor, "invoice.confirm_red" if agree else "invoice.decline_red", invoice)


def _reverse(invoice: Invoice, actor: Actor, at_ns: int) -> None:
    lines = [
        {
            **line,
            "quantity_kg": -line["quantity_kg"],
            "net_fen": -line["net_fen"],
            "tax_fen": -line["tax_fen"],
        }
        for line in invoice.lines
    ]
    red = Invoice.objects.create(
        document_no=f"{invoice.document_no}-R",
        contract_no=invoice.contract_no,
        kind=invoice.kind,
        issuer_no=invoice.issuer_no,
        seller_name=invoice.seller_name,
        seller_uscc=invoice.seller_uscc,
        buyer_name=invoice.buyer_name,
        buyer_uscc=invoice.buyer_uscc,
        lines=lines,
        net_fen=-invoice.net_fen,
        tax_fen=-invoice.tax_fen,
        state=InvoiceState.ISSUED,
        invoice_no=mock_number(f"{invoice.document_no}-R"),
        issued_at_ns=at_ns,
        reverses=invoice,
        reason=invoice.reason,
        due_day=invoice.due_day,
        created_at_ns=at_ns,
    )
    begin(red, actor=actor.name, at_ns=at_ns, why=invoice.reason)


def invoices_of(account_no: int | None, *, limit: int = 200) -> list[InvoiceRow]:
    """Invoices of a member's contracts, or all, newest first."""
    rows = Invoice.objects.select_related("reverses").order_by("-pk")
    if account_no is not None:
        mine = Contract.objects.filter(Q(seller_no=account_no) | Q(buyer_no=account_no))
        rows = rows.filter(contract_no__in=mine.values("contract_no"))
    return [invoice_row(row) for row in rows[:limit]]


def invoice_row(row: Invoice) -> InvoiceRow:
    """An invoice as a value."""
    names = [name for name in InvoiceRow.__dataclass_fields__ if name != "reverses_no"]
    reversed_no = None if row.reverses is None else row.reverses.invoice_no
    return InvoiceRow(**{name: getattr(row, name) for name in names}, reverses_no=reversed_no)


def export_csv(rows: Sequence[InvoiceRow]) -> str:
    """One line per invoice line, in the columns the tax service's batch import asks for."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_EXPORT_HEADER)
    for row in rows:
        for line in row.lines:
            writer.writerow(
                [
                    *(row.document_no, row.kind, row.invoice_no or "", row.state),
                    *(row.buyer_name, row.buyer_uscc, row.seller_name, row.seller_uscc),
                    *(line["item"], line["spec"], line["unit"], line["quantity_kg"]),
                    *(_yuan(line["net_fen"]), f"{line['rate_bps'] / 10_000:g}", _yuan(line["tax_fen"])),
                    *(line["tax_code"], "免税" if line["exempt"] else "", row.reverses_no or ""),
                ]
            )
    return buffer.getvalue()


def tax_hints(row: InvoiceRow, account_no: int, *, certificate: bool) -> list[TaxHint]:
    """What a party should know: who issues, exemption, deduction, what paper is missing, what is late.

    ``certificate`` = the goods came with a 承诺达标合格证.
    """
    hints = []
    if row.kind == SELF_PRODUCED:
        hints.append(TaxHint("exempt", "自产自销，免征增值税", "Own produce: exempt from VAT"))
    if row.kind == PURCHASE:
        deduct = (row.net_fen * RATE_BPS + 5_000) // 10_000
        hints.append(
            TaxHint(
                "deduct",
                f"收购发票可抵扣进项税 {_yuan(deduct)} 元",
                f"Input tax of {_yuan(deduct)} yuan to deduct",
            )
        )
    if row.kind != ORDINARY and not certificate:
        hints.append(
            TaxHint("certificate", "缺承诺达标合格证，请补交", "The certificate of conformity is missing")
        )
    overdue = day_bounds_ns(row.due_day)[1] <= now_ns()
    if row.state == InvoiceState.DRAFT and row.issuer_no == account_no:
        late = (
            ("发票逾期未开，请尽快开具", "Overdue: issue it now")
            if overdue
            else ("待您开具", "Yours to issue")
        )
        hints.append(TaxHint("overdue" if overdue else "to_issue", *late))
    return hints


def _yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _of_party(document_no: str, account_no: int) -> tuple[Invoice, Contract]:
    """The invoice, locked, and its contract. Raises NotFound for what does not exist or is not theirs."""
    lock_ledger()
    invoice = locked_invoice(document_no)
    contract = Contract.objects.get(contract_no=invoice.contract_no)
    if account_no not in (contract.seller_no, contract.buyer_no):
        raise NotFound(detail=document_no)
    return invoice, contract


def _audit(actor: Actor, action: str, invoice: Invoice) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"contract:{invoice.contract_no}",
        after={"document": invoice.document_no, "kind": invoice.kind, "number": invoice.invoice_no or ""},
    )
