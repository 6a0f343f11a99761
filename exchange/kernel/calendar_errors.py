"""What is refused of the holidays of a year."""

from exchange.kernel.errors import JinguoError


class BadCalendar(JinguoError):
    code = "bad_calendar"
    status = 422
    zh = "节假日数据第 {line} 行不正确：{why_zh}"
    en = "The holidays are not valid in line {line}: {why_en}"
    hint_zh = "每行一段：起始日 截止日 名称，例如 2027-02-05 2027-02-11 春节"
    hint_en = "One span a line: first day, last day, name, e.g. 2027-02-05 2027-02-11 Spring Festival"


class CalendarPast(JinguoError):
    code = "calendar_past"
    status = 409
    zh = "{day} 已经过去，不能再改它是否交易"
    en = "{day} has passed: whether it was a trading day cannot change any more"
    hint_zh = "已过去的日期请保持与现行日历一致"
    hint_en = "Leave days that have passed as they are in force"
