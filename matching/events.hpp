// The events of a batch, in the words of the engine; what the fields mean: EventKind in matching/types.py.

#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

#include "book.hpp"
#include "call_auction.hpp"
#include "records.hpp"

namespace jinguo {

class Events {
  public:
    // Forgets the events of the batch before. The next ones go to the caller's room for so many; if they are
    // more, or there is none, to our own. data() says where they are.
    void clear(Event* room, std::size_t capacity) {
        first_ = next_ = room != nullptr ? room : own_.get();
        end_ = first_ + (room != nullptr ? capacity : own_capacity_);
    }

    // From here on events belong to the command with this sequence number.
    void begin(u64 seq) { seq_ = seq; }

    std::size_t size() const { return static_cast<std::size_t>(next_ - first_); }
    const Event* data() const { return first_; }

    void applied(const Command& command) {
        add({.seq = seq_,
             .kind = EventKind::APPLIED,
             .product = command.product,
             .order_id = defines(command) ? command.order_id : 0,
             .price = command.price,
             .quantity = command.quantity,
             .remaining = command.amount,
             .account = command.account,
             .other = command.flags});
    }

    // order: the account's open order that a CANCEL or REPLACE names, if there is one.
    void rejected(const Command& command, Reason reason, const Order* order) {
        const bool names_order = command.kind == CommandKind::CANCEL || command.kind == CommandKind::REPLACE;
        add({.seq = seq_,
             .kind = EventKind::REJECTED,
             .side = order ? static_cast<u8>(order->side()) : command.side,
             .reason = reason,
             .product = order ? order->product : command.product,
             .order_id = names_order ? command.order_id : 0,
             .price = command.price,
             .quantity = command.quantity,
             .account = command.account});
    }

    void accepted(const Order& order) {
        add({.seq = seq_,
             .kind = EventKind::ACCEPTED,
             .side = order.side(),
             .product = order.product,
             .order_id = order.id(),
             .price = order.price(),
             .quantity = order.quantity(),
             .account = order.account()});
    }

    // A trade at the maker's price, as it comes in.
    void traded(u64 trade_id, const Order& taker, const Order& maker, u32 kg) {
        add({.seq = seq_,
             .kind = EventKind::TRADE,
             .side = taker.side(),
             .product = taker.product,
             .order_id = taker.id(),
             .other_id = maker.id(),
             .price = maker.price(),
             .quantity = kg,
             .remaining = static_cast<i64>(trade_id),
             .account = taker.account(),
             .other = maker.account()});
    }

    // A trade of two resting orders at the price of a call.
    void traded_in_call(u64 trade_id, const Order& buy, const Order& sell, u32 price, u32 kg) {
        add({.seq = seq_,
             .kind = EventKind::TRADE,
             .side = BUY,
             .reason = Reason::CALL,
             .product = buy.product,
             .order_id = buy.id(),
             .other_id = sell.id(),
             .price = price,
             .quantity = kg,
             .remaining = static_cast<i64>(trade_id),
             .account = buy.account(),
             .other = sell.account()});
    }

    void rested(const Order& order) {
        add({.seq = seq_,
             .kind = EventKind::RESTED,
             .side = order.side(),
             .product = order.product,
             .order_id = order.id(),
             .price = order.price(),
             .quantity = order.quantity(),
             .remaining = order.remaining,
             .account = order.account()});
    }

    void cancelled(const Order& order, Reason reason, bool resting) {
        add({.seq = seq_,
             .kind = EventKind::CANCELLED,
             .side = order.side(),
             .reason = reason,
             .product = order.product,
             .order_id = order.id(),
             .price = order.price(),
             .remaining = order.remaining,
             .account = order.account(),
             .other = resting});
    }

    void reduced(const Order& order, u32 open_before, Reason reason, bool resting) {
        add({.seq = seq_,
             .kind = EventKind::REDUCED,
             .side = order.side(),
             .reason = reason,
             .product = order.product,
             .order_id = order.id(),
             .other_id = open_before,
             .price = order.price(),
             .quantity = order.quantity(),
             .remaining = order.remaining,
             .account = order.account(),
             .other = resting});
    }

    void replaced(const Order& order, u32 price, i64 quantity) {
        add({.seq = seq_,
             .kind = EventKind::REPLACED,
             .side = order.side(),
             .product = order.product,
             .order_id = order.id(),
             .other_id = price,
             .price = order.price(),
             .quantity = quantity,
             .remaining = order.remaining,
             .account = order.account()});
    }

    void uncrossed(u32 product, const Uncrossing& found, TieRule rule, u32 reference, Phase phase) {
        add({.seq = seq_,
             .kind = EventKind::UNCROSSED,
             .side = static_cast<u8>(rule),
             .product = product,
             .other_id = reference,
             .price = found.price,
             .quantity = found.kg,
             .remaining = found.surplus,
             .other = static_cast<u32>(phase)});
    }

    // The engine began a call, because this order would have traded at this price.
    void phased(u32 product, Phase phase, u64 order_id, u32 price) {
        add({.seq = seq_,
             .kind = EventKind::PHASED,
             .reason = Reason::VOLATILITY,
             .product = product,
             .order_id = order_id,
             .price = price,
             .other = static_cast<u32>(phase)});
    }

  private:
    static bool defines(const Command& command) {
        return command.kind == CommandKind::PRODUCT || command.kind == CommandKind::ACCOUNT;
    }

    // Written where it stays, in whole words, two at a time where the processor can: built elsewhere and copied, or
    // written in smaller pieces than it is read in, an event would make the processor wait.
    [[gnu::always_inline]] void add(const Event& event) {
        if (next_ == end_) [[unlikely]] grow();
        Event* place = next_++;
        const u64 head = static_cast<u64>(event.kind) | u64{event.side} << 8 |
                         static_cast<u64>(event.reason) << 16 | u64{event.product} << 32;
        const u64 accounts = event.account | u64{event.other} << 32;
        store(place, 0, event.seq, head);
        store(place, 1, event.order_id, event.other_id);
        store(place, 2, static_cast<u64>(event.price), static_cast<u64>(event.quantity));
        store(place, 3, static_cast<u64>(event.remaining), accounts);
    }

    [[gnu::always_inline]] static void store(Event* place, std::size_t pair, u64 one, u64 two) {
        char* to = reinterpret_cast<char*>(place) + 16 * pair;
#ifdef __SSE2__
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                         _mm_set_epi64x(static_cast<long long>(two), static_cast<long long>(one)));
#else
        std::memcpy(to, &one, sizeof(one));
        std::memcpy(to + sizeof(one), &two, sizeof(two));
#endif
    }

    [[gnu::noinline]] void grow() {
        const std::size_t size = this->size();
        const std::size_t capacity = std::max<std::size_t>(2 * size, 1 << 10);
        std::unique_ptr<Event[]> larger(new Event[capacity]);
        std::copy_n(first_, size, larger.get());
        own_ = std::move(larger);
        own_capacity_ = capacity;
        first_ = own_.get();
        next_ = first_ + size;
        end_ = first_ + capacity;
    }

    std::unique_ptr<Event[]> own_;
    std::size_t own_capacity_ = 0;
    Event* first_ = nullptr;
    Event* next_ = nullptr;
    Event* end_ = nullptr;
    u64 seq_ = 0;
};

}  // namespace jinguo
