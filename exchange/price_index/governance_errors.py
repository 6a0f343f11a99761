"""What is refused of publications, consultations and complaints, in both languages."""

from exchange.kernel.errors import JinguoError


class NoIndexDraft(JinguoError):
    code = "no_index_draft"
    status = 409
    zh = "{day} 还没有试算"
    en = "Nothing has been computed for {day}"
    hint_zh = "请先试算并核对证据，再提请公布"
    hint_en = "Compute it and look at the evidence first"


class IndexDraftStale(JinguoError):
    code = "index_draft_stale"
    status = 409
    zh = "{day} 的试算或提案已经过时：此后账簿有了变化"
    en = "The books have changed since the index of {day} was computed"
    hint_zh = "提案须撤回或驳回；重新试算并核对后再提请公布"
    hint_en = "Withdraw or refuse the proposal, compute again, check, and put it forward again"


class UnknownConsultation(JinguoError):
    code = "unknown_consultation"
    status = 404
    zh = "没有此项征求意见 {number}"
    en = "There is no consultation {number}"
    hint_zh = "请从列表中选择"
    hint_en = "Choose one from the list"


class BadConsultation(JinguoError):
    code = "bad_consultation"
    status = 422
    zh = "征求意见稿不完整：{why_zh}"
    en = "The consultation is not complete: {why_en}"
    hint_zh = "中英文标题、改什么、为什么都要写；征求意见至少 20 天，实施在其后"
    hint_en = "Both languages, at least 20 days for comments, and the change comes after them"


class ConsultationClosed(JinguoError):
    code = "consultation_closed"
    status = 409
    zh = "{number} 已不在征求意见"
    en = "{number} takes no comments any more"
    hint_zh = "请查看公布的答复"
    hint_en = "Read the published reply"


class ConsultationRuns(JinguoError):
    code = "consultation_runs"
    status = 409
    zh = "{number} 的征求意见到 {closes_on} 为止，其间不能采纳"
    en = "{number} takes comments until {closes_on} and cannot be adopted before that"
    hint_zh = "期满后再作决定；期间只能决定不再实施"
    hint_en = "Decide when it is over; meanwhile it can only be dropped"


class BadComment(JinguoError):
    code = "bad_consultation_comment"
    status = 422
    zh = "意见须为 2 至 {most} 字，不含控制字符"
    en = "A comment has 2 to {most} characters and no control characters"
    hint_zh = "请缩短或改正后再提交"
    hint_en = "Shorten or correct it and send it again"


class TooManyComments(JinguoError):
    code = "too_many_consultation_comments"
    status = 429
    zh = "同一单位每项征求意见至多 {most} 条意见，每天至多 {day} 条"
    en = "At most {most} comments to a consultation and {day} a day for one party"
    hint_zh = "请把意见合并，或改日再提"
    hint_en = "Put your points together, or come back another day"


class CommentsNotForOperator(JinguoError):
    code = "operator_does_not_comment"
    status = 403
    zh = "市场经营者的人员不参与征求意见"
    en = "The operator's own people do not comment"
    hint_zh = "经营者的答复随决定一并公布"
    hint_en = "The operator replies with its decision"


class UnknownComment(JinguoError):
    code = "unknown_consultation_comment"
    status = 404
    zh = "没有这条意见，或已撤下"
    en = "There is no such comment, or it has been taken down"
    hint_zh = "请刷新页面"
    hint_en = "Reload the page"


class UnknownComplaint(JinguoError):
    code = "unknown_index_complaint"
    status = 404
    zh = "没有查到此件投诉"
    en = "No such complaint was found"
    hint_zh = "请核对投诉编号和查询码"
    hint_en = "Check the number and the code of the complaint"


class BadComplaint(JinguoError):
    code = "bad_index_complaint"
    status = 422
    zh = "投诉不完整：{why_zh}"
    en = "The complaint is not complete: {why_en}"
    hint_zh = "请补全后再提交"
    hint_en = "Complete it and send it again"


class TooManyComplaints(JinguoError):
    code = "too_many_index_complaints"
    status = 429
    zh = "投诉过多：每天至多 {day} 件，办理中的至多 {open} 件"
    en = "Too many complaints: at most {day} a day and {open} open at a time"
    hint_zh = "请等待办理中的投诉有了结果"
    hint_en = "Wait until those under way are decided"


class ComplaintWrongState(JinguoError):
    code = "index_complaint_wrong_state"
    status = 409
    zh = "投诉当前状态不能这样操作"
    en = "The complaint is not in a state for that"
    hint_zh = "请刷新页面查看最新状态"
    hint_en = "Reload the page to see where it stands"


class NotIndependent(JinguoError):
    code = "complaint_decider_not_independent"
    status = 403
    zh = "经办、公布或修订过该日指数的人不能裁定对它的投诉"
    en = "Whoever put forward, published or revised that value does not decide a complaint about it"
    hint_zh = "请由没有经手该日指数的工作人员裁定"
    hint_en = "Have somebody decide who had no part in that value"
