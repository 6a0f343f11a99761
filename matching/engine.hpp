// The exchange's rules in C++: commands in, events out. matching/reference.py says the same in Python and
// is the specification; the tests compare the two on random commands. Read it first, then this.
//
// One engine has all accounts and products of a trading floor. A command is checked completely before
// anything changes; the first reason found is its refusal. Nothing here reads a clock or does I/O.

#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "accounts.hpp"
#include "book.hpp"
#include "events.hpp"
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

// An order on its way to the book, whose hold is already taken, and what it moves.
struct Incoming {
    Order order;
    Account& account;
    Product& product;
    Goods* goods;  // the seller's goods of the product; null for a buy
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
            events_.begin(first_seq + at);
            const Reason reason = dispatch(command);
            if (reason != Reason::NONE) events_.rejected(command, reason, named_order(command));
        }
    }

    const Events& events() const { return events_; }

    u64 last_order_id() const { return last_order_id_; }
    u64 last_trade_id() const { return last_trade_id_; }
    const Accounts& accounts() const { return accounts_; }
    const Account* account(u32 number) const { return accounts_.find(number); }
    std::vector<Goods> goods_of(const Account& account) const { return goods_.of(account); }
    const Order& order(u32 slot) const { return pool_[slot]; }
    u64 open_orders() const { return pool_.live(); }

    const Product* product(u32 number) const { return known_product(number); }

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
        for (u32 slot = account.first_order; slot != NO_SLOT; slot = pool_.link(slot).next) {
            slots.push_back(slot);
        }
        std::sort(slots.begin(), slots.end(), [this](u32 a, u32 b) { return pool_[a].id < pool_[b].id; });
        return slots;
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
        events_.applied(command);
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
        events_.applied(command);
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
        events_.applied(command);
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
        events_.applied(command);
        return Reason::NONE;
    }

    Reason change_phase(const Command& command) {
        Product* product = known_product(command.product);
        if (product == nullptr) return Reason::UNKNOWN_PRODUCT;
        if (command.flags > static_cast<u8>(Phase::HALTED)) return Reason::BAD_PARAMETER;
        product->phase = static_cast<Phase>(command.flags);
        events_.applied(command);
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
        const Reason reason = take_hold(*account, goods, side, price, kg);
        if (reason != Reason::NONE) return reason;
        const Order order = new_order(++last_order_id_, *account, *product, side, price, kg);
        Incoming taker{order, *account, *product, goods};
        events_.accepted(taker.order);
        match(taker, command.tif == IOC);
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
        Product& product = *products_[order.product()];
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
        events_.reduced(order, before);
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
        events_.replaced(old, price, quantity);
        Incoming taker{old, account, product, goods};
        taker.order.price = price;
        taker.order.remaining = kg;
        match(taker, false);
        return Reason::NONE;
    }

    Reason cancel_all(const Command& command) {
        if (command.product != 0 && known_product(command.product) == nullptr) return Reason::UNKNOWN_PRODUCT;
        const Account* account = accounts_.find(command.account);
        if (account == nullptr) return Reason::UNKNOWN_ACCOUNT;
        events_.applied(command);
        for (u32 slot : slots_of(*account)) {
            const bool meant = command.product == 0 || command.product == pool_[slot].product();
            if (meant) drop(slot, Reason::BY_OWNER);
        }
        return Reason::NONE;
    }

    // --- checks -------------------------------------------------------------------------------------

    Product* known_product(u32 number) const {
        return number < products_.size() ? products_[number].get() : nullptr;
    }

    u32 own_order(const Command& command) const {
        const u32 slot = index_.find(command.order_id);
        return slot != NO_SLOT && pool_[slot].account == command.account ? slot : NO_SLOT;
    }

    // The account's open order that a CANCEL or REPLACE names, or null.
    const Order* named_order(const Command& command) const {
        if (command.kind != CommandKind::CANCEL && command.kind != CommandKind::REPLACE) return nullptr;
        const u32 slot = own_order(command);
        return slot != NO_SLOT ? &pool_[slot] : nullptr;
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
            give_back_goods(*goods_.find(order.account, order.product()), kg);
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
        const Side side = taker.order.side();
        Book& book = taker.product.book;
        while (book.crosses(side, taker.order.price)) {
            const u32 slot = book.front(side);
            if (pool_[slot].account == taker.order.account) return drop_incoming(taker, Reason::SELF_TRADE);
            trade(taker, slot);
            if (taker.order.remaining == 0) return;
        }
        if (ioc) return drop_incoming(taker, Reason::IOC_REST);
        rest(taker.order, taker.account, taker.product);
        events_.rested(taker.order);
    }

    // One trade at the maker's price: money and goods leave their holds; the buyer's goods come later, by a
    // GOODS command after settlement.
    void trade(Incoming& incoming, u32 slot) {
        Order& taker = incoming.order;
        Order& maker = pool_[slot];
        Account& other = *accounts_.find(maker.account);
        const u32 kg = std::min(taker.remaining, maker.remaining);
        if (taker.is_sell) {
            give_back_funds(other, maker.price, maker.remaining, kg);
            settle(other, incoming.account, *incoming.goods, maker.price, kg);
        } else {
            give_back_funds(incoming.account, taker.price, taker.remaining, kg);
            settle(incoming.account, other, *goods_.find(maker.account, maker.product()), maker.price, kg);
        }
        taker.remaining -= kg;
        taker.filled += kg;
        maker.filled += kg;
        incoming.product.book.reduce(slot, kg);
        events_.traded(++last_trade_id_, taker, maker, kg);
        if (maker.remaining == 0) take_out(slot, other, incoming.product);
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

    static Order new_order(u64 id, const Account& account, const Product& product, Side side, u32 price,
                           u32 kg) {
        return {.id = id,
                .product_bits = product.number,
                .account = account.number,
                .price = price,
                .is_sell = side == SELL,
                .remaining = kg,
                .filled = 0,
                .prev = NO_SLOT,
                .next = NO_SLOT};
    }

    void rest(const Order& order, Account& account, Product& product) {
        const u32 slot = pool_.take();
        pool_[slot] = order;
        product.book.add(slot);
        index_.insert(order.id, slot);
        pool_.link(slot) = {.prev = NO_SLOT, .next = account.first_order};
        if (account.first_order != NO_SLOT) pool_.link(account.first_order).prev = slot;
        account.first_order = slot;
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
        Product& product = *products_[order.product()];
        give_back_hold(account, order, order.remaining);
        events_.cancelled(order, reason, true);
        take_out(slot, account, product);
    }

    // Drops what is left of an order that is not in the book.
    void drop_incoming(Incoming& incoming, Reason reason) {
        const Order& order = incoming.order;
        if (order.is_sell) {
            give_back_goods(*incoming.goods, order.remaining);
        } else {
            give_back_funds(incoming.account, order.price, order.remaining, order.remaining);
        }
        events_.cancelled(order, reason, false);
    }

    Product& new_product(u32 number, u32 low, u32 high) {
        if (number >= products_.size()) products_.resize(number + 1);
        products_[number] = std::make_unique<Product>(pool_, number, low, high);
        return *products_[number];
    }

    std::vector<std::unique_ptr<Product>> products_;
    Accounts accounts_;
    GoodsTable goods_;
    OrderPool pool_;
    IdIndex index_;
    Events events_;
    u64 last_order_id_ = 0;
    u64 last_trade_id_ = 0;
    i64 total_funds_ = 0;
};

}  // namespace jinguo
