"""Errors about what an order asks for and how it ends: terms, calls, volatility. Shown through ``errors``.

Apart from ``errors`` only for length; the same rules hold: never change a code, never reuse one.
"""

from exchange.kernel.problems import JinguoError

# Terms a member states ---------------------------------------------------------------------------------


class BadExpiresOn(JinguoError):
    code = "bad_expires_on"
    status = 422
    zh = "到期日不正确"
    en = "The last day of the order is not valid"
    hint_zh = '格式为 "2026-11-27"，不早于今天，最多到其后第 5 个交易日'
    hint_en = 'Write it as "2026-11-27"; not before today, at most five trading days ahead'


class ExpiresOnRequired(JinguoError):
    code = "expires_on_required"
    status = 422
    zh = "指定日期前有效的委托须写明到期日"
    en = "An order good till date needs the date"
    hint_zh = "请加上 expires_on，或改用 time_in_force 为 day"
    hint_en = "Add expires_on, or use time_in_force day"


class ExpiresOnNotTaken(JinguoError):
    code = "expires_on_not_taken"
    status = 422
    zh = "只有指定日期前有效的委托才有到期日"
    en = "Only an order good till date has a last day"
    hint_zh = "请去掉 expires_on，或把 time_in_force 改为 gtd"
    hint_en = "Leave out expires_on, or use time_in_force gtd"


class BadMinimumQuantity(JinguoError):
    code = "bad_minimum_quantity"
    status = 422
    zh = "最低成交量不正确"
    en = "The minimum quantity is not valid"
    hint_zh = "minimum_quantity_kg 是整数公斤，大于零，不超过委托数量"
    hint_en = "minimum_quantity_kg is whole kg, above zero, at most the quantity of the order"


class BadPostOnly(JinguoError):
    code = "bad_post_only"
    status = 422
    zh = "只挂单选项不正确"
    en = "The post-only option is not valid"
    hint_zh = "post_only 只能是 true 或 false"
    hint_en = "post_only is true or false"


class BadSelfTrade(JinguoError):
    code = "bad_self_trade"
    status = 422
    zh = "自成交处理方式不正确"
    en = "The way to prevent self-trades is not valid"
    hint_zh = "self_trade 只能是 cancel_newest、cancel_oldest 或 decrement"
    hint_en = "self_trade is cancel_newest, cancel_oldest or decrement"


# What the floor says to them ---------------------------------------------------------------------------


class OrderTermsConflict(JinguoError):
    code = "order_terms_conflict"
    status = 422
    zh = "委托条件互相矛盾，或现在的交易阶段不接受"
    en = "The terms of the order contradict each other, or this phase does not take them"
    hint_zh = "只挂单不能即时成交或设最低成交量；全部成交否则撤销不设最低成交量；集合竞价只收限价委托"
    hint_en = "Post-only rests, without minimum; FOK has none either; a call takes plain limit orders only"


class OffTick(JinguoError):
    code = "off_tick"
    status = 422
    zh = "价格不是最小变动价位的整数倍"
    en = "The price is not a multiple of the tick"
    hint_zh = "请按该品种的最小变动价位报价"
    hint_en = "Quote in steps of the product's tick"


class FokUnfilled(JinguoError):
    code = "fok_unfilled"
    status = 409
    zh = "不能一次全部成交，委托已撤销"
    en = "Not all of it could trade at once; the order was cancelled"
    hint_zh = "请减少数量或放宽价格，或改用其他有效期"
    hint_en = "Lower the quantity, give a better price, or use another time in force"


class MinimumUnfilled(JinguoError):
    code = "minimum_unfilled"
    status = 409
    zh = "可立即成交的数量低于最低成交量，委托已撤销"
    en = "Less than the minimum quantity could trade at once; the order was cancelled"
    hint_zh = "请降低最低成交量或放宽价格"
    hint_en = "Lower the minimum or give a better price"


class WouldTrade(JinguoError):
    code = "would_trade"
    status = 409
    zh = "只挂单委托会立即成交，已撤销"
    en = "The post-only order would have traded; it was cancelled"
    hint_zh = "请报不与对手方相交的价格"
    hint_en = "Quote a price that does not meet the other side"


class NoLiquidity(JinguoError):
    code = "no_liquidity"
    status = 409
    zh = "保护价以内没有对手方，市价转限价委托已撤销"
    en = "Nothing to trade with inside the protection price; the order was cancelled"
    hint_zh = "请放宽保护价，或改用限价委托"
    hint_en = "Give a wider protection price, or use a limit order"


class VolatilityCall(JinguoError):
    code = "volatility"
    status = 409
    zh = "价格偏离参考价过大，进入波动集合竞价，余量已撤销"
    en = "The price was too far from the reference; a volatility call began and the rest was cancelled"
    hint_zh = "集合竞价期间请下限价委托"
    hint_en = "Place a limit order during the call"


class OrderExpired(JinguoError):
    code = "expired"
    status = 409
    zh = "委托已到期"
    en = "The last day of the order ended"
    hint_zh = "如仍需交易请重新下单"
    hint_en = "Place a new order if you still want to trade"


class OutsideBand(JinguoError):
    code = "outside_band"
    status = 409
    zh = "新的限价区间不再包含此委托，已撤销"
    en = "The new daily band excludes the order; it was cancelled"
    hint_zh = "请按新的限价区间重新下单"
    hint_en = "Place it again inside the new band"


class TradedInCall(JinguoError):
    code = "call"
    status = 409
    zh = "集合竞价成交"
    en = "Traded when a call ended"
    hint_zh = "集合竞价中所有成交都是同一价格"
    hint_en = "All trades of a call have one price"


# What the floor says to the operator -------------------------------------------------------------------


class CrossedBook(JinguoError):
    code = "crossed_book"
    status = 409
    zh = "盘口买卖交叉，不能直接进入连续交易"
    en = "The book is crossed; continuous trading cannot begin"
    hint_zh = "请先结束集合竞价（集中撮合）"
    hint_en = "End the call first, so that the book is uncrossed"


class NotInCall(JinguoError):
    code = "not_in_call"
    status = 409
    zh = "该品种不在集合竞价中"
    en = "The product is not in a call"
    hint_zh = "只有集合竞价或波动集合竞价可以结束"
    hint_en = "Only a call or a volatility call can be ended"
