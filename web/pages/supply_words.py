"""Words of the supply and demand board in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from exchange.bulletin.supply_matching import Reason
from exchange.kernel.money import format_price_per_jin
from web.pages.words import Words

SIDE: Words = {"sell": lazy("供应"), "buy": lazy("求购")}
STATE: Words = {
    "open": lazy("有效"),
    "expired": lazy("已过期"),
    "closed": lazy("已关闭"),
    "taken_down": lazy("已下架"),
}
STATE_MARK = {
    "open": ("ok", "check"),
    "expired": ("plain", "clock"),
    "closed": ("plain", "stop"),
    "taken_down": ("danger", "warn"),
}
INQUIRY: Words = {
    "open": lazy("洽谈中"),
    "agreed": lazy("已谈妥"),
    "declined": lazy("已谢绝"),
    "withdrawn": lazy("已撤回"),
}
INQUIRY_MARK = {
    "open": ("info", "talk"),
    "agreed": ("ok", "check"),
    "declined": ("plain", "cross"),
    "withdrawn": ("plain", "back"),
}
EVENT: Words = {
    "agreed": lazy("表示谈妥"),
    "declined": lazy("谢绝了询盘"),
    "withdrawn": lazy("撤回了询盘"),
    "contact": lazy("给出了联系方式"),
}
REPORT_KIND: Words = {
    "false": lazy("虚假信息"),
    "contact": lazy("夹带联系方式或广告"),
    "abuse": lazy("骚扰或辱骂"),
    "fraud": lazy("涉嫌欺诈"),
    "other": lazy("其他"),
}
REPORT_STATE: Words = {
    "waiting": lazy("待处理"),
    "upheld": lazy("属实"),
    "dismissed": lazy("不属实"),
}
REPORT_MARK = {"waiting": ("warn", "clock"), "upheld": ("danger", "check"), "dismissed": ("plain", "cross")}

_REASON: Words = {
    "origin": lazy("同产地"),
    "origin_open": lazy("产地不限"),
    "size": lazy("果径符合"),
    "size_open": lazy("果径未写明"),
    "size_short": lazy("果径差一档"),
    "grade": lazy("等级符合"),
    "grade_open": lazy("等级未写明"),
    "grade_short": lazy("等级差一档"),
    "ssc": lazy("糖度符合"),
    "ssc_open": lazy("糖度未写明"),
    "ssc_short": lazy("糖度差不到 1 度"),
    "store": lazy("同贮藏方式"),
    "store_open": lazy("贮藏未写明"),
    "store_other": lazy("贮藏方式不同"),
    "price_open": lazy("价格面议"),
}
_QUIET = frozenset({"ssc_open", "store_open"})
"""Reasons that tell nobody anything."""


def sorts() -> list[tuple[str, str]]:
    """How the board can be sorted."""
    return [
        ("newest", _("最新发布")),
        ("price", _("价格从低到高")),
        ("-price", _("价格从高到低")),
        ("-kg", _("数量从多到少")),
        ("kg", _("数量从少到多")),
        ("ends", _("快到期的")),
    ]


def reason_text(reason: Reason) -> str:
    """Why a suggestion got points, or did not; empty for what is not worth a word."""
    jin = format_price_per_jin(reason.number)
    match reason.word:
        case "quantity":
            return _("数量满足 %(percent)s%%") % {"percent": reason.number}
        case "price_met":
            return _("价格已合")
        case "price_gap":
            return _("差价 %(gap)s 元/斤") % {"gap": jin}
        case "backed":
            return _("货或款有保证") if reason.points else ""
        case word:
            return "" if word in _QUIET else str(_REASON[word])
