"""What the desk refuses about auctions, in words.

The code is the reason of ``matching.desk_events`` in small letters. Shown through ``errors``; the same rules
hold: never change a code, never reuse one.
"""

from exchange.kernel.problems import JinguoError
from matching.desk_events import DeskReason

# Refusals -----------------------------------------------------------------------------------------------


class UnknownAuction(JinguoError):
    code = "unknown_auction"
    status = 404
    zh = "没有这个竞价标的"
    en = "There is no such auction"
    hint_zh = "请核对标的编号"
    hint_en = "Check the number of the auction"


class NotAnnounced(JinguoError):
    code = "not_announced"
    status = 409
    zh = "标的还没有公告"
    en = "The auction is not announced yet"
    hint_zh = "公告以后才能报名"
    hint_en = "Entry begins when it is announced"


class AlreadyAnnounced(JinguoError):
    code = "already_announced"
    status = 409
    zh = "标的已经公告，参数不能再改"
    en = "The auction is announced; its parameters stand"
    hint_zh = "如需更改请取消后重新申报"
    hint_en = "Cancel it and submit it anew"


class NotOpen(JinguoError):
    code = "not_open"
    status = 409
    zh = "竞价还没有开始"
    en = "The auction has not opened"
    hint_zh = "请等开拍"
    hint_en = "Wait until it opens"


class AuctionPaused(JinguoError):
    code = "auction_paused"
    status = 409
    zh = "竞价暂停中"
    en = "The auction is paused"
    hint_zh = "恢复后时间顺延，请稍候"
    hint_en = "Its time will be extended when it resumes"


class AuctionOver(JinguoError):
    code = "auction_over"
    status = 409
    zh = "竞价已经结束"
    en = "The auction is over"
    hint_zh = "截止时刻到达的出价也无效"
    hint_en = "A bid at the very end is late"


class OwnAuction(JinguoError):
    code = "own_auction"
    status = 403
    zh = "不能参加自己的竞价"
    en = "This is your own auction"
    hint_zh = "本方和关联方不能出价"
    hint_en = "The owner and related parties are barred"


class NotTheOwner(JinguoError):
    code = "not_the_owner"
    status = 403
    zh = "不是本方的标的"
    en = "This is not your auction"
    hint_zh = "只有标的所有方可以决定"
    hint_en = "Only its owner decides"


class AlreadyEntered(JinguoError):
    code = "already_entered"
    status = 409
    zh = "已经报名"
    en = "You have entered already"
    hint_zh = "直接出价即可"
    hint_en = "You can bid"


class NotEntered(JinguoError):
    code = "not_entered"
    status = 403
    zh = "还没有交保证金报名"
    en = "You have not entered"
    hint_zh = "请先交保证金报名"
    hint_en = "Put up the bond first"


class BindingBid(JinguoError):
    code = "binding_bid"
    status = 409
    zh = "有约束本方的出价，不能退出"
    en = "A bid of yours binds; you cannot leave"
    hint_zh = "被他人超过后可以退出"
    hint_en = "You can leave once you are outbid"


class StaleEpoch(JinguoError):
    code = "stale_epoch"
    status = 409
    zh = "竞价中断过，您看到的状态已过时"
    en = "The auction was interrupted since what you saw"
    hint_zh = "请刷新后再出价"
    hint_en = "Reload and bid again"


class StaleClock(JinguoError):
    code = "stale_clock"
    status = 409
    zh = "现在的钟价高于您看到的价格"
    en = "The clock stands higher than you saw"
    hint_zh = "请按现在的钟价再按"
    hint_en = "Press again at the present price"


class BeyondBond(JinguoError):
    code = "beyond_bond"
    status = 403
    zh = "超过保证金对应的数量"
    en = "More kilograms than your bond covers"
    hint_zh = "请减少数量"
    hint_en = "Bid for less"


class BadBid(JinguoError):
    code = "bad_bid"
    status = 409
    zh = "出价不优于起拍价或当前价"
    en = "The bid does not improve on the start price or the standing bid"
    hint_zh = "请至少改进一档"
    hint_en = "Improve it by at least one increment"


class OffIncrement(JinguoError):
    code = "off_increment"
    status = 422
    zh = "出价不是加价幅度的整数倍"
    en = "The bid is off the increments"
    hint_zh = "请按每档幅度出价"
    hint_en = "Bid in whole increments"


class BeyondMaxStep(JinguoError):
    code = "beyond_max_step"
    status = 422
    zh = "一次改进超过最大幅度"
    en = "The bid improves by more than the largest step"
    hint_zh = "请减小幅度"
    hint_en = "Improve it by less"


class AlertPrice(JinguoError):
    code = "alert_price"
    status = 409
    zh = "出价超过报警价，请再次确认"
    en = "The bid is beyond the alert price; say that you mean it"
    hint_zh = "确认无误请加上 beyond_alert"
    hint_en = "Send it again with beyond_alert"


class BadMaximum(JinguoError):
    code = "bad_maximum"
    status = 422
    zh = "代理限价不正确"
    en = "The hidden maximum is not valid"
    hint_zh = "代理限价不能差于出价，并按每档幅度"
    hint_en = "It is no worse than the bid and in whole increments"


class AlreadyLeading(JinguoError):
    code = "already_leading"
    status = 409
    zh = "本方已经领先"
    en = "You are leading already"
    hint_zh = "只能提高代理限价"
    hint_en = "You can only raise your maximum"


class ActivityRule(JinguoError):
    code = "activity_rule"
    status = 409
    zh = "数量不能多于上一轮"
    en = "More than you wanted in the round before"
    hint_zh = "只能不变或减少"
    hint_en = "Keep it or lower it"


class NotInFirstRound(JinguoError):
    code = "not_in_first_round"
    status = 403
    zh = "没有参加上一轮，不能再参加"
    en = "You did not bid in the round before"
    hint_zh = "从第一轮起每轮都要报"
    hint_en = "One must bid in every round from the first"


class AlreadyBid(JinguoError):
    code = "already_bid"
    status = 409
    zh = "本轮已经报过"
    en = "You have bid in this round"
    hint_zh = "等下一轮"
    hint_en = "Wait for the next round"


class WrongKind(JinguoError):
    code = "wrong_kind"
    status = 422
    zh = "这种竞价没有这个操作"
    en = "This kind of auction does not know that"
    hint_zh = "请核对竞价方式"
    hint_en = "Check the kind of the auction"


class NotRevealing(JinguoError):
    code = "not_revealing"
    status = 409
    zh = "现在不是开标时间"
    en = "Bids are not revealed now"
    hint_zh = "竞价结束后、开标截止前公开"
    hint_en = "Reveal after the end and before the deadline"


class NoCommitment(JinguoError):
    code = "no_commitment"
    status = 404
    zh = "没有等待开标的密封报价"
    en = "You have no commitment to reveal"
    hint_zh = "可能没有报过，或已经开标"
    hint_en = "Nothing was committed to, or it is revealed already"


class CommitmentDiffers(JinguoError):
    code = "commitment_differs"
    status = 422
    zh = "价格、数量和随机数与摘要不符"
    en = "Price, kilograms and nonce do not give the hash"
    hint_zh = "请用报价时保存的文件"
    hint_en = "Use the file you kept when you bid"


class NothingToDecide(JinguoError):
    code = "nothing_to_decide"
    status = 409
    zh = "没有要您决定的出价"
    en = "There is nothing to decide"
    hint_zh = "保留价已满足，或决定期已过"
    hint_en = "The reserve is met, or the time is over"


class NothingToPay(JinguoError):
    code = "nothing_to_pay"
    status = 409
    zh = "没有要付的款"
    en = "There is nothing to pay"
    hint_zh = "可能已经付清或过时"
    hint_en = "It may be paid or overdue"


class NotPaused(JinguoError):
    code = "not_paused"
    status = 409
    zh = "竞价没有暂停"
    en = "The auction is not paused"
    hint_zh = "只有暂停中的竞价才能恢复"
    hint_en = "Only a paused auction can resume"


BY_AUCTION_REASON: dict[int, type[JinguoError]] = {
    DeskReason[kind.code.upper()]: kind
    for kind in (
        UnknownAuction,
        NotAnnounced,
        AlreadyAnnounced,
        NotOpen,
        AuctionPaused,
        AuctionOver,
        OwnAuction,
        NotTheOwner,
        AlreadyEntered,
        NotEntered,
        BindingBid,
        StaleEpoch,
        StaleClock,
        BeyondBond,
        BadBid,
        OffIncrement,
        BeyondMaxStep,
        AlertPrice,
        BadMaximum,
        AlreadyLeading,
        ActivityRule,
        NotInFirstRound,
        AlreadyBid,
        WrongKind,
        NotRevealing,
        NoCommitment,
        CommitmentDiffers,
        NothingToDecide,
        NothingToPay,
        NotPaused,
    )
}
"""Refusals about auctions."""
