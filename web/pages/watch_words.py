"""The words of the surveillance: kinds, states, figures with their units, parameters."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from web.pages.words import Words, word
from web.templatetags.jinguo import grouped, percent, price_kg, yuan

KIND: Words = {
    "wash": lazy("对敲"),
    "related": lazy("关联交易"),
    "self_trade": lazy("自成交拦截"),
    "layering": lazy("虚假申报"),
    "outlier": lazy("异常价格"),
    "bid_ring": lazy("串通竞价"),
    "large": lazy("大户集中"),
    "close": lazy("影响收盘价"),
}
ALERT_STATE: Words = {
    "new": lazy("待处理"),
    "dismissed": lazy("已排除"),
    "in_case": lazy("已立案"),
    "superseded": lazy("已被新版替代"),
}
CASE_STATE: Words = {
    "open": lazy("调查中"),
    "closing": lazy("结案待复核"),
    "closed": lazy("已结案"),
}
OUTCOME: Words = {
    "no_breach": lazy("未发现违规"),
    "warning": lazy("警示"),
    "referred": lazy("移送主管部门"),
}
ENTRY: Words = {
    "opened": lazy("立案登记"),
    "alert": lazy("并入预警"),
    "order": lazy("附委托"),
    "trade": lazy("附成交"),
    "note": lazy("调查记录"),
    "assigned": lazy("指派承办"),
    "proposed": lazy("结案意见"),
    "sent_back": lazy("退回继续"),
    "closed": lazy("结案"),
}
HOW: Words = {
    "group": lazy("同一关联方组"),
    "signatory": lazy("同一签约人"),
    "terminal": lazy("同一终端登录"),
}
FIGURE: Words = {
    "side": lazy("方向"),
    "round_trip_kg": lazy("往返数量 公斤"),
    "trades": lazy("成交笔数"),
    "window_min": lazy("时间窗 分钟"),
    "kg": lazy("数量 公斤"),
    "amount_fen": lazy("金额 元"),
    "orders": lazy("委托笔数"),
    "times": lazy("次数"),
    "cancelled_kg": lazy("撤单数量 公斤"),
    "filled_kg": lazy("成交数量 公斤"),
    "fastest_ms": lazy("最快撤单 毫秒"),
    "price_fen": lazy("成交价 元/公斤"),
    "median_doubled_fen": lazy("中位数 元/公斤"),
    "mad_doubled_fen": lazy("绝对离差中位数 元/公斤"),
    "z_milli": lazy("稳健 z 值"),
    "of_median_bps": lazy("占中位数"),
    "sample_trades": lazy("样本笔数"),
    "members": lazy("成员数"),
    "auctions": lazy("竞价场次"),
    "withdrawals": lazy("退出次数"),
    "winners": lazy("轮流中标人数"),
    "of_kg": lazy("全部数量 公斤"),
    "share_bps": lazy("占比"),
    "last_price_fen": lazy("最后成交价 元/公斤"),
    "median_before_doubled_fen": lazy("此前中位数 元/公斤"),
    "move_bps": lazy("偏移"),
}
PARAMETER: Words = {
    "wash_minutes": lazy("对敲：无关联双方往返成交的时间窗"),
    "wash_linked_minutes": lazy("对敲：有关联双方往返成交的时间窗"),
    "wash_kg": lazy("对敲：往返数量"),
    "wash_price_bps": lazy("对敲：往返价差"),
    "related_kg": lazy("关联交易：当日数量"),
    "terminal_days": lazy("关联方：同一终端登录的回看天数"),
    "self_trade_hits": lazy("自成交拦截：当日次数"),
    "layering_s": lazy("虚假申报：成交后撤单的时间"),
    "layering_kg": lazy("虚假申报：撤单数量"),
    "layering_multiple_pct": lazy("虚假申报：撤单与成交数量之比"),
    "outlier_days": lazy("异常价格：回看交易日"),
    "outlier_trades": lazy("异常价格：最少样本"),
    "outlier_z_milli": lazy("异常价格：稳健 z 值"),
    "outlier_mad_bps": lazy("异常价格：离差下限占中位数"),
    "outlier_low_bps": lazy("异常价格：低于中位数的比例"),
    "outlier_high_bps": lazy("异常价格：高于中位数的比例"),
    "ring_days": lazy("串通竞价：回看天数"),
    "ring_auctions": lazy("串通竞价：可疑场次"),
    "ring_token_bps": lazy("串通竞价：陪标出价距起拍价"),
    "large_volume_bps": lazy("大户集中：占品种当日成交"),
    "large_orders_bps": lazy("大户集中：占收盘时单边委托"),
    "large_kg": lazy("大户集中：本户数量下限"),
    "close_minutes": lazy("收盘价：收盘前时间窗"),
    "close_move_bps": lazy("收盘价：价格偏移"),
    "close_share_bps": lazy("收盘价：窗内主动成交占比"),
}
UNIT: Words = {
    "min": lazy("分钟"),
    "kg": lazy("公斤"),
    "bps": lazy("基点"),
    "d": lazy("天"),
    "s": lazy("秒"),
    "count": lazy("次"),
    "%": lazy("%"),
    "‰": lazy("‰"),
}
TONE = {
    "new": "warn",
    "in_case": "info",
    "dismissed": "plain",
    "superseded": "plain",
    "open": "info",
    "closing": "warn",
    "closed": "ok",
    "waiting": "warn",
    "approved": "ok",
    "filed": "ok",
}
PROPOSAL: Words = {
    "waiting": lazy("待复核"),
    "approved": lazy("已生效"),
    "filed": lazy("已报送"),
    "refused": lazy("已驳回"),
    "withdrawn": lazy("已撤回"),
}


def mark(words: Words, state: object) -> dict[str, str]:
    """A state as a badge takes it: kind, icon, text."""
    tone = TONE.get(str(state), "plain")
    icon = {"ok": "check", "warn": "clock", "info": "eye"}.get(tone, "stop")
    return {"kind": tone, "icon": icon, "text": word(words, state)}


def figure_text(name: str, value: int) -> str:
    """A figure of a finding in the unit its label names."""
    if name == "side":
        return _("买入") if value == 1 else _("卖出")
    shown = next((show for ending, show in _ENDINGS if name.endswith(ending)), grouped)
    return shown(value)


def _half_fen(doubled: int) -> str:
    """Twice a price in fen per kg, as yuan per kg with the half fen: 1401 → 7.005."""
    thousandths = doubled * 5
    return f"{thousandths // 1000}.{thousandths % 1000:03d}".removesuffix("0")


def _thousandths(milli: int) -> str:
    return f"{milli / 1000:.2f}"


_ENDINGS: tuple[tuple[str, Callable[[int], str]], ...] = (
    ("_doubled_fen", _half_fen),
    ("amount_fen", yuan),
    ("_fen", price_kg),
    ("_bps", percent),
    ("_milli", _thousandths),
)
"""How a figure is shown, by the end of its name; the first that fits."""


def figures_shown(figures: dict[str, int]) -> list[tuple[str, str]]:
    """(label, value) of every figure, in the order of ``FIGURE``."""
    return [(word(FIGURE, name), figure_text(name, figures[name])) for name in FIGURE if name in figures]
