// The events of a batch, in the words of the engine; what the fields mean: EventKind in matching/types.py.

#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "book.hpp"
#include "records.hpp"

namespace jinguo {

class Events {
  public:
    // Forgets the events of the batch before.
    void clear() { size_ = 0; }

    // From here on events belong to the command with this sequence number.
    void begin(u64 seq) { seq_ = seq; }

    std::size_t size() const { return size_; }
    const Event* data() const { return events_.get(); }

    void applied(const Command& command) {
        add({.seq = seq_,
             .kind = EventKind::APPLIED,
             .product = command.product,
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
             .product = order ? order->product() : command.product,
             .order_id = names_order ? command.order_id : 0,
             .price = command.price,
             .quantity = command.quantity,
             .account = command.account});
    }

    void accepted(const Order& order) {
        add({.seq = seq_,
             .kind = EventKind::ACCEPTED,
             .side = order.side(),
             .product = order.product(),
             .order_id = order.id,
             .price = order.price,
             .quantity = order.quantity(),
             .account = order.account});
    }

    void traded(u64 trade_id, const Order& taker, const Order& maker, u32 kg) {
        add({.seq = seq_,
             .kind = EventKind::TRADE,
             .side = taker.side(),
             .product = taker.product(),
             .order_id = taker.id,
             .other_id = maker.id,
             .price = maker.price,
             .quantity = kg,
             .remaining = static_cast<i64>(trade_id),
             .account = taker.account,
             .other = maker.account});
    }

    void rested(const Order& order) {
        add({.seq = seq_,
             .kind = EventKind::RESTED,
             .side = order.side(),
             .product = order.product(),
             .order_id = order.id,
             .price = order.price,
             .quantity = order.quantity(),
             .remaining = order.remaining,
             .account = order.account});
    }

    void cancelled(const Order& order, Reason reason, bool resting) {
        add({.seq = seq_,
             .kind = EventKind::CANCELLED,
             .side = order.side(),
             .reason = reason,
             .product = order.product(),
             .order_id = order.id,
             .price = order.price,
             .remaining = order.remaining,
             .account = order.account,
             .other = resting});
    }

    void reduced(const Order& order, u32 open_before) {
        add({.seq = seq_,
             .kind = EventKind::REDUCED,
             .side = order.side(),
             .product = order.product(),
             .order_id = order.id,
             .other_id = open_before,
             .price = order.price,
             .quantity = order.quantity(),
             .remaining = order.remaining,
             .account = order.account});
    }

    void replaced(const Order& order, u32 price, i64 quantity) {
        add({.seq = seq_,
             .kind = EventKind::REPLACED,
             .side = order.side(),
             .product = order.product(),
             .order_id = order.id,
             .other_id = price,
             .price = order.price,
             .quantity = quantity,
             .remaining = order.remaining,
             .account = order.account});
    }

  private:
    // Inlined, so that an event is built where it stays; through a vector it would be copied there.
    [[gnu::always_inline]] void add(const Event& event) {
        if (size_ == capacity_) grow();
        events_[size_++] = event;
    }

    [[gnu::noinline]] void grow() {
        std::unique_ptr<Event[]> larger(new Event[2 * capacity_]);
        std::copy_n(events_.get(), size_, larger.get());
        events_ = std::move(larger);
        capacity_ *= 2;
    }

    std::size_t capacity_ = 1 << 10;
    std::size_t size_ = 0;
    std::unique_ptr<Event[]> events_{new Event[capacity_]};
    u64 seq_ = 0;
};

}  // namespace jinguo
