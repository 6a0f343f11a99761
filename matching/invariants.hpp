// What must hold after every command, looked up in the engine's own memory.
//
// A build with -DJINGUO_CHECKED looks after each command and throws InvariantBroken, which says what is wrong
// and after which sequence number; other builds contain nothing of it. Looking costs time in proportion to
// everything the engine has, so such builds are for tests (tests/matching/native).
//
// Every resting order is looked for twice, on ways that know nothing of each other: through the books, level
// by level, and through the lists of the accounts. Both must find the same orders, as many as the pool gave
// away and the index names. What the orders need on the one side and what is on hold on the other must be equal.

#pragma once

#include <algorithm>
#include <bit>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine.hpp"

namespace jinguo {

class InvariantBroken : public std::logic_error {
    using std::logic_error::logic_error;
};

template <bool COVERED>
class Invariants {
  public:
    explicit Invariants(const BasicEngine<COVERED>& engine)
        : engine_(engine), pool_(engine.pool_), found_(pool_.unused_, NOWHERE) {}

    void check() {
        engine_.for_each_product([this](const Product& product) { check_product(product); });
        check_accounts();
        check_pool();
        check_index();
    }

  private:
    // Where a slot of the pool was found so far.
    enum Place : u8 { NOWHERE, IN_BOOK, IN_BOOK_AND_LIST, FREE };

    // What a report begins with; built into text only when there is something to report.
    struct Whereabouts {
        u32 product;
        Side side;
        u32 price = 0;

        friend std::ostream& operator<<(std::ostream& text, const Whereabouts& here) {
            text << "product " << here.product << (here.side == BUY ? ", bids" : ", asks");
            if (here.price != 0) text << " at " << here.price;
            return text << ": ";
        }
    };

    // Of a ladder of more ranks than this only what the bitmap says to be in use is looked at. (An order that it
    // hides is missed by the list of its account.)
    static constexpr u32 WIDE = 300;

    template <typename... Parts>
    void require(bool holds, const Parts&... parts) const {
        if (!holds) [[unlikely]] broken(parts...);
    }

    template <typename... Parts>
    [[noreturn, gnu::noinline]] void broken(const Parts&... parts) const {
        std::ostringstream text;
        text << "invariant broken";
        const Events& events = engine_.events();
        if (events.size() > 0) text << " after command " << events.data()[events.size() - 1].seq;
        text << ": ";
        (text << ... << parts);
        throw InvariantBroken(text.str());
    }

    // --- books --------------------------------------------------------------------------------------

    void check_product(const Product& product) {
        const u32 low = product.book.low(), high = product.book.high();
        require(engine_.product(product.number) == &product, "product ", product.number,
                " is not in its place");
        require(low >= 1 && low <= high && high <= MAX_PRICE, "product ", product.number, " has the band ", low,
                "..", high);
        require(product.step_kg >= 1 && product.min_kg >= 1 && product.tick >= 1, "product ", product.number,
                " has a step, minimum or tick of zero");
        std::map<u32, i64> sold;  // by account, kg
        const u32 bid = check_side(product, BUY, sold), ask = check_side(product, SELL, sold);
        require(product.phase != Phase::CONTINUOUS || bid == 0 || ask == 0 || bid < ask, "product ",
                product.number, " is in continuous trading and crossed: bid ", bid, ", ask ", ask);
        if constexpr (COVERED) check_goods(product, sold);
    }

    // One side of a book: bitmap, levels, queues; returns its best price, 0 if it is empty.
    u32 check_side(const Product& product, Side side, std::map<u32, i64>& sold) {
        const auto& ladder = product.book.ladder(side);
        const Whereabouts here{product.number, side};
        const std::vector<u32> ranks = ranks_in_use(product, side);
        const u32 best = ranks.empty() ? RankSet::NONE : ranks.front();
        require(ladder.best == best, here, "the best rank is ", best, " by the bitmap, but ", ladder.best,
                " by the ladder");
        for (u32 rank : ranks) check_level(product, side, rank, sold);
        check_empty_levels(product, side, ranks);
        return ranks.empty() ? 0 : ladder.price_at(ranks.front());
    }

    // The members of the bitmap. Its upper levels must say which words below them have any (the top may say too
    // much); of a wide ladder only those words are read.
    std::vector<u32> ranks_in_use(const Product& product, Side side) const {
        const auto& book = product.book;
        const RankSet& used = book.ladder(side).used;
        const Whereabouts here{product.number, side};
        std::vector<u32> in_use;  // words of a level, at last ranks
        for (u32 word = 0; word < used.counts_[RankSet::LEVELS - 1]; ++word) in_use.push_back(word);
        for (u32 level = RankSet::LEVELS; level-- > 0;) {
            const std::vector<u32> words = std::exchange(in_use, {});
            for (u32 word : words) {
                const u64 bits = used.words_[level][word];
                require(bits != 0 || level + 2 >= RankSet::LEVELS, here, "word ", word, " of level ", level,
                        " of the bitmap is empty, but in use by the level above");
                for (u64 left = bits; left != 0; left &= left - 1) {
                    in_use.push_back(word * 64 + std::countr_zero(left));
                }
            }
            if (level == 0 || book.width_ > WIDE) continue;
            for (u32 word = 0, at = 0; word < used.counts_[level - 1]; ++word) {
                if (at < in_use.size() && in_use[at] == word) {
                    ++at;
                    continue;
                }
                require(used.words_[level - 1][word] == 0, here, "word ", word, " of level ", level - 1,
                        " of the bitmap is in use, but empty by the level above");
            }
        }
        require(in_use.empty() || in_use.back() <= book.width_, here, "a rank beyond ", book.width_,
                " is in use");
        return in_use;
    }

    void check_level(const Product& product, Side side, u32 rank, std::map<u32, i64>& sold) {
        const Level& level = product.book.ladder(side).levels[rank];
        const u32 price = product.book.ladder(side).price_at(rank);
        const Whereabouts here{product.number, side, price};
        i64 kg = 0;
        u32 before = NO_SLOT;
        for (u32 slot = level.head; slot != NO_SLOT; before = slot, slot = pool_[slot].next) {
            require(slot < found_.size(), here, "slot ", slot, " was never taken from the pool");
            require(found_[slot] == NOWHERE, here, "slot ", slot, " is in a queue twice");
            found_[slot] = IN_BOOK;
            const Order& order = pool_[slot];
            require(order.prev == before, here, "slot ", slot, " follows ", before, " but names ", order.prev);
            require(order.product == product.number && order.side() == side && order.price() == price, here,
                    "order ", order.id(), " belongs to product ", order.product, ", price ", order.price());
            check_order(product, order, slot);
            kg += order.remaining;
            if (side == SELL) sold[order.account()] += order.remaining;
        }
        require(before != NO_SLOT, here, "in use by the bitmap, but without an order");
        require(level.tail == before, here, "the last slot is ", before, ", but the level says ", level.tail);
        require(level.kg == kg, here, "the orders have ", kg, " kg, but the level says ", level.kg);
    }

    void check_empty_levels(const Product& product, Side side, const std::vector<u32>& ranks) const {
        if (product.book.width_ > WIDE) return;
        auto in_use = ranks.begin();
        for (u32 rank = 0; rank <= product.book.width_; ++rank) {
            if (in_use != ranks.end() && *in_use == rank) {
                ++in_use;
                continue;
            }
            const Level& level = product.book.ladder(side).levels[rank];
            const Whereabouts here{product.number, side, product.book.ladder(side).price_at(rank)};
            require(level.head == NO_SLOT && level.tail == NO_SLOT && level.kg == 0, here,
                    "empty by the bitmap, but the level says slots ", level.head, " to ", level.tail, " and ",
                    level.kg, " kg");
        }
    }

    void check_order(const Product& product, const Order& order, u32 slot) const {
        const u64 id = order.id();
        require(id >= 1 && id <= engine_.last_order_id_, "order ", id, " has a number that was not given yet");
        require(engine_.index_.find(id) == slot, "order ", id, " is in slot ", slot, ", but the index says ",
                engine_.index_.find(id));
        require(order.remaining > 0 && order.quantity() <= MAX_QUANTITY, "order ", id, " has ", order.remaining,
                " of ", order.quantity(), " kg open");
        require(product.book.contains(order.price()) && order.price() % product.tick == 0, "order ", id, " at ",
                order.price(), " is outside the band ", product.book.low(), "..", product.book.high(),
                " or off the tick ", product.tick);
        require(product.phase != Phase::CLOSED || order.expires != 0, "order ", id,
                " ends with the session, but product ", product.number, " is closed");
        require(engine_.account(order.account()) != nullptr, "order ", id, " is of nobody");
    }

    // --- accounts -----------------------------------------------------------------------------------

    void check_accounts() {
        i64 funds = 0;
        u32 count = 0;
        engine_.accounts_.for_each([&](const Account& account) {
            const i64 needed = check_list(account);
            funds += account.funds.free + account.funds.held;
            ++count;
            require(engine_.account(account.number) == &account, "account ", account.number,
                    " is not in its place");
            require(account.group >= 1 && account.buyer_fee_bps <= BASIS &&
                        account.seller_fee_bps + account.deposit_bps <= BASIS,
                    "account ", account.number, " has a group or rates that cannot be");
            if constexpr (COVERED) check_balance(account.funds, needed, "fen of account ", account.number);
        });
        require(count == engine_.accounts_.count(), "there are ", count, " accounts, but ",
                engine_.accounts_.count(), " were counted");
        if constexpr (COVERED) {
            require(funds == engine_.total_funds_ && funds <= MAX_TOTAL_FUNDS + MAX_ASIDE, "all accounts have ", funds,
                    " fen, but ", engine_.total_funds_, " were counted");
        }
    }

    // The list of an account's orders; returns what its buys need, in fen.
    i64 check_list(const Account& account) {
        i64 needed = 0;
        u32 before = NO_SLOT;
        for (u32 slot = account.first_order; slot != NO_SLOT; before = slot, slot = engine_.links_[slot].next) {
            require(slot < found_.size() && found_[slot] == IN_BOOK, "account ", account.number, " lists slot ",
                    slot, ", which is listed already or in no book");
            found_[slot] = IN_BOOK_AND_LIST;
            require(engine_.links_[slot].prev == before, "account ", account.number, " lists slot ", slot,
                    " after ", before, ", but it names ", engine_.links_[slot].prev);
            const Order& order = pool_[slot];
            require(order.account() == account.number, "account ", account.number, " lists order ", order.id(),
                    " of account ", order.account());
            if (!order.is_sell()) needed += buy_hold_fen(order.price(), order.remaining, account.buyer_fee_bps);
        }
        return needed;
    }

    void check_goods(const Product& product, const std::map<u32, i64>& sold) const {
        for (u32 number = 0; number <= engine_.accounts_.highest_; ++number) {
            const Balance* kg = product.goods.find(number);
            if (kg == nullptr) break;  // nor has anybody with a higher number
            const auto needed = sold.find(number);
            check_balance(*kg, needed != sold.end() ? needed->second : 0, "kg of product ", product.number,
                          " and account ", number);
            require(kg->empty() || engine_.account(number) != nullptr, "goods of nobody, account ", number);
            require(kg->free + kg->held <= MAX_AMOUNT + MAX_ASIDE, "account ", number, " has too much of product ",
                    product.number);
        }
        for (const auto& [number, kg] : sold) {
            require(product.goods.find(number) != nullptr, "account ", number, " sells ", kg, " kg of product ",
                    product.number, " and has none");
        }
    }

    template <typename... What>
    void check_balance(const Balance& balance, i64 needed, const What&... what) const {
        require(balance.free >= 0, balance.free, " are free of the ", what...);
        require(balance.held == needed, balance.held, " are on hold of the ", what..., ", but open orders need ",
                needed);
    }

    // --- pool and index -----------------------------------------------------------------------------

    // Every slot is an order in a book and in a list, or free.
    void check_pool() {
        const u64 orders = std::count(found_.begin(), found_.end(), IN_BOOK_AND_LIST);
        const u64 unlisted = std::count(found_.begin(), found_.end(), IN_BOOK);
        require(unlisted == 0, unlisted, " orders are in a book, but in no account's list");
        require(orders == pool_.live(), orders, " orders are open, but the pool says ", pool_.live());
        u64 free = 0;
        for (u32 slot = pool_.free_; slot != NO_SLOT; slot = pool_[slot].next, ++free) {
            require(slot < found_.size() && found_[slot] == NOWHERE, "slot ", slot,
                    " is free, but also an order, free twice or never taken");
            found_[slot] = FREE;
        }
        require(orders + free + 1 == pool_.unused_, "of ", pool_.unused_, " slots ", orders, " are orders and ",
                free, " are free");
    }

    // The index names the open orders and no others.
    void check_index() const {
        const OrderIndex<Order>& index = engine_.index_;
        u64 named = index.old_.size();
        for (u64 place = 0; place < index.SIZE; ++place) {
            const u32 slot = index.places_[place];
            if (slot == NO_SLOT) continue;
            ++named;
            require(slot < found_.size() && found_[slot] == IN_BOOK_AND_LIST, "place ", place,
                    " of the index names slot ", slot, ", which is no open order");
            require(pool_[slot].id() % index.SIZE == place, "order ", pool_[slot].id(), " is at place ", place,
                    " of the index");
        }
        for (const auto& [id, slot] : index.old_) {
            require(slot < found_.size() && found_[slot] == IN_BOOK_AND_LIST && pool_[slot].id() == id,
                    "the index says that order ", id, " is in slot ", slot, ", but it is not");
        }
        require(named == pool_.live(), "the index names ", named, " of ", pool_.live(), " orders");
    }

    const BasicEngine<COVERED>& engine_;
    const Pool<Order>& pool_;
    std::vector<u8> found_;  // Place of every slot
};

// Throws InvariantBroken if something does not hold.
template <bool COVERED>
void check_invariants(const BasicEngine<COVERED>& engine) {
    Invariants<COVERED>(engine).check();
}

}  // namespace jinguo
