"""Everything that can be refused, and why: one type per reason, with a stable code and both languages.

An error is raised where it is found and shown at the edge by ``to_problem``. The codes are part of the
public interface: never change one, never reuse one. ``catalogue()`` lists them all, for documents and tests.
"""

from exchange.kernel.auction_errors import BY_AUCTION_REASON
from exchange.kernel.desk_errors import BY_DESK_REASON
from exchange.kernel.order_errors import (
    BadExpiresOn,
    BadMinimumQuantity,
    BadPostOnly,
    BadSelfTrade,
    CrossedBook,
    ExpiresOnNotTaken,
    ExpiresOnRequired,
    FokUnfilled,
    MinimumUnfilled,
    NoLiquidity,
    NotInCall,
    OffTick,
    OrderExpired,
    OrderTermsConflict,
    OutsideBand,
    TradedInCall,
    VolatilityCall,
    WouldTrade,
)
from exchange.kernel.problems import CONTENT_TYPE, JinguoError, Message, Problem, catalogue, to_problem
from matching.types import Reason

__all__ = [
    "CONTENT_TYPE",
    "BadExpiresOn",
    "BadMinimumQuantity",
    "BadPostOnly",
    "BadSelfTrade",
    "CrossedBook",
    "ExpiresOnNotTaken",
    "ExpiresOnRequired",
    "FokUnfilled",
    "JinguoError",
    "Message",
    "MinimumUnfilled",
    "NoLiquidity",
    "NotInCall",
    "OffTick",
    "OrderExpired",
    "OrderTermsConflict",
    "OutsideBand",
    "Problem",
    "TradedInCall",
    "VolatilityCall",
    "WouldTrade",
    "catalogue",
    "error_for_reason",
    "to_problem",
]

# The shape of a request ------------------------------------------------------------------------------


class MalformedJson(JinguoError):
    code = "malformed_json"
    zh = "请求内容不是有效的 JSON"
    en = "The request body is not valid JSON"
    hint_zh = "请发送一个 UTF-8 编码的 JSON 对象"
    hint_en = "Send one JSON object encoded as UTF-8"


class UnknownField(JinguoError):
    code = "unknown_field"
    zh = "不认识的字段 {field}"
    en = "Unknown field {field}"
    hint_zh = "请按接口文档核对字段名"
    hint_en = "Check the field names against the API document"


class MissingField(JinguoError):
    code = "missing_field"
    zh = "缺少字段 {field}"
    en = "Missing field {field}"
    hint_zh = "请补上该字段后重发"
    hint_en = "Add the field and send again"


class BadPrice(JinguoError):
    code = "bad_price"
    status = 422
    zh = "价格不正确"
    en = "The price is not valid"
    hint_zh = '价格是字符串，单位元/公斤，大于零，最多两位小数，例如 "7.20"'
    hint_en = 'A price is a string in yuan per kg, above zero, with at most two decimals, e.g. "7.20"'


class PriceBand(JinguoError):
    code = "price_band"
    status = 422
    zh = "价格超出当日限价区间"
    en = "The price is outside today's band"
    hint_zh = "请在品种当日的最高价与最低价之间报价"
    hint_en = "Quote between the product's low and high of the day"


class BadQuantity(JinguoError):
    code = "bad_quantity"
    status = 422
    zh = "数量不正确"
    en = "The quantity is not valid"
    hint_zh = "数量是整数公斤，不小于最小交易量，并且是交易单位的整数倍；改单数量须大于已成交数量"
    hint_en = "Whole kg, at least the minimum, a multiple of the step; a replace must exceed the filled part"


class BadAmount(JinguoError):
    code = "bad_amount"
    status = 422
    zh = "金额不正确"
    en = "The amount is not valid"
    hint_zh = '金额是字符串，单位元，大于零，最多两位小数，例如 "1234.56"'
    hint_en = 'An amount is a string in yuan, above zero, with at most two decimals, e.g. "1234.56"'


class BadSide(JinguoError):
    code = "bad_side"
    status = 422
    zh = "买卖方向不正确"
    en = "The side is not valid"
    hint_zh = "side 只能是 buy 或 sell"
    hint_en = "side is buy or sell"


class BadOrderType(JinguoError):
    code = "bad_order_type"
    status = 422
    zh = "委托类型不正确"
    en = "The order type is not valid"
    hint_zh = "type 只能是 limit 或 market_to_limit"
    hint_en = "type is limit or market_to_limit"


class BadTimeInForce(JinguoError):
    code = "bad_time_in_force"
    status = 422
    zh = "有效期不正确"
    en = "The time in force is not valid"
    hint_zh = "time_in_force 只能是 day、ioc、fok 或 gtd"
    hint_en = "time_in_force is day, ioc, fok or gtd"


class BadClientOrderId(JinguoError):
    code = "bad_client_order_id"
    status = 422
    zh = "自编委托号不正确"
    en = "The client order id is not valid"
    hint_zh = "client_order_id 为 1 至 36 个字母、数字、下划线、点或连字符"
    hint_en = "client_order_id is 1 to 36 letters, digits, underscores, dots or hyphens"


class BadParameter(JinguoError):
    code = "bad_parameter"
    status = 422
    zh = "参数 {name} 不正确"
    en = "The parameter {name} is not valid"
    hint_zh = "请按接口文档核对参数的类型和范围"
    hint_en = "Check the parameter's type and range against the API document"


class BadCursor(JinguoError):
    code = "bad_cursor"
    status = 422
    zh = "翻页标记无效"
    en = "The cursor is not valid"
    hint_zh = "请原样使用上一页给出的 next_cursor，或从第一页开始"
    hint_en = "Use next_cursor of the page before as it is, or start from the first page"


class BodyTooLarge(JinguoError):
    code = "body_too_large"
    status = 413
    zh = "请求内容过大"
    en = "The request body is too large"
    hint_zh = "请把请求拆小后重发"
    hint_en = "Send smaller requests"


class UnsupportedMediaType(JinguoError):
    code = "unsupported_media_type"
    status = 415
    zh = "请求内容的类型不受支持"
    en = "The media type of the request is not supported"
    hint_zh = "请使用 Content-Type: application/json"
    hint_en = "Use Content-Type: application/json"


class NotFound(JinguoError):
    code = "not_found"
    status = 404
    zh = "没有找到"
    en = "Not found"
    hint_zh = "请核对地址和编号；他人的记录不会显示"
    hint_en = "Check the address and the number; records of others are not shown"


class MethodNotAllowed(JinguoError):
    code = "method_not_allowed"
    status = 405
    zh = "此地址不接受该请求方法"
    en = "This address does not accept that method"
    hint_zh = "请按接口文档核对请求方法"
    hint_en = "Check the method against the API document"


class Conflict(JinguoError):
    code = "conflict"
    status = 409
    zh = "与现有记录冲突"
    en = "This conflicts with what is already recorded"
    hint_zh = "请刷新后核对现有记录"
    hint_en = "Reload and compare with the existing record"


# Who may do it ---------------------------------------------------------------------------------------


class NotAuthenticated(JinguoError):
    code = "not_authenticated"
    status = 401
    zh = "未登录，或密钥无效"
    en = "Not logged in, or the key is not valid"
    hint_zh = "请登录，或发送 Authorization: Bearer 密钥"
    hint_en = "Log in, or send Authorization: Bearer KEY"


class NotPermitted(JinguoError):
    code = "not_permitted"
    status = 403
    zh = "没有此项权限"
    en = "You may not do this"
    hint_zh = "请由具有相应角色的人员操作"
    hint_en = "Ask a person with the right role"


class MemberSuspended(JinguoError):
    code = "member_suspended"
    status = 403
    zh = "交易商已被暂停交易"
    en = "The member is suspended"
    hint_zh = "仍可撤单和查询；恢复交易请联系市场经营者"
    hint_en = "Cancelling and reading still work; ask the operator to lift the suspension"


class RateLimited(JinguoError):
    code = "rate_limited"
    status = 429
    zh = "请求过于频繁"
    en = "Too many requests"
    hint_zh = "请稍候再发，间隔见 Retry-After"
    hint_en = "Wait as long as Retry-After says, then send again"


# The market ------------------------------------------------------------------------------------------


class UnknownProduct(JinguoError):
    code = "unknown_product"
    status = 404
    zh = "没有此品种"
    en = "There is no such product"
    hint_zh = "品种代码见 /api/v1/products"
    hint_en = "Product codes are listed at /api/v1/products"


class UnknownOrder(JinguoError):
    code = "unknown_order"
    status = 404
    zh = "没有此未成交委托"
    en = "There is no such open order"
    hint_zh = "委托可能已成交或已撤销；只能操作本方的委托"
    hint_en = "It may be filled or cancelled already; only your own orders can be changed"


class UnknownAccount(JinguoError):
    code = "unknown_account"
    status = 404
    zh = "没有此交易账户"
    en = "There is no such trading account"
    hint_zh = "账户可能尚未开通，请稍后再试"
    hint_en = "The account may not be open yet; try again shortly"


class InsufficientFunds(JinguoError):
    code = "insufficient_funds"
    status = 409
    zh = "可用资金不足"
    en = "Not enough free funds"
    hint_zh = "请入金、撤销其他买单，或减少价格和数量（货款和手续费须全额冻结）"
    hint_en = "Deposit, cancel other buy orders, or lower price or quantity (payment and fee are held)"


class InsufficientGoods(JinguoError):
    code = "insufficient_goods"
    status = 409
    zh = "可用仓单数量不足"
    en = "Not enough free goods"
    hint_zh = "请核对该品种可用仓单；冻结、质押和未过转卖期的仓单不能卖出"
    hint_en = "Check your free receipts of this product; held, pledged or resale-locked goods cannot be sold"


class SessionClosed(JinguoError):
    code = "session_closed"
    status = 409
    zh = "现在不在交易时段"
    en = "The session is closed"
    hint_zh = "请在交易时段内下单"
    hint_en = "Place orders while the session is open"


class ProductHalted(JinguoError):
    code = "product_halted"
    status = 409
    zh = "该品种已暂停交易"
    en = "The product is halted"
    hint_zh = "仍可撤单；恢复交易时间以公告为准"
    hint_en = "Cancelling still works; see the notices for the time of resumption"


class SelfTrade(JinguoError):
    code = "self_trade"
    status = 409
    zh = "与本方或关联方委托相遇，余量已撤销"
    en = "The order met one of your own or a related party's; its rest was cancelled"
    hint_zh = "请先撤销本方的对手方向委托，或换一种 self_trade 处理方式"
    hint_en = "Cancel your own opposite order first, or choose another way with self_trade"


class CancelledByOwner(JinguoError):
    code = "cancelled_by_owner"
    status = 409
    zh = "已由交易商撤单"
    en = "Cancelled by the member"
    hint_zh = "如仍需交易请重新下单"
    hint_en = "Place a new order if you still want to trade"


class IocRest(JinguoError):
    code = "ioc_rest"
    status = 409
    zh = "即时成交委托的余量已撤销"
    en = "The part that could not trade at once was cancelled"
    hint_zh = "需要排队等待成交请使用 day 委托"
    hint_en = "Use a day order to wait in the book"


class SessionEnd(JinguoError):
    code = "session_end"
    status = 409
    zh = "交易时段结束，委托已撤销"
    en = "The session ended and the order was cancelled"
    hint_zh = "请在下一个交易时段重新下单"
    hint_en = "Place the order again in the next session"


class UnknownCommand(JinguoError):
    code = "unknown_command"
    zh = "交易系统不认识此指令"
    en = "The trading floor does not know this command"
    hint_zh = "请升级客户端后重试"
    hint_en = "Update the client and try again"


# Members and money -----------------------------------------------------------------------------------


class UnknownMember(JinguoError):
    code = "unknown_member"
    status = 404
    zh = "没有此交易商"
    en = "There is no such member"
    hint_zh = "请核对交易商代码"
    hint_en = "Check the trader code"


class DuplicateMember(JinguoError):
    code = "duplicate_member"
    status = 409
    zh = "交易商代码或统一社会信用代码已登记"
    en = "The trader code or the credit code is already registered"
    hint_zh = "请核对是否重复登记"
    hint_en = "Check whether the member was registered before"


class BadUscc(JinguoError):
    code = "bad_uscc"
    status = 422
    zh = "统一社会信用代码不正确"
    en = "The unified social credit code is not valid"
    hint_zh = "18 位，不含 I、O、S、V、Z，末位为校验码（GB 32100-2015）"
    hint_en = "18 characters without I, O, S, V, Z; the last is a check character (GB 32100-2015)"


class NoBankAccount(JinguoError):
    code = "no_bank_account"
    status = 409
    zh = "尚未绑定银行账户"
    en = "No bank account is bound"
    hint_zh = "请先由财务人员签约绑定结算银行账户"
    hint_en = "Have your finance staff bind a bank account first"


class BadTransition(JinguoError):
    code = "bad_transition"
    status = 409
    zh = "当前状态 {state} 不能进行 {event}"
    en = "In state {state} there is no {event}"
    hint_zh = "请刷新后核对当前状态"
    hint_en = "Reload and look at the present state"


class LedgerRefused(JinguoError):
    code = "ledger_refused"
    status = 409
    zh = "账务系统拒绝了这笔记账"
    en = "The ledger refused the entry"
    hint_zh = "没有任何金额变动；请联系市场经营者并告知编号"
    hint_en = "No money moved; tell the operator the number"


# The exchange itself ---------------------------------------------------------------------------------


class FloorUnavailable(JinguoError):
    code = "floor_unavailable"
    status = 503
    zh = "交易系统暂时不可用"
    en = "The trading floor is not available"
    hint_zh = "请用同一 client_order_id 重发，不会重复下单"
    hint_en = "Send again with the same client_order_id; it cannot be placed twice"


class ProjectionBehind(JinguoError):
    code = "projection_behind"
    status = 503
    zh = "账务登记尚未跟上交易"
    en = "The records have not caught up with the trading floor"
    hint_zh = "请稍后再查询"
    hint_en = "Try again shortly"


class InternalError(JinguoError):
    code = "internal_error"
    status = 500
    zh = "系统内部错误"
    en = "Internal error"
    hint_zh = "请稍后重试；如仍出错请联系市场经营者"
    hint_en = "Try again later; tell the operator if it stays"


_BY_REASON: dict[int, type[JinguoError]] = (
    BY_DESK_REASON
    | BY_AUCTION_REASON
    | {
        Reason.UNKNOWN_COMMAND: UnknownCommand,
        Reason.UNKNOWN_PRODUCT: UnknownProduct,
        Reason.UNKNOWN_ACCOUNT: UnknownAccount,
        Reason.UNKNOWN_ORDER: UnknownOrder,
        Reason.SESSION_CLOSED: SessionClosed,
        Reason.HALTED: ProductHalted,
        Reason.SUSPENDED: MemberSuspended,
        Reason.BAD_PRICE: BadPrice,
        Reason.PRICE_BAND: PriceBand,
        Reason.BAD_QUANTITY: BadQuantity,
        Reason.INSUFFICIENT_FUNDS: InsufficientFunds,
        Reason.INSUFFICIENT_GOODS: InsufficientGoods,
        Reason.BAD_PARAMETER: BadParameter,
        Reason.BY_OWNER: CancelledByOwner,
        Reason.IOC_REST: IocRest,
        Reason.SESSION_END: SessionEnd,
        Reason.SELF_TRADE: SelfTrade,
        Reason.BAD_ORDER_TYPE: OrderTermsConflict,
        Reason.CROSSED_BOOK: CrossedBook,
        Reason.OFF_TICK: OffTick,
        Reason.NOT_IN_CALL: NotInCall,
        Reason.FOK_UNFILLED: FokUnfilled,
        Reason.MINIMUM_UNFILLED: MinimumUnfilled,
        Reason.WOULD_TRADE: WouldTrade,
        Reason.NO_LIQUIDITY: NoLiquidity,
        Reason.VOLATILITY: VolatilityCall,
        Reason.EXPIRED: OrderExpired,
        Reason.OUTSIDE_BAND: OutsideBand,
        Reason.CALL: TradedInCall,
    }
)


def error_for_reason(reason: int) -> JinguoError:
    """Why the engine refused or cancelled; for ``Reason.NONE``, which is no refusal, an internal error."""
    kind = _BY_REASON.get(reason, InternalError)
    return kind(name="command") if kind is BadParameter else kind()
