"""What the halls refuse before the floor is asked. The floor's own refusals are the kernel's."""

from exchange.kernel.errors import JinguoError


class BadValidity(JinguoError):
    code = "bad_validity"
    status = 422
    zh = "有效期不正确"
    en = "The validity is not valid"
    hint_zh = "挂牌有效期晚于现在，最多到其后第 {most} 个交易日"
    hint_en = "After now, at most {most} trading days ahead"


class BadMinimumTake(JinguoError):
    code = "bad_minimum_take"
    status = 422
    zh = "起摘量或摘牌单位不正确"
    en = "The least take or its step is not valid"
    hint_zh = "起摘量不超过挂牌数量；摘牌单位为 1 到 {most} 个品种单位"
    hint_en = "The least take is at most what is listed; the step is 1 to {most} steps of the product"


class MoreThanReceipts(JinguoError):
    code = "more_than_receipts"
    status = 422
    zh = "数量超过所选仓单（{kg} 公斤）"
    en = "More than the receipts stand for ({kg} kg)"
    hint_zh = "请减少数量或多选仓单"
    hint_en = "Ask for less or name more receipts"


class BadInvitation(JinguoError):
    code = "bad_invitation"
    status = 422
    zh = "受邀会员不正确：{member}"
    en = "The invitation is not valid: {member}"
    hint_zh = "请填写其他会员的交易商代码，最多 {most} 家"
    hint_en = "Name trader codes of other members, at most {most}"


class TermsMissing(JinguoError):
    code = "terms_missing"
    status = 422
    zh = "请先选仓单（卖出）或填写数量（求购）"
    en = "Name receipts (to sell) or a quantity (to buy)"
    hint_zh = "卖出须指定仓单，求购须填写数量"
    hint_en = "A sale names its receipts, a need its quantity"


class BadAuctionTerms(JinguoError):
    code = "bad_auction_terms"
    status = 422
    zh = "竞价参数不正确：{name}"
    en = "The parameters of the auction do not fit together: {name}"
    hint_zh = "请核对该竞价方式的参数"
    hint_en = "Check the parameters of this kind of auction"


class NotOnTheFloor(JinguoError):
    code = "not_on_the_floor"
    status = 409
    zh = "标的还没有在交易系统里登记"
    en = "The floor does not have the auction yet"
    hint_zh = "请稍候再试"
    hint_en = "Try again shortly"


class StillOpen(JinguoError):
    code = "still_open"
    status = 409
    zh = "挂牌正在大厅里"
    en = "The listing stands in the hall"
    hint_zh = "请用撤牌或改价重挂"
    hint_en = "Withdraw it, or withdraw and relist it"


class NotReverse(JinguoError):
    code = "not_reverse"
    status = 409
    zh = "只有反向竞价由卖方备货参加"
    en = "Goods are put up only for a reverse auction"
    hint_zh = "请交保证金参加"
    hint_en = "Put up the bond to enter"


class NoBidFile(JinguoError):
    code = "no_bid_file"
    status = 404
    zh = "出价文件在竞价结束后公布"
    en = "The bid file is published when the auction has ended"
    hint_zh = "请在竞价结束后再下载"
    hint_en = "Download it after the end"


class SettingOutOfBounds(JinguoError):
    code = "setting_out_of_bounds"
    status = 422
    zh = "该期限应在 {least} 到 {most} 之间（单位 {unit_zh}）"
    en = "The value must be from {least} to {most} {unit_en}"
    hint_zh = "请改为范围内的整数"
    hint_en = "Choose a whole number within the bounds"
