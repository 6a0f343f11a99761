// 集合竞价: the one price at which a crossed book trades. matching/call_auction.py says the same in Python, for
// any orders; here only limit orders in a book. Rules: TieRule in matching/types.py.

#pragma once

#include <algorithm>
#include <cstdlib>

#include "book.hpp"

namespace jinguo {

// What a call finds; price 0: nothing can trade.
struct Uncrossing {
    u32 price = 0;
    i64 kg = 0;
    i64 surplus = 0;  // kg left to buy less kg left to sell at the price
};

template <typename Order>
class CallAuction {
  public:
    CallAuction(const Book<Order>& book, TieRule rule, u32 reference, u32 tick)
        : book_(book), rule_(rule), reference_(reference), tick_(tick) {}

    Uncrossing uncross() {
        if (!book_.crossed()) return {};
        tie();
        const i64 middle = midpoint();
        if (rule_ == TieRule::NEAREST_LIMIT) {
            limits_only_ = true;
            kg_ = 0;
            tie();
        }
        const u32 price = choose(middle);
        return {price, kg_, surplus_at(price)};
    }

  private:
    // Goes through the ticks from the lowest ask to the highest bid and keeps those with the most volume and,
    // of these, the least left over: an interval, since what is left over only falls as the price rises.
    void tie() {
        const u32 first = book_.best_price(SELL), last = book_.best_price(BUY);
        i64 buy = 0, sell = 0;  // kg that would trade at the price
        for (u32 price = first; price <= last; price += tick_) buy += book_.kg_at(BUY, price);
        for (u32 price = first; price <= last; price += tick_) {
            sell += book_.kg_at(SELL, price);
            consider(price, std::min(buy, sell), buy - sell);
            buy -= book_.kg_at(BUY, price);
        }
    }

    void consider(u32 price, i64 kg, i64 surplus) {
        if (limits_only_ && !is_limit(price)) return;
        const i64 left = std::abs(surplus);
        if (kg < kg_ || (kg == kg_ && left > left_)) return;
        if (kg > kg_ || left < left_) {
            lowest_ = price;
            highest_to_buy_ = 0;
        }
        kg_ = kg;
        left_ = left;
        highest_ = price;
        if (surplus > 0) highest_to_buy_ = price;
    }

    i64 surplus_at(u32 tied) const { return tied <= highest_to_buy_ ? left_ : -left_; }

    u32 choose(i64 middle) const {
        if (rule_ == TieRule::HIGHEST) return highest_;
        if (surplus_at(highest_) > 0) return pressed(highest_, 1);
        if (surplus_at(lowest_) < 0) return pressed(lowest_, -1);
        if (rule_ == TieRule::MIDPOINT || reference_ == 0) return nearest(middle * BASIS);
        return nearest(reference_ * BASIS);
    }

    // The end that the surplus presses to; under PRESSURE not far beyond the reference price.
    u32 pressed(u32 end, int direction) const {
        if (rule_ != TieRule::PRESSURE || reference_ == 0) return end;
        const i64 cap = reference_ * (BASIS + direction * PRESSURE_CAP_BPS);
        const i64 wanted = end * BASIS;
        return nearest(direction > 0 ? std::min(wanted, cap) : std::max(wanted, cap));
    }

    i64 midpoint() const { return (lowest_ + highest_ + 2 * tick_ - 1) / (2 * tick_) * tick_; }

    bool is_limit(u32 price) const {
        return book_.kg_at(BUY, price) != 0 || book_.kg_at(SELL, price) != 0;
    }

    // The tied price nearest to a price in units of 1/BASIS fen; of two equally near the higher.
    u32 nearest(i64 wanted) const {
        u32 found = 0;
        i64 distance = 0;
        for (u32 price = lowest_; price <= highest_; price += tick_) {
            if (limits_only_ && !is_limit(price)) continue;
            const i64 away = std::abs(price * BASIS - wanted);
            if (found == 0 || away <= distance) {
                found = price;
                distance = away;
            }
        }
        return found;
    }

    const Book<Order>& book_;
    TieRule rule_;
    u32 reference_;
    u32 tick_;
    u32 lowest_ = 0, highest_ = 0;  // the tied prices
    u32 highest_to_buy_ = 0;        // the highest of them at which more is left to buy, or 0
    i64 kg_ = 0;
    i64 left_ = 0;
    bool limits_only_ = false;
};

}  // namespace jinguo
