// Writes and reads the canonical snapshot of an engine. The layout is told in matching/snapshot.py, which
// also puts on and checks the seal; here is the body only.
//
// Reading trusts nothing: whatever an engine could not have written is refused with std::invalid_argument,
// by the same conditions as in matching/reference_snapshot.py.

#pragma once

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine.hpp"

namespace jinguo {

constexpr char SNAPSHOT_MAGIC[8] = {'J', 'G', 'C', 'O', 'R', 'E', '\0', '\2'};
constexpr std::size_t HEADER_SIZE = 48;
constexpr std::size_t PRODUCT_SIZE = 40;
constexpr std::size_t ACCOUNT_SIZE = 32;
constexpr std::size_t GOODS_SIZE = 24;
constexpr std::size_t ORDER_SIZE = 32;

class SnapshotWriter {
  public:
    explicit SnapshotWriter(const Engine& engine) : engine_(engine) {
        engine_.accounts().for_each([&](const Account& account) {
            for (const AccountGoods& goods : engine_.goods_of(account)) goods_.push_back(goods);
        });
    }

    std::string write() {
        u32 products = 0;
        engine_.for_each_product([&](const Product&) { ++products; });
        bytes_.reserve(HEADER_SIZE + products * PRODUCT_SIZE + engine_.accounts().count() * ACCOUNT_SIZE +
                       goods_.size() * GOODS_SIZE + engine_.open_orders() * ORDER_SIZE);
        bytes_.append(SNAPSHOT_MAGIC, sizeof(SNAPSHOT_MAGIC));
        put<u64>(engine_.last_order_id());
        put<u64>(engine_.last_trade_id());
        put<u32>(products);
        put<u32>(engine_.accounts().count());
        put<u64>(goods_.size());
        put<u64>(engine_.open_orders());
        engine_.for_each_product([&](const Product& product) { write_product(product); });
        engine_.accounts().for_each([&](const Account& account) { write_account(account); });
        for (const AccountGoods& goods : goods_) write_goods(goods);
        engine_.for_each_product([&](const Product& product) {
            for (Side side : {BUY, SELL}) {
                product.book.for_each(side, [&](u32 slot) {
                    write_order(engine_.order(slot));
                    return true;
                });
            }
        });
        return std::move(bytes_);
    }

  private:
    template <typename T>
    void put(T value) {
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T));
    }

    void write_product(const Product& product) {
        put<u32>(product.number);
        put<u32>(static_cast<u32>(product.phase));
        put<u32>(product.book.low());
        put<u32>(product.book.high());
        put<u32>(product.step_kg);
        put<u32>(product.min_kg);
        put<u32>(product.tick);
        put<u32>(static_cast<u32>(product.tie_rule));
        put<u32>(product.reference);
        put<u32>(product.volatility);
    }

    void write_account(const Account& account) {
        put<u32>(account.number);
        put<u16>(account.suspended);
        put<u16>(account.buyer_fee_bps);
        put<u16>(account.seller_fee_bps);
        put<u16>(account.deposit_bps);
        put<u32>(account.group);
        put<i64>(account.funds.free);
        put<i64>(account.funds.held);
    }

    void write_goods(const AccountGoods& goods) {
        put<u32>(goods.account);
        put<u32>(goods.product);
        put<i64>(goods.kg.free);
        put<i64>(goods.kg.held);
    }

    void write_order(const Order& order) {
        put<u64>(order.id());
        put<u32>(order.account());
        put<u32>(order.product);
        put<u16>(order.side());
        put<u16>(order.expires);
        put<u32>(order.price());
        put<u32>(static_cast<u32>(order.quantity()));
        put<u32>(order.filled);
    }

    const Engine& engine_;
    std::vector<AccountGoods> goods_;
    std::string bytes_;
};

// Reads a snapshot body into an engine that is still empty.
class SnapshotReader {
  public:
    SnapshotReader(const char* body, std::size_t size, Engine& engine)
        : at_(body), size_(size), engine_(engine) {}

    void read() {
        read_header();
        for (u32 i = 0; i < products_; ++i) read_product();
        for (u32 i = 0; i < accounts_; ++i) read_account();
        for (u64 i = 0; i < goods_; ++i) read_goods();
        for (u64 i = 0; i < orders_; ++i) read_order();
        check_books();
        check_holds();
    }

  private:
    static void require(bool condition, const char* problem) {
        if (!condition) throw std::invalid_argument(std::string("the snapshot is damaged: ") + problem);
    }

    // The header has proved that all sections are there, so no read leaves the body.
    template <typename T>
    T take() {
        T value;
        std::memcpy(&value, at_, sizeof(T));
        at_ += sizeof(T);
        return value;
    }

    void read_header() {
        require(size_ >= HEADER_SIZE, "too short");
        require(std::memcmp(at_, SNAPSHOT_MAGIC, sizeof(SNAPSHOT_MAGIC)) == 0, "unknown layout");
        at_ += sizeof(SNAPSHOT_MAGIC);
        engine_.last_order_id_ = take<u64>();
        engine_.last_trade_id_ = take<u64>();
        products_ = take<u32>();
        accounts_ = take<u32>();
        goods_ = take<u64>();
        orders_ = take<u64>();
        require(engine_.last_order_id_ <= MAX_ORDER_ID, "order number too high");
        require(engine_.last_trade_id_ <= MAX_ORDER_ID, "trade number too high");
        require(goods_ <= size_ / GOODS_SIZE && orders_ <= size_ / ORDER_SIZE, "wrong length");
        const u64 sections = u64{products_} * PRODUCT_SIZE + u64{accounts_} * ACCOUNT_SIZE +
                             goods_ * GOODS_SIZE + orders_ * ORDER_SIZE;
        require(size_ == HEADER_SIZE + sections, "wrong length");
    }

    void read_product() {
        const u32 number = take<u32>(), phase = take<u32>(), low = take<u32>(), high = take<u32>();
        const u32 step_kg = take<u32>(), min_kg = take<u32>(), tick = take<u32>(), rule = take<u32>();
        const u32 reference = take<u32>(), volatility = take<u32>();
        require(number > last_product_ && number <= MAX_PRODUCT, "product number");
        require(phase <= static_cast<u32>(Phase::VOLATILITY), "phase");
        require(low >= 1 && low <= high && high <= MAX_PRICE, "band");
        require(step_kg >= 1 && step_kg <= MAX_QUANTITY, "step");
        require(min_kg >= 1 && min_kg <= MAX_QUANTITY, "minimum");
        require(tick >= 1 && tick <= MAX_PRICE, "tick");
        require(rule <= static_cast<u32>(TieRule::HIGHEST), "tie rule");
        require(reference <= MAX_PRICE && volatility <= MAX_PRICE, "reference price");
        Product& product = engine_.new_product(number, low, high);
        product.phase = static_cast<Phase>(phase);
        product.step_kg = step_kg;
        product.min_kg = min_kg;
        product.tick = tick;
        product.tie_rule = static_cast<TieRule>(rule);
        product.reference = reference;
        product.volatility = volatility;
        last_product_ = number;
    }

    void read_account() {
        const u32 number = take<u32>();
        const u16 suspended = take<u16>();
        const u16 buyer_fee = take<u16>(), seller_fee = take<u16>(), deposit = take<u16>();
        const u32 group = take<u32>();
        const i64 free = take<i64>(), held = take<i64>();
        require(number > last_account_ && number <= MAX_ACCOUNT, "account number");
        require(group >= 1 && group <= MAX_ACCOUNT, "group");
        require(suspended <= 1 && buyer_fee <= BASIS && seller_fee + deposit <= BASIS, "rates");
        require(free >= 0 && free <= MAX_TOTAL_FUNDS + MAX_ASIDE - engine_.total_funds_, "funds");
        engine_.total_funds_ += free;
        require(held >= 0 && held <= MAX_TOTAL_FUNDS + MAX_ASIDE - engine_.total_funds_, "funds");
        engine_.total_funds_ += held;
        Account& account = engine_.accounts_.define(number);
        account.suspended = suspended == 1;
        account.group = group;
        account.buyer_fee_bps = buyer_fee;
        account.seller_fee_bps = seller_fee;
        account.deposit_bps = deposit;
        account.funds.free = free;
        funds_held_.push_back(held);
        last_account_ = number;
    }

    void read_goods() {
        const u32 account = take<u32>(), product = take<u32>();
        const i64 free = take<i64>(), held = take<i64>();
        require(std::tie(account, product) > last_goods_, "order of goods");
        require(engine_.account(account) && engine_.product(product), "goods of nobody");
        constexpr i64 MOST = MAX_AMOUNT + MAX_ASIDE;
        require(free >= 0 && free <= MOST && held >= 0 && held <= MOST - free, "goods");
        require(free + held >= 1, "goods");
        engine_.products_[product]->goods.get(account).free = free;
        goods_held_.push_back({.account = account, .product = product, .held = held});
        last_goods_ = {account, product};
    }

    void read_order() {
        const u64 id = take<u64>();
        const u32 number = take<u32>(), product_number = take<u32>();
        const u16 side = take<u16>(), expires = take<u16>();
        const u32 price = take<u32>(), quantity = take<u32>(), filled = take<u32>();
        Product* product = engine_.known_product(product_number);
        require(product != nullptr, "order of no product");
        require(product->phase != Phase::CLOSED || expires != 0, "order outside a session");
        require(id >= 1 && id <= engine_.last_order_id_, "order number");
        require(engine_.index_.find(id) == NO_SLOT, "order number");
        Account* account = engine_.accounts_.find(number);
        require(account != nullptr, "order of nobody");
        require(side == BUY || side == SELL, "side");
        require(product->book.contains(price) && price % product->tick == 0, "price");
        require(filled < quantity && quantity <= MAX_QUANTITY, "quantity");
        const std::tuple<u32, u32, i64> place(product_number, u32{side}, side == BUY ? -i64{price} : i64{price});
        require(last_order_ <= place, "order of orders");
        last_order_ = place;
        const u32 kg = quantity - filled;
        Order order = Engine::new_order(id, *account, *product, static_cast<Side>(side), price, kg, expires);
        order.filled = filled;
        engine_.put_in(order, *account, *product);
        add_hold(*account, *product, static_cast<Side>(side), price, kg);
    }

    void add_hold(Account& account, Product& product, Side side, u32 price, u32 kg) {
        Balance* balance = Holds<true>::balance(account, product, side);
        require(balance != nullptr, "goods on hold");
        balance->held += Holds<true>::hold_for(account, side, price, kg);
        if (side == SELL) held_by_sells_ += kg;
        require(balance->held <= MAX_TOTAL_FUNDS + MAX_ASIDE, "funds on hold");
    }

    void check_books() {
        engine_.for_each_product([](const Product& product) {
            require(product.phase != Phase::CONTINUOUS || !product.book.crossed(), "crossed book");
        });
    }

    // What is on hold is exactly what the open orders need.
    void check_holds() {
        std::size_t at = 0;
        i64 held_by_goods = 0;
        engine_.accounts_.for_each([&](const Account& account) {
            require(account.funds.held == funds_held_[at++], "funds on hold");
        });
        for (const GoodsHeld& goods : goods_held_) {
            const Balance& kg = *engine_.products_[goods.product]->goods.find(goods.account);
            require(kg.held == goods.held, "goods on hold");
            held_by_goods += goods.held;
        }
        require(held_by_goods == held_by_sells_, "goods on hold");
    }

    struct GoodsHeld {
        u32 account;
        u32 product;
        i64 held;
    };

    const char* at_;
    std::size_t size_;
    Engine& engine_;
    u32 products_ = 0;
    u32 accounts_ = 0;
    u64 goods_ = 0;
    u64 orders_ = 0;
    u32 last_product_ = 0;
    u32 last_account_ = 0;
    std::tuple<u32, u32> last_goods_{0, 0};
    std::tuple<u32, u32, i64> last_order_{0, 0, 0};
    std::vector<i64> funds_held_;
    std::vector<GoodsHeld> goods_held_;
    i64 held_by_sells_ = 0;
};

// The snapshot body of an engine.
inline std::string write_snapshot(const Engine& engine) { return SnapshotWriter(engine).write(); }

// The engine in a snapshot body; throws std::invalid_argument if no engine could have written it.
inline std::unique_ptr<Engine> read_snapshot(const char* body, std::size_t size) {
    auto engine = std::make_unique<Engine>();
    SnapshotReader(body, size, *engine).read();
    return engine;
}

}  // namespace jinguo
