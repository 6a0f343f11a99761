// The price-time book of one product, and the pool its orders live in. Ten minutes to read; docs/matching.md
// has the picture.
//
// A product trades inside a daily band, so its prices are a short ladder of ticks and every price has a fixed
// level in an array. Each side has a ladder of its own, counted from its best possible price: rank 0 is the
// top of the band for bids and the bottom for asks. So both sides are the same code: the best price is the
// lowest rank in use, and an incoming order trades while that rank does not exceed the rank of its limit.
// A three-level bitmap of the ranks in use finds the next best price when one is used up. A resting order is
// 32 bytes in a pool shared by all books, linked into its level's queue by slot number.
//
//     add, remove, reduce, best price     O(1), without allocation once pool and ladder are warm
//     order number -> slot                O(1), IdIndex
//
// The book knows prices, quantities and places in queues. Accounts, holds and rules are the engine's
// (engine.hpp); a program that has none of them drives the book alone (loadtests/engine/adapter.cpp). All
// functions take plain numbers and nothing here knows Python.

#pragma once

#include <bit>
#include <memory>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "records.hpp"

namespace jinguo {

constexpr u32 NO_SLOT = 0;  // slot 0 of the pool is no order; what links nowhere may write to it

// ---------------------------------------------------------------------------------------------------

// A resting order of the exchange. Another Order serves the book as well if it has price(), side(),
// remaining, prev and next.
struct Order {
    u64 id_and_account;  // 40 and 24 bits
    u32 price_and_side;  // 31 bits and 1: sell
    u16 product;
    u16 expires;    // last day of a good-till-date order, 0 for others
    u32 remaining;  // open kg
    u32 filled;     // traded kg
    u32 prev;       // towards the front of the level
    u32 next;       // towards its end; in a free slot: the next free slot

    u64 id() const { return id_and_account & MAX_ORDER_ID; }
    u32 account() const { return static_cast<u32>(id_and_account >> 40); }
    u32 price() const { return price_and_side >> 1; }
    bool is_sell() const { return price_and_side & 1; }
    Side side() const { return static_cast<Side>(BUY + is_sell()); }
    i64 quantity() const { return static_cast<i64>(remaining) + filled; }
    void set_price(u32 price) { price_and_side = price << 1 | is_sell(); }
};

static_assert(sizeof(Order) == 32, "two orders share a cache line");

// Slots for all resting orders. A freed slot is the next one used, while it is still in the cache.
template <typename Order>
class Pool {
  public:
    Pool() { orders_.reach(WARM - 1); }

    Order& operator[](u32 slot) { return orders_[slot]; }
    const Order& operator[](u32 slot) const { return orders_[slot]; }
    u64 live() const { return live_; }

    u32 take() {
        ++live_;
        if (free_ != NO_SLOT) return std::exchange(free_, orders_[free_].next);
        orders_.reach(unused_);
        return unused_++;
    }

    void give_back(u32 slot) {
        --live_;
        orders_[slot].next = std::exchange(free_, slot);
    }

    void prefetch(u32 slot) const { __builtin_prefetch(&orders_[slot], 1); }

  private:
    template <bool>
    friend class Invariants;

    static constexpr u32 WARM = 1 << 16;
    GrowingArray<Order> orders_;
    u32 free_ = NO_SLOT;
    u32 unused_ = 1;  // the first slot that was never taken
    u64 live_ = 0;
};

// From order number to slot. Numbers are given in order of arrival and most orders live shortly, so it is an
// array in pages; a page whose orders have all gone is used again for new numbers, and memory follows the
// open orders instead of all orders there ever were.
class IdIndex {
  public:
    u32 find(u64 id) const {
        const u64 page = id / PAGE;
        return page < pages_.size() && pages_[page] ? pages_[page]->slots[id % PAGE] : NO_SLOT;
    }

    void insert(u64 id, u32 slot) {
        const u64 page = id / PAGE;
        if (page >= pages_.size()) pages_.resize(page + 1);
        if (!pages_[page]) pages_[page] = empty_page();
        pages_[page]->slots[id % PAGE] = slot;
        ++pages_[page]->used;
    }

    void erase(u64 id) {
        PagePointer& page = pages_[id / PAGE];
        page->slots[id % PAGE] = NO_SLOT;
        if (--page->used == 0) spare_.push_back(std::move(page));
    }

    void prefetch(u64 id) const {
        const u64 page = id / PAGE;
        if (page < pages_.size() && pages_[page]) __builtin_prefetch(&pages_[page]->slots[id % PAGE], 1);
    }

  private:
    template <bool>
    friend class Invariants;

    static constexpr u64 PAGE = 1 << 16;
    struct Page {
        u32 slots[PAGE];
        u32 used;
    };
    using PagePointer = std::unique_ptr<Page>;

    PagePointer empty_page() {
        if (spare_.empty()) return std::make_unique<Page>();
        PagePointer page = std::move(spare_.back());
        spare_.pop_back();
        return page;
    }

    std::vector<PagePointer> pages_;
    std::vector<PagePointer> spare_;
};

// ---------------------------------------------------------------------------------------------------

// A set of ranks 0 … size-1 as a bitmap in three levels: a bit of an upper level says whether the word
// below it has any bit. Finding the next one looks at one word per level (at the top at several).
class RankSet {
  public:
    static constexpr u32 NONE = ~0u;

    RankSet() = default;
    explicit RankSet(u32 size) {
        for (u32 level = 0; level < LEVELS; ++level) {
            size = size / 64 + 1;
            counts_[level] = size;
            words_[level] = ZeroedArray<u64>(size);
        }
    }

    void insert(u32 rank) {
        for (u32 level = 0; level < LEVELS; ++level, rank /= 64) words_[level][rank / 64] |= bit(rank);
    }

    void erase(u32 rank) {
        for (u32 level = 0; level < LEVELS; ++level, rank /= 64) {
            if ((words_[level][rank / 64] &= ~bit(rank)) != 0) return;
        }
    }

    // The lowest member that is at least rank, or NONE.
    u32 at_or_above(u32 rank) const {
        for (u32 level = 0; level < LEVELS; ++level) {
            u32 word = rank / 64;
            if (word >= counts_[level]) return NONE;
            u64 bits = words_[level][word] & (~0ull << rank % 64);
            while (bits == 0 && level == LEVELS - 1 && ++word < counts_[level]) bits = words_[level][word];
            if (bits != 0) return lowest_below(level, word * 64 + std::countr_zero(bits));
            rank = word + 1;
        }
        return NONE;
    }

  private:
    template <bool>
    friend class Invariants;

    static constexpr u32 LEVELS = 3;
    static u64 bit(u32 rank) { return 1ull << rank % 64; }

    u32 lowest_below(u32 level, u32 word) const {
        while (level-- > 0) word = word * 64 + std::countr_zero(words_[level][word]);
        return word;
    }

    ZeroedArray<u64> words_[LEVELS];
    u32 counts_[LEVELS] = {};
};

// ---------------------------------------------------------------------------------------------------

struct Level {
    u32 head;  // the order that trades first
    u32 tail;
    i64 kg;  // open kg of all orders of the level
};

static_assert(sizeof(Level) == 16);

// What the market is shown of a level.
struct DepthLevel {
    u32 price;
    i64 kg;
    u32 orders;
};

template <typename Order>
class Book {
  public:
    static constexpr u32 NONE = RankSet::NONE;  // rank of the best price of an empty side

    Book(Pool<Order>& pool, u32 low, u32 high) : pool_(pool), low_(low), width_(high - low) {}

    u32 low() const { return low_; }
    u32 high() const { return low_ + width_; }
    bool contains(i64 price) const { return low_ <= price && price <= i64{low_} + width_; }

    bool empty(Side side) const { return ladder(side).best == NONE; }
    u32 best_price(Side side) const { return price_at(side, ladder(side).best); }

    // Open kg at a price inside the band.
    i64 kg_at(Side side, u32 price) const {
        return ladder(side).levels ? ladder(side).levels[rank_of(side, price)].kg : 0;
    }

    // Whether an order of the other side with this limit finds something to trade with on a side.
    bool reaches(Side side, u32 limit) const {
        return ladder(side).best <= rank_of(side, limit);  // NONE is beyond every rank
    }

    // Whether bids and asks could trade with each other; never in continuous trading.
    bool crossed() const { return !empty(BUY) && reaches(SELL, best_price(BUY)); }

    // The order of a side that trades first; only while the side is not empty.
    u32 front(Side side) const { return ladder(side).levels[ladder(side).best].head; }

    // Puts the order in a slot at the end of its level.
    void add(u32 slot) {
        Order& order = pool_[slot];
        Ladder& ladder = this->ladder(order.side());
        if (!ladder.levels) lay_out(ladder);
        const u32 rank = rank_of(order.side(), order.price());
        Level& level = ladder.levels[rank];
        order.prev = level.tail;
        order.next = NO_SLOT;
        pool_[level.tail].next = slot;
        level.head = level.tail == NO_SLOT ? slot : level.head;
        level.tail = slot;
        level.kg += order.remaining;
        ladder.used.insert(rank);
        ladder.best = rank < ladder.best ? rank : ladder.best;
    }

    // Takes the order in a slot out; the slot stays the caller's.
    void remove(u32 slot) {
        const Order& order = pool_[slot];
        Ladder& ladder = this->ladder(order.side());
        const u32 rank = rank_of(order.side(), order.price());
        Level& level = ladder.levels[rank];
        pool_[order.prev].next = order.next;
        pool_[order.next].prev = order.prev;
        level.head = order.prev == NO_SLOT ? order.next : level.head;
        level.tail = order.next == NO_SLOT ? order.prev : level.tail;
        level.kg -= order.remaining;
        if (level.head == NO_SLOT) used_up(ladder, rank);
    }

    // Makes the order in a slot kg smaller without moving it.
    void reduce(u32 slot, u32 kg) {
        Order& order = pool_[slot];
        order.remaining -= kg;
        ladder(order.side()).levels[rank_of(order.side(), order.price())].kg -= kg;
    }

    // Calls visit(price, level) for the levels of a side, best first, until it returns false.
    template <typename Visit>
    void for_each_level(Side side, Visit visit) const {
        const Ladder& ladder = this->ladder(side);
        for (u32 rank = ladder.best; rank != NONE; rank = next_rank(ladder, rank)) {
            if (!visit(price_at(side, rank), ladder.levels[rank])) return;
        }
    }

    // Calls visit(slot) for the orders of a side, by priority, until it returns false. The one visited may be
    // taken out meanwhile.
    template <typename Visit>
    void for_each(Side side, Visit visit) const {
        for_each_level(side, [&](u32, const Level& level) {
            for (u32 slot = level.head, next; slot != NO_SLOT; slot = next) {
                next = pool_[slot].next;
                if (!visit(slot)) return false;
            }
            return true;
        });
    }

    // Up to limit levels of a side as the market is shown them, best first.
    std::vector<DepthLevel> depth(Side side, u64 limit) const {
        std::vector<DepthLevel> found;
        for_each_level(side, [&](u32 price, const Level& level) {
            if (found.size() >= limit) return false;
            u32 orders = 0;
            for (u32 slot = level.head; slot != NO_SLOT; slot = pool_[slot].next) ++orders;
            found.push_back({price, level.kg, orders});
            return true;
        });
        return found;
    }

    // Changes the band; the caller has seen to it that no resting order is outside the new one.
    void set_band(u32 low, u32 high) {
        if (low == low_ && high == low_ + width_) return;
        Book moved(pool_, low, high);
        for (Side side : {BUY, SELL}) {
            Ladder& to = moved.ladder(side);
            for_each_level(side, [&](u32 price, const Level& level) {
                if (!to.levels) moved.lay_out(to);
                const u32 rank = moved.rank_of(side, price);
                to.levels[rank] = level;
                to.used.insert(rank);
                to.best = rank < to.best ? rank : to.best;
                return true;
            });
            ladder(side) = std::move(to);
        }
        low_ = low;
        width_ = high - low;
    }

    void prefetch(Side side, u32 price) const {
        if (ladder(side).levels) __builtin_prefetch(&ladder(side).levels[rank_of(side, price)], 1);
    }

  private:
    template <bool>
    friend class Invariants;

    struct Ladder {
        u32 best = NONE;
        ZeroedArray<Level> levels;  // by rank
        RankSet used;
    };

    Ladder& ladder(Side side) { return ladders_[side & 1]; }
    const Ladder& ladder(Side side) const { return ladders_[side & 1]; }

    u32 rank_of(Side side, u32 price) const {
        const u32 ticks = price - low_;
        return pick(side == SELL, ticks, width_ - ticks);
    }
    u32 price_at(Side side, u32 rank) const { return low_ + (side == SELL ? rank : width_ - rank); }

    void lay_out(Ladder& ladder) const {
        ladder.levels = ZeroedArray<Level>(width_ + 1);
        ladder.used = RankSet(width_ + 1);
    }

    static u32 next_rank(const Ladder& ladder, u32 rank) { return ladder.used.at_or_above(rank + 1); }

    static void used_up(Ladder& ladder, u32 rank) {
        ladder.used.erase(rank);
        if (rank == ladder.best) ladder.best = ladder.used.at_or_above(rank);
    }

    Pool<Order>& pool_;
    u32 low_;
    u32 width_;  // ticks from the lowest to the highest price
    Ladder ladders_[2];
};

}  // namespace jinguo
