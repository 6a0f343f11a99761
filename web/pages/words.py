"""The words of the trade in the reader's language, by the stable value the domain packages use.

Texts are Chinese here and English in locale/en; a value without a word is shown as it is.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from exchange.markets.types import ProductRow
from matching.types import Reason, Side

Words = Mapping[str, str | Promise]

BAGGING: Words = {
    "paper": lazy("纸袋"),
    "paper_film": lazy("纸加膜"),
    "film": lazy("膜袋"),
    "none": lazy("光果"),
}
GRADE: Words = {
    "extra": lazy("优等"),
    "class_1": lazy("一等"),
    "class_1_2": lazy("一二级"),
    "class_2": lazy("二等"),
    "semi_selected": lazy("半商品"),
    "field_run": lazy("统货"),
}
STORE: Words = {"cold": lazy("机械冷库"), "ca": lazy("气调库")}
COUNTY: Words = {
    "礼泉县": lazy("礼泉县"),
    "淳化县": lazy("淳化县"),
    "旬邑县": lazy("旬邑县"),
    "乾县": lazy("乾县"),
    "永寿县": lazy("永寿县"),
    "彬州市": lazy("彬州市"),
    "长武县": lazy("长武县"),
}
KIND: Words = {
    "grower": lazy("果农合作社"),
    "dealer": lazy("经销商"),
    "processor": lazy("加工企业"),
    "supermarket": lazy("商超"),
    "exporter": lazy("出口企业"),
}
INDEX_STATUS: Words = {
    "draft": lazy("待公布"),
    "provisional": lazy("初值"),
    "final": lazy("终值"),
    "revised": lazy("已修订"),
    "superseded": lazy("已被修订"),
}
LEVEL: Words = {
    "1": lazy("当日成交"),
    "2": lazy("三日成交"),
    "3": lazy("买卖报价中值"),
    "4": lazy("沿用前值"),
    "5": lazy("暂停"),
}
REASON: Words = {
    str(int(Reason.BY_OWNER)): lazy("本方撤单"),
    str(int(Reason.IOC_REST)): lazy("即时未成交部分"),
    str(int(Reason.SESSION_END)): lazy("收市撤单"),
    str(int(Reason.SELF_TRADE)): lazy("避免自成交"),
    str(int(Reason.FOK_UNFILLED)): lazy("不能全部成交"),
    str(int(Reason.MINIMUM_UNFILLED)): lazy("不足最低成交量"),
    str(int(Reason.WOULD_TRADE)): lazy("只挂单会立即成交"),
    str(int(Reason.NO_LIQUIDITY)): lazy("保护价内无对手方"),
    str(int(Reason.VOLATILITY)): lazy("进入波动集合竞价"),
    str(int(Reason.EXPIRED)): lazy("委托到期"),
    str(int(Reason.OUTSIDE_BAND)): lazy("超出新的价格范围"),
    str(int(Reason.BAD_ORDER_TYPE)): lazy("委托条件不被接受"),
    str(int(Reason.OFF_TICK)): lazy("不是最小变动价位的整数倍"),
    str(int(Reason.SESSION_CLOSED)): lazy("未开市"),
    str(int(Reason.HALTED)): lazy("品种暂停"),
    str(int(Reason.SUSPENDED)): lazy("交易商被暂停"),
    str(int(Reason.BAD_PRICE)): lazy("价格不正确"),
    str(int(Reason.PRICE_BAND)): lazy("超出价格范围"),
    str(int(Reason.BAD_QUANTITY)): lazy("数量不正确"),
    str(int(Reason.INSUFFICIENT_FUNDS)): lazy("可用资金不足"),
    str(int(Reason.INSUFFICIENT_GOODS)): lazy("可卖货物不足"),
    str(int(Reason.UNKNOWN_PRODUCT)): lazy("没有这个品种"),
    str(int(Reason.UNKNOWN_ORDER)): lazy("没有这笔委托"),
}


def word(words: Words, value: object) -> str:
    """The word of a value, or the value itself when there is none."""
    text = words.get(str(value))
    return str(value) if text is None else str(text)


def in_chinese() -> bool:
    """Whether the page is read in Chinese."""
    return (get_language() or "zh").startswith("zh")


def language() -> str:
    """zh or en: the language an error speaks on this page."""
    return "zh" if in_chinese() else "en"


def product_name(product: ProductRow) -> str:
    """The product's name in the reader's language."""
    return product.name_zh if in_chinese() else product.name_en


def product_spec(product: ProductRow) -> str:
    """What the name leaves out: crop and store."""
    crop = _("%(year)s 季") % {"year": product.crop_year}
    return f"{crop} · {word(STORE, product.store_type)}"


def variety_name(product: ProductRow) -> str:
    """The variety's name in the reader's language."""
    return product.variety.name_zh if in_chinese() else product.variety.name_en


def side_word(side: int) -> str:
    """buy or sell, the words the templates ask for."""
    return "buy" if side == Side.BUY else "sell"
