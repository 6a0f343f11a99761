"""What is refused to who asks for a paper."""

from exchange.kernel.errors import JinguoError


class UnknownReport(JinguoError):
    code = "unknown_report"
    status = 404
    zh = "没有此检验报告 {report}"
    en = "There is no inspection report {report}"
    hint_zh = "请核对报告编号；与您无关的报告不会显示"
    hint_en = "Check the number; reports that do not concern you are not shown"
