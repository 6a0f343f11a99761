"""The desks of the console: what they are called, where they are, and which stand together."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Desk(NamedTuple):
    """A page with an address of its own; what lies below that address belongs to it."""

    path: str
    name: Promise


class Group(NamedTuple):
    """Desks of one kind of work: a tab of the console, its desks below it where there are several."""

    name: Promise
    icon: str
    desks: tuple[Desk, ...]


GROUPS = (
    Group(
        _("交易市场"),
        "play",
        (
            Desk("/console/", _("交易时段")),
            Desk("/console/products/", _("品种与规则")),
            Desk("/console/calendar/", _("交易日历")),
            Desk("/console/fees/", _("费率")),
            Desk("/console/halls/", _("挂牌与竞价")),
            Desk("/console/halls/settings/", _("大厅参数")),
        ),
    ),
    Group(
        _("会员管理"),
        "members",
        (Desk("/console/members/", _("会员名册")), Desk("/console/credit/", _("信用异议"))),
    ),
    Group(_("仓单登记"), "receipt", (Desk("/console/receipts/", _("仓单登记")),)),
    Group(
        _("冷库监管"),
        "store",
        (
            Desk("/console/stores/", _("冷库名录")),
            Desk("/console/stores/proposals/", _("变更提案")),
            Desk("/console/stocktakes/", _("盘点")),
            Desk("/console/freezes/", _("仓单冻结")),
            Desk("/console/losses/", _("挂失补发")),
            Desk("/console/reinspections/", _("复检与降等")),
            Desk("/console/disposals/", _("核销与换级")),
            Desk("/console/institutions/", _("机构与密钥")),
        ),
    ),
    Group(
        _("资金结算"), "bank", (Desk("/console/finance/", _("财务")), Desk("/console/bank/", _("银行与对账")))
    ),
    Group(_("交收争议"), "contract", (Desk("/console/deliveries/", _("交收与争议")),)),
    Group(
        _("价格指数"),
        "publish",
        (
            Desk("/console/index/", _("指数公布")),
            Desk("/console/index/editions/", _("权重版本")),
            Desk("/console/index/consultations/", _("征求意见")),
            Desk("/console/index/complaints/", _("投诉")),
        ),
    ),
    Group(
        _("市场监察"),
        "eye",
        (
            Desk("/console/surveillance/", _("预警")),
            Desk("/console/surveillance/cases/", _("案件")),
            Desk("/console/surveillance/rules/", _("监察参数")),
            Desk("/console/surveillance/reports/", _("半年报告")),
        ),
    ),
    Group(
        _("资讯发布"),
        "info",
        (
            Desk("/console/news/", _("行业动态")),
            Desk("/console/supply/", _("供求信息")),
            Desk("/console/supply/reports/", _("举报")),
        ),
    ),
    Group(
        _("条款标准"),
        "shield",
        (Desk("/console/terms/", _("合同条款")), Desk("/console/editions/", _("质检与抽样标准"))),
    ),
    Group(
        _("系统运行"),
        "health",
        (Desk("/console/health/", _("运行状态")), Desk("/console/audit/", _("操作记录"))),
    ),
)


def standing_at(path: str) -> tuple[Group, Desk]:
    """The group and the desk a page belongs to: those with the longest address it lies below."""
    return max(
        ((group, desk) for group in GROUPS for desk in group.desks if path.startswith(desk.path)),
        key=lambda found: len(found[1].path),
    )
