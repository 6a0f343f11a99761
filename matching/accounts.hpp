// What every account has: funds in fen, goods in kg, free and on hold.

#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "records.hpp"

namespace jinguo {

struct Account {
    i64 funds_free;
    i64 funds_held;   // for open buys, fees included
    u32 number;       // 0: this account was never defined
    u32 first_order;  // head of the list of its resting orders, through the pool
    u32 first_goods;  // head of the list of its goods
    u16 buyer_fee_bps;
    u16 seller_fee_bps;
    u16 deposit_bps;
    bool suspended;
};

// Accounts by number, in pages made when they are first needed. An account never moves.
class Accounts {
  public:
    Account* find(u32 number) const {
        const u32 page = number / PAGE;
        if (page >= pages_.size() || !pages_[page]) return nullptr;
        Account& account = pages_[page][number % PAGE];
        return account.number != 0 ? &account : nullptr;
    }

    // The account with this number, 1 … MAX_ACCOUNT, which is not yet defined.
    Account& define(u32 number) {
        const u32 page = number / PAGE;
        if (page >= pages_.size()) pages_.resize(page + 1);
        if (!pages_[page]) pages_[page] = std::make_unique<Account[]>(PAGE);
        Account& account = pages_[page][number % PAGE];
        account.number = number;
        ++size_;
        return account;
    }

    u32 size() const { return size_; }

    // Calls visit for every account, by number.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (const auto& page : pages_) {
            if (!page) continue;
            for (u32 at = 0; at < PAGE; ++at) {
                if (page[at].number != 0) visit(page[at]);
            }
        }
    }

  private:
    static constexpr u32 PAGE = 1 << 10;
    std::vector<std::unique_ptr<Account[]>> pages_;
    u32 size_ = 0;
};

// ---------------------------------------------------------------------------------------------------

struct Goods {
    u64 key;  // account and product
    i64 free;
    i64 held;  // for open sells
    u32 next;  // next in the account's list

    u32 account() const { return static_cast<u32>(key >> 32); }
    u32 product() const { return static_cast<u32>(key); }
    bool empty() const { return free == 0 && held == 0; }
};

// Goods by account and product: a hash table (open addressing, at most half full) of places in an array,
// whose entries are also linked by account. Entries are never taken out; an empty one means none.
class GoodsTable {
  public:
    GoodsTable() : entries_(1), table_(1 << 10) {}

    Goods* find(u32 account, u32 product) {
        const u32 at = table_[place_of(key_of(account, product))];
        return at != 0 ? &entries_[at] : nullptr;
    }

    // Finds or makes an entry. Pointers to other entries are no longer good afterwards.
    Goods& get(Account& account, u32 product) {
        if (Goods* found = find(account.number, product)) return *found;
        if (2 * entries_.size() > table_.size()) grow();
        const u64 key = key_of(account.number, product);
        table_[place_of(key)] = static_cast<u32>(entries_.size());
        entries_.push_back({.key = key, .free = 0, .held = 0, .next = account.first_goods});
        account.first_goods = static_cast<u32>(entries_.size() - 1);
        return entries_.back();
    }

    // The goods of an account that are not empty, by product.
    std::vector<Goods> of(const Account& account) const {
        std::vector<Goods> found;
        for (u32 at = account.first_goods; at != 0; at = entries_[at].next) {
            if (!entries_[at].empty()) found.push_back(entries_[at]);
        }
        std::sort(found.begin(), found.end(), [](const Goods& a, const Goods& b) { return a.key < b.key; });
        return found;
    }

  private:
    static u64 key_of(u32 account, u32 product) { return static_cast<u64>(account) << 32 | product; }

    // Where the key is in the table, or the free place where it belongs.
    std::size_t place_of(u64 key) const {
        const std::size_t mask = table_.size() - 1;
        std::size_t place = (key * 0x9E37'79B9'7F4A'7C15ull) >> 32 & mask;
        while (table_[place] != 0 && entries_[table_[place]].key != key) place = (place + 1) & mask;
        return place;
    }

    void grow() {
        table_ = std::vector<u32>(2 * table_.size());
        for (u32 at = 1; at < entries_.size(); ++at) table_[place_of(entries_[at].key)] = at;
    }

    std::vector<Goods> entries_;
    std::vector<u32> table_;
};

}  // namespace jinguo
