"""What the receipt register refuses."""

from exchange.kernel.errors import JinguoError


class UnknownWarehouse(JinguoError):
    code = "unknown_warehouse"
    status = 404
    zh = "没有此指定交收仓库 {warehouse}"
    en = "There is no designated warehouse {warehouse}"
    hint_zh = "请核对仓库代码"
    hint_en = "Check the warehouse code"


class WarehouseNotActive(JinguoError):
    code = "warehouse_not_active"
    status = 409
    zh = "仓库 {warehouse} 已暂停或撤销，不能入库或签发仓单"
    en = "Warehouse {warehouse} is suspended or closed: no intake, no receipts"
    hint_zh = "请改约其他指定交收仓库"
    hint_en = "Book another designated warehouse"


class WarehouseFull(JinguoError):
    code = "warehouse_full"
    status = 409
    zh = "仓库 {warehouse} 剩余库容不足（还可存 {free_kg} 公斤）"
    en = "Warehouse {warehouse} has no room for that (free: {free_kg} kg)"
    hint_zh = "请减少入库数量或改约其他仓库"
    hint_en = "Bring less or book another warehouse"


class UnknownIntake(JinguoError):
    code = "unknown_intake"
    status = 404
    zh = "没有此入库单 {intake}"
    en = "There is no intake {intake}"
    hint_zh = "请核对入库单号"
    hint_en = "Check the intake number"


class UnknownReceipt(JinguoError):
    code = "unknown_receipt"
    status = 404
    zh = "没有此仓单 {receipt}"
    en = "There is no warehouse receipt {receipt}"
    hint_zh = "请核对仓单编号；他人的仓单不会显示"
    hint_en = "Check the receipt number; receipts of others are not shown"


class BadWeights(JinguoError):
    code = "bad_weights"
    status = 422
    zh = "过磅数据不正确：{why_zh}"
    en = "The weights are not valid: {why_en}"
    hint_zh = "抽样件数不超过总件数，毛重大于皮重，净重至少一公斤"
    hint_en = "Sample at most all pieces, gross above tare, and at least one kilogram net"


class BelowCell(JinguoError):
    code = "below_cell"
    status = 422
    zh = "该批货物达不到品种要求：{why_zh}"
    en = "The lot does not meet the product: {why_en}"
    hint_zh = "请选择质检结果符合的品种，或申请复检"
    hint_en = "Choose a product the inspection meets, or ask for a re-inspection"


class OverReceipted(JinguoError):
    code = "over_receipted"
    status = 409
    zh = "签发数量超过该批货物未签发的数量（还可签发 {free_kg} 公斤）"
    en = "More than the goods of this lot without a receipt (left: {free_kg} kg)"
    hint_zh = "仓单数量不得超过实物数量"
    hint_en = "Receipts may never exceed the goods"


class UnknownSetAside(JinguoError):
    code = "unknown_set_aside"
    status = 404
    zh = "没有此仓单占用记录 {set_aside}"
    en = "There is no set-aside {set_aside}"
    hint_zh = "请核对编号"
    hint_en = "Check the number"


class ReceiptInBusiness(JinguoError):
    code = "receipt_in_business"
    status = 409
    zh = "仓单 {receipt} 正在办理其他业务（{business_zh}）"
    en = "Receipt {receipt} is in another business ({business_en})"
    hint_zh = "一张仓单同一时间只能办理一项业务，请先结束该业务"
    hint_en = "One business at a time holds a receipt: end that one first"


class ReceiptNotValid(JinguoError):
    code = "receipt_not_valid"
    status = 409
    zh = "仓单 {receipt} 已注销"
    en = "Receipt {receipt} has been cancelled"
    hint_zh = "请选择有效的仓单"
    hint_en = "Choose a valid receipt"


class ReceiptExpired(JinguoError):
    code = "receipt_expired"
    status = 409
    zh = "仓单 {receipt} 已过有效期"
    en = "Receipt {receipt} is past its last day"
    hint_zh = "请申请复检展期，或办理提货"
    hint_en = "Ask for a re-inspection and extension, or pick the goods up"


class ReceiptLocked(JinguoError):
    code = "receipt_locked"
    status = 409
    zh = "仓单 {receipt} 在持续挂牌限制期内，{until} 起可以卖出"
    en = "Receipt {receipt} is in its resale lock and may be sold from {until}"
    hint_zh = "买入的货物须满五个交易日才能再次卖出"
    hint_en = "Goods bought may be sold again after five trading days"


class MixedReceipts(JinguoError):
    code = "mixed_receipts"
    status = 422
    zh = "所选仓单不是同一品种"
    en = "The receipts are not of one product"
    hint_zh = "一次只能选择同一品种的仓单"
    hint_en = "Choose receipts of one product at a time"


class BadReceiptChoice(JinguoError):
    code = "bad_receipt_choice"
    status = 422
    zh = "请选择 1 至 {most} 张不同的仓单"
    en = "Choose between 1 and {most} different receipts"
    hint_zh = "请核对所选仓单"
    hint_en = "Check the receipts chosen"


class BadSetAsideKg(JinguoError):
    code = "bad_set_aside_kg"
    status = 422
    zh = "数量不正确：该占用还剩 {left_kg} 公斤"
    en = "The quantity is not valid: {left_kg} kg are still set aside"
    hint_zh = "数量是整数公斤，大于零，不超过剩余数量"
    hint_en = "Whole kg, above zero, at most what is left"


class SetAsideNotActive(JinguoError):
    code = "set_aside_not_active"
    status = 409
    zh = "该占用不在生效状态（{state_zh}）"
    en = "The set-aside is not in force ({state_en})"
    hint_zh = "请等待确认，或重新办理"
    hint_en = "Wait for the confirmation, or begin again"


class ReceiptChanged(JinguoError):
    """Why a set-aside ends refused although the floor agreed: a spot order had sold some of the goods."""

    code = "receipt_changed"
    status = 409
    zh = "等待确认期间，所选仓单的货物已在现货交易中成交"
    en = "Goods of a chosen receipt were sold on the spot market while the request waited"
    hint_zh = "请重新选择仓单"
    hint_en = "Choose receipts again"


class ReceiptsShort(JinguoError):
    """The floor let goods be sold that the register does not have: the projector must stop, loudly."""

    code = "receipts_short"
    status = 500
    zh = "仓单登记与交易数量不一致：账户 {account} 品种 {product} 缺 {missing_kg} 公斤"
    en = "The register lacks {missing_kg} kg of product {product} for account {account}"
    hint_zh = "系统已停止登记，请联系市场经营者核对仓单"
    hint_en = "The register has stopped; the operator must reconcile the receipts"
