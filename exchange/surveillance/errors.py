"""What the surveillance desk refuses."""

from exchange.kernel.errors import JinguoError


class UnknownAlert(JinguoError):
    code = "unknown_alert"
    status = 404
    zh = "没有此预警 {alert}"
    en = "There is no alert {alert}"
    hint_zh = "请从预警列表中选择"
    hint_en = "Choose one from the list of alerts"


class AlertDecided(JinguoError):
    code = "alert_decided"
    status = 409
    zh = "预警 {alert} 已经处理"
    en = "Alert {alert} has been dealt with already"
    hint_zh = "请刷新页面查看结果"
    hint_en = "Reload the page to see what became of it"


class AlertDiffers(JinguoError):
    code = "alert_differs"
    status = 409
    zh = "按原参数重算，现有委托和成交得不出预警 {alert} 的证据"
    en = "By the parameters of alert {alert}, today's orders and trades do not give its evidence"
    hint_zh = "用 jinguo surveillance verify 查看差异；跨日委托后来的变化也会如此"
    hint_en = "See the differences with jinguo surveillance verify; orders that lived on may be why"


class EvidenceChanged(JinguoError):
    """A stored alert or report is not what was hashed: somebody changed it behind the triggers."""

    code = "evidence_changed"
    status = 500
    zh = "{what_zh} {no} 的内容与其摘要不符"
    en = "The contents of {what_en} {no} are not what was hashed"
    hint_zh = "不要据此处理；请联系系统管理员核查"
    hint_en = "Do not act on it; have the administrator investigate"


class UnknownCase(JinguoError):
    code = "unknown_surveillance_case"
    status = 404
    zh = "没有此监察案件 {case}"
    en = "There is no case {case}"
    hint_zh = "请从案件列表中选择"
    hint_en = "Choose one from the list of cases"


class CaseClosed(JinguoError):
    code = "surveillance_case_closed"
    status = 409
    zh = "案件 {case} 已结案或待复核，不能再改"
    en = "Case {case} is closed or waits to be closed"
    hint_zh = "待复核的案件可由复核人退回；已结案的请另立新案"
    hint_en = "A case that waits can be sent back; open a new one instead of a closed one"


class CaseNotClosing(JinguoError):
    code = "surveillance_case_not_closing"
    status = 409
    zh = "案件 {case} 还没有提出结案"
    en = "Nobody has proposed to close case {case}"
    hint_zh = "请先由承办人提出结案意见"
    hint_en = "Propose an outcome first"


class OwnOutcome(JinguoError):
    code = "own_outcome"
    status = 403
    zh = "提出结案的人不能复核自己的意见"
    en = "Nobody closes a case on their own proposal"
    hint_zh = "请由另一名工作人员复核"
    hint_en = "Have another member of staff decide"


class NotStaff(JinguoError):
    code = "not_staff"
    status = 422
    zh = "{username} 不是市场经营者的工作人员"
    en = "{username} is not on the operator's staff"
    hint_zh = "请从名单中选择承办人"
    hint_en = "Choose somebody from the list"


class NothingSuch(JinguoError):
    code = "nothing_such"
    status = 422
    zh = "没有编号 {number} 的{what_zh}"
    en = "There is no {what_en} {number}"
    hint_zh = "请核对编号"
    hint_en = "Check the number"


class UnknownReport(JinguoError):
    code = "unknown_regulatory_report"
    status = 404
    zh = "没有此监管报告 {report}"
    en = "There is no regulatory report {report}"
    hint_zh = "请从报告列表中选择"
    hint_en = "Choose one from the list of reports"


class PeriodNotOver(JinguoError):
    code = "period_not_over"
    status = 409
    zh = "{period} 还没有结束"
    en = "{period} is not over yet"
    hint_zh = "半年结束后再编制报告"
    hint_en = "Make the report once the half-year has ended"


class ReportWaits(JinguoError):
    code = "report_waits"
    status = 409
    zh = "{period} 已有报告待复核"
    en = "A report on {period} waits already"
    hint_zh = "请先复核或撤回该报告"
    hint_en = "Decide or withdraw that one first"
