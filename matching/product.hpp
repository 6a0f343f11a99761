// One product: how it trades, its book, and who has how much of it.

#pragma once

#include "accounts.hpp"
#include "book.hpp"
#include "records.hpp"

namespace jinguo {

using ProductBook = Book<Order>;

// A number, not 0, that others must be multiples of. To ask is one multiplication instead of a division
// (Lemire, Kaser, Kurz: Faster remainder by direct computation, 2019).
class Step {
  public:
    Step(u32 step) : step_(step), inverse_(~0ull / step + 1) {}
    operator u32() const { return step_; }
    bool divides(u32 number) const { return number * inverse_ <= inverse_ - 1; }

  private:
    u32 step_;
    u64 inverse_;  // 2^64 / step, rounded up; of 1 it wraps around to 0, and 0 - 1 is above everything
};

struct Product {
    Product(Pool<Order>& pool, u32 number, u32 low, u32 high) : number(number), book(pool, low, high) {}

    u32 number;
    Phase phase = Phase::CLOSED;
    TieRule tie_rule = TieRule::MIDPOINT;
    Step step_kg = 1;
    Step tick = 1;
    u32 min_kg = 1;
    u32 reference = 0;   // fen/kg; 0: none
    u32 volatility = 0;  // most a trade may be away from the reference; 0: any
    ProductGoods goods;
    ProductBook book;

    // Whether a trade at this price needs a call first.
    bool too_far(u32 price) const {
        if (volatility == 0 || reference == 0) return false;
        return price > reference + volatility || price + volatility < reference;
    }
};

}  // namespace jinguo
