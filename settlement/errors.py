"""Refusals of settlement, each with a stable code and what to do, in Chinese and English."""

from exchange.kernel.problems import JinguoError


class SamePerson(JinguoError):
    code = "same_person_twice"
    status = 409
    zh = "提出人不能复核自己的申请"
    en = "Whoever proposed this cannot approve it"
    hint_zh = "请由另一名工作人员复核"
    hint_en = "Have another member of staff approve it"


class BadReason(JinguoError):
    code = "bad_reason"
    status = 422
    zh = "请写明原因（2 至 300 字）"
    en = "Give a reason of 2 to 300 characters"
    hint_zh = "原因会写入审计记录，不能修改"
    hint_en = "It is kept in the audit log and cannot be changed"


class BadMove(JinguoError):
    code = "bad_money_move"
    status = 422
    zh = "这笔款项的科目或金额不正确"
    en = "The accounts or the amount of this money move are not valid"
    hint_zh = "借贷科目须不同且已在科目表中，金额须为正"
    hint_en = "Two different accounts of the chart and a positive amount"


class GoodsUnpaid(JinguoError):
    code = "goods_unpaid"
    status = 409
    zh = "合同 {contract} 尚未付清，不能提货"
    en = "Contract {contract} is not paid yet; its goods stay in the store"
    hint_zh = "请先支付尾款"
    hint_en = "Pay the balance first"


class GoodsContested(JinguoError):
    code = "goods_contested"
    status = 409
    zh = "合同 {contract} 有未结的异议或争议，货物须留库待检"
    en = "A claim or dispute of contract {contract} is open; its goods stay for inspection"
    hint_zh = "异议撤回或处理完毕后再提货"
    hint_en = "Fetch them when it is withdrawn or decided"


class OverTolerance(JinguoError):
    code = "over_tolerance"
    status = 409
    zh = "净重 {net_kg} 公斤超出合同溢短范围（最多 {most_kg} 公斤），超出部分不得出库"
    en = "{net_kg} kg is more than the tolerance allows (at most {most_kg} kg); the rest may not leave"
    hint_zh = "请卸下超出部分后重新过磅"
    hint_en = "Unload what is too much and weigh again"


class StoreOwes(JinguoError):
    code = "store_owes"
    status = 409
    zh = "仓库 {store} 尚有短少赔付未清，不能付出"
    en = "Warehouse {store} still owes for goods short; its money stays"
    hint_zh = "赔付结清后再付，或只付超出部分"
    hint_en = "Pay out what is beyond that, or wait until it is paid"


class ClaimTooLate(JinguoError):
    code = "claim_too_late"
    status = 409
    zh = "该类异议的期限已过（{deadline}）"
    en = "The time for such a claim is over ({deadline})"
    hint_zh = "外观、规格、重量须在离库前提出，隐蔽缺陷在离库后 48 小时内提出"
    hint_en = "Weight and visible defects before leaving the store, hidden ones within 48 hours"


class ClaimTooEarly(JinguoError):
    code = "claim_too_early"
    status = 409
    zh = "货物尚未离库，不能提出隐蔽缺陷异议"
    en = "Hidden defects are claimed after the goods have left the store"
    hint_zh = "离库前请提出外观、规格或重量异议"
    hint_en = "Before that, claim visible defects or the weight"


class BadClaim(JinguoError):
    code = "bad_claim"
    status = 422
    zh = "异议内容不正确：{why_zh}"
    en = "The claim is not valid: {why_en}"
    hint_zh = "请写明缺陷、索赔金额（不超过货款）并附照片或视频"
    hint_en = "Describe the defect, ask for at most the price, and attach photos or video"


class EvidenceMissing(JinguoError):
    code = "evidence_missing"
    status = 422
    zh = "此项必须附照片、视频或检验报告"
    en = "Photos, video or an inspection report must be attached"
    hint_zh = "请上传证据后再提交"
    hint_en = "Upload the evidence with it"


class BadEvidence(JinguoError):
    code = "bad_evidence"
    status = 422
    zh = "证据文件 {name} 不能接受：{why_zh}"
    en = "The evidence file {name} cannot be taken: {why_en}"
    hint_zh = "可上传 JPG、PNG、PDF、MP4 或 TXT，每个不超过 8 MB"
    hint_en = "JPG, PNG, PDF, MP4 or TXT of at most 8 MB each"


class TooMuchEvidence(JinguoError):
    code = "too_much_evidence"
    status = 429
    zh = "该案已有 {count} 份证据，不能再上传"
    en = "This case has {count} files already"
    hint_zh = "请合并文件，或联系市场经营者"
    hint_en = "Combine the files, or ask the operator"


class BadDamages(JinguoError):
    code = "bad_damages"
    status = 422
    zh = "违约金比例不能超过货款的 {most_bps} 基点"
    en = "Liquidated damages are at most {most_bps} basis points of the price"
    hint_zh = "请按规则确定违约金"
    hint_en = "Set the damages by the rulebook"


class CureRunning(JinguoError):
    code = "cure_running"
    status = 409
    zh = "补救期未满（至 {deadline}），不能认定违约"
    en = "The time to cure runs until {deadline}"
    hint_zh = "请等补救期满，或在补救后撤销"
    hint_en = "Wait for it to end, or note the cure"


class BadAward(JinguoError):
    code = "bad_award"
    status = 422
    zh = "裁决或调解金额不正确"
    en = "The amount agreed or awarded is not valid"
    hint_zh = "金额为零到货款之间，并写明由谁支付"
    hint_en = "Between nothing and the price, and say who pays"


class NotDecided(JinguoError):
    code = "not_decided"
    status = 409
    zh = "双方尚未都同意调解方案"
    en = "Both parties have not agreed to the proposal yet"
    hint_zh = "双方同意后才能执行；否则请转仲裁"
    hint_en = "It is carried out when both agree; otherwise refer it to arbitration"


class BadInvoice(JinguoError):
    code = "bad_invoice"
    status = 422
    zh = "发票信息不正确：{why_zh}"
    en = "The invoice is not valid: {why_en}"
    hint_zh = "数电票号码为 20 位数字"
    hint_en = "An invoice number has 20 digits"


class BadBankFile(JinguoError):
    code = "bad_bank_file"
    status = 422
    zh = "银行文件不能接受：{why_zh}"
    en = "The bank's file cannot be taken: {why_en}"
    hint_zh = "文件已隔离保存，未记任何账；请联系银行重发"
    hint_en = "It is kept in quarantine and nothing was booked; ask the bank to send it again"


class OtherAccountsFile(JinguoError):
    code = "other_accounts_file"
    status = 422
    zh = "对账单不是本专户 {account} 的"
    en = "The statement is not of our account {account}"
    hint_zh = "文件已隔离保存，请联系银行"
    hint_en = "It is kept in quarantine; ask the bank"


class DuplicateBankFile(JinguoError):
    code = "duplicate_bank_file"
    status = 409
    zh = "第 {sequence} 号对账单已经导入"
    en = "Statement {sequence} was taken in before"
    hint_zh = "无需重复导入；没有任何金额变动"
    hint_en = "Nothing to do; no money moved"


class BankFileOutOfOrder(JinguoError):
    code = "bank_file_out_of_order"
    status = 409
    zh = "应导入第 {expected} 号对账单，收到第 {sequence} 号"
    en = "Statement {expected} is expected, {sequence} came"
    hint_zh = "文件已隔离保存；请先导入缺失的对账单"
    hint_en = "It is kept in quarantine; take in the missing statement first"


class WithdrawalLimit(JinguoError):
    code = "withdrawal_limit"
    status = 409
    zh = "超过单日出金限额（今日还可出金 {left} 元）"
    en = "Above the daily limit (left today: {left} yuan)"
    hint_zh = "请明日再申请，或联系市场经营者"
    hint_en = "Ask again tomorrow, or speak to the operator"


class SecondFactorNeeded(JinguoError):
    code = "second_factor_needed"
    status = 403
    zh = "{above} 元以上的出金需要动态验证码"
    en = "A withdrawal of {above} yuan or more needs the code of your second factor"
    hint_zh = "请在账户安全页启用双重验证，并填写验证码"
    hint_en = "Turn on two-factor authentication and enter the code"
