"""The parameters of the halls in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from exchange.kernel.calendar import NS_PER_S
from matching.desk_types import DeskSetting
from web.pages.words import Words

NAMES: Words = {
    "CONFIRM_NS": lazy("摘牌确认期限"),
    "PAY_NS": lazy("中标付款期限"),
    "RUNNER_UP_NS": lazy("次高者接手期限"),
    "DECISION_NS": lazy("低于保留价的决定期限"),
    "STALL_NS": lazy("超过多久算中断"),
    "BAND": lazy("挂牌与还价须在涨跌幅内"),
    "KEEP_NS": lazy("结束后保留多久"),
}
"""By the name of the parameter, in the order they are shown."""
EFFECTS: Words = {
    "CONFIRM_NS": lazy("要确认的摘牌多久没有答复即作废。已经在等的摘牌期限不变。"),
    "PAY_NS": lazy("中标后多久没有付清即没收保证金。已经在计时的期限不变。"),
    "RUNNER_UP_NS": lazy("整批标的中标人没有付款时，次高者有多久决定。已经在计时的期限不变。"),
    "DECISION_NS": lazy("最高价低于保留价时，卖方有多久决定。已经在计时的期限不变。"),
    "STALL_NS": lazy("交易主机停顿超过这么久，竞价的一切期限按停顿时长顺延。"),
    "BAND": lazy("此后的挂牌和还价是否受涨跌幅约束。已经挂出的不变。"),
    "KEEP_NS": lazy("结束的挂牌和竞价在主机里保留多久，其间来迟的人会得到原因。"),
}


def setting_text(setting: DeskSetting, value: int) -> str:
    """A value as people read it."""
    if setting == DeskSetting.BAND:
        return _("是") if value else _("否")
    return span_text(value)


def span_text(ns: int) -> str:
    """A span of time in the largest unit it is a whole number of."""
    seconds = ns // NS_PER_S
    if seconds >= 86_400 and seconds % 86_400 == 0:
        return _("%(count)s 天") % {"count": seconds // 86_400}
    if seconds >= 3_600 and seconds % 3_600 == 0:
        return _("%(count)s 小时") % {"count": seconds // 3_600}
    if seconds >= 60 and seconds % 60 == 0:
        return _("%(count)s 分钟") % {"count": seconds // 60}
    return _("%(count)s 秒") % {"count": seconds}
