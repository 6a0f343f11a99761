"""What the supply and demand board refuses."""

from exchange.kernel.errors import JinguoError


class ContactInText(JinguoError):
    code = "contact_in_text"
    status = 422
    zh = "文字里有电话、账号或网址：{found}"
    en = "The text holds a phone number, an account or a link: {found}"
    hint_zh = "请删去后再发；双方都按“交换联系方式”后，交易所会让彼此看到"
    hint_en = "Take it out; once both sides have pressed Exchange contacts, both see them"


class BadText(JinguoError):
    code = "bad_text"
    status = 422
    zh = "{name}为空、过长或含有不能显示的字符"
    en = "{name_en} is empty, too long, or holds characters that cannot be shown"
    hint_zh = "请用普通文字，最多 {most} 字"
    hint_en = "Plain text, at most {most} characters"


class BadSpec(JinguoError):
    code = "bad_spec"
    status = 422
    zh = "规格不正确：{name}"
    en = "The specification is not valid: {name_en}"
    hint_zh = "请从列表中选择品种、果径、等级、产地和贮藏方式；糖度在 8 到 25 之间"
    hint_en = "Choose from the lists; soluble solids lie between 8 and 25"


class BadIntentionQuantity(JinguoError):
    code = "bad_intention_quantity"
    status = 422
    zh = "数量范围不正确"
    en = "The range of quantity is not valid"
    hint_zh = "整数公斤，从 {least} 公斤起，最少不超过最多"
    hint_en = "Whole kilograms from {least} kg, the least not above the most"


class BadDelivery(JinguoError):
    code = "bad_delivery"
    status = 422
    zh = "交货时间不正确"
    en = "The delivery window is not valid"
    hint_zh = "从今天起一年之内，开始不晚于结束"
    hint_en = "From today and within a year, the first day not after the last"


class BadIntentionValidity(JinguoError):
    code = "bad_intention_validity"
    status = 422
    zh = "有效期不正确"
    en = "The validity is not valid"
    hint_zh = "从今天起，最多 {most} 天"
    hint_en = "From today, at most {most} days ahead"


class ReceiptNotFree(JinguoError):
    code = "receipt_not_free"
    status = 409
    zh = "仓单 {receipt} 不能作为依据：不是本方的、达不到所写的规格，或已冻结、质押、过期"
    en = "Receipt {receipt} does not fit: not yours, below what you wrote, on hold, pledged or expired"
    hint_zh = "请选本方可卖的仓单，或不关联仓单"
    hint_en = "Choose a free receipt of your own, or none"


class ReceiptShownAlready(JinguoError):
    code = "receipt_shown_already"
    status = 409
    zh = "仓单 {receipt} 已关联另一条供应信息"
    en = "Receipt {receipt} stands behind another supply already"
    hint_zh = "请先关闭那条信息，或选别的仓单"
    hint_en = "Close that one first, or choose another receipt"


class TooManyIntentions(JinguoError):
    code = "too_many_intentions"
    status = 429
    zh = "供求信息已到上限：同时有效 {open} 条，每天发布 {day} 条"
    en = "The limit is reached: {open} open at a time, {day} a day"
    hint_zh = "请先关闭不需要的信息，或明天再发"
    hint_en = "Close what is not needed, or publish tomorrow"


class TooManyChanges(JinguoError):
    code = "too_many_changes"
    status = 429
    zh = "今天的修改和续期已到上限：{day} 次"
    en = "The limit of changes and renewals is reached: {day} a day"
    hint_zh = "请明天再改，或关闭这条信息"
    hint_en = "Change it tomorrow, or close it"


class UnknownIntention(JinguoError):
    code = "unknown_intention"
    status = 404
    zh = "没有这条供求信息"
    en = "There is no such post"
    hint_zh = "请核对编号；下架的信息只有发布方看得到"
    hint_en = "Check the number; what was taken down is shown to its owner only"


class IntentionNotOpen(JinguoError):
    code = "intention_not_open"
    status = 409
    zh = "这条供求信息已经过期、关闭或下架"
    en = "The post has expired or was closed or taken down"
    hint_zh = "过期的可以续期；关闭或下架的请照原样再发一条"
    hint_en = "An expired one can be renewed; of others publish a copy"


class TermsChanged(JinguoError):
    code = "terms_changed"
    status = 409
    zh = "这条供求信息刚刚被修改过"
    en = "The post has been changed meanwhile"
    hint_zh = "请刷新后按新的内容再改或再问"
    hint_en = "Reload and go by what it says now"


class OwnIntention(JinguoError):
    code = "own_intention"
    status = 409
    zh = "不能向本方或关联方的信息询盘"
    en = "You cannot inquire about your own post or a related party's"
    hint_zh = "请选择其他交易商的信息"
    hint_en = "Choose another member's"


class InquiryStands(JinguoError):
    code = "inquiry_stands"
    status = 409
    zh = "您对这条信息的询盘还在洽谈中"
    en = "You have an open inquiry about this post already"
    hint_zh = "请在“我的供求”里接着谈"
    hint_en = "Go on with it under Me, Supply and demand"


class UnknownInquiry(JinguoError):
    code = "unknown_inquiry"
    status = 404
    zh = "没有这笔询盘"
    en = "There is no such inquiry"
    hint_zh = "请核对编号；洽谈只有双方看得见"
    hint_en = "Check the number; a conversation is shown to its two parties only"


class InquiryOver(JinguoError):
    code = "inquiry_over"
    status = 409
    zh = "这笔询盘已经结束"
    en = "The inquiry is over"
    hint_zh = "需要再谈，请重新询盘"
    hint_en = "Inquire anew to go on"


class NotYourStep(JinguoError):
    code = "not_your_step"
    status = 403
    zh = "这一步要由对方来做"
    en = "This is for the other side to do"
    hint_zh = "发布方谈妥或谢绝，询盘方撤回"
    hint_en = "The publisher agrees or declines, the inquirer withdraws"


class TooManyMessages(JinguoError):
    code = "too_many_messages"
    status = 429
    zh = "发送过于频繁"
    en = "Too many messages"
    hint_zh = "每分钟最多 {minute} 条；询盘每天最多 {inquiries} 笔，举报每天最多 {reports} 次。请稍后再发"
    hint_en = "At most {minute} messages a minute, {inquiries} inquiries and {reports} reports a day"


class Blocked(JinguoError):
    code = "member_blocked"
    status = 403
    zh = "你们之间已停止往来"
    en = "You and this member do not talk to each other"
    hint_zh = "其中一方屏蔽了另一方；本方屏蔽的可在“我的供求”里解除"
    hint_en = "One of the two has blocked the other; lift your own block under Me, Supply and demand"


class BadContact(JinguoError):
    code = "bad_contact"
    status = 422
    zh = "联系人或电话不正确"
    en = "The name or the phone number is not valid"
    hint_zh = "联系人 1 到 {most} 字；电话为 11 位手机号或带区号的座机"
    hint_en = "A name of 1 to {most} characters; a mobile number or a landline with its area code"


class ReportedAlready(JinguoError):
    code = "reported_already"
    status = 409
    zh = "您已举报过，正在处理"
    en = "You have reported this already"
    hint_zh = "请等市场经营者处理"
    hint_en = "The operator will look at it"
