// The exchange's rules in C++: commands in, events out. matching/reference.py says the same in Python and
// is the specification; the tests compare the two on random commands. Read it first, then this.
//
// One engine has all accounts and products of a trading floor. A command is checked completely before
// anything changes; the first reason found is its refusal. Nothing here reads a clock or does I/O.

#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "accounts.hpp"
#include "book.hpp"
#include "records.hpp"

namespace jinguo {

struct Product {
    Product(OrderPool& pool, u32 number, u32 low, u32 high) : number(number), book(pool, low, high) {}

    u32 number;
    Phase phase = Phase::CLOSED;
    u32 step_kg = 1;
    u32 min_kg = 1;
    Book book;
};

// An order on its way to the book; its hold is already taken.
struct Incoming {
    u64 id;
    Side side;
    u32 price;
    u32 remaining;
    u32 filled;
    Account& account;
    Product& product;
    Goods* goods;  // the seller's goods of the product; null for a buy
};

// The events of a batch. Unlike a vector it lets the compiler build an event where it will stay.
class EventBuffer {
  public:
    void push(const Event& event) {
        if (size_ == capacity_) grow();
        events_[size_++] = event;
    }
    void clear() { size_ = 0; }
    std::size_t size() const { return size_; }
    const Event* data() const { return events_.get(); }

  private:
    [[gnu::noinline]] void grow() {
        std::unique_ptr<Event[]> larger(new Event[2 * capacity_]);
        std::copy_n(events_.get(), size_, larger.get());
        events_ = std::move(larger);
        capacity_ *= 2;
    }

    std::size_t capacity_ = 1 << 10;
    std::size_t size_ = 0;
    std::unique_ptr<Event[]> events_{new Event[capacity_]};
};

class Engine {
  public:
    Engine() = default;
    Engine(const Engine&) = delete;  // books refer to the pool
    Engine& operator=(const Engine&) = delete;

    // Applies count 64-byte records; events() has what happened until the next call.
    void apply(const char* records, std::size_t count, u64 first_seq) {
        events_.clear();
        for (std::size_t at = 0; at < count; ++at) {
            Command command;
            std::memcpy(&command, records + at * sizeof(Command), sizeof(Command));
            seq_ = first_seq + at;
            const Reason reason = dispatch(command);
            if (reason != Reason::NONE) reject(command, reason);
        }
    }

    const EventBuffer& events() const { return events_; }

    u64 last_order_id() const { return last_order_id_; }
    u64 last_trade_id() const { return last_trade_id_; }
    const Accounts& accounts() const { return accounts_; }
    const Account* account(u32 number) const { return accounts_.find(number); }
    std::vector<Goods> goods_of(const Account& account) const { return goods_.of(account); }
    const Order& order(u32 slot) const { return pool_[slot]; }
    u64 open_orders() const { return pool_.live(); }

    const Product* product(u32 number) const {
        return number < products_.size() ? products_[number].get() : nullptr;
    }

    // Calls visit for every product, by number.
    template <typename Visit>
    void for_each_product(Visit visit) const {
        for (const auto& product : products_) {
            if (product) visit(*product);
        }
    }

    // Resting orders of an account, by order number.
    std::vector<u32> slots_of(const Account& account) const {
        std::vector<u32> slots;
        for (u32 slot = account.first_order; slot != NO_SLOT; slot = pool_.link(slot).next) slots.push_back(slot);
        std::sort(slots.begin(), slots.end(), [this](u32 a, u32 b) { return pool_[a].id < pool_[b].id; });
        return slots;
    }

    struct DepthLevel {
        u32 price;
        i64 kg;
        u32 orders;
    };

    // The best levels of one side of a product's book, best first.
    std::vector<DepthLevel> depth(const Product& product, Side side, u64 levels) const {
        std::vector<DepthLevel> found;
        product.book.for_each_level(side, levels, [&](u32 price, const Level& level) {
            u32 orders = 0;
            for (u32 slot = level.head; slot != NO_SLOT; slot = pool_[slot].next) ++orders;
            found.push_back({price, level.kg, orders});
        });
        return found;
    }

  private:
    friend class SnapshotReader;

    Reason dispatch(const Command& command) {
        switch (command.kind) {
            case CommandKind::PLACE: return place(command);
            case CommandKind::CANCEL: return cancel(command);
            case CommandKind::REPLACE: return replace(command);
            case CommandKind::CANCEL_ALL: return cancel_all(command);
            case CommandKind::PRODUCT: return define_product(command);
            case CommandKind::ACCOUNT: return define_account(command);
            case CommandKind::FUNDS: return change_funds(command);
            case CommandKind::GOODS: return change_goods(command);
            case CommandKind::PHASE: return change_phase(command);
        }
        return Reason::UNKNOWN_COMMAND;
    }

    // --- commands of the exchange -------------------------------------------------------------------

    Reason define_product(const Command& command) {
        const i64 low = command.price, high = command.quantity, step_kg = command.amount;
        const u64 min_kg = command.order_id;
        if (command.product < 1 || command.product > MAX_PRODUCT) return Reason::BAD_PARAMETER;
        if (low < 1 || low > high || high > MAX_PRICE) return Reason::BAD_PARAMETER;
        if (step_kg < 1 || step_kg > MAX_QUANTITY) return Reason::BAD_PARAMETER;
        if (min_kg < 1 || min_kg > static_cast<u64>(MAX_QUANTITY)) return Reason::BAD_PARAMETER;
        Product* product = known_product(command.product);
        if (product == nullptr) {
            product = &new_product(command.product, static_cast<u32>(low), static_cast<u32>(high));
        } else {
            if (product->book.band_would_exclude(low, high)) return Reason::BAD_PARAMETER;
            product->book.set_band(low, high);
        }
        product->step_kg = static_cast<u32>(step_kg);
        product->min_kg = static_cast<u32>(min_kg);
        emit_applied(command);
        return Reason::NONE;
    }

    Reason define_account(const Command& command) {
        const i64 buyer_fee = command.price, seller_fee = command.quantity, deposit = command.amount;
        if (command.account < 1 || command.account > MAX_ACCOUNT) return Reason::BAD_PARAMETER;
        if (buyer_fee < 0 || buyer_fee > BASIS) return Reason::BAD_PARAMETER;
        if (seller_fee < 0 || seller_fee > BASIS) return Reason::BAD_PARAMETER;
        if (deposit < 0 || deposit > BASIS - seller_fee) return Reason::BAD_PARAMETER;
        if (command.flags > 1) return Reason::BAD_PARAMETER;
        Account* account = accounts_.find(command.account);
        if (account == nullptr) {
            account = &accounts_.define(command.account);
        } else if (!change_buyer_fee(*account, static_cast<u32>(buyer_fee))) {
            return Reason::INSUFFICIENT_FUNDS;
        }
        account->buyer_fee_bps = static_cast<u16>(buyer_fee);
        account->seller_fee_bps = static_cast<u16>(seller_fee);
        account->deposit_bps = static_cast<u16>(deposit);
        account->suspended = command.flags == 1;
        emit_applied(command);
        return Reason::NONE;
    }

    // Holds of open buys follow the new rate; false if the account cannot cover a higher one. The sum
    // stays in 64 bits: it is at most twice the present hold, which is at most MAX_TOTAL_FUNDS.
    bool change_buyer_fee(Account& account, u32 buyer_fee_bps) {
        i64 held = 0;
        for (u32 slot = account.first_order; slot != NO_SLOT; slot = pool_.link(slot).next) {
            const Order& order = pool_[slot];
            if (!order.is_sell) held += buy_hold_fen(order.price, order.remaining, buyer_fee_bps);
        }
        const i64 funds = account.funds_free + account.funds_held;
        if (held > funds) return false;
        account.funds_free = funds - held;
        account.funds_held = held;
        return true;
    }

    Reason change_funds(const Command& command) {
        Account* account = accounts_.find(command.account);
        if (account == nullptr) return Reason::UNKNOWN_ACCOUNT;
        const i64 amount = command.amount;
        if (amount < -MAX_AMOUNT || amount > MAX_AMOUNT) return Reason::BAD_PARAMETER;
        if (-amount > account->funds_free) return Reason::INSUFFICIENT_FUNDS;
        if (amount > 0) {
            if (account->funds_free + account->funds_held + amount > MAX_AMOUNT) return Reason::BAD_PARAMETER;
            if (total_funds_ + amount > MAX_TOTAL_FUNDS) return Reason::BAD_PARAMETER;
        }
        account->funds_free += amount;
        total_funds_ += amount;
        emit_applied(command);
        return Reason::NONE;
    }

    Reason change_goods(const Command& command) {
        if (known_product(command.product) == nullptr) return Reason::UNKNOWN_PRODUCT;
        Account* account = accounts_.find(command.account);
        if (account == nullptr) return Reason::UNKNOWN_ACCOUNT;
        const i64 kg = command.quantity;
        if (kg < -MAX_AMOUNT || kg > MAX_AMOUNT) return Reason::BAD_PARAMETER;
        Goods& goods = goods_.get(*account, command.product);
        if (-kg > goods.free) return Reason::INSUFFICIENT_GOODS;
        if (kg > 0 && goods.free + goods.held + kg > MAX_AMOUNT) return Reason::BAD_PARAMETER;
        goods.free += kg;
        emit_applied(command);
        return Reason::NONE;
    }

    Reason change_phase(const Command& command) {
        Product* product = known_product(command.product);
        if (product == nullptr) return Reason::UNKNOWN_PRODUCT;
        if (command.flags > static_cast<u8>(Phase::HALTED)) return Reason::BAD_PARAMETER;
        product->phase = static_cast<Phase>(command.flags);
        emit_applied(command);
        if (product->phase == Phase::CLOSED) {
            for (Side side : {BUY, SELL}) {
                while (u32 slot = product->book.first(side)) drop(slot, Reason::SESSION_END);
            }
        }
        return Reason::NONE;
    }

    // --- commands of members ------------------------------------------------------------------------

    Reason place(const Command& command) {
        Product* product = known_product(command.product);
        if (product == nullptr) return Reason::UNKNOWN_PRODUCT;
        Account* account = accounts_.find(command.account);
        if (account == nullptr) return Reason::UNKNOWN_ACCOUNT;
        if (const Reason reason = may_trade(*account, *product); reason != Reason::NONE) return reason;
        if (command.side != BUY && command.side != SELL) return Reason::BAD_PARAMETER;
        if (command.tif != DAY && command.tif != IOC) return Reason::BAD_PARAMETER;
        if (const Reason reason = check_terms(*product, command); reason != Reason::NONE) return reason;
        const Side side = static_cast<Side>(command.side);
        const u32 price = static_cast<u32>(command.price), kg = static_cast<u32>(command.quantity);
        Goods* goods = side == SELL ? goods_.find(account->number, product->number) : nullptr;
        if (const Reason reason = take_hold(*account, goods, side, price, kg); reason != Reason::NONE) return reason;
        Incoming order{++last_order_id_, side, price, kg, 0, *account, *product, goods};
        emit({.seq = seq_,
              .kind = EventKind::ACCEPTED,
              .side = side,
              .product = product->number,
              .order_id = order.id,
              .price = price,
              .quantity = kg,
              .account = account->number});
        match(order, command.tif == IOC);
        return Reason::NONE;
    }

    Reason cancel(const Command& command) {
        const u32 slot = own_order(command);
        if (slot == NO_SLOT) return unknown_order_or_account(command);
        drop(slot, Reason::BY_OWNER);
        return Reason::NONE;
    }

    Reason replace(const Command& command) {
        const u32 slot = own_order(command);
        if (slot == NO_SLOT) return unknown_order_or_account(command);
        const Order& order = pool_[slot];
        Account& account = *accounts_.find(order.account);
        Product& product = *products_[order.product];
        if (const Reason reason = may_trade(account, product); reason != Reason::NONE) return reason;
        if (const Reason reason = check_terms(product, command); reason != Reason::NONE) return reason;
        if (command.quantity <= order.filled) return Reason::BAD_QUANTITY;
        if (command.price == order.price && command.quantity <= order.quantity()) {
            reduce(slot, account, product, static_cast<u32>(order.quantity() - command.quantity));
            return Reason::NONE;
        }
        return take_new_place(slot, account, product, static_cast<u32>(command.price), command.quantity);
    }

    // A smaller order keeps its place.
    void reduce(u32 slot, Account& account, Product& product, u32 less_kg) {
        const Order& order = pool_[slot];
        const u32 before = order.remaining;
        give_back_hold(account, order, less_kg);
        product.book.reduce(slot, less_kg);
        emit({.seq = seq_,
              .kind = EventKind::REDUCED,
              .side = order.side(),
              .product = product.number,
              .order_id = order.id,
              .other_id = before,
              .price = order.price,
              .quantity = order.quantity(),
              .remaining = order.remaining,
              .account = account.number});
    }

    // A larger order or another price comes in like a new day order, with its number and its fills.
    Reason take_new_place(u32 slot, Account& account, Product& product, u32 price, i64 quantity) {
        const Order old = pool_[slot];
        const u32 kg = static_cast<u32>(quantity - old.filled);
        Goods* goods = old.is_sell ? goods_.find(account.number, product.number) : nullptr;
        give_back_hold(account, old, old.remaining);
        if (const Reason reason = take_hold(account, goods, old.side(), price, kg); reason != Reason::NONE) {
            take_hold(account, goods, old.side(), old.price, old.remaining);
            return reason;
        }
        take_out(slot, account, product);
        emit({.seq = seq_,
              .kind = EventKind::REPLACED,
              .side = old.side(),
              .product = product.number,
              .order_id = old.id,
              .other_id = price,
              .price = old.price,
              .quantity = quantity,
              .remaining = old.remaining,
              .account = account.number});
        Incoming order{old.id, old.side(), price, kg, old.filled, account, product, goods};
        match(order, false);
        return Reason::NONE;
    }

    Reason cancel_all(const Command& command) {
        if (command.product != 0 && known_product(command.product) == nullptr) return Reason::UNKNOWN_PRODUCT;
        const Account* account = accounts_.find(command.account);
        if (account == nullptr) return Reason::UNKNOWN_ACCOUNT;
        emit_applied(command);
        for (u32 slot : slots_of(*account)) {
            if (command.product == 0 || command.product == pool_[slot].product) drop(slot, Reason::BY_OWNER);
        }
        return Reason::NONE;
    }

    // --- checks -------------------------------------------------------------------------------------

    Product* known_product(u32 number) { return number < products_.size() ? products_[number].get() : nullptr; }

    u32 own_order(const Command& command) const {
        const u32 slot = index_.find(command.order_id);
        return slot != NO_SLOT && pool_[slot].account == command.account ? slot : NO_SLOT;
    }

    Reason unknown_order_or_account(const Command& command) const {
        return accounts_.find(command.account) ? Reason::UNKNOWN_ORDER : Reason::UNKNOWN_ACCOUNT;
    }

    static Reason may_trade(const Account& account, const Product& product) {
        if (account.suspended) return Reason::SUSPENDED;
        if (product.phase == Phase::CLOSED) return Reason::SESSION_CLOSED;
        if (product.phase == Phase::HALTED) return Reason::HALTED;
        return Reason::NONE;
    }

    static Reason check_terms(const Product& product, const Command& command) {
        if (command.price < 1 || command.price > MAX_PRICE) return Reason::BAD_PRICE;
        if (!product.book.contains(command.price)) return Reason::PRICE_BAND;
        if (command.quantity < product.min_kg || command.quantity > MAX_QUANTITY) return Reason::BAD_QUANTITY;
        if (static_cast<u32>(command.quantity) % product.step_kg != 0) return Reason::BAD_QUANTITY;
        return Reason::NONE;
    }

    // --- holds --------------------------------------------------------------------------------------

    // Puts on hold what an order can cost or must deliver; refused, and nothing done, if it is not free.
    static Reason take_hold(Account& account, Goods* goods, Side side, u32 price, u32 kg) {
        if (side == BUY) {
            const i64 need = buy_hold_fen(price, kg, account.buyer_fee_bps);
            if (need > account.funds_free) return Reason::INSUFFICIENT_FUNDS;
            account.funds_free -= need;
            account.funds_held += need;
        } else {
            if (goods == nullptr || kg > goods->free) return Reason::INSUFFICIENT_GOODS;
            goods->free -= kg;
            goods->held += kg;
        }
        return Reason::NONE;
    }

    // Frees what a resting order holds for kg of its open quantity.
    void give_back_hold(Account& account, const Order& order, u32 kg) {
        if (order.is_sell) {
            give_back_goods(*goods_.find(order.account, order.product), kg);
        } else {
            give_back_funds(account, order.price, order.remaining, kg);
        }
    }

    static void give_back_goods(Goods& goods, u32 kg) {
        goods.held -= kg;
        goods.free += kg;
    }

    // The hold falls from that of the open kg to that of what stays open; parts are rounded together.
    static void give_back_funds(Account& account, u32 price, u32 open_kg, u32 kg) {
        const i64 freed = buy_hold_fen(price, open_kg, account.buyer_fee_bps) -
                          buy_hold_fen(price, open_kg - kg, account.buyer_fee_bps);
        account.funds_held -= freed;
        account.funds_free += freed;
    }

    // --- matching -----------------------------------------------------------------------------------

    // Trades an incoming order, then rests or drops what is left.
    void match(Incoming& taker, bool ioc) {
        Book& book = taker.product.book;
        while (book.crosses(taker.side, taker.price)) {
            const u32 slot = book.front(taker.side);
            if (pool_[slot].account == taker.account.number) return drop_incoming(taker, Reason::SELF_TRADE);
            trade(taker, slot);
            if (taker.remaining == 0) return;
        }
        if (ioc) return drop_incoming(taker, Reason::IOC_REST);
        rest(taker);
        emit({.seq = seq_,
              .kind = EventKind::RESTED,
              .side = taker.side,
              .product = taker.product.number,
              .order_id = taker.id,
              .price = taker.price,
              .quantity = static_cast<i64>(taker.remaining) + taker.filled,
              .remaining = taker.remaining,
              .account = taker.account.number});
    }

    // One trade at the maker's price: money and goods leave their holds; the buyer's goods come later, by a
    // GOODS command after settlement.
    void trade(Incoming& taker, u32 slot) {
        Order& maker = pool_[slot];
        Account& other = *accounts_.find(maker.account);
        const u32 kg = std::min<u32>(taker.remaining, maker.remaining);
        if (taker.side == BUY) {
            give_back_funds(taker.account, taker.price, taker.remaining, kg);
            settle(taker.account, other, *goods_.find(maker.account, maker.product), maker.price, kg);
        } else {
            give_back_funds(other, maker.price, maker.remaining, kg);
            settle(other, taker.account, *taker.goods, maker.price, kg);
        }
        taker.remaining -= kg;
        taker.filled += kg;
        maker.filled += kg;
        emit({.seq = seq_,
              .kind = EventKind::TRADE,
              .side = taker.side,
              .product = taker.product.number,
              .order_id = taker.id,
              .other_id = maker.id,
              .price = maker.price,
              .quantity = kg,
              .remaining = static_cast<i64>(++last_trade_id_),
              .account = taker.account.number,
              .other = maker.account});
        taker.product.book.reduce(slot, kg);
        if (maker.remaining == 0) take_out(slot, other, taker.product);
    }

    // The buyer pays from free funds (his hold has just been given back), the seller delivers from hold.
    void settle(Account& buyer, Account& seller, Goods& goods, u32 price, u32 kg) {
        const i64 amount = static_cast<i64>(price) * kg;
        const i64 paid = amount + fee_fen(amount, buyer.buyer_fee_bps);
        const i64 got = amount - fee_fen(amount, seller.seller_fee_bps) - fee_fen(amount, seller.deposit_bps);
        buyer.funds_free -= paid;
        seller.funds_free += got;
        goods.held -= kg;
        total_funds_ -= paid - got;
    }

    // --- in and out of the book ---------------------------------------------------------------------

    void rest(const Incoming& order) {
        const u32 slot = pool_.take();
        pool_[slot] = Order{.id = order.id,
                            .product = order.product.number,
                            .account = order.account.number,
                            .price = order.price,
                            .is_sell = order.side == SELL,
                            .remaining = order.remaining,
                            .filled = order.filled,
                            .prev = NO_SLOT,
                            .next = NO_SLOT};
        order.product.book.add(slot);
        index_.insert(order.id, slot);
        const u32 next = order.account.first_order;
        pool_.link(slot) = {.prev = NO_SLOT, .next = next};
        if (next != NO_SLOT) pool_.link(next).prev = slot;
        order.account.first_order = slot;
    }

    void take_out(u32 slot, Account& account, Product& product) {
        const auto [prev, next] = pool_.link(slot);
        (prev != NO_SLOT ? pool_.link(prev).next : account.first_order) = next;
        if (next != NO_SLOT) pool_.link(next).prev = prev;
        index_.erase(pool_[slot].id);
        product.book.remove(slot);
        pool_.give_back(slot);
    }

    // Takes a resting order out of the book and gives back its hold.
    void drop(u32 slot, Reason reason) {
        const Order& order = pool_[slot];
        Account& account = *accounts_.find(order.account);
        Product& product = *products_[order.product];
        give_back_hold(account, order, order.remaining);
        emit({.seq = seq_,
              .kind = EventKind::CANCELLED,
              .side = order.side(),
              .reason = reason,
              .product = product.number,
              .order_id = order.id,
              .price = order.price,
              .remaining = order.remaining,
              .account = account.number,
              .other = 1});
        take_out(slot, account, product);
    }

    // Drops what is left of an order that is not in the book.
    void drop_incoming(Incoming& order, Reason reason) {
        if (order.side == BUY) {
            give_back_funds(order.account, order.price, order.remaining, order.remaining);
        } else {
            give_back_goods(*order.goods, order.remaining);
        }
        emit({.seq = seq_,
              .kind = EventKind::CANCELLED,
              .side = order.side,
              .reason = reason,
              .product = order.product.number,
              .order_id = order.id,
              .price = order.price,
              .remaining = order.remaining,
              .account = order.account.number});
    }

    Product& new_product(u32 number, u32 low, u32 high) {
        if (number >= products_.size()) products_.resize(number + 1);
        products_[number] = std::make_unique<Product>(pool_, number, low, high);
        return *products_[number];
    }

    // --- events -------------------------------------------------------------------------------------

    void emit(const Event& event) { events_.push(event); }

    void emit_applied(const Command& command) {
        emit({.seq = seq_,
              .kind = EventKind::APPLIED,
              .product = command.product,
              .price = command.price,
              .quantity = command.quantity,
              .remaining = command.amount,
              .account = command.account,
              .other = command.flags});
    }

    // A refused CANCEL or REPLACE names the order and, if it is the account's, what it is.
    void reject(const Command& command, Reason reason) {
        Event event{.seq = seq_,
                    .kind = EventKind::REJECTED,
                    .side = command.side,
                    .reason = reason,
                    .product = command.product,
                    .price = command.price,
                    .quantity = command.quantity,
                    .account = command.account};
        if (command.kind == CommandKind::CANCEL || command.kind == CommandKind::REPLACE) {
            event.order_id = command.order_id;
            if (const u32 slot = own_order(command); slot != NO_SLOT) {
                event.side = pool_[slot].side();
                event.product = pool_[slot].product;
            }
        }
        emit(event);
    }

    std::vector<std::unique_ptr<Product>> products_;
    Accounts accounts_;
    GoodsTable goods_;
    OrderPool pool_;
    IdIndex index_;
    EventBuffer events_;
    u64 seq_ = 0;
    u64 last_order_id_ = 0;
    u64 last_trade_id_ = 0;
    i64 total_funds_ = 0;
};

}  // namespace jinguo
