"""What the public learns about a document: its state and whether it is whole, and nothing private.

Names are masked, prices and amounts left out, lenders and contracts not named. Whoever holds the paper has
them there anyway; whoever only found the number has no business with them.
"""

from datetime import datetime
from typing import NamedTuple

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext

from exchange.kernel.calendar import datetime_of
from exchange.kernel.documents.types import PdfReport
from exchange.kernel.institutions import institutions
from exchange.members.masking import masked
from exchange.surveillance.half_year import ReportRow
from settlement.contract_check import CheckedAmendment, CheckedContract, CheckedStatement
from warehouse_receipts.public_check import CheckedLot, CheckedPickup, CheckedReceipt, CheckedReport
from warehouse_receipts.states import PickupState
from warehouse_receipts.tracing import TraceStep
from warehouse_receipts.types import IntakeState
from web.pages import words
from web.pages.contract_text import MODE, amended_name, amended_value, product_called
from web.pages.names import RegisterNames
from web.pages.register_words import ACTION, ENDED, HINDERED, PARTY, PICKUP_STATE, STAGE
from web.pages.words import Words
from web.templatetags.jinguo import listed

KIND: Words = {
    "receipt": lazy("电子仓单"),
    "contract": lazy("电子交易合同"),
    "inspection": lazy("质量检验报告"),
    "intake": lazy("入库单"),
    "outbound": lazy("出库单"),
    "pickup": lazy("提货单"),
    "statement": lazy("每日结算单"),
    "amendment": lazy("合同变更协议"),
    "regulatory": lazy("半年监管报告"),
}
CONTRACT_STATUS: Words = {
    "unpaid": lazy("待付尾款"),
    "effective": lazy("履行中"),
    "disputed": lazy("争议处理中"),
    "completed": lazy("已履行完毕"),
    "breached": lazy("已违约终止"),
}


class Check(NamedTuple):
    """One thing that was checked, and how it came out."""

    good: bool
    what: str
    detail: str = ""


class Step(NamedTuple):
    """A step in the life of what the paper stands for."""

    at: datetime
    title: str
    detail: str
    signer: str
    good: bool


class Verdict(NamedTuple):
    """The answer to whoever holds a paper."""

    kind: str
    number: str
    tone: str
    """ok | plain (over) | warn (something to know) | danger (do not rely on it)."""
    headline: str
    advice: str
    state: str
    checks: list[Check]
    facts: list[tuple[str, str]]
    steps: list[Step]


def contract_verdict(found: CheckedContract) -> Verdict:
    """A contract: formed, unchanged, in which state; parties masked, no prices."""
    contract = found.contract
    breached = found.rescinded or contract.status in ("breached", "disputed")
    whole = found.intact and found.terms_intact and found.chain_intact
    tone = "danger" if not whole else "warn" if breached else "ok"
    headline = {
        "ok": _("合同真实有效"),
        "warn": _("合同真实，请留意状态"),
        "danger": _("登记内容与摘要不符"),
    }[tone]
    return Verdict(
        kind="contract",
        number=contract.contract_no,
        tone=tone,
        headline=headline,
        advice=_("请逐项核对您手中的合同与下列内容是否一致。")
        if whole
        else _("请勿据此履行，并联系市场经营者。"),
        state=_("合同已解除") if found.rescinded else words.word(CONTRACT_STATUS, contract.status),
        checks=[
            Check(True, _("编号与验证码相符")),
            Check(found.intact, _("登记内容与成立时的摘要一致"), contract.document_hash[:16]),
            *_common_checks(found),
        ],
        facts=[
            (_("成立时间"), f"{datetime_of(contract.formed_at_ns):%Y-%m-%d %H:%M:%S}"),
            (_("交易方式"), words.word(MODE, contract.mode)),
            (_("卖方"), masked(contract.seller.name)),
            (_("买方"), masked(contract.buyer.name)),
            (_("品种"), product_called(contract.product_code, contract.product_name)),
            (_("数量"), f"{contract.quantity_kg:,} {_('公斤')}"),
            (_("交收地点"), contract.delivery_place),
            (_("规则版本"), contract.rulebook_version),
        ],
        steps=[
            Step(
                at=datetime_of(row.decided_at_ns or row.proposed_at_ns),
                title=_("合同变更 %(no)s") % {"no": row.amendment_no},
                detail=listed(amended_name(name) for name in row.changes),
                signer=row.document_hash[:16],
                good=found.chain_intact,
            )
            for row in found.amendments
        ],
    )


def _common_checks(found: CheckedContract) -> list[Check]:
    """The common terms the contract names, and its amendments if it has any."""
    checks = []
    if found.contract.terms_hash:
        text = _("通用条款与合同所列摘要一致")
        checks.append(Check(found.terms_intact, text, found.contract.terms_hash[:16]))
    if found.amendments or not found.chain_intact:
        text = _("%(count)s 次变更前后相连") % {"count": len(found.amendments)}
        checks.append(Check(found.chain_intact, text))
    return checks


def amendment_verdict(found: CheckedAmendment) -> Verdict:
    """An agreed amendment: a link of its contract's chain; parties masked."""
    row, contract = found.amendment, found.contract
    return Verdict(
        kind="amendment",
        number=row.amendment_no,
        tone="ok" if found.intact else "danger",
        headline=_("变更协议真实有效") if found.intact else _("登记内容与摘要不符"),
        advice=_("请逐项核对您手中的合同与下列内容是否一致。")
        if found.intact
        else _("请勿据此履行，并联系市场经营者。"),
        state=words.word(CONTRACT_STATUS, contract.status),
        checks=[
            Check(True, _("编号与验证码相符")),
            Check(found.intact, _("变更前后相连，摘要一致"), row.document_hash[:16]),
        ],
        facts=[
            (_("合同"), contract.contract_no),
            (_("第几次变更"), str(row.place)),
            (_("同意时间"), f"{datetime_of(row.decided_at_ns or 0):%Y-%m-%d %H:%M:%S}"),
            (_("卖方"), masked(contract.seller.name)),
            (_("买方"), masked(contract.buyer.name)),
            *(
                (
                    amended_name(name),
                    f"{amended_value(name, row.before[name])} → {amended_value(name, value)}",
                )
                for name, value in row.changes.items()
            ),
        ],
        steps=[],
    )


def receipt_verdict(found: CheckedReceipt) -> Verdict:
    """A receipt: whole, in which stage, for what; its holder masked, no contracts, no lender."""
    names = RegisterNames()
    stage = str(found.stage.value)
    tone, headline, advice = _receipt_headline(found, stage)
    return Verdict(
        kind="receipt",
        number=found.receipt_no,
        tone=tone,
        headline=headline,
        advice=advice,
        state=words.word(STAGE, stage),
        checks=_receipt_checks(found),
        facts=[
            (_("登记编码"), found.register_no),
            (_("品种"), names.shown_product(found.product_number)),
            (_("数量"), f"{found.kg:,} {_('公斤')}"),
            (_("等级"), words.word(words.GRADE, found.grade)),
            (_("产地"), words.word(words.COUNTY, found.county)),
            (_("冷库"), f"{found.warehouse_name} ({found.warehouse_code})"),
            (_("持有人"), masked(names.party(found.holder_no).name)),
            (_("签发时间"), f"{localtime(found.issued_at):%Y-%m-%d %H:%M}"),
            (_("有效期至"), found.expires_on.isoformat()),
            (_("质检报告"), found.inspection_no),
        ],
        steps=_public_steps(found.life.steps),
    )


def _receipt_headline(found: CheckedReceipt, stage: str) -> tuple[str, str, str]:
    """(tone, headline, advice)."""
    if not found.life.whole:
        return "danger", _("登记链不完整"), _("请勿据此交货、付款或放款，并联系市场经营者。")
    if stage in ENDED:
        gone = _("货物已不在此仓单之下，不能再凭它提货、转让或质押。")
        return "plain", _("仓单真实，但已经注销"), gone
    if stage in HINDERED or found.ordered or found.expired or not found.covered:
        return "warn", _("仓单真实，请留意状态"), _("接受它之前，请先弄清下面的状态。")
    return "ok", _("仓单真实有效"), _("请逐项核对您手中的单据与下列内容是否一致。")


def _receipt_checks(found: CheckedReceipt) -> list[Check]:
    steps = found.life.steps
    signed = {"good": sum(step.good for step in steps), "all": len(steps)}
    transfers = {"count": len(found.life.titles)}
    return [
        Check(True, _("编号与验证码相符")),
        Check(
            found.life.steps_whole,
            _("从预约到现在的每一步都有机构签名，前后相连"),
            _("%(good)s / %(all)s 步签名有效") % signed,
        ),
        Check(found.life.title_whole, _("背书从签发连续到现在的持有人"), _("%(count)s 次转让") % transfers),
        Check(found.covered, _("库中实物不少于全部仓单")),
        Check(not found.expired, _("在储存期限之内"), found.expires_on.isoformat()),
        Check(not found.ordered, _("没有等待执行的冻结令"), _("冻结令生效") if found.ordered else ""),
    ]


def _public_steps(steps: tuple[TraceStep, ...]) -> list[Step]:
    """Steps with who signed them; what they say about holders and business stays private."""
    signers = {row.code: row.name for row in institutions(codes=sorted({step.institution for step in steps}))}
    return [
        Step(
            at=step.at,
            title=words.word(ACTION, step.action.value),
            detail=words.word(PARTY, step.party.value),
            signer=signers.get(step.institution, step.institution),
            good=step.good,
        )
        for step in steps
    ]


def report_verdict(found: CheckedReport) -> Verdict:
    """An inspection report: whether it is the last word on its lot."""
    names = RegisterNames()
    replaced = bool(found.replaced_by)
    compare = _("请逐项核对您手中的单据与下列内容是否一致。")
    return Verdict(
        kind="inspection",
        number=found.report_no,
        tone="warn" if replaced else "ok",
        headline=_("报告真实，但已有新的报告") if replaced else _("报告真实有效"),
        advice=_("请以最近的报告为准。") if replaced else compare,
        state=found.replaced_by or words.word(words.GRADE, found.grade),
        checks=[
            Check(True, _("编号与验证码相符")),
            Check(not replaced, _("是该批次最近的报告"), found.replaced_by),
        ],
        facts=[
            (_("质检机构"), found.body),
            (_("依据"), found.standard),
            (_("等级"), words.word(words.GRADE, found.grade)),
            (_("检验时间"), f"{localtime(found.inspected_at):%Y-%m-%d %H:%M}"),
            (pgettext("variety", "品种"), names.shown_variety(found.variety_code)),
            (_("产地"), words.word(words.COUNTY, found.county)),
            (_("批次净重"), f"{found.net_kg:,} {_('公斤')}"),
            (_("冷库"), found.warehouse_name),
        ],
        steps=[],
    )


def lot_verdict(found: CheckedLot) -> Verdict:
    """A lot, from its in-note or the label of a piece: signed step by step, where it is; its owner masked."""
    names = RegisterNames()
    whole, refused = all(step.good for step in found.steps), found.state == IntakeState.REFUSED
    tone = "danger" if not whole else "plain" if refused else "ok"
    headline = {
        "ok": _("批次真实，已登记"),
        "plain": _("批次真实，但已拒收"),
        "danger": _("登记链不完整"),
    }[tone]
    return Verdict(
        kind="intake",
        number=found.intake_no,
        tone=tone,
        headline=headline,
        advice=_("入库单和货位标签不是提货凭证；货权以电子仓单为准。"),
        state=words.word(STAGE, found.state),
        checks=[
            Check(True, _("编号与验证码相符")),
            Check(whole, _("从预约到现在的每一步都有机构签名，前后相连")),
        ],
        facts=[
            (pgettext("variety", "品种"), names.shown_variety(found.variety_code)),
            (_("产地"), words.word(words.COUNTY, found.county)),
            (_("产季"), str(found.crop_year)),
            (_("货主"), masked(names.party(found.owner_no).name)),
            (_("总件数"), f"{found.pieces:,}" if found.pieces else ""),
            (_("批次净重"), f"{found.net_kg:,} {_('公斤')}" if found.net_kg else ""),
            (_("冷库"), f"{found.warehouse_name} ({found.warehouse_code})"),
            (_("质检报告"), found.report_no),
        ],
        steps=_public_steps(found.steps),
    )


def pickup_verdict(kind: str, found: CheckedPickup) -> Verdict:
    """A pickup order, or an out-note: which the order becomes once the truck has left."""
    names = RegisterNames()
    done, off = found.state == PickupState.DONE, found.state == PickupState.CANCELLED
    if kind == "pickup":
        tone = "plain" if done or off else "ok"
        headline = _("提货单真实有效") if tone == "ok" else _("提货单真实，但已使用或取消")
    else:
        tone = "ok" if done else "danger"
        headline = _("出库单真实有效") if done else _("货物尚未出库")
    return Verdict(
        kind=kind,
        number=found.pickup_no,
        tone=tone,
        headline=headline,
        advice=_("请逐项核对您手中的单据与下列内容是否一致。"),
        state=words.word(PICKUP_STATE, found.state),
        checks=[Check(True, _("编号与验证码相符")), Check(not off, _("没有取消"))],
        facts=[
            (_("品种"), names.shown_product(found.product_number)),
            (_("数量"), f"{found.kg:,} {_('公斤')}"),
            (_("冷库"), f"{found.warehouse_name} ({found.warehouse_code})"),
            (_("提货时间"), f"{localtime(found.slot_at):%Y-%m-%d %H:%M}"),
            (_("车牌"), masked_plate(found.plate)),
            (_("持有人"), masked(names.party(found.holder_no).name)),
            (_("出门证"), found.gate_pass_no),
        ],
        steps=[],
    )


def masked_plate(plate: str) -> str:
    """A number plate that its driver recognises: 陕D12345 → 陕D＊＊＊45."""
    ends = 2
    return plate if len(plate) <= 2 * ends else plate[:ends] + "＊" * (len(plate) - 2 * ends) + plate[-ends:]


def statement_verdict(found: CheckedStatement) -> Verdict:
    """A daily statement: of which day, unchanged, the newest revision; no figures."""
    row = found.statement
    tone = "danger" if not found.intact else "ok" if found.newest else "warn"
    headline = {
        "ok": _("结算单真实有效"),
        "warn": _("结算单真实，但已有更新的版次"),
        "danger": _("登记内容与摘要不符"),
    }[tone]
    return Verdict(
        kind="statement",
        number=row.statement_no,
        tone=tone,
        headline=headline,
        advice=_("请核对结算单上的数据哈希与下列摘要是否一致。"),
        state=_("第 %(revision)s 版") % {"revision": row.revision},
        checks=[
            Check(True, _("编号与验证码相符")),
            Check(found.intact, _("登记内容与出具时的摘要一致"), row.document_hash[:16]),
        ],
        facts=[(_("结算日"), row.day.isoformat()), (_("版次"), str(row.revision))],
        steps=[],
    )


def regulatory_verdict(found: ReportRow) -> Verdict:
    """A half-year report: that it was filed, on which period, with which PDF; no figures."""
    return Verdict(
        kind="regulatory",
        number=found.no,
        tone="ok",
        headline=_("报告已报送"),
        advice=_("请核对所持 PDF 文件的 SHA-256 与下列摘要是否一致。"),
        state=_("已报送"),
        checks=[Check(True, _("编号与验证码相符"))],
        facts=[
            (_("报告期"), f"{found.year}H{found.half}"),
            (_("数据哈希"), found.figures_hash),
            (_("报送时 PDF 的摘要"), found.pdf_hash),
        ],
        steps=[],
    )


def pdf_checks(report: PdfReport) -> list[Check]:
    """What an uploaded PDF's signatures are worth, one line each."""
    if not report.signatures:
        return [Check(False, _("文件没有电子签名"))]
    checks = []
    for signature in report.signatures:
        if not signature.intact:
            detail = _("签名后内容被改动")
        elif not signature.trusted:
            detail = _("证书不是本系统认可的机构签发")
        elif not signature.covers_whole:
            detail = _("签名后又追加了内容")
        else:
            detail = signature.reason
        checks.append(Check(signature.good, signature.signer or _("不明签名人"), detail))
    return checks
