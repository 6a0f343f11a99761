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


class DuplicateWarehouse(JinguoError):
    code = "duplicate_warehouse"
    status = 409
    zh = "仓库 {warehouse} 已存在，或有提案尚待审核"
    en = "Warehouse {warehouse} exists, or a proposal about it waits"
    hint_zh = "请先审核待处理的提案"
    hint_en = "Decide the waiting proposal first"


class BadWarehouse(JinguoError):
    code = "bad_warehouse"
    status = 422
    zh = "仓库资料不正确：{why_zh}"
    en = "What is said about the warehouse is not valid: {why_en}"
    hint_zh = "请核对库间、库容、费用、保险与星级"
    hint_en = "Check rooms, capacity, fees, insurance and star rank"


class UnknownProposal(JinguoError):
    code = "unknown_warehouse_proposal"
    status = 404
    zh = "没有待审核的提案 {proposal}"
    en = "There is no waiting proposal {proposal}"
    hint_zh = "它可能已经审核"
    hint_en = "It may have been decided already"


class SamePerson(JinguoError):
    code = "own_warehouse_proposal"
    status = 403
    zh = "提出人不能审核自己的提案"
    en = "Nobody decides what they proposed themselves"
    hint_zh = "请由另一位有权限的人员审核"
    hint_en = "Let another authorised person decide"


class UnknownRoom(JinguoError):
    code = "unknown_room"
    status = 404
    zh = "仓库 {warehouse} 没有库间 {room}"
    en = "Warehouse {warehouse} has no room {room}"
    hint_zh = "请核对库间编号"
    hint_en = "Check the room's code"


class BadReading(JinguoError):
    code = "bad_reading"
    status = 422
    zh = "库间 {room} 的温湿度读数不可能，或一次上报过多"
    en = "A reading of room {room} is impossible, or too many came at once"
    hint_zh = "温度 -40 至 60 摄氏度，湿度 0 至 100 %，时间不晚于现在，一次至多 10000 条"
    hint_en = "-40 to 60 degrees, 0 to 100 %, not in the future, at most 10,000 at once"


class BadOrigin(JinguoError):
    code = "bad_origin"
    status = 422
    zh = "溯源资料不正确：{why_zh}"
    en = "What is said about where the lot grew is not valid: {why_en}"
    hint_zh = "请核对果农、地块、采收、农事记录与合格证"
    hint_en = "Check grower, plot, harvest, plant protection and certificate"


class OriginMissing(JinguoError):
    code = "origin_missing"
    status = 409
    zh = "入库单 {intake} 没有溯源资料"
    en = "Intake {intake} says nothing about where it grew"
    hint_zh = "请先登记果农、地块、采收与合格证"
    hint_en = "Record grower, plot, harvest and certificate first"


class UnknownBody(JinguoError):
    code = "unknown_inspection_body"
    status = 404
    zh = "没有此质检机构 {body}"
    en = "There is no inspection body {body}"
    hint_zh = "请核对机构代码"
    hint_en = "Check the body's code"


class NotAccredited(JinguoError):
    code = "not_accredited"
    status = 403
    zh = "{inspector} 目前不能以 {body} 名义抽样或检验"
    en = "{inspector} may not sample or inspect for {body} now"
    hint_zh = "请核对资质有效期与人员登记"
    hint_en = "Check the accreditation and the list of inspectors"


class BadSampling(JinguoError):
    code = "bad_sampling"
    status = 422
    zh = "抽样不足：至少 {least} 件、{fruit} 个果"
    en = "The sample is too small: at least {least} pieces, {fruit} fruit"
    hint_zh = "请按抽样方案重新抽样"
    hint_en = "Sample again by the plan"


class UnknownSampling(JinguoError):
    code = "unknown_sampling"
    status = 404
    zh = "没有此抽样单 {sampling}"
    en = "There is no sample {sampling}"
    hint_zh = "请核对抽样单号"
    hint_en = "Check the sample's number"


class BadMeasurements(JinguoError):
    code = "bad_measurements"
    status = 422
    zh = "检验数据不正确：{why_zh}"
    en = "The measurements are not valid: {why_en}"
    hint_zh = "请核对后重报"
    hint_en = "Check and send again"


class ResidueFound(JinguoError):
    code = "residue_found"
    status = 409
    zh = "{substance} 残留 {found} 微克/千克，超过限量 {limit}"
    en = "{substance}: {found} µg/kg found, the limit is {limit}"
    hint_zh = "该批货物不能入库签发，请依法处置"
    hint_en = "The lot cannot be stored or receipted"


class IssueBlocked(JinguoError):
    code = "issue_blocked"
    status = 409
    zh = "仓库 {warehouse} 盘点短少，暂停签发仓单"
    en = "Warehouse {warehouse} was found short: it issues no receipts"
    hint_zh = "请先处理盘点差异"
    hint_en = "Settle the stock-taking first"


class UnknownRequest(JinguoError):
    code = "unknown_issue_request"
    status = 404
    zh = "没有待确认的签发申请 {request}"
    en = "There is no open request to issue {request}"
    hint_zh = "它可能已经注册或驳回"
    hint_en = "It may have been registered or refused"


class IssueNotConfirmed(JinguoError):
    code = "issue_not_confirmed"
    status = 409
    zh = "仓库、质检机构、货主尚未全部确认"
    en = "Warehouse, inspector and owner have not all confirmed"
    hint_zh = "三方确认后才能注册仓单"
    hint_en = "A receipt is registered once all three have confirmed"


class NotYourGoods(JinguoError):
    code = "not_your_goods"
    status = 403
    zh = "这不是您的货物或报告"
    en = "These are not your goods, or not your report"
    hint_zh = "请由货主或出具报告的机构确认"
    hint_en = "The owner or the body that reported confirms"


class ReceiptHeld(JinguoError):
    code = "receipt_held"
    status = 409
    zh = "仓单 {receipt} 有 {held_kg} 公斤在委托中"
    en = "{held_kg} kg of receipt {receipt} are promised to open orders"
    hint_zh = "请先撤销委托"
    hint_en = "Cancel the orders first"


class BadSplit(JinguoError):
    code = "bad_split"
    status = 422
    zh = "拆分数量之和应为 {kg} 公斤，每份至少 {least_kg} 公斤"
    en = "The parts must add up to {kg} kg, each at least {least_kg} kg"
    hint_zh = "请核对各份数量"
    hint_en = "Check the parts"


class NotMergeable(JinguoError):
    code = "not_mergeable"
    status = 409
    zh = "所选仓单不能合并：须为同一批货物、同一检验、同一有效期"
    en = "These receipts cannot be merged: one lot, one report and one last day are needed"
    hint_zh = "只有同一批入库拆分出的仓单可以合并"
    hint_en = "Only receipts split from one lot can be merged"


class NotExtendable(JinguoError):
    code = "not_extendable"
    status = 409
    zh = "仓单 {receipt} 不能展期到 {until}"
    en = "Receipt {receipt} cannot be extended to {until}"
    hint_zh = "需要三十日内合格的复检，且不超过库型的存储期限"
    hint_en = "It needs a good re-inspection of the last thirty days, within the season of the store"


class WrongStage(JinguoError):
    code = "wrong_stage"
    status = 409
    zh = "仓单 {receipt} 目前是 {stage_zh}，不能办理"
    en = "Receipt {receipt} is at stage {stage_en}: not now"
    hint_zh = "请核对仓单状态"
    hint_en = "Check the receipt's state"


class ReceiptsShort(JinguoError):
    """The floor let goods be sold that the register does not have: the projector must stop, loudly."""

    code = "receipts_short"
    status = 500
    zh = "仓单登记与交易数量不一致：账户 {account} 品种 {product} 缺 {missing_kg} 公斤"
    en = "The register lacks {missing_kg} kg of product {product} for account {account}"
    hint_zh = "系统已停止登记，请联系市场经营者核对仓单"
    hint_en = "The register has stopped; the operator must reconcile the receipts"
