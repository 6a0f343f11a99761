// The yardstick of the engine benchmark: the least a program can do that matches the same commands to the same trades.
//
// A tick ladder as it is written in an afternoon: per side 16-byte levels under a bitmap in three levels, 32-byte orders
// from a pool in intrusive lists, an array from order number to slot, a look eight commands ahead, and one 64-byte report
// for every message and every trade into a ring that is used again and stays in the cache. There is one product, nobody
// has to be known or covered, nothing is checked, and nothing of it could be written to a journal or shown to a member.
// By what the engine is slower, that is the price of being an exchange; what this makes here is what the machine allows.
//
// Only for the flows of scenarios.py: prices inside the ladder, replacements that lose their place, the newest cancelled
// when an account meets itself. loadtests/engine/yardstick.py drives it and compares its trades with the engine's.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

using u8 = std::uint8_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

struct Command {
    u8 kind, side, tif, flags;
    u32 product;
    u64 time_ns;
    u32 account, zero;
    u64 order_id, price, quantity, amount, zero_too;
};

struct Report {
    u64 seq;
    u32 kind, side;
    u64 order_id, maker_id, price, quantity, account, zero;
};

struct Order {
    u32 id, account;
    u32 rank_and_side;  // 31 bits and 1: sell
    u32 open, filled;
    u32 prev, next;
    u32 unused;
};

struct Level {
    u32 head, tail;
    u64 kg;
};

static_assert(sizeof(Command) == 64 && sizeof(Report) == 64 && sizeof(Order) == 32 && sizeof(Level) == 16);

enum Kind : u32 { PLACE = 6, CANCEL = 7, REPLACE = 8, TRADE = 20, UNKNOWN = 21, GONE = 22 };  // of commands and reports
constexpr u8 BUY = 1, IOC = 1;

constexpr u32 TICKS = 1 << 18;
constexpr u32 EMPTY = ~0u;
constexpr u32 NOTHING = 0;  // slot 0 is no order
constexpr u32 AHEAD = 8;
constexpr u32 RING = 1 << 10;
constexpr std::size_t BATCH = 2048;

// One side, counted from its best possible price.
struct Ladder {
    std::vector<Level> levels = std::vector<Level>(TICKS);
    u64 low[TICKS / 64] = {}, middle[TICKS / 4096] = {}, top = 0;
    u32 best = EMPTY;

    void add(u32 rank) {
        low[rank / 64] |= 1ull << rank % 64;
        middle[rank / 4096] |= 1ull << rank / 64 % 64;
        top |= 1ull << rank / 4096;
        best = std::min(best, rank);
    }

    void drop(u32 rank) {
        if ((low[rank / 64] &= ~(1ull << rank % 64)) == 0 && (middle[rank / 4096] &= ~(1ull << rank / 64 % 64)) == 0) {
            top &= ~(1ull << rank / 4096);
        }
        if (rank != best) return;
        if (top == 0) {
            best = EMPTY;
            return;
        }
        const u32 word = static_cast<u32>(std::countr_zero(top));
        const u32 group = word * 64 + static_cast<u32>(std::countr_zero(middle[word]));
        best = group * 64 + static_cast<u32>(std::countr_zero(low[group]));
    }
};

class Yardstick {
  public:
    explicit Yardstick(u32 most_orders) : slots_(most_orders + 1), pool_(most_orders + 1), ring_(RING) {}

    void run(const Command* commands, std::size_t count, u64 seq) {
        for (std::size_t at = 0; at < count; ++at, ++seq) {
            const Command& command = commands[at];
            if (at + AHEAD < count) prefetch(commands[at + AHEAD]);
            if (command.kind == PLACE) {
                place(command, seq);
            } else {
                change(command, seq);
            }
        }
    }

    u64 trades() const { return trades_; }
    u32 best_price(u8 side) const {
        const u32 best = ladders_[side & 1].best;
        return best == EMPTY ? 0 : price_of(side, best);
    }

  private:
    // Bids are in ladder 1 and asks in ladder 0; which it is cannot be guessed and is not asked.
    static u32 rank_of(u32 side, u32 price) { return price ^ ((0u - (side & 1)) & (TICKS - 1)); }
    static u32 price_of(u32 side, u32 rank) { return rank_of(side, rank); }

    void prefetch(const Command& command) const {
        __builtin_prefetch(&slots_[command.order_id]);
        __builtin_prefetch(&ladders_[command.side & 1].levels[rank_of(command.side, static_cast<u32>(command.price))], 1);
    }

    void report(u64 seq, u32 kind, u32 side, u64 order_id, u64 maker_id, u64 price, u64 quantity, u64 account) {
        ring_[reports_++ % RING] = {seq, kind, side, order_id, maker_id, price, quantity, account, 0};
    }

    void place(const Command& command, u64 seq) {
        const u32 price = static_cast<u32>(command.price), side = command.side & 1;
        Order order{++last_id_, command.account, rank_of(side, price) << 1 | (side ^ 1), static_cast<u32>(command.quantity),
                    0, NOTHING, NOTHING, 0};
        const bool rests = match(order, side, price, seq) && command.tif != IOC;
        report(seq, rests ? PLACE : GONE, side, order.id, 0, price, order.open, order.account);
        if (rests) put_in(order, side);
    }

    void change(const Command& command, u64 seq) {
        const u32 slot = slots_[command.order_id];
        if (slot == NOTHING || pool_[slot].account != command.account) {
            report(seq, UNKNOWN, 0, command.order_id, 0, 0, 0, command.account);
            return;
        }
        Order order = pool_[slot];
        const u32 side = (order.rank_and_side & 1) ^ 1;
        take_out(slot);
        if (command.kind == CANCEL) {
            report(seq, CANCEL, side, order.id, 0, price_of(side, order.rank_and_side >> 1), order.open, order.account);
            return;
        }
        const u32 price = static_cast<u32>(command.price);
        order.rank_and_side = rank_of(side, price) << 1 | (side ^ 1);
        order.open = static_cast<u32>(command.quantity) - order.filled;
        const bool rests = match(order, side, price, seq);
        report(seq, rests ? REPLACE : GONE, side, order.id, 0, price, order.open, order.account);
        if (rests) put_in(order, side);
    }

    // Trades what can trade; whether the order goes on.
    bool match(Order& order, u32 side, u32 price, u64 seq) {
        Ladder& other = ladders_[side ^ 1];
        const u32 limit = rank_of(side ^ 1, price);
        while (other.best != EMPTY && other.best <= limit) {
            const u32 slot = other.levels[other.best].head;
            Order& maker = pool_[slot];
            if (maker.account == order.account) return false;
            const u32 kg = std::min(order.open, maker.open);
            report(seq, TRADE, side, order.id, maker.id, price_of(side ^ 1, other.best), kg, maker.account);
            ++trades_;
            order.open -= kg;
            order.filled += kg;
            maker.filled += kg;
            if (kg == maker.open) {
                take_out(slot);
            } else {
                maker.open -= kg;
                other.levels[other.best].kg -= kg;
            }
            if (order.open == 0) return false;
        }
        return true;
    }

    void put_in(Order& order, u32 side) {
        const u32 slot = free_ != NOTHING ? free_ : unused_++;
        free_ = pool_[slot].next;
        Ladder& ladder = ladders_[side];
        const u32 rank = order.rank_and_side >> 1;
        Level& level = ladder.levels[rank];
        order.prev = level.tail;
        order.next = NOTHING;
        pool_[level.tail].next = slot;
        level.head = level.tail == NOTHING ? slot : level.head;
        level.tail = slot;
        level.kg += order.open;
        pool_[slot] = order;
        slots_[order.id] = slot;
        ladder.add(rank);
    }

    void take_out(u32 slot) {
        Order& order = pool_[slot];
        const u32 rank = order.rank_and_side >> 1;
        Ladder& ladder = ladders_[(order.rank_and_side & 1) ^ 1];
        Level& level = ladder.levels[rank];
        slots_[order.id] = NOTHING;
        pool_[order.prev].next = order.next;
        pool_[order.next].prev = order.prev;
        level.head = order.prev == NOTHING ? order.next : level.head;
        level.tail = order.next == NOTHING ? order.prev : level.tail;
        level.kg -= order.open;
        if (level.head == NOTHING) ladder.drop(rank);
        order.next = free_;
        free_ = slot;
    }

    Ladder ladders_[2];
    std::vector<u32> slots_;
    std::vector<Order> pool_;
    std::vector<Report> ring_;
    u64 reports_ = 0, trades_ = 0;
    u32 last_id_ = 0, free_ = NOTHING, unused_ = 1;
};

}  // namespace

extern "C" {

void* yardstick_new(u32 most_orders) { return new Yardstick(most_orders); }
void yardstick_delete(void* yardstick) { delete static_cast<Yardstick*>(yardstick); }
u64 yardstick_trades(const void* yardstick) { return static_cast<const Yardstick*>(yardstick)->trades(); }
u32 yardstick_best_price(const void* yardstick, u8 side) {
    return static_cast<const Yardstick*>(yardstick)->best_price(side);
}

void yardstick_run(void* yardstick, const void* commands, std::size_t count) {
    const auto* at = static_cast<const Command*>(commands);
    for (std::size_t done = 0; done < count; done += BATCH) {
        static_cast<Yardstick*>(yardstick)->run(at + done, std::min(BATCH, count - done), done);
    }
}

// What memory alone costs: every batch of commands copied into one small place, and out of another as many bytes as the
// engine wrote events.
void copy_records(const void* commands, std::size_t count, std::size_t events) {
    static char in[BATCH * 64], out[4 * BATCH * 64];
    const std::size_t batches = (count + BATCH - 1) / BATCH;
    const std::size_t bytes = std::min(sizeof(out) / 2, batches != 0 ? events * 64 / batches : 0);
    for (std::size_t done = 0; done < count; done += BATCH) {
        std::memcpy(in, static_cast<const char*>(commands) + done * 64, std::min(BATCH, count - done) * 64);
        std::memcpy(out, out + sizeof(out) / 2, bytes);
        asm volatile("" : : "r"(in), "r"(out) : "memory");
    }
}

}  // extern "C"
