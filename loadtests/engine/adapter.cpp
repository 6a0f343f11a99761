// The book of matching/book.hpp behind the C ABI of the public Matching Engine Algorithm Performance Challenge
// (matching_engine_api.h, found at build time: make bench-adapter ME_API=/path/to/api).
//
// There are no accounts there and nothing has to be covered: orders with numbers of their own come in, match by
// price and time, and every step is reported. So this file is the smallest program that drives the book: a few
// lines for each message, a table from order number to slot, and the queue the reports leave by.

#include <unordered_map>

#include "price_rungs.hpp"
#include "report_ring.hpp"

namespace {

using namespace jinguo;

struct RestingOrder {
    u64 id;
    u32 rung_and_side;  // 31 bits and 1: sell
    u32 remaining;
    u32 prev;
    u32 next;
    u64 unused;

    u32 price() const { return rung_and_side >> 1; }
    Side side() const { return static_cast<Side>(BUY + (rung_and_side & 1)); }
};

static_assert(sizeof(RestingOrder) == 32);

// From order number to slot: an array for the numbers a venue gives out, a hash table for all others.
class Slots {
  public:
    Slots() { dense_.warm(WARM); }

    u32 find(u64 id) const {
        if (id < DENSE) return dense_[id];
        const auto found = others_.find(id);
        return found != others_.end() ? found->second : NO_SLOT;
    }
    void set(u64 id, u32 slot) {
        if (id < DENSE) {
            dense_[id] = slot;
        } else if (slot != NO_SLOT) {
            others_[id] = slot;
        } else {
            others_.erase(id);
        }
    }
    PREFETCHING void prefetch(u64 id) const { __builtin_prefetch(&dense_[id < DENSE ? id : 0], 1); }

  private:
    static constexpr u64 DENSE = 1 << 24;
    static constexpr u64 WARM = 1 << 21;
    ZeroedArray<u32> dense_{DENSE};
    std::unordered_map<u64, u32> others_;
};

class Matcher {
  public:
    Matcher(const me_transport_t* transport, void* sink) : reports_(transport, sink) {}

    void place(const new_order_t& order) {
        const Side side = static_cast<Side>(BUY + (order.side & 1));
        if (slots_.find(order.order_id) != NO_SLOT) return;  // the number of a resting order: not accepted
        reports_.add(ME_ORDER_ACK, order.side, order.sequence_number, order.order_id, order.price_ticks,
                     order.quantity);
        const u32 left = match(side, order.price_ticks, order.quantity, order.order_id, order.sequence_number);
        if (left == 0) return;
        if (order.ioc) {
            reports_.add(ME_CANCEL_ACK, order.side, order.sequence_number, order.order_id, order.price_ticks, left);
        } else {
            rest(order.order_id, side, order.price_ticks, left);
        }
    }

    void cancel(const cancel_t& cancel) {
        const u32 slot = slots_.find(cancel.order_id);
        if (slot == NO_SLOT) {
            reports_.add(ME_CANCEL_REJECT, 0, cancel.sequence_number, cancel.order_id, 0, 0);
            return;
        }
        const RestingOrder& order = pool_[slot];
        reports_.add(ME_CANCEL_ACK, order.side() == SELL, cancel.sequence_number, order.id,
                     rungs_.price(order.price()), order.remaining);
        take_out(slot);
    }

    // Out of the book and in again, at the end of its queue.
    void modify(const modify_t& modify) {
        const u32 slot = slots_.find(modify.order_id);
        if (slot == NO_SLOT) {
            reports_.add(ME_MODIFY_REJECT, 0, modify.sequence_number, modify.order_id, 0, 0);
            return;
        }
        const Side side = pool_[slot].side();
        take_out(slot);
        const u32 left =
            match(side, modify.new_price_ticks, modify.new_quantity, modify.order_id, modify.sequence_number);
        if (left > 0) rest(modify.order_id, side, modify.new_price_ticks, left);
        reports_.add(ME_MODIFY_ACK, side == SELL, modify.sequence_number, modify.order_id, modify.new_price_ticks,
                     modify.new_quantity);
    }

    void apply(const me_msg_t* messages, u32 count) {
        for (u32 at = 0; at < count; ++at) {
            __builtin_prefetch(messages + at + FAR_AHEAD);
            if (at + AHEAD < count) prefetch(messages[at + AHEAD]);
            if (at + NEAR < count) prefetch_tail(messages[at + NEAR]);
            const me_msg_t& message = messages[at];
            if (message.type == 0) {
                place(message.no);
            } else if (message.type == 1) {
                cancel(message.c);
            } else {
                modify(message.md);
            }
        }
    }

    void flush() { reports_.publish(); }

    i64 best(Side side, i64 none) const {
        return rungs_.book.empty(side) ? none : rungs_.price(rungs_.book.best_price(side));
    }
    u64 depth_at(i64 price, Side side) const {
        const u32 rung = rungs_.find(price);
        return rung != Rungs::NONE ? static_cast<u64>(rungs_.book.kg_at(side, rung)) : 0;
    }

  private:
    static constexpr u32 NEAR = 4;
    static constexpr u32 AHEAD = 8;
    static constexpr u32 FAR_AHEAD = 48;
    using Rungs = PriceRungs<RestingOrder>;

    // Asks for the cache lines a message will need. Where a cancel has no price, whatever stands there names some
    // line or none: asking for a wrong one does no harm, deciding would cost more.
    PREFETCHING void prefetch(const me_msg_t& message) const {
        slots_.prefetch(message.c.order_id);
        rungs_.prefetch_level(static_cast<Side>(BUY + (message.no.side & 1)), message.no.price_ticks);
    }
    PREFETCHING void prefetch_tail(const me_msg_t& message) const {
        rungs_.prefetch_tail(static_cast<Side>(BUY + (message.no.side & 1)), message.no.price_ticks);
    }

    // Trades what can trade; the quantity that is left.
    u32 match(Side side, i64 price, u32 quantity, u64 id, u64 seq) {
        const u32 limit = rungs_.reach(price);
        const Side other = opposite(side);
        Book<RestingOrder>& book = rungs_.book;
        while (quantity > 0 && book.reaches(other, limit)) {
            const u32 slot = book.front(other);
            RestingOrder& maker = pool_[slot];
            const u32 traded = quantity < maker.remaining ? quantity : maker.remaining;
            reports_.add_trade(seq, rungs_.price(maker.price()), traded, maker.id, id);
            quantity -= traded;
            if (traded == maker.remaining) {
                take_out(slot);
            } else {
                book.reduce(slot, traded);
            }
        }
        return quantity;
    }

    void rest(u64 id, Side side, i64 price, u32 quantity) {
        const u32 rung = rungs_.reach(price);
        const u32 slot = pool_.take();
        rungs_.book.add(slot, {id, rung << 1 | (side == SELL), quantity, NO_SLOT, NO_SLOT, 0});
        slots_.set(id, slot);
    }

    void take_out(u32 slot) {
        slots_.set(pool_[slot].id, NO_SLOT);
        rungs_.book.remove(slot);
        pool_.give_back(slot);
    }

    Pool<RestingOrder> pool_;
    Rungs rungs_{pool_};
    Slots slots_;
    Reports reports_;
};

Matcher* matcher = nullptr;

}  // namespace

extern "C" {

const me_transport_t* engine_get_transport(void) { return &RING_TRANSPORT; }

void engine_init(uint64_t, const me_transport_t* transport, void* report_sink) {
    matcher = new Matcher(transport, report_sink);
}
void engine_shutdown(void) {
    delete matcher;
    matcher = nullptr;
}

void engine_on_new_order(const new_order_t* order) { matcher->place(*order); }
void engine_on_cancel(const cancel_t* cancel) { matcher->cancel(*cancel); }
void engine_on_modify(const modify_t* modify) { matcher->modify(*modify); }
void engine_on_batch(const me_msg_t* messages, uint32_t count) { matcher->apply(messages, count); }
void engine_flush(void) { matcher->flush(); }

int64_t engine_query_best_bid(void) { return matcher->best(BUY, INT64_MIN); }
int64_t engine_query_best_ask(void) { return matcher->best(SELL, INT64_MAX); }
uint64_t engine_query_depth_at(int64_t price_ticks, uint8_t side) {
    return matcher->depth_at(price_ticks, side == 0 ? BUY : SELL);
}

}  // extern "C"
