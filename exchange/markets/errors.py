"""What the markets refuse. UnknownProduct, ProductHalted and SessionClosed are the kernel's."""

from exchange.kernel.errors import JinguoError


class SessionAlreadyOpen(JinguoError):
    code = "session_already_open"
    status = 409
    zh = "已经开市"
    en = "A session is open already"
    hint_zh = "请先收市，再开下一场"
    hint_en = "Close it before opening the next"


class NoOpenSession(JinguoError):
    code = "no_open_session"
    status = 409
    zh = "目前没有开市"
    en = "No session is open"
    hint_zh = "请先开市"
    hint_en = "Open a session first"


class AlreadyHalted(JinguoError):
    code = "already_halted"
    status = 409
    zh = "{product} 已经暂停交易"
    en = "{product} is halted already"
    hint_zh = "无需重复暂停"
    hint_en = "There is nothing left to halt"


class NotHalted(JinguoError):
    code = "not_halted"
    status = 409
    zh = "{product} 没有暂停交易"
    en = "{product} is not halted"
    hint_zh = "只有暂停中的品种才能恢复交易"
    hint_en = "Only a halted product can resume"


class ProductNotClosed(JinguoError):
    code = "product_not_closed"
    status = 409
    zh = "{product} 正在交易时段内"
    en = "{product} is in session"
    hint_zh = "交易规则只能在收市后修改"
    hint_en = "Trading rules change after the close only"


class NotContinuous(JinguoError):
    code = "not_continuous"
    status = 409
    zh = "{product} 不在连续交易中"
    en = "{product} is not in continuous trading"
    hint_zh = "只有连续交易中的品种才能开始集合竞价"
    hint_en = "A call begins from continuous trading"


class DuplicateProduct(JinguoError):
    code = "duplicate_product"
    status = 409
    zh = "品种代码或规格已存在：{product}"
    en = "The product code or its specification exists already: {product}"
    hint_zh = "同一规格同一产季只设一个品种"
    hint_en = "There is one product per specification and crop"


class ProductDelisted(JinguoError):
    code = "product_delisted"
    status = 409
    zh = "{product} 已经退市"
    en = "{product} has been delisted"
    hint_zh = "退市品种不再变更"
    hint_en = "Nothing changes for a product that is no longer listed"


class StepFixed(JinguoError):
    code = "step_fixed"
    status = 409
    zh = "{product} 的数量单位上市后不能改变"
    en = "The quantity step of {product} cannot change once it is listed"
    hint_zh = "在簿的委托、挂出的牌和竞价都按它计量；请在下一产季的新品种里改"
    hint_en = "Orders, listings and auctions are counted in it; choose another for the next crop's product"


class FeesTooSoon(JinguoError):
    code = "fees_too_soon"
    status = 422
    zh = "费率最早自 {first} 起执行"
    en = "Fees take effect on {first} at the earliest"
    hint_zh = "请选择一个尚未到来的日期，并给会员留出知悉的时间"
    hint_en = "Choose a day to come, and leave members time to read it"


class FeesTooLate(JinguoError):
    code = "fees_too_late"
    status = 422
    zh = "费率最晚自 {last} 起执行"
    en = "Fees take effect on {last} at the latest"
    hint_zh = "更远的变更请到时再提出"
    hint_en = "Propose what lies further ahead when its time comes"


class FeeTooHigh(JinguoError):
    code = "fee_too_high"
    status = 422
    zh = "费率超出上限：手续费不超过 {fee}%，品质担保金不超过 {deposit}%"
    en = "Above the limit: fees are at most {fee} %, the quality deposit at most {deposit} %"
    hint_zh = "请降低费率后再提交"
    hint_en = "Lower the rate and send again"
