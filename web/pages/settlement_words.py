"""What stages, states and money of settlement are called, and with which mark they are shown."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as lazy

from settlement.premium_discount import TABLE
from web.pages.words import Words, in_chinese, word

STAGE: Words = {
    "awaiting_payment": lazy("待付尾款"),
    "titled": lazy("已过户"),
    "pickup_booked": lazy("已约提货"),
    "weighed_out": lazy("已过磅"),
    "departed": lazy("已离库"),
    "claimed": lazy("异议中"),
    "disputed": lazy("争议处理中"),
    "completed": lazy("已完成"),
    "breached": lazy("已违约终止"),
}
PAYMENT: Words = {
    "full": lazy("全款"),
    "bond": lazy("定金加尾款"),
    "escrow": lazy("先货后款（货款存管）"),
}
WHO: Words = {
    "system": lazy("系统"),
    "buyer": lazy("买方"),
    "seller": lazy("卖方"),
    "both": lazy("双方"),
    "keeper": lazy("保管人"),
    "issuer": lazy("开票方"),
}
ERRAND: Words = {
    "pay_balance": lazy("支付尾款"),
    "book_pickup": lazy("预约提货或验收"),
    "answer_claim": lazy("答复买方异议"),
    "cure": lazy("补救违约"),
    "agree": lazy("答复调解方案"),
    "pay_charge": lazy("补足待扣款项"),
    "issue_invoice": lazy("开具发票"),
}
"""What waits for a member."""
CLAIM_KIND: Words = {
    "weight": lazy("重量"),
    "visible": lazy("外观、规格"),
    "hidden": lazy("隐蔽缺陷"),
}
CLAIM_STATE: Words = {
    "filed": lazy("待卖方答复"),
    "reinspecting": lazy("复检中"),
    "settled": lazy("已赔付"),
    "rejected": lazy("未支持"),
    "withdrawn": lazy("已撤回"),
    "escalated": lazy("已转争议"),
}
PICKUP_SHARE: Words = {
    "open": lazy("进行中"),
    "left": lazy("已离库"),
    "cancelled": lazy("已取消"),
}
DISPUTE_STATE: Words = {
    "open": lazy("待受理"),
    "mediation": lazy("调解中"),
    "settled": lazy("已调解"),
    "arbitration": lazy("仲裁中"),
    "awarded": lazy("已裁决"),
    "withdrawn": lazy("已撤回"),
}
BREACH_STATE: Words = {
    "noticed": lazy("补救期内"),
    "cured": lazy("已补救"),
    "confirmed": lazy("已认定"),
}
CHARGE_STATE: Words = {
    "requested": lazy("扣款中"),
    "paid": lazy("已支付"),
    "due": lazy("待补足"),
    "waived": lazy("已免除"),
}
FEE_STATE: Words = {**CHARGE_STATE, "": lazy("待入账")}
LOSS_STATE: Words = {
    "paid": lazy("已赔付"),
    "requested": lazy("待冷库支付"),
    "back": lazy("更正退回"),
}
AMENDMENT_STATE: Words = {
    "proposed": lazy("等待对方同意"),
    "agreed": lazy("已生效"),
    "declined": lazy("对方未同意"),
    "withdrawn": lazy("已撤回"),
    "expired": lazy("逾期未答复"),
}
PROPOSAL_STATE: Words = {
    "proposed": lazy("待复核"),
    "approved": lazy("已批准"),
    "rejected": lazy("已否决"),
}
RESCISSION_STATE: Words = {
    "proposed": lazy("待另一人复核"),
    "rejected": lazy("已否决"),
    "goods_asked": lazy("冻结买方货物中"),
    "refused": lazy("买方货物在委托中，未执行"),
    "money_asked": lazy("货物已冻结，向卖方收回价款中"),
    "done": lazy("已解除：货退卖方，款退买方"),
    "abandoned": lazy("已放弃，货物已退还买方"),
}
RESCISSION_GROUND: Words = {"breach": lazy("违约经认定"), "award": lazy("裁决")}
INVOICE_STATE: Words = {
    "draft": lazy("待开具"),
    "issued": lazy("已开具"),
    "red_requested": lazy("红冲待确认"),
    "reversed": lazy("已红冲"),
}
INVOICE_KIND: Words = {
    "12": lazy("自产农产品销售"),
    "16": lazy("农产品收购"),
    "00": lazy("普通"),
}
ACCOUNT: Words = {
    "cash": lazy("资金"),
    "quality_deposit": lazy("品质担保金"),
    "bond": lazy("履约保证金"),
    "escrow": lazy("在途货款"),
}
BREAK_KIND: Words = {
    "balance": lazy("余额不符"),
    "not_in_ledger": lazy("银行有账面无"),
    "not_at_bank": lazy("账面有银行无"),
    "amount": lazy("金额不符"),
    "booked_twice": lazy("银行重复入账"),
    "no_statement": lazy("缺对账单"),
    "unbalanced": lazy("试算不平"),
}
PARTY: Words = {"seller": lazy("卖方"), "buyer": lazy("买方"), "": lazy("无人支付")}
GROUND: Words = {
    "non_payment": lazy("未付款"),
    "non_delivery": lazy("未交货"),
    "quality": lazy("质量不符"),
    "late_pickup": lazy("逾期提货"),
    "other": lazy("其他"),
}
OF_THE_EXCHANGE: Words = {
    "bank:client_money": lazy("银行客户资金专户"),
    "bank:charges": lazy("银行手续费支出"),
    "fees:income": lazy("交易手续费收入"),
    "fees:delivery": lazy("交收手续费收入"),
    "payable:storage": lazy("代收仓储费"),
    "payable:inspection": lazy("代收复检费"),
    "payable:tax": lazy("代收税费"),
    "payable:interest": lazy("待分配利息"),
    "reserve:risk": lazy("风险准备金"),
    "suspense": lazy("待查款项"),
}

_TONES = {
    "awaiting_payment": ("warn", "clock"),
    "titled": ("info", "receipt"),
    "pickup_booked": ("info", "clock"),
    "weighed_out": ("info", "check"),
    "departed": ("info", "check"),
    "claimed": ("warn", "warn"),
    "disputed": ("danger", "warn"),
    "completed": ("ok", "check"),
    "breached": ("danger", "stop"),
}


class Mark(NamedTuple):
    """A word with the colour and picture it is shown with."""

    kind: str
    icon_name: str
    text: str


def stage_mark(stage: str) -> Mark:
    """How a delivery stage is shown."""
    return Mark(*_TONES.get(stage, ("plain", "clock")), word(STAGE, stage))


def account_name(code: str, names: dict[int, str]) -> str:
    """An account of the ledger in words; ``names`` of members by account number."""
    known, _, rest = code.partition(":")
    store = code.removeprefix("payable:storage:")
    if store != code:
        return f"{word(OF_THE_EXCHANGE, 'payable:storage')} · {store}"
    if known != "member":
        return word(OF_THE_EXCHANGE, code)
    number, _, kind = rest.partition(":")
    return f"{names.get(int(number), number)} · {word(ACCOUNT, kind)}"


def criteria() -> list[tuple[str, str, int]]:
    """(code, words, most steps) of the premium and discount table."""
    return [(row.code, row.zh if in_chinese() else row.en, row.most_steps) for row in TABLE.values()]
