"""What is refused of a proposal that one person makes and another decides."""

from exchange.kernel.errors import JinguoError


class UnknownChange(JinguoError):
    code = "unknown_change"
    status = 404
    zh = "没有此变更提案 {proposal}"
    en = "There is no proposal {proposal}"
    hint_zh = "请从列表中选择"
    hint_en = "Choose one from the list"


class ChangeDecided(JinguoError):
    code = "change_decided"
    status = 409
    zh = "提案 {proposal} 已经处理"
    en = "Proposal {proposal} has been decided already"
    hint_zh = "请刷新页面查看结果"
    hint_en = "Reload the page to see the outcome"


class OwnChange(JinguoError):
    code = "own_change"
    status = 403
    zh = "提出人不能复核自己的提案"
    en = "Nobody decides what they proposed themselves"
    hint_zh = "请由另一名工作人员复核；您可以撤回"
    hint_en = "Have another member of staff decide; you may withdraw it"


class NotYourChange(JinguoError):
    code = "not_your_change"
    status = 403
    zh = "只有提出人可以撤回提案"
    en = "Only who proposed it may withdraw it"
    hint_zh = "如不同意，请驳回并说明原因"
    hint_en = "Refuse it with a reason instead"


class ChangeWaits(JinguoError):
    code = "change_waits"
    status = 409
    zh = "{subject} 已有同类提案待复核或待生效"
    en = "A proposal of this kind for {subject} waits already"
    hint_zh = "请先处理该提案，再提出新的"
    hint_en = "Decide that one before making another"


class ChangeStale(JinguoError):
    code = "change_stale"
    status = 409
    zh = "提出之后 {subject} 的现行值已经改变"
    en = "What is in force for {subject} has changed since this was proposed"
    hint_zh = "请驳回，并按现行值重新提出"
    hint_en = "Refuse it and propose again from what is in force now"


class ChangesNothing(JinguoError):
    code = "changes_nothing"
    status = 422
    zh = "提案与现行值相同"
    en = "The proposal says what is in force already"
    hint_zh = "请修改至少一项后再提交"
    hint_en = "Change at least one thing and send again"
