// What open orders hold: the buyer's funds at the worst price with the fee, the seller's goods. Both sides are one
// piece of code, so that the processor need not guess which one comes.

#pragma once

#include <cstdint>

#include "product.hpp"
#include "records.hpp"

namespace jinguo {

inline Reason not_covered(Side side) {
    return side == BUY ? Reason::INSUFFICIENT_FUNDS : Reason::INSUFFICIENT_GOODS;
}

// COVERED says whether orders must be covered by what the account has. An exchange always is; the benchmark
// measures what it costs.
template <bool COVERED>
struct Holds {
    // What an order holds from: the buyer's funds, or the seller's goods of the product (null: never had any).
    static Balance* balance(Account& account, Product& product, Side side) {
        const auto funds = reinterpret_cast<std::uintptr_t>(&account.funds);
        const auto goods = reinterpret_cast<std::uintptr_t>(product.goods.find(account.number));
        return reinterpret_cast<Balance*>(pick(side == BUY, funds, goods));
    }

    // What an open order of kg at this limit holds: fen or kg.
    static i64 hold_for(const Account& account, Side side, u32 price, u32 kg) {
        return pick<i64>(side == BUY, buy_hold_fen(price, kg, account.buyer_fee_bps), kg);
    }

    // Puts on hold what an order can cost or must deliver; false, and nothing done, if it is not free.
    static bool take(Account& account, Product& product, Side side, u32 price, u32 kg) {
        if constexpr (!COVERED) return true;
        Balance* balance = Holds::balance(account, product, side);
        return balance != nullptr && balance->hold(hold_for(account, side, price, kg));
    }

    // Frees what an order holds for kg of its open quantity. The hold falls from that of the open kg to that of
    // what stays open; parts are rounded together.
    static void give_back(Account& account, Product& product, const Order& order, u32 kg) {
        if constexpr (!COVERED) return;
        const Side side = order.side();
        balance(account, product, side)
            ->give_back(hold_for(account, side, order.price(), order.remaining) -
                        hold_for(account, side, order.price(), order.remaining - kg));
    }

    // A trade of kg: the buyer's hold for it is given back and he pays from what is free; the seller delivers
    // from hold. The buyer's goods come later, by a GOODS command after settlement. Returns what leaves the
    // accounts: fees and the quality deposit, in fen.
    static i64 settle(Account& buyer, const Order& buy, Account& seller, Product& product, u32 price, u32 kg) {
        if constexpr (!COVERED) return 0;
        give_back(buyer, product, buy, kg);
        const i64 amount = static_cast<i64>(price) * kg;
        const i64 paid = amount + fee_fen(amount, buyer.buyer_fee_bps);
        const i64 got = amount - fee_fen(amount, seller.seller_fee_bps) - fee_fen(amount, seller.deposit_bps);
        buyer.funds.free -= paid;
        seller.funds.free += got;
        product.goods.find(seller.number)->held -= kg;
        return paid - got;
    }
};

}  // namespace jinguo
