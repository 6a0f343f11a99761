"""What the newsroom refuses. The shape of a text is the kernel's BadParameter, with the field's name."""

from exchange.kernel.errors import JinguoError


class UnknownNews(JinguoError):
    code = "unknown_news"
    status = 404
    zh = "没有这篇资讯 {news}"
    en = "There is no article {news}"
    hint_zh = "可能尚未发布，请从资讯列表中选择"
    hint_en = "It may not be published yet; choose one from the list"


class NewsStale(JinguoError):
    code = "news_stale"
    status = 409
    zh = "这份稿件刚刚被别人改过"
    en = "Somebody else has just changed this draft"
    hint_zh = "请刷新后核对最新内容，再操作一次"
    hint_en = "Reload, read what it says now, and do it again"


class NewsWrongState(JinguoError):
    code = "news_wrong_state"
    status = 409
    zh = "稿件当前状态不能这样操作"
    en = "The draft is not in a state for that"
    hint_zh = "请刷新页面查看最新状态"
    hint_en = "Reload the page to see where it stands"


class OwnNews(JinguoError):
    code = "own_news"
    status = 403
    zh = "写稿或提交的人不能发布自己的稿件"
    en = "Nobody publishes what they wrote or submitted"
    hint_zh = "请由另一名工作人员审核发布"
    hint_en = "Have another member of staff publish it"


class NewsWithdrawn(JinguoError):
    code = "news_withdrawn"
    status = 409
    zh = "这篇资讯已经撤回"
    en = "This article has been withdrawn"
    hint_zh = "撤回后不能再改，请另写一篇"
    hint_en = "Nothing changes after that; write another one"


class BadNewsLink(JinguoError):
    code = "bad_news_link"
    status = 422
    zh = "链接不合要求：{link}"
    en = "This link cannot be used: {link}"
    hint_zh = "只接受 https:// 开头的完整地址，写作 [文字](https://…)"
    hint_en = "Only full https:// addresses are taken, written [text](https://…)"


class CorrectionSaysNothing(JinguoError):
    code = "correction_says_nothing"
    status = 422
    zh = "更正说明没有写"
    en = "The correction does not say what it corrects"
    hint_zh = "请写明更正了什么，读者会在文首看到"
    hint_en = "Say what was wrong; readers see it above the text"
