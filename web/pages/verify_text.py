"""What the public learns about a document: its state and whether it is whole, and nothing private.

Names are masked, prices and amounts left out, lenders and contracts not named. Whoever holds the paper has
them there anyway; whoever only found the number has no business with them.
"""

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from exchange.kernel.calendar import datetime_of
from exchange.kernel.documents.types import PdfReport
from settlement.contract_check import CheckedContract
from web.pages import words
from web.pages.contract_text import MODE, product_name_in
from web.pages.words import Words

KIND: Words = {
    "receipt": lazy("电子仓单"),
    "contract": lazy("电子交易合同"),
    "inspection": lazy("质量检验报告"),
    "intake": lazy("入库单"),
    "outbound": lazy("出库单"),
    "pickup": lazy("提货单"),
}
CONTRACT_STATUS: Words = {
    "unpaid": lazy("待付尾款"),
    "effective": lazy("履行中"),
    "disputed": lazy("争议处理中"),
    "completed": lazy("已履行完毕"),
    "breached": lazy("已违约终止"),
}
_COMPANY_ENDS = ("合作社", "有限责任公司", "股份有限公司", "有限公司", "公司", "联社", "中心", "超市")
_SHOWN = 2
_COVER = "＊＊"


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


def masked(name: str) -> str:
    """A name that its owner recognises and nobody else learns: 长武县亭口果业专业合作社 → 长武＊＊合作社."""
    for end in _COMPANY_ENDS:
        if name.endswith(end) and len(name) > _SHOWN + len(end):
            return name[:_SHOWN] + _COVER + end
    return name[:1] + _COVER if name else ""


def contract_verdict(found: CheckedContract) -> Verdict:
    """A contract: formed, unchanged, in which state; parties masked, no prices."""
    contract = found.contract
    breached = contract.status in ("breached", "disputed")
    tone = "danger" if not found.intact else "warn" if breached else "ok"
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
        if found.intact
        else _("请勿据此履行，并联系市场经营者。"),
        state=words.word(CONTRACT_STATUS, contract.status),
        checks=[
            Check(True, _("编号与验证码相符")),
            Check(found.intact, _("登记内容与成立时的摘要一致"), contract.document_hash[:16]),
        ],
        facts=[
            (_("成立时间"), f"{datetime_of(contract.formed_at_ns):%Y-%m-%d %H:%M:%S}"),
            (_("交易方式"), words.word(MODE, contract.mode)),
            (_("卖方"), masked(contract.seller.name)),
            (_("买方"), masked(contract.buyer.name)),
            (_("品种"), product_name_in(contract)),
            (_("数量"), f"{contract.quantity_kg:,} {_('公斤')}"),
            (_("交收地点"), contract.delivery_place),
            (_("规则版本"), contract.rulebook_version),
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
