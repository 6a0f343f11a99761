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


class ReceiptsShort(JinguoError):
    """The floor let goods be sold that the register does not have: the projector must stop, loudly."""

    code = "receipts_short"
    status = 500
    zh = "仓单登记与交易数量不一致：账户 {account} 品种 {product} 缺 {missing_kg} 公斤"
    en = "The register lacks {missing_kg} kg of product {product} for account {account}"
    hint_zh = "系统已停止登记，请联系市场经营者核对仓单"
    hint_en = "The register has stopped; the operator must reconcile the receipts"
