// Any 64-bit price on the bounded ladder of a book.
//
// The exchange's products trade inside a daily band; the public challenge knows no band. Its prices lie close
// together all the same, so the ladder is laid around the first one and a price is its distance from the
// bottom. A price that does not fit makes the ladder move: first it is laid anew around the prices in use, and
// if these lie too far apart for any ladder, every price in use gets a rung of its own, in order, with room
// between neighbours. Moving goes through all resting orders, and is rare.

#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "../../matching/book.hpp"

namespace jinguo {

template <typename Order>
class PriceRungs {
  public:
    static constexpr u32 NONE = ~0u;

    explicit PriceRungs(Pool<Order>& pool) : book(pool, 0, SIZE - 1), pool_(pool) { book.warm(); }

    // The rung of a price; the ladder moves if it has none yet.
    u32 reach(i64 price) {
        const u64 rung = static_cast<u64>(price) - static_cast<u64>(bottom_);
        if (rung < SIZE && named_.empty()) [[likely]] return static_cast<u32>(rung);
        if (const u32 known = find(price); known != NONE) return known;
        move_for(price);
        return find(price);
    }

    // The rung of a price, or NONE if it was never reached.
    u32 find(i64 price) const {
        if (named_.empty()) {
            const u64 rung = static_cast<u64>(price) - static_cast<u64>(bottom_);
            return rung < SIZE ? static_cast<u32>(rung) : NONE;
        }
        const auto found = named_.find(price);
        return found != named_.end() ? found->second : NONE;
    }

    PREFETCHING void prefetch_level(Side side, i64 price) const { book.prefetch_level(side, likely(price)); }
    PREFETCHING void prefetch_tail(Side side, i64 price) const { book.prefetch_tail(side, likely(price)); }

    i64 price(u32 rung) const {
        return named_.empty() ? static_cast<i64>(static_cast<u64>(bottom_) + rung) : names_.at(rung);
    }

    Book<Order> book;

  private:
    static constexpr u32 SIZE = 1u << 19;

    // The rung of a price if rungs are ticks and it is on the ladder; else some rung.
    u32 likely(i64 price) const {
        const u64 rung = static_cast<u64>(price) - static_cast<u64>(bottom_);
        return rung < SIZE ? static_cast<u32>(rung) : 0;
    }

    void move_for(i64 price) {
        std::vector<std::pair<u32, i64>> orders;  // slot and price, by side and priority
        for (Side side : {BUY, SELL}) {
            book.for_each(side, [&](u32 slot) {
                orders.emplace_back(slot, this->price(pool_[slot].price()));
                return true;
            });
        }
        for (const auto& [slot, at] : orders) book.remove(slot);
        lay(prices_in_use(orders, price));
        for (const auto& [slot, at] : orders) {
            Order order = pool_[slot];
            order.rung_and_side = find(at) << 1 | (order.rung_and_side & 1);
            book.add(slot, order);
        }
    }

    static std::vector<i64> prices_in_use(const std::vector<std::pair<u32, i64>>& orders, i64 price) {
        std::vector<i64> prices{price};
        for (const auto& [slot, at] : orders) prices.push_back(at);
        std::sort(prices.begin(), prices.end());
        prices.erase(std::unique(prices.begin(), prices.end()), prices.end());
        return prices;
    }

    // A ladder in single ticks around these prices if it is long enough, else one that names them.
    void lay(const std::vector<i64>& prices) {
        const u64 span = static_cast<u64>(prices.back()) - static_cast<u64>(prices.front());
        named_.clear();
        names_.clear();
        if (span < SIZE / 2) {
            bottom_ = static_cast<i64>(static_cast<u64>(prices.front()) - (SIZE - span) / 2);
            return;
        }
        const u32 room = SIZE / static_cast<u32>(prices.size() + 1);
        for (std::size_t at = 0; at < prices.size(); ++at) {
            const u32 rung = static_cast<u32>(at + 1) * room;
            named_.emplace(prices[at], rung);
            names_.emplace(rung, prices[at]);
        }
    }

    Pool<Order>& pool_;
    i64 bottom_ = 0;
    std::map<i64, u32> named_;  // empty while a rung is a tick
    std::map<u32, i64> names_;
};

}  // namespace jinguo
