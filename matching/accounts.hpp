// What every account has: funds in fen, goods in kg, free and on hold.

#pragma once

#include "arrays.hpp"
#include "records.hpp"

namespace jinguo {

// Something an account has: fen, or kg of one product.
struct Balance {
    i64 free;
    i64 held;  // for open orders: what buys can still cost, fees included; what sells must deliver

    bool empty() const { return free == 0 && held == 0; }

    // False, and nothing done, if so much is not free.
    bool hold(i64 amount) {
        if (amount > free) return false;
        free -= amount;
        held += amount;
        return true;
    }

    void give_back(i64 amount) {
        held -= amount;
        free += amount;
    }
};

struct Account {
    Balance funds;
    u32 number;       // 0: this account was never defined
    u32 group;        // accounts of one group are one party and never trade with each other
    u32 first_order;  // head of the list of its resting orders, through the pool
    u16 buyer_fee_bps;
    u16 seller_fee_bps;
    u16 deposit_bps;
    bool suspended;
};

// Accounts by number. Defining one may move the others.
class Accounts {
  public:
    Account* find(u32 number) const {
        return number < accounts_.size() && accounts_[number].number != 0 ? &accounts_[number] : nullptr;
    }

    // The account with this number, which is defined.
    Account& operator[](u32 number) const { return accounts_[number]; }

    // The account with this number, 1 … MAX_ACCOUNT, which is not yet defined.
    Account& define(u32 number) {
        accounts_.reach(number);
        accounts_[number].number = number;
        if (number > highest_) highest_ = number;
        ++count_;
        return accounts_[number];
    }

    u32 count() const { return count_; }

    // Calls visit for every account, by number.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (u32 number = 1; number <= highest_; ++number) {
            if (accounts_[number].number != 0) visit(accounts_[number]);
        }
    }

    PREFETCHING void prefetch(u32 number) const {
        if (number < accounts_.size()) __builtin_prefetch(&accounts_[number], 1);
    }

  private:
    template <bool>
    friend class Invariants;

    GrowingArray<Account> accounts_;
    u32 highest_ = 0;
    u32 count_ = 0;
};

// The goods of all accounts in one product, by account number. Making room for one may move the others.
class ProductGoods {
  public:
    Balance* find(u32 account) const { return account < goods_.size() ? &goods_[account] : nullptr; }

    Balance& get(u32 account) {
        goods_.reach(account);
        return goods_[account];
    }

  private:
    GrowingArray<Balance> goods_;
};

}  // namespace jinguo
