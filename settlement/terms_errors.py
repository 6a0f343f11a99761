"""Refusals around contract terms, amendments and rescission, with stable codes in Chinese and English."""

from exchange.kernel.problems import JinguoError


class BadTerms(JinguoError):
    code = "bad_terms"
    status = 422
    zh = "条款不正确：{why_zh}"
    en = "The terms are not valid: {why_en}"
    hint_zh = "请按各项允许的范围填写"
    hint_en = "Keep each term within its range"


class TermsAgainstLaw(JinguoError):
    code = "terms_against_law"
    status = 422
    zh = "{term_zh}超过法律允许的上限（{law_zh}）"
    en = "{term_en} is above what the law allows ({law_en})"
    hint_zh = "请降低后再提出"
    hint_en = "Lower it and propose again"


class NoticeTooShort(JinguoError):
    code = "notice_too_short"
    status = 422
    zh = "新规则最早自 {first} 起执行"
    en = "New terms can be in force from {first} at the earliest"
    hint_zh = "规则修改须在实施前至少公示七日（电子商务法第三十四条），执行日须为交易日且晚于已有版本"
    hint_en = "Seven days of public notice (E-Commerce Law 34), on a trading day after every version there is"


class NothingChanged(JinguoError):
    code = "terms_unchanged"
    status = 422
    zh = "与现行条款没有差别"
    en = "Nothing differs from the terms there are"
    hint_zh = "请修改至少一项"
    hint_en = "Change at least one of them"


class TermsWaiting(JinguoError):
    code = "terms_waiting"
    status = 409
    zh = "{version} 正在等待复核"
    en = "{version} is waiting for approval"
    hint_zh = "请先复核或否决，再提出新版本"
    hint_en = "Approve or reject it before proposing another"


class BadAmendment(JinguoError):
    code = "bad_amendment"
    status = 422
    zh = "变更内容不正确：{why_zh}"
    en = "The amendment is not valid: {why_en}"
    hint_zh = "可以变更最迟提货日、仓储费承担日、异议截止日和溢短范围"
    hint_en = "Last day of pickup, storage paid from, objection until and tolerance can change"


class AnotherDeal(JinguoError):
    code = "another_deal"
    status = 422
    zh = "数量、价格和货物不能变更：那是另一笔交易"
    en = "Quantity, price and goods cannot be amended: that would be another deal"
    hint_zh = "可以另行成交增加的部分；要少交或改价，请先解除本合同（违约经认定或有裁决），再按新条件重新成交"
    hint_en = (
        "Trade what is to be added as a new deal; for less or another price have this contract rescinded "
        "(after a confirmed breach or an award) and trade anew"
    )


class AmendmentWaiting(JinguoError):
    code = "amendment_waiting"
    status = 409
    zh = "{number} 正在等待对方答复"
    en = "{number} is waiting for an answer"
    hint_zh = "请先等待答复，或由提出方撤回"
    hint_en = "Wait for the answer, or let its proposer withdraw it"


class TooManyAmendments(JinguoError):
    code = "too_many_amendments"
    status = 429
    zh = "该合同已提出 {count} 次变更，不能再提出"
    en = "{count} amendments of this contract have been proposed"
    hint_zh = "请联系市场经营者"
    hint_en = "Ask the operator"


class AmendmentExpired(JinguoError):
    code = "amendment_expired"
    status = 409
    zh = "变更的答复期限已过（{deadline}）"
    en = "The time to answer is over ({deadline})"
    hint_zh = "请对方重新提出"
    hint_en = "Have it proposed again"


class OwnAmendment(JinguoError):
    code = "own_amendment"
    status = 409
    zh = "变更须由对方同意"
    en = "An amendment is agreed to by the other party"
    hint_zh = "您可以撤回自己提出的变更"
    hint_en = "You can withdraw your own"


class NoGroundToRescind(JinguoError):
    code = "no_ground_to_rescind"
    status = 409
    zh = "合同没有经认定的违约或者裁决，不能解除"
    en = "No breach is confirmed and no award made: the contract cannot be rescinded"
    hint_zh = "请先认定违约，或登记并执行裁决"
    hint_en = "Confirm a breach first, or carry out an award"


class GoodsHaveLeft(JinguoError):
    code = "goods_have_left"
    status = 409
    zh = "货物已出库，不能返还仓单"
    en = "The goods have left the store: the receipts cannot go back"
    hint_zh = "请按赔偿处理"
    hint_en = "Settle it by damages"


class InvoiceStands(JinguoError):
    code = "invoice_stands"
    status = 409
    zh = "发票 {number} 已开具，尚未红冲"
    en = "Invoice {number} is issued and not reversed"
    hint_zh = "请先由双方办理红字发票"
    hint_en = "Both parties reverse it with a red letter first"


class AlreadyRescinding(JinguoError):
    code = "already_rescinding"
    status = 409
    zh = "该合同的解除正在办理或已办结（{number}）"
    en = "This contract is being rescinded already, or was ({number})"
    hint_zh = "请查看解除记录"
    hint_en = "Look at that rescission"
