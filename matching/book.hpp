// The price-time book of one product, and the pool its orders live in.
//
// A product trades inside a daily band, so its prices are a short ladder of ticks (1 fen each) and every
// price has a fixed level in an array. A resting order is 32 bytes in a pool shared by all books, linked
// into its level's queue by slot number. Because a book is never crossed, one ladder serves both sides:
// every level below the spread is a bid, every level above it an ask. A three-level bitmap of the levels
// in use finds the next best price when one is used up.
//
//     add, cancel, reduce, best price     O(1), without allocation once pool and ladder are warm
//     order number -> slot                O(1), IdIndex
//     orders of one account               a second linked list, through the pool

#pragma once

#include <cstdlib>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "records.hpp"

namespace jinguo {

constexpr u32 NO_SLOT = 0;  // slot 0 of the pool is never used

// An array of zeros whose pages the system provides when they are first touched, so that a wide band
// or a high number costs only what is used of it.
template <typename T>
class ZeroedArray {
  public:
    ZeroedArray() = default;
    explicit ZeroedArray(std::size_t size) : values_(static_cast<T*>(std::calloc(size, sizeof(T)))) {
        if (!values_) throw std::bad_alloc();
    }
    T& operator[](std::size_t at) const { return values_.get()[at]; }
    explicit operator bool() const { return values_ != nullptr; }

  private:
    struct Free {
        void operator()(T* values) const { std::free(values); }
    };
    std::unique_ptr<T, Free> values_;
};

// ---------------------------------------------------------------------------------------------------

struct Order {
    u64 id : 48;
    u64 product_bits : 16;
    u32 account;
    u32 price : 31;
    u32 is_sell : 1;
    u32 remaining;  // open kg
    u32 filled;     // traded kg
    u32 prev;       // towards the front of the level
    u32 next;       // towards its end; in a free slot: the next free slot

    u32 product() const { return static_cast<u32>(product_bits); }
    Side side() const { return is_sell ? SELL : BUY; }
    i64 quantity() const { return static_cast<i64>(remaining) + filled; }
};

static_assert(sizeof(Order) == 32, "two orders share a cache line");

// Slots for all resting orders. A freed slot is the next one used, while it is still in the cache.
class OrderPool {
  public:
    struct AccountLink {
        u32 prev;
        u32 next;
    };

    OrderPool() : orders_(1), links_(1) {
        orders_.reserve(WARM);
        links_.reserve(WARM);
    }

    Order& operator[](u32 slot) { return orders_[slot]; }
    const Order& operator[](u32 slot) const { return orders_[slot]; }
    AccountLink& link(u32 slot) { return links_[slot]; }
    const AccountLink& link(u32 slot) const { return links_[slot]; }
    u64 live() const { return live_; }

    u32 take() {
        ++live_;
        if (free_ != NO_SLOT) return std::exchange(free_, orders_[free_].next);
        orders_.emplace_back();
        links_.emplace_back();
        return static_cast<u32>(orders_.size() - 1);
    }

    void give_back(u32 slot) {
        --live_;
        orders_[slot].next = std::exchange(free_, slot);
    }

  private:
    static constexpr std::size_t WARM = 1 << 16;
    std::vector<Order> orders_;
    std::vector<AccountLink> links_;
    u32 free_ = NO_SLOT;
    u64 live_ = 0;
};

// From order number to slot. Numbers are dense and most orders live shortly, so it is an array in pages;
// a page whose orders have all gone is used again for new numbers, and memory follows the open orders
// instead of all orders there ever were.
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

  private:
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

// A set of ticks 0 … size-1 as a bitmap in three levels: a bit of an upper level says whether the word
// below it has any bit. Finding a neighbour looks at one word per level (at most four at the top).
class TickSet {
  public:
    static constexpr u32 NONE = ~0u;

    TickSet() = default;
    explicit TickSet(u32 size) {
        for (u32 level = 0; level < LEVELS; ++level) {
            size = size / 64 + 1;
            counts_[level] = size;
            words_[level] = ZeroedArray<u64>(size);
        }
    }

    void insert(u32 tick) {
        for (u32 level = 0; level < LEVELS; ++level, tick /= 64) words_[level][tick / 64] |= bit(tick);
    }

    void erase(u32 tick) {
        for (u32 level = 0; level < LEVELS; ++level, tick /= 64) {
            if ((words_[level][tick / 64] &= ~bit(tick)) != 0) return;
        }
    }

    u32 at_or_above(u32 tick) const {
        for (u32 level = 0; level < LEVELS; ++level) {
            u32 word = tick / 64;
            if (word >= counts_[level]) return NONE;
            u64 bits = words_[level][word] & (~0ull << tick % 64);
            while (bits == 0 && level == LEVELS - 1 && ++word < counts_[level]) bits = words_[level][word];
            if (bits != 0) return lowest_below(level, word * 64 + std::countr_zero(bits));
            tick = word + 1;
        }
        return NONE;
    }

    u32 at_or_below(u32 tick) const {
        for (u32 level = 0; level < LEVELS; ++level) {
            u32 word = tick / 64;
            u64 bits = words_[level][word] & (~0ull >> (63 - tick % 64));
            while (bits == 0 && level == LEVELS - 1 && word > 0) bits = words_[level][--word];
            if (bits != 0) return highest_below(level, word * 64 + 63 - std::countl_zero(bits));
            if (word == 0) return NONE;
            tick = word - 1;
        }
        return NONE;
    }

  private:
    static constexpr u32 LEVELS = 3;
    static u64 bit(u32 tick) { return 1ull << tick % 64; }

    u32 lowest_below(u32 level, u32 word) const {
        while (level-- > 0) word = word * 64 + std::countr_zero(words_[level][word]);
        return word;
    }

    u32 highest_below(u32 level, u32 word) const {
        while (level-- > 0) word = word * 64 + 63 - std::countl_zero(words_[level][word]);
        return word;
    }

    ZeroedArray<u64> words_[LEVELS];
    u32 counts_[LEVELS] = {};
};

// ---------------------------------------------------------------------------------------------------

// What the market is shown of a level.
struct DepthLevel {
    u32 price;
    i64 kg;
    u32 orders;
};

struct Level {
    u32 head;  // the order that trades first
    u32 tail;
    i64 kg;  // open kg of all orders of the level
};

static_assert(sizeof(Level) == 16);

class Book {
  public:
    static constexpr u32 NO_BID = 0;    // below every price
    static constexpr u32 NO_ASK = ~0u;  // above every price

    Book(OrderPool& pool, u32 low, u32 high) : pool_(pool), low_(low), high_(high) {}

    u32 low() const { return low_; }
    u32 high() const { return high_; }
    bool contains(i64 price) const { return low_ <= price && price <= high_; }

    u32 best_bid() const { return best_bid_; }
    u32 best_ask() const { return best_ask_; }
    const Level& level(u32 price) const { return levels_[price - low_]; }

    // Whether an order that comes in with this side and limit finds a price to trade at.
    bool crosses(Side side, i64 price) const { return side == BUY ? price >= best_ask_ : price <= best_bid_; }

    // The order it would trade with; only while crosses().
    u32 front(Side incoming) const { return level(incoming == BUY ? best_ask_ : best_bid_).head; }

    // The order that trades first among those of a side, or NO_SLOT.
    u32 first(Side side) const {
        if (side == BUY) return best_bid_ == NO_BID ? NO_SLOT : level(best_bid_).head;
        return best_ask_ == NO_ASK ? NO_SLOT : level(best_ask_).head;
    }

    // Calls visit(price, level) for up to limit levels of a side, best first.
    template <typename Visit>
    void for_each_level(Side side, u64 limit, Visit visit) const {
        const u32 none = side == BUY ? NO_BID : NO_ASK;
        u32 price = side == BUY ? best_bid_ : best_ask_;
        while (price != none && limit-- > 0) {
            visit(price, level(price));
            price = side == BUY ? next_lower(price) : next_higher(price);
        }
    }

    // Calls visit(order) for every order of a side, by priority.
    template <typename Visit>
    void for_each(Side side, Visit visit) const {
        for_each_level(side, ~0ull, [&](u32, const Level& level) {
            for (u32 slot = level.head; slot != NO_SLOT; slot = pool_[slot].next) visit(pool_[slot]);
        });
    }

    // Up to limit levels of a side as the market is shown them, best first.
    std::vector<DepthLevel> depth(Side side, u64 limit) const {
        std::vector<DepthLevel> found;
        for_each_level(side, limit, [&](u32 price, const Level& level) {
            u32 orders = 0;
            for (u32 slot = level.head; slot != NO_SLOT; slot = pool_[slot].next) ++orders;
            found.push_back({price, level.kg, orders});
        });
        return found;
    }

    // Whether a new band would leave a resting order outside.
    bool band_would_exclude(u32 low, u32 high) const {
        if (best_bid_ == NO_BID && best_ask_ == NO_ASK) return false;
        return price_above(low_) < low || price_below(high_) > high;
    }

    // Changes the band; the caller has checked that no resting order would be outside.
    void set_band(u32 low, u32 high) {
        if (low == low_ && high == high_) return;
        Book moved(pool_, low, high);
        for (Side side : {BUY, SELL}) {
            for_each_level(side, ~0ull, [&](u32 price, const Level& level) { moved.adopt(price, level); });
        }
        low_ = low;
        high_ = high;
        ticks_ = std::move(moved.ticks_);
        levels_ = std::move(moved.levels_);
    }

    // Puts the order in a slot at the end of its level.
    void add(u32 slot) {
        Order& order = pool_[slot];
        if (!levels_) lay_out();
        Level& level = levels_[order.price - low_];
        order.prev = level.tail;
        order.next = NO_SLOT;
        if (level.tail != NO_SLOT) {
            pool_[level.tail].next = slot;
        } else {
            level.head = slot;
            ticks_.insert(order.price - low_);
            if (!order.is_sell && order.price > best_bid_) best_bid_ = order.price;
            if (order.is_sell && order.price < best_ask_) best_ask_ = order.price;
        }
        level.tail = slot;
        level.kg += order.remaining;
    }

    // Takes the order in a slot out; the slot stays the caller's.
    void remove(u32 slot) {
        const Order& order = pool_[slot];
        Level& level = levels_[order.price - low_];
        (order.prev != NO_SLOT ? pool_[order.prev].next : level.head) = order.next;
        (order.next != NO_SLOT ? pool_[order.next].prev : level.tail) = order.prev;
        level.kg -= order.remaining;
        if (level.head == NO_SLOT) level_used_up(order.price);
    }

    // Makes the order in a slot kg smaller without moving it.
    void reduce(u32 slot, u32 kg) {
        pool_[slot].remaining -= kg;
        levels_[pool_[slot].price - low_].kg -= kg;
    }

  private:
    void lay_out() {
        levels_ = ZeroedArray<Level>(high_ - low_ + 1);
        ticks_ = TickSet(high_ - low_ + 1);
    }

    void adopt(u32 price, const Level& level) {
        if (!levels_) lay_out();
        levels_[price - low_] = level;
        ticks_.insert(price - low_);
    }

    void level_used_up(u32 price) {
        ticks_.erase(price - low_);
        if (price == best_bid_) best_bid_ = price_below(price);
        if (price == best_ask_) best_ask_ = price_above(price);
    }

    u32 next_lower(u32 price) const { return price == low_ ? NO_BID : price_below(price - 1); }
    u32 next_higher(u32 price) const { return price == high_ ? NO_ASK : price_above(price + 1); }

    u32 price_above(u32 price) const {
        const u32 tick = ticks_.at_or_above(price - low_);
        return tick == TickSet::NONE ? NO_ASK : low_ + tick;
    }

    u32 price_below(u32 price) const {
        const u32 tick = ticks_.at_or_below(price - low_);
        return tick == TickSet::NONE ? NO_BID : low_ + tick;
    }

    OrderPool& pool_;
    u32 low_;
    u32 high_;
    u32 best_bid_ = NO_BID;
    u32 best_ask_ = NO_ASK;
    TickSet ticks_;
    ZeroedArray<Level> levels_;
};

}  // namespace jinguo
