"""Words, marks and badges of credit records 信用记录."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from exchange.members.credit_selectors import ratings_of
from exchange.members.credit_types import ADVERSE, FactKind
from web.pages.words import Words, word

KIND: Words = {
    "fulfilled": lazy("履约完成"),
    "breach": lazy("违约"),
    "auction_default": lazy("中标不付款"),
    "pledge_foreclosed": lazy("质押贷款逾期处置"),
    "late_payment": lazy("逾期付款"),
    "late_pickup": lazy("逾期提货"),
    "dispute_upheld": lazy("裁决败诉"),
    "claim_upheld": lazy("质量异议成立"),
    "short_weight": lazy("短重超差"),
    "dispute_opened": lazy("提起争议"),
    "dispute_dismissed": lazy("争议未获支持"),
    "settled": lazy("协商赔付"),
    "damages_paid": lazy("违约金付清"),
    "correction": lazy("更正"),
    "repair": lazy("信用修复"),
}
DETAIL: Words = {
    "non_payment": lazy("未付款"),
    "non_delivery": lazy("未交货"),
    "quality": lazy("质量"),
    "late_pickup": lazy("逾期提货"),
    "other": lazy("其他"),
    "weight": lazy("重量"),
    "visible": lazy("外观、规格"),
    "hidden": lazy("隐蔽缺陷"),
    "dispute": lazy("争议调解"),
    "balance": lazy("尾款"),
    "over_short": lazy("溢短货款"),
    "breach": lazy("违约金"),
    "reinspection": lazy("复检费"),
    "claim": lazy("异议赔付"),
    "rescission": lazy("退还货款"),
    "": "",
}
STATE: Words = {
    "standing": lazy("有效"),
    "objected": lazy("异议处理中"),
    "repaired": lazy("已修复"),
    "corrected": lazy("已更正"),
    "setting_aside": lazy("更正记录"),
}
GROUND: Words = {"wrong": lazy("记录有误"), "repaired": lazy("已整改，申请修复")}
OBJECTION_STATE: Words = {
    "open": lazy("处理中"),
    "upheld": lazy("已支持"),
    "refused": lazy("未支持"),
    "withdrawn": lazy("已撤回"),
}
OUTCOME: Words = {"uphold": lazy("支持"), "refuse": lazy("不支持")}
STEP: Words = {
    "kept_weight": lazy("履约完成的权重"),
    "failed_weight": lazy("违约、中标不付款、质押处置的权重"),
    "fault_weight": lazy("裁决败诉、质量异议成立、短重的权重"),
    "late_weight": lazy("逾期的权重"),
    "fulfilment_cost": lazy("履约率扣分"),
    "dispute_cost": lazy("争议率扣分"),
    "lateness_cost": lazy("逾期扣分"),
    "score": lazy("得分"),
}
BANDS = (
    "",
    lazy("1 万元以下"),
    lazy("1 至 10 万元"),
    lazy("10 至 50 万元"),
    lazy("50 至 100 万元"),
    lazy("100 万元以上"),
)
_STATE_MARKS = {
    "standing": ("plain", "check"),
    "objected": ("warn", "clock"),
    "repaired": ("ok", "check"),
    "corrected": ("plain", "history"),
    "setting_aside": ("info", "history"),
}
_OBJECTION_MARKS = {
    "open": ("warn", "clock"),
    "upheld": ("ok", "check"),
    "refused": ("plain", "stop"),
    "withdrawn": ("plain", "history"),
}
_TONES = {"A": "ok", "B": "info", "C": "warn", "D": "danger"}


class Mark(NamedTuple):
    """How a state is shown."""

    kind: str
    icon: str
    text: str


def state_mark(state: str) -> Mark:
    """The mark of a fact's state."""
    return Mark(*_STATE_MARKS[state], word(STATE, state))


def objection_mark(state: str) -> Mark:
    """The mark of an objection's state."""
    return Mark(*_OBJECTION_MARKS[state], word(OBJECTION_STATE, state))


def grade_mark(grade: str) -> Mark:
    """The mark of a grade: its colour by the letter, its word always."""
    return Mark(_TONES.get(grade[:1], "plain"), "shield", grade or _("未评级"))


def detail_text(detail: str) -> str:
    """What the record says beside a kind, in words."""
    return word(DETAIL, detail)


def is_adverse(kind: str) -> bool:
    """Whether a kind lowers a grade."""
    return FactKind(kind) in ADVERSE


def credit_badges(codes: Mapping[int, str]) -> dict[int, dict[str, Any]]:
    """By account number: what ``parts/credit_badge.html`` shows of each member, asked for in one query."""
    ratings = ratings_of(codes)
    return {no: {"code": code, "mark": grade_mark(ratings[no].grade)} for no, code in codes.items()}
