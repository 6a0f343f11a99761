// The exchange's rules in C++: commands in, events out. matching/reference.py says the same in Python and
// is the specification; the tests compare the two on random commands. Read it first, then this.
//
// One engine has all accounts and products of a trading floor. A command is checked completely before
// anything changes; the first reason found is its refusal. Nothing here reads a clock or does I/O.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

#include "accounts.hpp"
#include "book.hpp"
#include "call_auction.hpp"
#include "checks.hpp"
#include "events.hpp"
#include "holds.hpp"
#include "product.hpp"
#include "records.hpp"

namespace jinguo {

#ifdef JINGUO_CHECKED
constexpr bool CHECKED = true;  // after every command by invariants.hpp
#else
constexpr bool CHECKED = false;
#endif

struct AccountGoods {
    u32 account;
    u32 product;
    Balance kg;
};

// An order on its way to the book, whose hold is already taken, and what it moves.
struct Incoming {
    Order order;
    Account& account;
    Product& product;
    u8 tif;
    SelfTrade self_trade;
};

// COVERED: see Holds.
template <bool COVERED>
class BasicEngine {
    using Holds = jinguo::Holds<COVERED>;

  public:
    BasicEngine() { links_.reach(NO_SLOT); }
    BasicEngine(const BasicEngine&) = delete;  // books refer to the pool
    BasicEngine& operator=(const BasicEngine&) = delete;

    // Applies count commands. Nobody may change them meanwhile: they are read where they are. The events go to room if
    // they fit; events() has them until the next call.
    void apply(const Command* commands, std::size_t count, u64 first_seq, Event* room = nullptr,
               std::size_t capacity = 0) {
        events_.clear(room, capacity);
        for (std::size_t at = 0; at < count; ++at) {
            __builtin_prefetch(commands + at + STREAM);
            if (at + FAR < count) index_.prefetch(commands[at + FAR].order_id);
            if (at + NEAR < count) prefetch(commands[at + NEAR]);
            const Command& command = commands[at];
            events_.begin(first_seq + at);
            const Reason reason = dispatch(command);
            if (reason != Reason::NONE) events_.rejected(command, reason, named_order(command));
            if constexpr (CHECKED) check_invariants(*this);
        }
    }

    const Events& events() const { return events_; }

    u64 last_order_id() const { return last_order_id_; }
    u64 last_trade_id() const { return last_trade_id_; }
    const Accounts& accounts() const { return accounts_; }
    const Account* account(u32 number) const { return accounts_.find(number); }
    const Order& order(u32 slot) const { return pool_[slot]; }
    u64 open_orders() const { return pool_.live(); }
    i64 total_funds() const { return total_funds_; }
    u32 slot_of(u64 order_id) const { return index_.find(order_id); }

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
        for (u32 slot = account.first_order; slot != NO_SLOT; slot = links_[slot].next) slots.push_back(slot);
        std::sort(slots.begin(), slots.end(), [this](u32 a, u32 b) { return pool_[a].id() < pool_[b].id(); });
        return slots;
    }

    // The goods of an account that are not empty, by product.
    std::vector<AccountGoods> goods_of(const Account& account) const {
        std::vector<AccountGoods> found;
        for_each_product([&](const Product& product) {
            const Balance* kg = product.goods.find(account.number);
            if (kg != nullptr && !kg->empty()) found.push_back({account.number, product.number, *kg});
        });
        return found;
    }

    // What an UNCROSS would find now; price 0 if nothing could trade or the product is in no call.
    Uncrossing indicative(const Product& product) const {
        if (!is_call(product.phase)) return {};
        return CallAuction(product.book, product.tie_rule, product.reference, product.tick).uncross();
    }

  private:
    friend class SnapshotReader;
    template <bool>
    friend class Invariants;

    // --- looking ahead --------------------------------------------------------------------------------
    // A CANCEL or REPLACE names an order that may lie anywhere in memory, and a PLACE a level of a long ladder. Asking
    // for their cache lines some commands before they are needed, first the index and, when that has come, the order,
    // hides the waiting. With orders that live long it saves a quarter of the time, with prices far apart a seventh; with
    // orders cancelled as soon as they come it costs 3 %. Which kind a command is cannot be guessed and is not asked:
    // what it does not have names some line or other.

    static constexpr std::size_t STREAM = 48;  // the commands themselves
    static constexpr std::size_t FAR = 16;
    static constexpr std::size_t NEAR = 8;

    PREFETCHING void prefetch(const Command& command) const {
        const u32 slot = index_.guess(command.order_id);  // of a resting order, which has a link, or NO_SLOT
        pool_.prefetch(slot);
        __builtin_prefetch(&links_[slot], 1);
        if (command.product < levels_.size()) [[likely]] levels_[command.product].prefetch(command.side, command.price);
    }

    Reason dispatch(const Command& command) {
        if (command.kind == CommandKind::PLACE) return place(command);
        if (command.kind == CommandKind::CANCEL) return cancel(command);
        if (command.kind == CommandKind::REPLACE) return replace(command);
        return dispatch_rare(command);
    }

    [[gnu::noinline]] Reason dispatch_rare(const Command& command) {
        switch (command.kind) {
            case CommandKind::CANCEL_ALL: return cancel_all(command);
            case CommandKind::PRODUCT: return define_product(command);
            case CommandKind::ACCOUNT: return define_account(command);
            case CommandKind::FUNDS: return change_funds(command);
            case CommandKind::GOODS: return change_goods(command);
            case CommandKind::PHASE: return change_phase(command);
            case CommandKind::UNCROSS: return uncross(command);
            case CommandKind::RULES: return define_rules(command);
            default: return Reason::UNKNOWN_COMMAND;
        }
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
            events_.applied(command);
        } else {
            const std::vector<u32> outside = slots_outside(*product, low, high);
            if (!outside.empty() && product->phase != Phase::CLOSED) return Reason::BAD_PARAMETER;
            events_.applied(command);
            for (u32 slot : outside) drop(slot, Reason::OUTSIDE_BAND);
            product->book.set_band(static_cast<u32>(low), static_cast<u32>(high));
            levels_[command.product] = product->book.level_addresses();
        }
        product->step_kg = static_cast<u32>(step_kg);
        product->min_kg = static_cast<u32>(min_kg);
        return Reason::NONE;
    }

    std::vector<u32> slots_outside(const Product& product, i64 low, i64 high) const {
        std::vector<u32> slots;
        for_each_order(product, [&](u32 slot) {
            if (pool_[slot].price() < low || pool_[slot].price() > high) slots.push_back(slot);
        });
        return slots;
    }

    Reason define_rules(const Command& command) {
        Product* product = known_product(command.product);
        if (product == nullptr) return Reason::UNKNOWN_PRODUCT;
        if (command.price < 0 || command.price > MAX_PRICE) return Reason::BAD_PARAMETER;
        if (command.quantity < 0 || command.quantity > MAX_PRICE) return Reason::BAD_PARAMETER;
        if (command.amount < 1 || command.amount > MAX_PRICE) return Reason::BAD_PARAMETER;
        if (command.flags > static_cast<u8>(TieRule::HIGHEST)) return Reason::BAD_PARAMETER;
        const u32 tick = static_cast<u32>(command.amount);
        bool fits = true;
        for_each_order(*product, [&](u32 slot) { fits = fits && pool_[slot].price() % tick == 0; });
        if (!fits) return Reason::BAD_PARAMETER;
        product->reference = static_cast<u32>(command.price);
        product->volatility = static_cast<u32>(command.quantity);
        product->tick = tick;
        product->tie_rule = static_cast<TieRule>(command.flags);
        events_.applied(command);
        return Reason::NONE;
    }

    Reason define_account(const Command& command) {
        const i64 buyer_fee = command.price, seller_fee = command.quantity, deposit = command.amount;
        if (command.account < 1 || command.account > MAX_ACCOUNT) return Reason::BAD_PARAMETER;
        if (buyer_fee < 0 || buyer_fee > BASIS) return Reason::BAD_PARAMETER;
        if (seller_fee < 0 || seller_fee > BASIS) return Reason::BAD_PARAMETER;
        if (deposit < 0 || deposit > BASIS - seller_fee) return Reason::BAD_PARAMETER;
        if (command.flags > 1 || command.order_id > MAX_ACCOUNT) return Reason::BAD_PARAMETER;
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
        account->group = command.order_id != 0 ? static_cast<u32>(command.order_id) : command.account;
        events_.applied(command);
        return Reason::NONE;
    }

    // Holds of open buys follow the new rate; refused, and nothing done, if the account cannot cover it.
    bool change_buyer_fee(Account& account, u32 fee_bps) {
        i64 held = 0;
        for (u32 slot = account.first_order; slot != NO_SLOT; slot = links_[slot].next) {
            const Order& order = pool_[slot];
            if (!order.is_sell()) held += buy_hold_fen(order.price(), order.remaining, fee_bps);
        }
        const i64 funds = account.funds.free + account.funds.held;
        if (held > funds) return false;
        account.funds = {.free = funds - held, .held = held};
        return true;
    }

    Reason change_funds(const Command& command) {
        Account* account = accounts_.find(command.account);
        if (account == nullptr) return Reason::UNKNOWN_ACCOUNT;
        const i64 amount = command.amount;
        if (amount < -MAX_AMOUNT || amount > MAX_AMOUNT) return Reason::BAD_PARAMETER;
        Balance& funds = account->funds;
        if (-amount > funds.free) return Reason::INSUFFICIENT_FUNDS;
        if (amount > 0) {
            const bool returned = command.flags & RETURNED;
            if (!returned && funds.free + funds.held + amount > MAX_AMOUNT) return Reason::BAD_PARAMETER;
            const i64 most = MAX_TOTAL_FUNDS + (returned ? MAX_ASIDE : 0);
            if (total_funds_ + amount > most) return Reason::BAD_PARAMETER;
        }
        funds.free += amount;
        total_funds_ += amount;
        events_.applied(command);
        return Reason::NONE;
    }

    Reason change_goods(const Command& command) {
        Product* product = known_product(command.product);
        if (product == nullptr) return Reason::UNKNOWN_PRODUCT;
        if (accounts_.find(command.account) == nullptr) return Reason::UNKNOWN_ACCOUNT;
        const i64 kg = command.quantity;
        if (kg < -MAX_AMOUNT || kg > MAX_AMOUNT) return Reason::BAD_PARAMETER;
        Balance& goods = product->goods.get(command.account);
        if (-kg > goods.free) return Reason::INSUFFICIENT_GOODS;
        const i64 most = MAX_AMOUNT + (command.flags & RETURNED ? MAX_ASIDE : 0);
        if (kg > 0 && goods.free + goods.held + kg > most) return Reason::BAD_PARAMETER;
        goods.free += kg;
        events_.applied(command);
        return Reason::NONE;
    }

    Reason change_phase(const Command& command) {
        Product* product = known_product(command.product);
        if (product == nullptr) return Reason::UNKNOWN_PRODUCT;
        if (command.flags > static_cast<u8>(Phase::CALL)) return Reason::BAD_PARAMETER;
        if (command.amount < 0 || command.amount > MAX_DAY) return Reason::BAD_PARAMETER;
        const Phase phase = static_cast<Phase>(command.flags);
        if (phase == Phase::CONTINUOUS && product->book.crossed()) return Reason::CROSSED_BOOK;
        product->phase = phase;
        events_.applied(command);
        if (phase == Phase::CLOSED) close(*product, static_cast<u32>(command.amount));
        return Reason::NONE;
    }

    // Cancels what does not outlive the day; day 0: everything.
    void close(const Product& product, u32 day) {
        for_each_order(product, [&](u32 slot) {
            const u32 expires = pool_[slot].expires;
            if (day != 0 && expires > day) return;
            drop(slot, day != 0 && expires != 0 ? Reason::EXPIRED : Reason::SESSION_END);
        });
    }

    Reason uncross(const Command& command) {
        Product* product = known_product(command.product);
        if (product == nullptr) return Reason::UNKNOWN_PRODUCT;
        if (!is_call(product->phase)) return Reason::NOT_IN_CALL;
        if (command.flags > static_cast<u8>(Phase::HALTED)) return Reason::BAD_PARAMETER;
        if (command.price < 0 || command.price > MAX_PRICE) return Reason::BAD_PARAMETER;
        if (command.amount < 0 || command.amount > MAX_DAY) return Reason::BAD_PARAMETER;
        const u32 reference = command.price != 0 ? static_cast<u32>(command.price) : product->reference;
        product->phase = static_cast<Phase>(command.flags);
        const Uncrossing found =
            CallAuction(product->book, product->tie_rule, reference, product->tick).uncross();
        events_.uncrossed(product->number, found, product->tie_rule, reference, product->phase);
        trade_in_call(*product, found);
        if (found.price != 0) product->reference = found.price;
        if (product->phase == Phase::CLOSED) close(*product, static_cast<u32>(command.amount));
        return Reason::NONE;
    }

    // Bids and asks trade by priority at one price until the kg of the call are done.
    void trade_in_call(Product& product, const Uncrossing& found) {
        for (i64 left = found.kg; left > 0;) {
            const u32 bid = product.book.front(BUY), ask = product.book.front(SELL);
            Order &buy = pool_[bid], &sell = pool_[ask];
            Account &buyer = accounts_[buy.account()], &seller = accounts_[sell.account()];
            const u32 kg = static_cast<u32>(std::min<i64>({buy.remaining, sell.remaining, left}));
            total_funds_ -= Holds::settle(buyer, buy, seller, product, found.price, kg);
            events_.traded_in_call(++last_trade_id_, buy, sell, found.price, kg);
            fill(bid, buyer, product, kg);
            fill(ask, seller, product, kg);
            left -= kg;
        }
    }

    void fill(u32 slot, Account& account, Product& product, u32 kg) {
        pool_[slot].filled += kg;
        product.book.reduce(slot, kg);
        if (pool_[slot].remaining == 0) take_out(slot, account, product);
    }

    // --- commands of members ------------------------------------------------------------------------

    Reason place(const Command& command) {
        Product* product = known_product(command.product);
        if (product == nullptr) return Reason::UNKNOWN_PRODUCT;
        Account* account = accounts_.find(command.account);
        if (account == nullptr) return Reason::UNKNOWN_ACCOUNT;
        const bool ordinary = is_ordinary(command) && !account->suspended && product->phase == Phase::CONTINUOUS;
        if (!ordinary) [[unlikely]] {
            if (const Reason reason = may_trade(*account, *product); reason != Reason::NONE) return reason;
            if (!known_words(command)) return Reason::BAD_PARAMETER;
        }
        if (const Reason reason = check_terms(*product, command); reason != Reason::NONE) return reason;
        if (!ordinary) [[unlikely]] {
            if (command.amount < 0 || command.amount > command.quantity) return Reason::BAD_QUANTITY;
            if (!fit_together(command, product->phase)) return Reason::BAD_ORDER_TYPE;
        }
        const Side side = static_cast<Side>(command.side);
        const u32 price = static_cast<u32>(command.price), kg = static_cast<u32>(command.quantity);
        if (!Holds::take(*account, *product, side, price, kg)) return not_covered(side);
        const u16 expires = static_cast<u16>(command.order_id);
        const Order order = new_order(++last_order_id_, *account, *product, side, price, kg, expires);
        if (ordinary || is_plain(command)) {
            events_.accepted(order);
            come_in(order, *account, *product, command);
        } else {
            come_in_with_conditions(order, *account, *product, command);
        }
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
        Account& account = accounts_[order.account()];
        Product& product = *products_[order.product];
        if (const Reason reason = may_trade(account, product); reason != Reason::NONE) return reason;
        if ((command.flags & ~(3 << SELF_TRADE_SHIFT)) != 0 || !knows_self_trade(command)) {
            return Reason::BAD_PARAMETER;
        }
        if (const Reason reason = check_terms(product, command); reason != Reason::NONE) return reason;
        if (command.quantity <= order.filled) return Reason::BAD_QUANTITY;
        if (command.price == order.price() && command.quantity <= order.quantity()) {
            reduce(slot, account, product, static_cast<u32>(order.quantity() - command.quantity),
                   Reason::BY_OWNER);
            return Reason::NONE;
        }
        return take_new_place(slot, account, product, command);
    }

    // A smaller order keeps its place.
    void reduce(u32 slot, Account& account, Product& product, u32 less_kg, Reason reason) {
        const Order& order = pool_[slot];
        const u32 before = order.remaining;
        Holds::give_back(account, product, order, less_kg);
        product.book.reduce(slot, less_kg);
        events_.reduced(order, before, reason, true);
    }

    // A larger order or another price comes in like a new order, with its number, its fills and its last day.
    Reason take_new_place(u32 slot, Account& account, Product& product, const Command& command) {
        const Order old = pool_[slot];
        const u32 price = static_cast<u32>(command.price);
        const u32 kg = static_cast<u32>(command.quantity - old.filled);
        Holds::give_back(account, product, old, old.remaining);
        if (!Holds::take(account, product, old.side(), price, kg)) {
            Holds::take(account, product, old.side(), old.price(), old.remaining);
            return not_covered(old.side());
        }
        take_out(slot, account, product);
        events_.replaced(old, price, command.quantity);
        Order order = old;
        order.set_price(price);
        order.remaining = kg;
        come_in(order, account, product, command);
        return Reason::NONE;
    }

    Reason cancel_all(const Command& command) {
        if (command.product != 0 && known_product(command.product) == nullptr) return Reason::UNKNOWN_PRODUCT;
        const Account* account = accounts_.find(command.account);
        if (account == nullptr) return Reason::UNKNOWN_ACCOUNT;
        events_.applied(command);
        for (u32 slot : slots_of(*account)) {
            const bool meant = command.product == 0 || command.product == pool_[slot].product;
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
        return slot != NO_SLOT && pool_[slot].account() == command.account ? slot : NO_SLOT;
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

    // --- coming in ----------------------------------------------------------------------------------

    // An order with nothing to look at first: in a call it rests, otherwise it trades and rests or is dropped. Most
    // meet nobody. These stay in registers: put together in memory and read again in other pieces, an order would make
    // the processor wait for its own stores. A REPLACE has no time in force of its own; its order rests.
    [[gnu::always_inline]] void come_in(const Order& order, Account& account, Product& product,
                                        const Command& command) {
        const bool immediate = command.kind == CommandKind::PLACE && command.tif == IOC;
        if (!is_call(product.phase) && product.book.reaches(opposite(order.side()), order.price())) {
            meet(order, account, product, command);
        } else if (immediate) {
            drop_incoming(order, account, product, Reason::IOC_REST);
        } else {
            rest(order, account, product);
        }
    }

    // The order comes by value, so that the caller's need not be in memory.
    [[gnu::noinline]] void meet(Order order, Account& account, Product& product, const Command& command) {
        const u8 tif = command.kind == CommandKind::PLACE ? command.tif : u8{DAY};
        Incoming taker{order, account, product, tif, self_trade_of(command)};
        match(taker);
    }

    // An order that trades only at once, only as much, only at the best price, or not at all.
    [[gnu::noinline]] void come_in_with_conditions(Order order, Account& account, Product& product,
                                                   const Command& command) {
        Incoming taker{order, account, product, command.tif, self_trade_of(command)};
        const Side other = opposite(taker.order.side());
        ProductBook& book = taker.product.book;
        const bool reaches = book.reaches(other, taker.order.price());
        if (command.flags & MARKET_TO_LIMIT && reaches) take_price(taker, book.best_price(other));
        events_.accepted(taker.order);
        if (command.flags & MARKET_TO_LIMIT && !reaches) return drop_incoming(taker, Reason::NO_LIQUIDITY);
        if (command.flags & POST_ONLY) {
            return reaches ? drop_incoming(taker, Reason::WOULD_TRADE) : rest(taker);
        }
        const bool whole = command.tif == FOK;
        const u32 need = whole ? taker.order.remaining : static_cast<u32>(command.amount);
        if (need > 0 && available(taker, need) < need) {
            return drop_incoming(taker, whole ? Reason::FOK_UNFILLED : Reason::MINIMUM_UNFILLED);
        }
        match(taker);
    }

    // A market-to-limit order's limit becomes a better one; what it can cost falls with it.
    void take_price(Incoming& taker, u32 price) {
        Order& order = taker.order;
        Holds::give_back(taker.account, taker.product, order, order.remaining);
        order.set_price(price);
        Holds::take(taker.account, taker.product, order.side(), price, order.remaining);
    }

    // The kg an incoming order could trade at once, as far as it needs to be known.
    u32 available(const Incoming& taker, u32 need) const {
        const Product& product = taker.product;
        const Side other = opposite(taker.order.side());
        u64 found = 0;
        product.book.for_each(other, [&](u32 slot) {
            const Order& maker = pool_[slot];
            const bool too_dear = other == SELL ? maker.price() > taker.order.price() : maker.price() < taker.order.price();
            if (too_dear || product.too_far(maker.price())) return false;
            if (!same_party(taker, maker)) {
                found += maker.remaining;
            } else if (taker.self_trade != SelfTrade::CANCEL_OLDEST) {
                return false;
            }
            return found < need;
        });
        return static_cast<u32>(std::min<u64>(found, need));
    }

    bool same_party(const Incoming& taker, const Order& maker) const {
        return accounts_[maker.account()].group == taker.account.group;
    }

    // Trades an incoming order, then rests or drops what is left.
    void match(Incoming& taker) {
        const Side other = opposite(taker.order.side());
        ProductBook& book = taker.product.book;
        while (book.reaches(other, taker.order.price())) {
            const u32 slot = book.front(other);
            if (taker.product.too_far(pool_[slot].price())) return begin_call(taker, pool_[slot].price());
            if (same_party(taker, pool_[slot])) {
                if (!prevent_self_trade(taker, slot)) return;
                continue;
            }
            trade(taker, slot);
            if (taker.order.remaining == 0) return;
        }
        if (taker.tif == IOC || taker.tif == FOK) return drop_incoming(taker, Reason::IOC_REST);
        rest(taker);
    }

    // The engine interrupts continuous trading: the order that would have traded too far away joins a call.
    [[gnu::noinline]] void begin_call(Incoming& taker, u32 price) {
        taker.product.phase = Phase::VOLATILITY;
        events_.phased(taker.product.number, Phase::VOLATILITY, taker.order.id(), price);
        if (taker.tif == IOC || taker.tif == FOK) return drop_incoming(taker, Reason::VOLATILITY);
        rest(taker);
    }

    // Whether the incoming order goes on after it has met one of its own party.
    [[gnu::noinline]] bool prevent_self_trade(Incoming& taker, u32 slot) {
        if (taker.self_trade == SelfTrade::CANCEL_NEWEST) {
            drop_incoming(taker, Reason::SELF_TRADE);
            return false;
        }
        const u32 resting = pool_[slot].remaining;
        if (taker.self_trade == SelfTrade::CANCEL_OLDEST || resting <= taker.order.remaining) {
            drop(slot, Reason::SELF_TRADE);
            if (taker.self_trade == SelfTrade::CANCEL_OLDEST) return true;
        } else {
            reduce(slot, accounts_[pool_[slot].account()], taker.product, taker.order.remaining,
                   Reason::SELF_TRADE);
        }
        return decrement(taker, std::min(resting, taker.order.remaining));
    }

    bool decrement(Incoming& taker, u32 kg) {
        Order& order = taker.order;
        if (kg == order.remaining) {
            drop_incoming(taker, Reason::SELF_TRADE);
            return false;
        }
        Holds::give_back(taker.account, taker.product, order, kg);
        order.remaining -= kg;
        events_.reduced(order, order.remaining + kg, Reason::SELF_TRADE, false);
        return true;
    }

    // One trade at the maker's price: money and goods leave their holds.
    [[gnu::noinline]] void trade(Incoming& incoming, u32 slot) {
        Order& taker = incoming.order;
        Order& maker = pool_[slot];
        Account& other = accounts_[maker.account()];
        const u32 kg = std::min(taker.remaining, maker.remaining);
        const bool selling = taker.is_sell();
        total_funds_ -= Holds::settle(selling ? other : incoming.account, selling ? maker : taker,
                                      selling ? incoming.account : other, incoming.product, maker.price(), kg);
        taker.remaining -= kg;
        taker.filled += kg;
        events_.traded(++last_trade_id_, taker, maker, kg);
        fill(slot, other, incoming.product, kg);
    }

    // --- in and out of the book ---------------------------------------------------------------------

    static Order new_order(u64 id, const Account& account, const Product& product, Side side, u32 price,
                           u32 kg, u16 expires) {
        return {.id_and_account = id | u64{account.number} << 40,
                .price_and_side = price << 1 | (side == SELL),
                .product = static_cast<u16>(product.number),
                .expires = expires,
                .remaining = kg,
                .filled = 0,
                .prev = NO_SLOT,
                .next = NO_SLOT};
    }

    [[gnu::always_inline]] void rest(const Order& order, Account& account, Product& product) {
        put_in(order, account, product);
        events_.rested(order);
    }
    void rest(const Incoming& taker) { rest(taker.order, taker.account, taker.product); }

    [[gnu::always_inline]] void put_in(const Order& order, Account& account, Product& product) {
        const u32 slot = pool_.take();
        links_.reach(slot);
        product.book.add(slot, order);
        index_.insert(order.id(), slot);
        links_[slot] = {.prev = NO_SLOT, .next = account.first_order};
        links_[account.first_order].prev = slot;
        account.first_order = slot;
    }

    [[gnu::always_inline]] void take_out(u32 slot, Account& account, Product& product) {
        const u32 prev = links_[slot].prev, next = links_[slot].next;
        (prev != NO_SLOT ? links_[prev].next : account.first_order) = next;
        links_[next].prev = prev;
        index_.erase(pool_[slot].id(), slot);
        product.book.remove(slot);
        pool_.give_back(slot);
    }

    // Takes a resting order out of the book and gives back its hold.
    [[gnu::always_inline]] void drop(u32 slot, Reason reason) {
        const Order& order = pool_[slot];
        Account& account = accounts_[order.account()];
        Product& product = *products_[order.product];
        Holds::give_back(account, product, order, order.remaining);
        events_.cancelled(order, reason, true);
        take_out(slot, account, product);
    }

    // Drops what is left of an order that is not in the book.
    [[gnu::always_inline]] void drop_incoming(const Order& order, Account& account, Product& product, Reason reason) {
        Holds::give_back(account, product, order, order.remaining);
        events_.cancelled(order, reason, false);
    }
    void drop_incoming(const Incoming& taker, Reason reason) {
        drop_incoming(taker.order, taker.account, taker.product, reason);
    }

    // Calls visit(slot) for the orders of a product: bids, then asks, each by priority.
    template <typename Visit>
    static void for_each_order(const Product& product, Visit visit) {
        for (Side side : {BUY, SELL}) {
            product.book.for_each(side, [&](u32 slot) {
                visit(slot);
                return true;
            });
        }
    }

    Product& new_product(u32 number, u32 low, u32 high) {
        if (number >= products_.size()) {
            products_.resize(number + 1);
            levels_.reach(number);
        }
        products_[number] = std::make_unique<Product>(pool_, number, low, high);
        levels_[number] = products_[number]->book.level_addresses();
        return *products_[number];
    }

    // Orders of one account, linked through the slots of the pool.
    struct AccountLink {
        u32 prev;
        u32 next;
    };

    std::vector<std::unique_ptr<Product>> products_;
    Accounts accounts_;
    Pool<Order> pool_;
    GrowingArray<AccountLink> links_;
    OrderIndex<Order> index_{pool_};
    GrowingArray<LevelAddresses> levels_;  // of the book of a product, by its number
    Events events_;
    u64 last_order_id_ = 0;
    u64 last_trade_id_ = 0;
    i64 total_funds_ = 0;
};

using Engine = BasicEngine<true>;

}  // namespace jinguo

#ifdef JINGUO_CHECKED
#include "invariants.hpp"
#endif
