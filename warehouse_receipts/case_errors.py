"""What freezes, losses, pledges and pickups refuse."""

from exchange.kernel.errors import JinguoError


class UnknownCase(JinguoError):
    code = "unknown_case"
    status = 404
    zh = "没有此记录 {case}"
    en = "There is no case {case}"
    hint_zh = "它可能已经处理"
    hint_en = "It may be settled already"


class TooEarly(JinguoError):
    code = "too_early"
    status = 409
    zh = "{until} 之前不能办理"
    en = "Not before {until}"
    hint_zh = "请等待公示期满"
    hint_en = "Wait until the notice has run"


class BadCase(JinguoError):
    code = "bad_case"
    status = 422
    zh = "资料不完整：{why_zh}"
    en = "Something is missing: {why_en}"
    hint_zh = "请补齐后重新提交"
    hint_en = "Complete it and send again"


class UnknownLender(JinguoError):
    code = "unknown_lender"
    status = 404
    zh = "没有此质权人 {lender}"
    en = "There is no lender {lender}"
    hint_zh = "请核对质权人代码"
    hint_en = "Check the lender's code"


class BadPledge(JinguoError):
    code = "bad_pledge"
    status = 422
    zh = "质押条件不符：{why_zh}"
    en = "The pledge does not meet its terms: {why_en}"
    hint_zh = "请减少贷款金额、增加仓单或更换质权人"
    hint_en = "Borrow less, pledge more, or choose another lender"


class UnknownPledge(JinguoError):
    code = "unknown_pledge"
    status = 404
    zh = "没有此质押 {pledge}"
    en = "There is no pledge {pledge}"
    hint_zh = "请核对质押编号"
    hint_en = "Check the pledge's number"


class UnknownPickup(JinguoError):
    code = "unknown_pickup"
    status = 404
    zh = "没有此提货单 {pickup}"
    en = "There is no pickup {pickup}"
    hint_zh = "请核对提货单号"
    hint_en = "Check the pickup's number"


class BadPickup(JinguoError):
    code = "bad_pickup"
    status = 422
    zh = "提货资料不正确：{why_zh}"
    en = "The pickup is not valid: {why_en}"
    hint_zh = "请核对车牌、提货人、证件号与时间"
    hint_en = "Check plate, person, ID and time"


class WrongPickupCode(JinguoError):
    code = "wrong_pickup_code"
    status = 403
    zh = "提货码、车牌或证件不符"
    en = "Code, plate or ID does not match"
    hint_zh = "连续错误五次后本单锁定，须由货主重新申请"
    hint_en = "After five wrong tries the order is locked and must be asked for again"


class PickupLocked(JinguoError):
    code = "pickup_locked"
    status = 409
    zh = "提货单 {pickup} 因多次输错已锁定"
    en = "Pickup {pickup} is locked after too many wrong tries"
    hint_zh = "请由货主取消后重新申请"
    hint_en = "Let the holder cancel it and ask again"


class SlotFull(JinguoError):
    code = "slot_full"
    status = 409
    zh = "该时段已约满"
    en = "The slot is full"
    hint_zh = "请选择其他时段"
    hint_en = "Choose another slot"


class OverShort(JinguoError):
    code = "over_short"
    status = 422
    zh = "过磅 {weighed_kg} 公斤与应提 {kg} 公斤相差超过百分之二"
    en = "{weighed_kg} kg on the scale is more than 2 % away from {kg} kg"
    hint_zh = "超出溢短范围须重新过磅或协商"
    hint_en = "Weigh again or come to terms"


class BadCount(JinguoError):
    code = "bad_count"
    status = 422
    zh = "盘点数据不正确：{why_zh}"
    en = "The count is not valid: {why_en}"
    hint_zh = "请核对后重报"
    hint_en = "Check and send again"


class NotDowngraded(JinguoError):
    code = "not_downgraded"
    status = 409
    zh = "仓单 {receipt} 的货物仍符合其品种，不能换级"
    en = "The goods of receipt {receipt} still meet its product: it cannot be regraded"
    hint_zh = "请先安排复检"
    hint_en = "Have the lot inspected again first"


class StillShort(JinguoError):
    code = "still_short"
    status = 409
    zh = "仍短少 {kg} 公斤"
    en = "Still short of {kg} kg"
    hint_zh = "请补足货物或核销仓单"
    hint_en = "Bring the goods, or have receipts written off"


class BadFile(JinguoError):
    code = "bad_file"
    status = 422
    zh = "文件不能读取：{why_zh}"
    en = "The file cannot be read: {why_en}"
    hint_zh = "请按模板整理后重新上传"
    hint_en = "Bring it into the form of the template and send it again"


class BadRow(JinguoError):
    code = "bad_row"
    status = 422
    zh = "该行数据不正确：{why_zh}"
    en = "The row is not valid: {why_en}"
    hint_zh = "请改正该行后重新上传"
    hint_en = "Correct the row and send it again"


class ReceiptUnderOrder(JinguoError):
    code = "receipt_under_order"
    status = 409
    zh = "仓单 {receipt} 已有冻结令，不能再办理任何业务"
    en = "Receipt {receipt} has been ordered frozen: no further business with it"
    hint_zh = "已成交的部分照常交收，余下货物冻结；请联系市场经营者或作出冻结的机关"
    hint_en = "Deals already made settle, the rest is frozen; ask the operator or the authority"
