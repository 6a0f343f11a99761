"""What the desk refuses about listings and proposals, and why these and auctions end, in words.

The code is the reason of ``matching.desk_events`` in small letters. Shown through ``errors``; the same rules
hold: never change a code, never reuse one. What it refuses about auctions: ``auction_errors``.
"""

from exchange.kernel.problems import JinguoError
from matching.desk_events import DeskReason

# Refusals -----------------------------------------------------------------------------------------------


class DeskClosed(JinguoError):
    code = "desk_closed"
    status = 409
    zh = "该品种目前不能挂牌、议价成交"
    en = "The product's desk is closed"
    hint_zh = "开市后再试，挂牌本身不受影响"
    hint_en = "Try again in a session; listings stay"


class ModeOff(JinguoError):
    code = "mode_off"
    status = 409
    zh = "该品种没有开通这种交易方式"
    en = "The product is not traded this way"
    hint_zh = "请选择该品种开通的交易方式"
    hint_en = "Choose a way the product is traded"


class NumberTaken(JinguoError):
    code = "number_taken"
    status = 409
    zh = "编号已被使用"
    en = "The number is taken"
    hint_zh = "请联系市场经营者"
    hint_en = "Tell the operator"


class UnknownLot(JinguoError):
    code = "unknown_lot"
    status = 404
    zh = "没有这笔备货，或不属于本方"
    en = "There is no such lot, or it is not yours"
    hint_zh = "请先选仓单备货"
    hint_en = "Set receipts aside first"


class LotTooSmall(JinguoError):
    code = "lot_too_small"
    status = 409
    zh = "备货数量不足"
    en = "Not so many kilograms of the lot are free"
    hint_zh = "请减少数量，或等其他挂牌、竞价结束"
    hint_en = "Ask for less, or wait until other offers end"


class BadTime(JinguoError):
    code = "bad_time"
    status = 422
    zh = "时间必须晚于现在"
    en = "The time is not after now"
    hint_zh = "请选择以后的时间"
    hint_en = "Choose a later time"


class RelatedParty(JinguoError):
    code = "related_party"
    status = 403
    zh = "对方是本方的关联方，不能成交"
    en = "The other side is a related party"
    hint_zh = "关联方之间不能摘牌、议价或竞价"
    hint_en = "Related parties do not deal with each other here"


class TooMuchAside(JinguoError):
    code = "too_much_aside"
    status = 409
    zh = "冻结总量超过系统上限"
    en = "More would be on hold than the exchange can keep"
    hint_zh = "请减少数量或金额"
    hint_en = "Ask for less"


class UnknownListing(JinguoError):
    code = "unknown_listing"
    status = 404
    zh = "没有这个挂牌"
    en = "There is no such listing"
    hint_zh = "请核对挂牌编号"
    hint_en = "Check the number of the listing"


class ListingClosed(JinguoError):
    code = "listing_closed"
    status = 409
    zh = "挂牌已结束：售完、撤牌或到期"
    en = "The listing has ended: sold out, withdrawn or run out"
    hint_zh = "请看大厅里的其他挂牌"
    hint_en = "Look for another listing"


class OwnListing(JinguoError):
    code = "own_listing"
    status = 403
    zh = "不能摘自己的牌"
    en = "This is your own listing"
    hint_zh = "请改价重挂或撤牌"
    hint_en = "Withdraw it or list it anew"


class NotTheLister(JinguoError):
    code = "not_the_lister"
    status = 403
    zh = "不是本方的挂牌"
    en = "This is not your listing"
    hint_zh = "只有挂牌方可以这样做"
    hint_en = "Only the lister can do this"


class NotInvited(JinguoError):
    code = "not_invited"
    status = 403
    zh = "这个挂牌只对受邀会员开放"
    en = "The listing is for invited members only"
    hint_zh = "请联系挂牌方邀请"
    hint_en = "Ask the lister to invite you"


class StalePrice(JinguoError):
    code = "stale_price"
    status = 409
    zh = "价格与您看到的不同"
    en = "The price is not the one you saw"
    hint_zh = "请刷新后按现价再摘"
    hint_en = "Reload and take at the present price"


class BelowMinimumTake(JinguoError):
    code = "below_minimum_take"
    status = 422
    zh = "低于起摘量"
    en = "Below the least take"
    hint_zh = "请不低于起摘量，或全部摘下"
    hint_en = "Take at least the minimum, or all that is left"


class OffTakeStep(JinguoError):
    code = "off_take_step"
    status = 422
    zh = "数量不是摘牌单位的整数倍"
    en = "Not a multiple of the step of takes"
    hint_zh = "请按摘牌单位的整数倍，或全部摘下"
    hint_en = "Take a multiple of the step, or all that is left"


class AboveRemaining(JinguoError):
    code = "above_remaining"
    status = 409
    zh = "超过剩余数量"
    en = "More than is left"
    hint_zh = "请刷新后按剩余数量再摘"
    hint_en = "Reload and ask for no more than is left"


class NotNegotiable(JinguoError):
    code = "not_negotiable"
    status = 409
    zh = "这个挂牌不议价"
    en = "The listing is not negotiable"
    hint_zh = "请按挂牌价摘牌"
    hint_en = "Take it at its price"


class UnknownTake(JinguoError):
    code = "unknown_take"
    status = 404
    zh = "没有等待确认的这笔摘牌"
    en = "No such take waits for confirmation"
    hint_zh = "它可能已经确认、拒绝或过时"
    hint_en = "It may have been answered or run out"


class UnknownProposal(JinguoError):
    code = "unknown_proposal"
    status = 404
    zh = "没有这笔有效的还价"
    en = "No such proposal stands"
    hint_zh = "它可能已经答复、被替换或过时"
    hint_en = "It may have been answered, replaced or run out"


class OwnProposal(JinguoError):
    code = "own_proposal"
    status = 403
    zh = "这是本方的还价，由对方答复"
    en = "The other side answers your proposal"
    hint_zh = "可以收回或换一个新的还价"
    hint_en = "You can take it back or make a new one"


class NotYourProposal(JinguoError):
    code = "not_your_proposal"
    status = 403
    zh = "只能收回本方的还价"
    en = "You can take back only your own proposal"
    hint_zh = "对方的还价可以接受、拒绝或再还价"
    hint_en = "Accept, refuse or answer the other side's"


class NobodyToAnswer(JinguoError):
    code = "nobody_to_answer"
    status = 409
    zh = "这位会员没有对本挂牌还过价"
    en = "That member proposed nothing on this listing"
    hint_zh = "挂牌方只答复还过价的会员"
    hint_en = "A lister answers members who proposed something"


class PaymentOff(JinguoError):
    code = "payment_off"
    status = 409
    zh = "该品种没有开通这种付款方式"
    en = "Listings of the product are not paid this way"
    hint_zh = "请选择该品种开通的付款方式"
    hint_en = "Choose a way to pay the product allows"


# Ends ---------------------------------------------------------------------------------------------------


class ByOperator(JinguoError):
    code = "by_operator"
    status = 409
    zh = "市场经营者撤销"
    en = "Ended by the operator"
    hint_zh = "原因见公告"
    hint_en = "The reason is in the notice"


class RanOut(JinguoError):
    code = "run_out"
    status = 409
    zh = "已到期"
    en = "Its time ran out"
    hint_zh = "可以重新挂牌或还价"
    hint_en = "List or propose it anew"


class SoldOut(JinguoError):
    code = "sold_out"
    status = 409
    zh = "全部成交"
    en = "All of it was sold"
    hint_zh = "请看大厅里的其他挂牌"
    hint_en = "Look for another listing"


class TakeConfirmed(JinguoError):
    code = "confirmed"
    status = 409
    zh = "挂牌方已确认"
    en = "The lister confirmed"
    hint_zh = "合同见我的合同"
    hint_en = "See your contracts"


class Declined(JinguoError):
    code = "refused"
    status = 409
    zh = "对方没有接受"
    en = "The other side refused"
    hint_zh = "可以另行还价"
    hint_en = "You may propose something else"


class Overdue(JinguoError):
    code = "overdue"
    status = 409
    zh = "逾期没有答复"
    en = "There was no answer in time"
    hint_zh = "冻结的货和款已退回"
    hint_en = "What was on hold has come back"


class ProposalAgreed(JinguoError):
    code = "agreed"
    status = 409
    zh = "还价已成交"
    en = "The proposal became a deal"
    hint_zh = "合同见我的合同"
    hint_en = "See your contracts"


class ProposalTakenBack(JinguoError):
    code = "taken_back"
    status = 409
    zh = "还价已收回"
    en = "The proposal was taken back"
    hint_zh = "可以另行还价"
    hint_en = "You may propose something else"


class ProposalCountered(JinguoError):
    code = "countered"
    status = 409
    zh = "被新的还价替换"
    en = "A newer proposal replaced it"
    hint_zh = "请看新的还价"
    hint_en = "See the newer one"


class ReserveNotMet(JinguoError):
    code = "reserve_not_met"
    status = 409
    zh = "没有达到保留价"
    en = "The reserve was not met"
    hint_zh = "没有成交，保证金已退回"
    hint_en = "It is unsold; bonds have come back"


class NoBids(JinguoError):
    code = "no_bids"
    status = 409
    zh = "没有有效出价"
    en = "There was no bid"
    hint_zh = "可以重新申报"
    hint_en = "It may be submitted anew"


class TooFewBidders(JinguoError):
    code = "too_few_bidders"
    status = 409
    zh = "报名人数不足"
    en = "Too few bidders entered"
    hint_zh = "可以重新申报"
    hint_en = "It may be submitted anew"


class WinnerDefaulted(JinguoError):
    code = "default"
    status = 409
    zh = "中标方没有付款"
    en = "The winner did not pay"
    hint_zh = "保证金按规则没收"
    hint_en = "The bond is forfeited by the rules"


class NotRevealed(JinguoError):
    code = "unrevealed"
    status = 409
    zh = "密封报价没有开标"
    en = "The sealed bid was not revealed"
    hint_zh = "保证金按规则没收"
    hint_en = "The bond is forfeited by the rules"


class RunnerUpDeclined(JinguoError):
    code = "declined"
    status = 409
    zh = "次优报价方没有接受"
    en = "The runner-up declined"
    hint_zh = "没有成交"
    hint_en = "It is unsold"


BY_DESK_REASON: dict[int, type[JinguoError]] = {
    DeskReason[kind.code.upper()]: kind
    for kind in (
        DeskClosed,
        ModeOff,
        NumberTaken,
        UnknownLot,
        LotTooSmall,
        BadTime,
        RelatedParty,
        TooMuchAside,
        UnknownListing,
        ListingClosed,
        OwnListing,
        NotTheLister,
        NotInvited,
        StalePrice,
        BelowMinimumTake,
        OffTakeStep,
        AboveRemaining,
        NotNegotiable,
        UnknownTake,
        UnknownProposal,
        OwnProposal,
        NotYourProposal,
        NobodyToAnswer,
        PaymentOff,
        ByOperator,
        RanOut,
        SoldOut,
        TakeConfirmed,
        Declined,
        Overdue,
        ProposalAgreed,
        ProposalTakenBack,
        ProposalCountered,
        ReserveNotMet,
        NoBids,
        TooFewBidders,
        WinnerDefaulted,
        NotRevealed,
        RunnerUpDeclined,
    )
}
"""Refusals about listings, and every end that has a text."""
