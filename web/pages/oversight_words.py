"""The words of the exchange's watch over stores, receipts in trouble and institutions, by stable value."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from web.pages.words import COUNTY, STORE, Words, word
from web.templatetags.jinguo import mark

WAREHOUSE_STATUS: Words = {"active": lazy("正常"), "suspended": lazy("已暂停"), "closed": lazy("已撤销")}
PROPOSAL_KIND: Words = {
    "designate": lazy("指定新仓库"),
    "change": lazy("变更资料"),
    "suspend": lazy("暂停仓库"),
    "resume": lazy("恢复仓库"),
    "close": lazy("撤销仓库"),
    "room": lazy("增设库间"),
    "resize": lazy("变更库间"),
}
DECISION: Words = {"waiting": lazy("待复核"), "approved": lazy("已通过"), "refused": lazy("已驳回")}
TAKE_STATE: Words = {
    "counted": lazy("待复核"),
    "even": lazy("账实相符"),
    "short": lazy("短少"),
    "settled": lazy("已处理"),
    "void": lazy("已作废"),
}
FREEZE_KIND: Words = {
    "authority": lazy("司法冻结"),
    "dispute": lazy("争议冻结"),
    "quality": lazy("质量预警"),
}
FREEZE_STATE: Words = {
    "proposed": lazy("待复核"),
    "ordered": lazy("冻结令生效"),
    "asked": lazy("撤单中"),
    "active": lazy("冻结中"),
    "lifted": lazy("已解除"),
    "refused": lazy("未执行"),
}
LOSS_STATE: Words = {
    "announced": lazy("公示中"),
    "objected": lazy("有异议"),
    "replaced": lazy("已补发"),
    "withdrawn": lazy("已撤回"),
}
DISPOSAL_KIND: Words = {"write_off": lazy("核销"), "regrade": lazy("换级")}
DISPOSAL_STATE: Words = {
    "proposed": lazy("待复核"),
    "waiting": lazy("退出交易中"),
    "done": lazy("已办理"),
    "refused": lazy("未办理"),
}
IMPORT_STATE: Words = {
    "queued": lazy("排队中"),
    "running": lazy("载入中"),
    "done": lazy("已完成"),
    "failed": lazy("未完成"),
    "cancelled": lazy("已取消"),
}
REINSPECTION_STATE: Words = {
    "ordered": lazy("待复检"),
    "done": lazy("已出报告"),
    "withdrawn": lazy("已撤回"),
}
INSPECTION_KIND: Words = {
    "intake": lazy("入库检验"),
    "recheck": lazy("定期复查"),
    "reinspection": lazy("复检"),
}
INSTITUTION_KIND: Words = {
    "exchange": lazy("市场经营者"),
    "warehouse": lazy("指定交收仓库"),
    "inspector": lazy("质检机构"),
    "lender": lazy("质权人"),
    "bank": lazy("结算银行"),
    "member": lazy("交易商"),
}
FIELD: Words = {
    "code": lazy("代码"),
    "name": lazy("名称"),
    "county": lazy("县"),
    "address": lazy("地址"),
    "keeper": lazy("保管人"),
    "status": lazy("状态"),
    "star": lazy("星级"),
    "kind": lazy("库型"),
    "capacity_kg": lazy("容量 吨"),
    "storage_fee_fen_per_t_day": lazy("仓储费 元/吨·天"),
    "handling_fee_fen_per_t": lazy("出入库费 元/吨"),
    "loss_permille_per_month": lazy("损耗率 ‰/月"),
    "insurer": lazy("保险公司"),
    "policy_no": lazy("保单号"),
    "insured_fen": lazy("保额 万元"),
    "insured_until": lazy("保险到期日"),
    "rooms": lazy("库间"),
}
TONE = {
    "active": "ok",
    "suspended": "warn",
    "waiting": "warn",
    "approved": "ok",
    "counted": "warn",
    "even": "ok",
    "short": "danger",
    "proposed": "warn",
    "asked": "info",
    "announced": "info",
    "objected": "danger",
    "replaced": "ok",
    "ordered": "warn",
    "done": "ok",
    "running": "info",
    "failed": "danger",
}
"""Tone of a badge by state; what is over and harmless is plain."""


FROZEN = frozenset({"active", "ordered"})
"""States of a freeze in force: on a free receipt, or as an order over one in another business."""


def marked(words: Words, state: object) -> dict[str, str]:
    """A state as a badge takes it: kind, icon, text."""
    tone = TONE.get(str(state), "plain")
    icon = {"ok": "check", "warn": "clock", "danger": "warn"}.get(tone, "info")
    return {"kind": tone, "icon": icon, "text": word(words, state)}


def freeze_mark(state: str) -> dict[str, str]:
    """The badge of a freeze: one in force is a warning, not a good thing."""
    shown = marked(FREEZE_STATE, state)
    return {**shown, "kind": "danger", "icon": "lock"} if state in FROZEN else shown


def field_text(name: str, value: Any) -> str:
    """A field of a warehouse for people: integers of the register in the units people use."""
    if value in (None, ""):
        return "—"
    shown = _SHOWN.get(name)
    return str(value) if shown is None else shown(value)


def _decimal(value: int, scale: int, places: int) -> str:
    return f"{value / scale:,.{places}f}".rstrip("0").rstrip(".")


_SHOWN: dict[str, Callable[[Any], str]] = {
    "storage_fee_fen_per_t_day": lambda fen: f"{fen / 100:,.2f}",
    "handling_fee_fen_per_t": lambda fen: f"{fen / 100:,.2f}",
    "insured_fen": lambda fen: _decimal(fen, 1_000_000, 6),
    "capacity_kg": lambda kg: _decimal(kg, 1_000, 3),
    "kind": lambda kind: word(STORE, kind),
    "county": lambda county: word(COUNTY, county),
    "status": lambda status: word(WAREHOUSE_STATUS, status),
    "star": lambda star: "★" * star,
    "rooms": lambda rooms: mark("；").join(_room_text(room) for room in rooms),
}


def _room_text(room: dict[str, Any]) -> str:
    capacity = field_text("capacity_kg", room["capacity_kg"])
    return f"{room['code']} · {word(STORE, room['kind'])} · {capacity} {_('吨')}"
