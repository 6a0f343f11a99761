"""Refusals of settlement, each with a stable code and what to do, in Chinese and English."""

from exchange.kernel.problems import JinguoError


class SamePerson(JinguoError):
    code = "same_person"
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
