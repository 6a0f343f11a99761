// One product: how it trades, its book, and who has how much of it.

#pragma once

#include "accounts.hpp"
#include "book.hpp"
#include "records.hpp"

namespace jinguo {

using ProductBook = Book<Order>;

struct Product {
    Product(Pool<Order>& pool, u32 number, u32 low, u32 high) : number(number), book(pool, low, high) {}

    u32 number;
    Phase phase = Phase::CLOSED;
    TieRule tie_rule = TieRule::MIDPOINT;
    u32 step_kg = 1;
    u32 min_kg = 1;
    u32 tick = 1;
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
