"""What the desk of grading and sampling editions refuses."""

from exchange.kernel.errors import JinguoError


class BadEdition(JinguoError):
    """where: path into the rule data, or the name of a field."""

    code = "bad_edition"
    status = 422
    zh = "规则数据不正确：{where}（{why_zh}）"
    en = "The rule data are not valid at {where}: {why_en}"
    hint_zh = "请按现行版本的格式核对后重新提交"
    hint_en = "Compare with the form of the edition in force and send again"


class UnknownEdition(JinguoError):
    code = "unknown_edition"
    status = 404
    zh = "没有此规则版本 {edition}"
    en = "There is no edition {edition}"
    hint_zh = "请从规则版本列表中选择"
    hint_en = "Choose one from the list of editions"


class NoEditionInForce(JinguoError):
    code = "no_edition_in_force"
    status = 409
    zh = "{day} 没有生效的{kind_zh}规则版本，不能办理"
    en = "No edition of the {kind_en} rules is in force on {day}"
    hint_zh = "请先由两人提出并批准一个版本"
    hint_en = "Let one person propose an edition and another approve it"


class DuplicateEdition(JinguoError):
    code = "duplicate_edition"
    status = 409
    zh = "{edition} 已存在或待审核，或该日已有版本生效"
    en = "{edition} exists or waits for approval, or another edition begins on that day"
    hint_zh = "请换一个版本号或生效日期，或先审核待处理的提案"
    hint_en = "Choose another number or day, or decide the waiting proposal first"


class EditionDecided(JinguoError):
    code = "edition_decided"
    status = 409
    zh = "规则版本 {edition} 已经审核（{state_zh}）"
    en = "Edition {edition} has been decided already ({state_en})"
    hint_zh = "请刷新页面查看结果"
    hint_en = "Reload the page to see the outcome"


class OwnEdition(JinguoError):
    code = "own_edition"
    status = 403
    zh = "提出人不能审核自己提出的规则版本"
    en = "Nobody decides an edition they proposed themselves"
    hint_zh = "请由另一位有权限的人员审核"
    hint_en = "Let another authorised person decide"
