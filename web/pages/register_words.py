"""The words of the receipt register in the reader's language: stages, steps, parties."""

from django.utils.translation import gettext_lazy as lazy

from web.pages.words import Words

STAGE: Words = {
    "booked": lazy("已预约"),
    "arrived": lazy("已到库"),
    "weighed": lazy("已过磅"),
    "sampled": lazy("已抽样"),
    "inspected": lazy("已质检"),
    "stored": lazy("已入库"),
    "refused": lazy("已拒收"),
    "free": lazy("可交易"),
    "listing": lazy("挂牌中"),
    "auction": lazy("竞价中"),
    "negotiated": lazy("协议交易中"),
    "pledge": lazy("已质押"),
    "pickup": lazy("提货中"),
    "change": lazy("拆并换单中"),
    "frozen": lazy("已冻结"),
    "disputed": lazy("争议中"),
    "downgraded": lazy("已降等"),
    "expired": lazy("已过期"),
    "lost": lazy("已挂失"),
    "delivered": lazy("已出库"),
    "merged": lazy("已合并"),
    "replaced": lazy("已补发"),
    "regraded": lazy("已换级"),
    "written_off": lazy("已核销"),
}
PHOTO_KIND: Words = {
    "gate": lazy("进门"),
    "scale": lazy("过磅"),
    "sample": lazy("样品"),
    "room": lazy("库间"),
}
ACTION: Words = {
    "book": lazy("预约入库"),
    "arrive": lazy("到库"),
    "weigh": lazy("过磅"),
    "sample": lazy("抽样"),
    "inspect": lazy("质检"),
    "store": lazy("入库"),
    "turn_away": lazy("拒收"),
    "register": lazy("签发注册"),
    "enter": lazy("进入业务"),
    "leave": lazy("退出业务"),
    "split": lazy("拆分"),
    "merge": lazy("合并"),
    "replace": lazy("补发"),
    "regrade": lazy("换级"),
    "foreclose": lazy("质押处置"),
    "deliver": lazy("出库"),
    "write_off": lazy("核销"),
    "extend": lazy("展期"),
}
PARTY: Words = {
    "owner": lazy("货主"),
    "warehouse": lazy("仓库"),
    "inspector": lazy("质检机构"),
    "lender": lazy("质权人"),
    "exchange": lazy("市场经营者"),
}
ENDED = frozenset({"delivered", "merged", "replaced", "regraded", "written_off"})
"""Stages in which a receipt stands for nothing any more."""
HINDERED = frozenset({"pledge", "frozen", "disputed", "downgraded", "expired", "lost"})
"""Stages that whoever takes the receipt must know of."""
PLEDGE_STATE: Words = {
    "applied": lazy("待质权人审核"),
    "asked": lazy("登记中"),
    "registered": lazy("已登记"),
    "released": lazy("已解押"),
    "foreclosure": lazy("申请处置"),
    "foreclosed": lazy("已处置"),
    "refused": lazy("未成立"),
}
PICKUP_STATE: Words = {
    "requested": lazy("待仓库确认"),
    "booked": lazy("时段已确认"),
    "arrived": lazy("车已到库"),
    "done": lazy("已出库"),
    "cancelled": lazy("已取消"),
}
FEE_KIND: Words = {"storage": lazy("仓储费"), "handling": lazy("出入库费")}
DECISION: Words = {
    "waiting": lazy("待审核"),
    "approved": lazy("已通过"),
    "refused": lazy("已驳回"),
}
NOTICE: Words = {
    "expired": lazy("已过储存期限，请提货或展期"),
    "frozen": lazy("已被冻结"),
    "downgraded": lazy("复检降等，已退出交易"),
    "regraded": lazy("已换级，由新品种仓单代替"),
    "written_off": lazy("货物灭失，已核销"),
    "top_up_call": lazy("质押率超限，请补充质押"),
    "foreclosure_asked": lazy("质权人申请处置"),
}
