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
//     order number -> slot                O(1), OrderIndex
//
// The book knows prices, quantities and places in queues. Accounts, holds and rules are the engine's
// (engine.hpp); a program that has none of them drives the book alone (loadtests/engine/adapter.cpp). All
// functions take plain numbers and nothing here knows Python.

#pragma once

#include <algorithm>
#include <bit>
#include <unordered_map>
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

    PREFETCHING void prefetch(u32 slot) const { __builtin_prefetch(&orders_[slot], 1); }

  private:
    template <bool>
    friend class Invariants;

    static constexpr u32 WARM = 1 << 16;
    GrowingArray<Order> orders_;
    u32 free_ = NO_SLOT;
    u32 unused_ = 1;  // the first slot that was never taken
    u64 live_ = 0;
};

// From order number to slot. Numbers are given in order of arrival and most orders live shortly, so the last digits
// of a number are its place in a table of fixed size: the part in use wanders through it and stays in the cache.
// An order so old that a new one wants its place moves to a map on the side.
template <typename Order>
class OrderIndex {
  public:
    explicit OrderIndex(const Pool<Order>& pool) : pool_(pool), places_(SIZE) {}

    u32 find(u64 id) const {
        const u32 slot = places_[id % SIZE];
        if (pool_[slot].id() == id) [[likely]] return slot;  // slot 0 has no number
        return old_.empty() ? NO_SLOT : find_old(id);
    }

    void insert(u64 id, u32 slot) {
        u32& place = places_[id % SIZE];
        if (place != NO_SLOT) [[unlikely]] move_aside(place);
        place = slot;
    }

    void erase(u64 id, u32 slot) {
        u32& place = places_[id % SIZE];
        if (place == slot) [[likely]] {
            place = NO_SLOT;
        } else {
            old_.erase(id);
        }
    }

    PREFETCHING void prefetch(u64 id) const { __builtin_prefetch(&places_[id % SIZE], 1); }

    // The slot of an order if it is open and not old; else that of another, or NO_SLOT.
    u32 guess(u64 id) const { return places_[id % SIZE]; }

  private:
    template <bool>
    friend class Invariants;

#ifdef JINGUO_CHECKED
    static constexpr u64 SIZE = 1 << 5;  // so that orders do move aside in the tests
#else
    static constexpr u64 SIZE = 1 << 20;
#endif

    [[gnu::noinline]] u32 find_old(u64 id) const {
        const auto found = old_.find(id);
        return found != old_.end() ? found->second : NO_SLOT;
    }
    [[gnu::noinline]] void move_aside(u32 slot) { old_[pool_[slot].id()] = slot; }

    const Pool<Order>& pool_;
    ZeroedArray<u32> places_;
    std::unordered_map<u64, u32> old_;
};

// ---------------------------------------------------------------------------------------------------

// A set of ranks 0 … size-1 as a bitmap in three levels: a bit of an upper level says whether the word below it has any.
// Those of the top may also stand over words that have lost their last: first() clears them when it comes by. So taking a
// rank out needs no branch: which words that empties is as good as random.
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
        const u32 word = rank / 64, group = word / 64;
        words_[0][word] |= bit(rank);
        words_[1][group] |= bit(word);
        words_[2][group / 64] |= bit(group);
    }

    void erase(u32 rank) {
        const u32 word = rank / 64;
        const u64 left = words_[0][word] &= ~bit(rank);
        words_[1][word / 64] &= ~(static_cast<u64>(left == 0) << word % 64);
    }

    // The lowest member, or NONE.
    u32 first() {
        for (u32 top = 0; top < counts_[2]; ++top) {
            for (u64& groups = words_[2][top]; groups != 0; groups &= groups - 1) {
                const u32 group = lowest(top, groups);
                if (words_[1][group] == 0) [[unlikely]] continue;
                const u32 word = lowest(group, words_[1][group]);
                return lowest(word, words_[0][word]);
            }
        }
        return NONE;
    }

    // The lowest member that is at least rank, or NONE.
    u32 at_or_above(u32 rank) const { return next<0>(rank); }

  private:
    template <bool>
    friend class Invariants;

    static constexpr u32 LEVELS = 3;
    static u64 bit(u32 rank) { return 1ull << rank % 64; }
    static u32 lowest(u32 word, u64 bits) { return word * 64 + static_cast<u32>(std::countr_zero(bits)); }

    // The lowest bit of a level that is at or above one, or NONE.
    template <u32 LEVEL>
    u32 next(u32 at) const {
        u32 word = at / 64;
        if (word >= counts_[LEVEL]) return NONE;
        u64 bits = words_[LEVEL][word] & (~0ull << at % 64);
        while (bits == 0) {
            if constexpr (LEVEL + 1 < LEVELS) {
                word = next<LEVEL + 1>(word + 1);
            } else {
                ++word;
            }
            if (word >= counts_[LEVEL]) return NONE;
            bits = words_[LEVEL][word];
        }
        return lowest(word, bits);
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

// Where the levels of a book are, by side and price, in as few instructions as asking for one ahead of time is worth.
// Any price will do: what is not on the ladder names some address, and asking for that does no harm.
class LevelAddresses {
  public:
    LevelAddresses() = default;
    LevelAddresses(const Level* asks, const Level* bids, u32 low, u32 high)
        : first_{reinterpret_cast<std::uintptr_t>(asks) - low * sizeof(Level),
                 reinterpret_cast<std::uintptr_t>(bids) + high * sizeof(Level)},
          step_{sizeof(Level), 0 - sizeof(Level)} {}

    PREFETCHING void prefetch(u32 side, i64 price) const {
        const u32 at = side & 1;
        __builtin_prefetch(reinterpret_cast<const void*>(first_[at] + step_[at] * static_cast<u64>(price)), 1);
    }

  private:
    std::uintptr_t first_[2] = {};
    std::uintptr_t step_[2] = {};
};

template <typename Order>
class Book {
  public:
    static constexpr u32 NONE = RankSet::NONE;  // rank of the best price of an empty side

    Book(Pool<Order>& pool, u32 low, u32 high) : pool_(pool), low_(low), width_(high - low) {
        ladder(SELL).sign = 1;
        ladder(SELL).origin = 0u - low_;
        ladder(BUY).sign = ~0u;
        ladder(BUY).origin = low_ + width_;
        for (Ladder& ladder : ladders_) {
            ladder.levels = ZeroedArray<Level>(width_ + 1);
            ladder.used = RankSet(width_ + 1);
        }
    }

    // Has the system provide the memory of both ladders before the first order comes.
    void warm() {
        for (Ladder& ladder : ladders_) ladder.levels.warm(width_ + 1);
    }

    u32 low() const { return low_; }
    u32 high() const { return low_ + width_; }
    bool contains(i64 price) const { return static_cast<u64>(price) - low_ <= width_; }  // below wraps around

    bool empty(Side side) const { return ladder(side).best == NONE; }
    u32 best_price(Side side) const { return ladder(side).price_at(ladder(side).best); }

    // Open kg at a price inside the band.
    i64 kg_at(Side side, u32 price) const { return ladder(side).levels[ladder(side).rank_of(price)].kg; }

    // Whether an order of the other side with this limit finds something to trade with on a side.
    bool reaches(Side side, u32 limit) const {
        return ladder(side).best <= ladder(side).rank_of(limit);  // NONE is beyond every rank
    }

    // Whether bids and asks could trade with each other; never in continuous trading.
    bool crossed() const { return !empty(BUY) && reaches(SELL, best_price(BUY)); }

    // The order of a side that trades first; only while the side is not empty.
    u32 front(Side side) const { return ladder(side).levels[ladder(side).best].head; }

    // Puts an order into a slot and at the end of its level. The order comes by value: its level can be looked
    // for while the slot is still being found.
    [[gnu::always_inline]] void add(u32 slot, Order order) {
        Ladder& ladder = this->ladder(order.side());
        const u32 rank = ladder.rank_of(order.price());
        Level& level = ladder.levels[rank];
        order.prev = level.tail;
        order.next = NO_SLOT;
        pool_[level.tail].next = slot;
        level.head = pick(level.tail == NO_SLOT, slot, level.head);
        level.tail = slot;
        level.kg += order.remaining;
        pool_[slot] = order;
        ladder.used.insert(rank);
        ladder.best = std::min(rank, ladder.best);
    }

    // Takes the order in a slot out; the slot stays the caller's.
    void remove(u32 slot) {
        const Order& order = pool_[slot];
        Ladder& ladder = this->ladder(order.side());
        const u32 rank = ladder.rank_of(order.price());
        Level& level = ladder.levels[rank];
        pool_[order.prev].next = order.next;
        pool_[order.next].prev = order.prev;
        level.head = pick(order.prev == NO_SLOT, order.next, level.head);
        level.tail = pick(order.next == NO_SLOT, order.prev, level.tail);
        level.kg -= order.remaining;
        if (level.head == NO_SLOT) used_up(ladder, rank);
    }

    // Makes the order in a slot kg smaller without moving it.
    void reduce(u32 slot, u32 kg) {
        Order& order = pool_[slot];
        order.remaining -= kg;
        Ladder& ladder = this->ladder(order.side());
        ladder.levels[ladder.rank_of(order.price())].kg -= kg;
    }

    // Calls visit(price, level) for the levels of a side, best first, until it returns false.
    template <typename Visit>
    void for_each_level(Side side, Visit visit) const {
        const Ladder& ladder = this->ladder(side);
        for (u32 rank = ladder.best; rank != NONE; rank = next_rank(ladder, rank)) {
            if (!visit(ladder.price_at(rank), ladder.levels[rank])) return;
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
                const u32 rank = to.rank_of(price);
                to.levels[rank] = level;
                to.used.insert(rank);
                to.best = std::min(rank, to.best);
                return true;
            });
            ladder(side) = std::move(to);
        }
        low_ = low;
        width_ = high - low;
    }

    LevelAddresses level_addresses() {
        return {ladder(SELL).levels.data(), ladder(BUY).levels.data(), low_, high()};
    }

    // Asks for the cache line of a level, and, when it has come, for that of the order a new one queues behind. Any
    // price will do: one outside the band asks for some line of the ladder.
    PREFETCHING void prefetch_level(Side side, u32 price) const {
        __builtin_prefetch(&level_near(side, price), 1);
    }
    PREFETCHING void prefetch_tail(Side side, u32 price) const {
        pool_.prefetch(level_near(side, price).tail);
    }

  private:
    template <bool>
    friend class Invariants;

    // rank = sign * price + origin, and the other way round: no side needs to be asked for.
    struct alignas(128) Ladder {
        u32 best = NONE;
        u32 sign;  // asks 1, bids -1
        u32 origin;
        ZeroedArray<Level> levels;  // by rank
        RankSet used;

        u32 rank_of(u32 price) const { return sign * price + origin; }
        u32 price_at(u32 rank) const { return sign * (rank - origin); }
    };

    Ladder& ladder(Side side) { return ladders_[side >> 1]; }
    const Ladder& ladder(Side side) const { return ladders_[side >> 1]; }

    const Level& level_near(Side side, u32 price) const {
        const Ladder& ladder = this->ladder(side);
        return ladder.levels[std::min(ladder.rank_of(price), width_)];
    }

    static u32 next_rank(const Ladder& ladder, u32 rank) { return ladder.used.at_or_above(rank + 1); }

    static void used_up(Ladder& ladder, u32 rank) {
        ladder.used.erase(rank);
        if (rank == ladder.best) ladder.best = ladder.used.first();
    }

    Pool<Order>& pool_;
    u32 low_;
    u32 width_;  // ticks from the lowest to the highest price
    Ladder ladders_[2];
};

}  // namespace jinguo
