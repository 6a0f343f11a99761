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


class BadWeights(JinguoError):
    code = "index_weights_wrong"
    status = 422
    zh = "权重有误：{why_zh}"
    en = "The weights are not right: {why_en}"
    hint_zh = "每个上市品种最多一行，权重 0.01% 至 100%，合计 100%"
    hint_en = "One line for each listed product, 0.01 % to 100 %, 100 % in all"


class EditionTooSoon(JinguoError):
    code = "edition_too_soon"
    status = 409
    zh = "新权重最早可自 {first} 起使用"
    en = "New weights may be used from {first} on at the earliest"
    hint_zh = "新权重须至少提前 20 天批准公布，且不得早于已计算或已排定的日期"
    hint_en = "They are approved 20 days ahead, for days not computed yet, after any edition approved before"


class UnknownSeries(JinguoError):
    code = "unknown_series"
    status = 404
    zh = "没有此指数系列 {series}"
    en = "There is no index series {series}"
    hint_zh = "请从系列列表中选择"
    hint_en = "Choose one from the list of series"
