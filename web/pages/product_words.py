"""The words of product rules and of what two people decide, in the reader's language."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from exchange.kernel.problems import catalogue
from exchange.markets.types import mode_words, payment_words
from web.pages.settlement_words import PAYMENT
from web.pages.words import Words, in_chinese, word
from web.templatetags.jinguo import grouped, listed, percent, price_kg

TIE_RULE: Words = {
    "0": lazy("中间价"),
    "1": lazy("最近参考价（限委托价位）"),
    "2": lazy("最近参考价"),
    "3": lazy("供求压力"),
    "4": lazy("最高价"),
}
MODE: Words = {
    "listed": lazy("挂牌"),
    "auction": lazy("竞价"),
    "negotiated": lazy("议价"),
    "call": lazy("集合竞价"),
    "continuous": lazy("连续交易"),
}
FIELD: Words = {
    "tick_fen": lazy("最小变动价位 元/公斤"),
    "tie_rule": lazy("集合竞价取价规则"),
    "volatility_bps": lazy("波动触发幅度"),
    "modes": lazy("交易方式"),
    "payments": lazy("挂牌付款方式"),
    "reference_price": lazy("参考价 元/公斤"),
    "band_bps": lazy("涨跌幅"),
    "min_kg": lazy("最小委托量 公斤"),
    "reference_rolls": lazy("日终滚动参考价"),
    "resale_lock_days": lazy("持续挂牌限制 交易日"),
    "premium_discount_fen": lazy("升贴水 元/公斤"),
    "status": lazy("状态"),
}
STATUS: Words = {"listed": lazy("上市"), "delisted": lazy("已退市")}
KIND: Words = {
    "rules": lazy("交易规则"),
    "limits": lazy("参考价与限额"),
    "terms": lazy("持续挂牌限制与升贴水"),
    "delist": lazy("摘牌退市"),
}
EFFECT: Words = {"now": lazy("批准后立即"), "next_session": lazy("下一场开市前")}
SOURCE: Words = {
    "closing": lazy("收盘集合竞价"),
    "mean": lazy("当日加权均价"),
    "kept": lazy("无成交，沿用"),
    "off": lazy("不滚动"),
}


class Mark(NamedTuple):
    """A badge: its colour, icon and words."""

    tone: str
    icon: str
    text: str


_STATES: Mapping[str, tuple[str, str, Any]] = {
    "waiting": ("warn", "clock", lazy("待复核")),
    "refused": ("plain", "stop", lazy("已驳回")),
    "withdrawn": ("plain", "history", lazy("已撤回")),
    "lapsed": ("plain", "clock", lazy("过时未复核")),
    "approved": ("ok", "check", lazy("已批准")),
    "done": ("ok", "check", lazy("已执行")),
    "scheduled": ("info", "clock", lazy("已批准，待开市生效")),
    "told": ("info", "clock", lazy("已送主机，等待答复")),
    "in_force": ("ok", "check", lazy("已生效")),
    "floor_refused": ("danger", "warn", lazy("主机拒绝")),
    "failed": ("danger", "warn", lazy("未能生效")),
}


def state_mark(state: str) -> Mark:
    """The badge of a proposal's state."""
    tone, icon, text = _STATES[state]
    return Mark(tone, icon, str(text))


def field_text(name: str, value: Any) -> str:
    """A value as people read it."""
    return _SHOWN[name](value)


_SHOWN: Mapping[str, Callable[[Any], str]] = {
    "tick_fen": price_kg,
    "reference_price": price_kg,
    "band_bps": lambda value: f"±{percent(value)}",
    "volatility_bps": lambda value: f"±{percent(value)}" if value else _("不限"),
    "tie_rule": lambda value: word(TIE_RULE, str(int(value))),
    "modes": lambda value: listed(word(MODE, each) for each in mode_words(value)),
    "payments": lambda value: listed(word(PAYMENT, each) for each in payment_words(value)),
    "min_kg": grouped,
    "resale_lock_days": str,
    "premium_discount_fen": lambda value: f"{value / 100:+.2f}",
    "reference_rolls": lambda value: _("是") if value else _("否"),
    "status": lambda value: word(STATUS, value),
}


def refusal_text(code: str, **facts: str) -> str:
    """What an error's code means, in the reader's language."""
    kind = catalogue().get(code)
    return code if kind is None else kind(**facts).message("zh" if in_chinese() else "en")
