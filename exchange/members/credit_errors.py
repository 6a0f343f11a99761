"""Refusals of credit records, each with a stable code and what to do, in Chinese and English."""

from exchange.kernel.problems import JinguoError


class UnknownCredit(JinguoError):
    code = "unknown_credit_record"
    status = 404
    zh = "没有查到该交易商的信用记录"
    en = "No credit record was found"
    hint_zh = "请核对交易商代码、全称或统一社会信用代码；果农须凭交易商代码查询"
    hint_en = "Check the member code, full name or credit code; growers are found by member code only"


class UnknownFact(JinguoError):
    code = "unknown_credit_fact"
    status = 404
    zh = "没有这条信用记录"
    en = "There is no such credit fact"
    hint_zh = "请从本方的信用记录中选择"
    hint_en = "Choose one from your own record"


class UnknownObjection(JinguoError):
    code = "unknown_credit_objection"
    status = 404
    zh = "没有此异议"
    en = "There is no such objection"
    hint_zh = "请从列表中选择"
    hint_en = "Choose one from the list"


class BadObjection(JinguoError):
    code = "bad_credit_objection"
    status = 422
    zh = "请写明理由（2 至 300 字）和证据说明（2 至 2000 字）"
    en = "Give a reason of 2 to 300 characters and evidence of 2 to 2000 characters"
    hint_zh = "可引用合同号、磅单号、付款凭证号"
    hint_en = "Quote numbers of contracts, weighbridge tickets or payments"


class NotObjectionable(JinguoError):
    code = "credit_fact_not_objectionable"
    status = 409
    zh = "这条记录不能提出异议"
    en = "This fact cannot be objected to"
    hint_zh = "更正、已被更正和有利的记录不受理异议"
    hint_en = "Corrections, facts already set aside and favourable facts take no objection"


class ObjectionWaits(JinguoError):
    code = "credit_objection_waits"
    status = 409
    zh = "这条记录的异议正在处理"
    en = "An objection to this fact is being decided"
    hint_zh = "请等待答复，最迟 10 个交易日"
    hint_en = "Wait for the answer, 10 trading days at most"


class TooManyObjections(JinguoError):
    code = "too_many_credit_objections"
    status = 429
    zh = "异议过多：同一条记录至多两次，同时处理至多 20 件"
    en = "Too many objections: two to a fact, twenty at a time"
    hint_zh = "对处理结果不服的，可申请调解或仲裁"
    hint_en = "Who disagrees with a decision may ask for mediation or arbitration"


class TooEarlyToRepair(JinguoError):
    code = "credit_repair_too_early"
    status = 409
    zh = "还不能申请信用修复：{why_zh}"
    en = "It is too early for a repair: {why_en}"
    hint_zh = "满足条件后再申请；认为记录有误的，可以提出异议"
    hint_en = "Apply when that is so; if the fact is wrong, object to it"


class ObjectionClosed(JinguoError):
    code = "credit_objection_closed"
    status = 409
    zh = "异议已经办结"
    en = "The objection is closed"
    hint_zh = "请刷新页面查看结果"
    hint_en = "Reload the page to see the outcome"


class NotCreditEvidence(JinguoError):
    code = "not_credit_evidence"
    status = 422
    zh = "不是信用证据文件：{why_zh}"
    en = "This is no credit evidence file: {why_en}"
    hint_zh = "请使用信用查询页下载的 JSON 文件"
    hint_en = "Use the JSON file downloaded from the page of the record"
