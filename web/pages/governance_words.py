"""The words of publications, consultations and complaints about the index, in the reader's language."""

from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from exchange.price_index.governance_types import ComplaintRow, ConsultationRow
from web.pages.words import Words, word

EXCLUSION: Words = {
    "related_parties": lazy("关联方"),
    "below_min_lot": lazy("小额"),
    "outlier": lazy("离群价"),
}
PROPOSAL_STATE: Words = {
    "waiting": lazy("待复核"),
    "released": lazy("已公布"),
    "refused": lazy("已驳回"),
    "withdrawn": lazy("已撤回"),
}
CONSULTATION_SUBJECT: Words = {
    "method": lazy("计算方法"),
    "parameters": lazy("方法参数"),
    "cells": lazy("样本与权重"),
}
CONSULTATION_STATE: Words = {
    "waiting": lazy("待复核"),
    "refused": lazy("已驳回"),
    "withdrawn": lazy("已撤回"),
    "open": lazy("征求意见中"),
    "adopted": lazy("已采纳"),
    "changed": lazy("修改后采纳"),
    "dropped": lazy("不再实施"),
}
OUTCOME: Words = {
    "adopted": lazy("按原稿采纳"),
    "changed": lazy("修改后采纳"),
    "dropped": lazy("不再实施"),
}
COMPLAINT_SUBJECT: Words = {
    "trades": lazy("采用或剔除的成交"),
    "prices": lazy("品种价格与取价方式"),
    "arithmetic": lazy("计算结果"),
    "publication": lazy("公布、推迟或修订"),
    "method": lazy("计算方法"),
    "other": lazy("其他"),
}
COMPLAINT_STATE: Words = {
    "filed": lazy("已收到，待受理"),
    "acknowledged": lazy("办理中"),
    "rejected": lazy("不成立"),
    "upheld": lazy("成立"),
    "withdrawn": lazy("投诉人撤回"),
}
METHOD_STATE: Words = {
    "announced": lazy("待实施"),
    "in_force": lazy("现行"),
    "past": lazy("已停用"),
}
PARAMETER: Words = {
    "min_trades": lazy("最少成交笔数"),
    "min_sellers": lazy("最少卖方数"),
    "min_buyers": lazy("最少买方数"),
    "min_lot_kg": lazy("最小计入成交量（公斤）"),
    "pair_cap_bps": lazy("同一对买卖方占比上限（基点）"),
    "mad_multiple": lazy("离群判定：绝对中位差倍数"),
    "median_low_bps": lazy("离群判定：中位价下限（基点）"),
    "median_high_bps": lazy("离群判定：中位价上限（基点）"),
    "window_days": lazy("成交窗口（交易日）"),
    "carry_days": lazy("最多沿用（交易日）"),
    "min_coverage_bps": lazy("最低权重覆盖（基点）"),
}


class Mark(NamedTuple):
    """A badge: tone, icon, text."""

    kind: str
    icon: str
    text: str


def consultation_mark(row: ConsultationRow, *, takes_comments: bool) -> Mark:
    """Where a consultation stands."""
    if row.state == "open" and not takes_comments:
        return Mark("warn", "clock", _("征求意见已截止，待决定"))
    kind, icon = {
        "open": ("info", "talk"),
        "waiting": ("warn", "clock"),
        "adopted": ("ok", "check"),
        "changed": ("ok", "check"),
    }.get(row.state, ("plain", "history"))
    return Mark(kind, icon, word(CONSULTATION_STATE, row.state))


def complaint_mark(row: ComplaintRow) -> Mark:
    """Where a complaint stands."""
    kind, icon = {
        "filed": ("warn", "clock"),
        "acknowledged": ("info", "clock"),
        "upheld": ("ok", "check"),
    }.get(row.state, ("plain", "history"))
    return Mark(kind, icon, word(COMPLAINT_STATE, row.state))
