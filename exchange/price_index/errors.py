"""What the index desk refuses."""

from exchange.kernel.errors import JinguoError


class UnknownIndex(JinguoError):
    code = "unknown_index"
    status = 404
    zh = "没有此指数 {index}"
    en = "There is no index {index}"
    hint_zh = "请核对指数代码"
    hint_en = "Check the code of the index"


class NoIndexValue(JinguoError):
    code = "no_index_value"
    status = 404
    zh = "{day} 没有发布指数"
    en = "No index value was published for {day}"
    hint_zh = "请查看已发布的日期"
    hint_en = "Look at the days that were published"


class AlreadyPublished(JinguoError):
    code = "already_published"
    status = 409
    zh = "{day} 的指数已经发布"
    en = "The index of {day} is published already"
    hint_zh = "已发布的数值不能重算；如有错误请说明原因并修订"
    hint_en = "A published value is not computed again; revise it and say why"


class EvidenceMismatch(JinguoError):
    """A stored value does not follow from its stored evidence: somebody changed one of them."""

    code = "evidence_mismatch"
    status = 500
    zh = "{day} 的指数与其计算依据不符"
    en = "The index of {day} does not follow from its evidence"
    hint_zh = "不得发布；请联系系统管理员核查"
    hint_en = "Do not publish; have the administrator investigate"
