"""What an order asked for beside price and quantity, in a reader's words; most have nothing to tell."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from exchange.kernel.calendar import day_of_number
from exchange.trading.types import OrderRow, RefusedOrderRow
from matching.types import MARKET_TO_LIMIT, POST_ONLY, SELF_TRADE_SHIFT, SelfTrade, TimeInForce
from web.pages.words import Words, word

TIME_IN_FORCE: Words = {
    str(int(TimeInForce.DAY)): "",
    str(int(TimeInForce.IOC)): lazy("即时成交 IOC"),
    str(int(TimeInForce.FOK)): lazy("全部成交 FOK"),
    str(int(TimeInForce.GTD)): "",
}
SELF_TRADE: Words = {
    str(int(SelfTrade.CANCEL_NEWEST)): "",
    str(int(SelfTrade.CANCEL_OLDEST)): lazy("遇本方委托：撤原有委托"),
    str(int(SelfTrade.DECREMENT)): lazy("遇本方委托：双方相减"),
}
"""What is not the usual way; that one goes without saying."""


def terms_text(row: OrderRow | RefusedOrderRow) -> str:
    """The terms in one line; "" for a plain order for the day."""
    told = [word(TIME_IN_FORCE, row.time_in_force)]
    if row.time_in_force == TimeInForce.GTD and row.expires:
        told.append(_last_day(row.expires))
    flags, minimum = row.flags or 0, row.minimum or 0
    if flags & MARKET_TO_LIMIT:
        told.append(_("市价转限价"))
    if flags & POST_ONLY:
        told.append(_("只挂单"))
    if minimum > 0:
        told.append(_("最低成交 %(kg)s 公斤") % {"kg": f"{minimum:,}"})
    told.append(word(SELF_TRADE, flags >> SELF_TRADE_SHIFT))
    return " · ".join(each for each in told if each)


def _last_day(number: int) -> str:
    try:
        return _("有效至 %(day)s") % {"day": day_of_number(number).isoformat()}
    except (ValueError, OverflowError):
        return _("到期日不正确")
