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

constexpr char SNAPSHOT_MAGIC[8] = {'J', 'G', 'C', 'O', 'R', 'E', '\0', '\1'};
constexpr std::size_t HEADER_SIZE = 48;
constexpr std::size_t PRODUCT_SIZE = 24;
constexpr std::size_t ACCOUNT_SIZE = 28;
constexpr std::size_t GOODS_SIZE = 24;
constexpr std::size_t ORDER_SIZE = 32;

class SnapshotWriter {
  public:
    explicit SnapshotWriter(const Engine& engine) : engine_(engine) {
        engine_.accounts().for_each([&](const Account& account) {
            for (const Goods& goods : engine_.goods_of(account)) goods_.push_back(goods);
        });
    }

    std::string write() {
        u32 products = 0;
        engine_.for_each_product([&](const Product&) { ++products; });
        bytes_.reserve(HEADER_SIZE + products * PRODUCT_SIZE + engine_.accounts().size() * ACCOUNT_SIZE +
                       goods_.size() * GOODS_SIZE + engine_.open_orders() * ORDER_SIZE);
        bytes_.append(SNAPSHOT_MAGIC, sizeof(SNAPSHOT_MAGIC));
        put<u64>(engine_.last_order_id());
        put<u64>(engine_.last_trade_id());
        put<u32>(products);
        put<u32>(engine_.accounts().size());
        put<u64>(goods_.size());
        put<u64>(engine_.open_orders());
        engine_.for_each_product([&](const Product& product) { write_product(product); });
        engine_.accounts().for_each([&](const Account& account) { write_account(account); });
        for (const Goods& goods : goods_) write_goods(goods);
        engine_.for_each_product([&](const Product& product) {
            for (Side side : {BUY, SELL}) {
                product.book.for_each(side, [&](const Order& order) { write_order(order); });
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
    }

    void write_account(const Account& account) {
        put<u32>(account.number);
        put<u16>(account.suspended);
        put<u16>(account.buyer_fee_bps);
        put<u16>(account.seller_fee_bps);
        put<u16>(account.deposit_bps);
        put<i64>(account.funds_free);
        put<i64>(account.funds_held);
    }

    void write_goods(const Goods& goods) {
        put<u32>(goods.account());
        put<u32>(goods.product());
        put<i64>(goods.free);
        put<i64>(goods.held);
    }

    void write_order(const Order& order) {
        put<u64>(order.id);
        put<u32>(order.account);
        put<u32>(order.product());
        put<u32>(order.side());
        put<u32>(order.price);
        put<u32>(static_cast<u32>(order.quantity()));
        put<u32>(order.filled);
    }

    const Engine& engine_;
    std::vector<Goods> goods_;
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
        const u32 step_kg = take<u32>(), min_kg = take<u32>();
        require(number > last_product_ && number <= MAX_PRODUCT, "product number");
        require(phase <= static_cast<u32>(Phase::HALTED), "phase");
        require(low >= 1 && low <= high && high <= MAX_PRICE, "band");
        require(step_kg >= 1 && step_kg <= MAX_QUANTITY, "step");
        require(min_kg >= 1 && min_kg <= MAX_QUANTITY, "minimum");
        Product& product = engine_.new_product(number, low, high);
        product.phase = static_cast<Phase>(phase);
        product.step_kg = step_kg;
        product.min_kg = min_kg;
        last_product_ = number;
    }

    void read_account() {
        const u32 number = take<u32>();
        const u16 suspended = take<u16>();
        const u16 buyer_fee = take<u16>(), seller_fee = take<u16>(), deposit = take<u16>();
        const i64 free = take<i64>(), held = take<i64>();
        require(number > last_account_ && number <= MAX_ACCOUNT, "account number");
        require(suspended <= 1 && buyer_fee <= BASIS && seller_fee + deposit <= BASIS, "rates");
        require(free >= 0 && free <= MAX_TOTAL_FUNDS - engine_.total_funds_, "funds");
        engine_.total_funds_ += free;
        require(held >= 0 && held <= MAX_TOTAL_FUNDS - engine_.total_funds_, "funds");
        engine_.total_funds_ += held;
        Account& account = engine_.accounts_.define(number);
        account.suspended = suspended == 1;
        account.buyer_fee_bps = buyer_fee;
        account.seller_fee_bps = seller_fee;
        account.deposit_bps = deposit;
        account.funds_free = free;
        funds_held_.push_back(held);
        last_account_ = number;
    }

    void read_goods() {
        const u32 account = take<u32>(), product = take<u32>();
        const i64 free = take<i64>(), held = take<i64>();
        require(std::tie(account, product) > last_goods_, "order of goods");
        require(engine_.account(account) && engine_.product(product), "goods of nobody");
        require(free >= 0 && free <= MAX_AMOUNT && held >= 0 && held <= MAX_AMOUNT - free, "goods");
        require(free + held >= 1, "goods");
        engine_.goods_.get(*engine_.accounts_.find(account), product).free = free;
        goods_held_.push_back({.account = account, .product = product, .held = held});
        last_goods_ = {account, product};
    }

    void read_order() {
        const u64 id = take<u64>();
        const u32 number = take<u32>(), product_number = take<u32>(), side = take<u32>();
        const u32 price = take<u32>(), quantity = take<u32>(), filled = take<u32>();
        Product* product = engine_.known_product(product_number);
        require(product != nullptr && product->phase != Phase::CLOSED, "order outside a session");
        require(id >= 1 && id <= engine_.last_order_id_, "order number");
        require(engine_.index_.find(id) == NO_SLOT, "order number");
        Account* account = engine_.accounts_.find(number);
        require(account != nullptr, "order of nobody");
        require(side == BUY || side == SELL, "side");
        require(product->book.contains(price), "price");
        require(filled < quantity && quantity <= MAX_QUANTITY, "quantity");
        const std::tuple<u32, u32, i64> place(product_number, side, side == BUY ? -i64{price} : i64{price});
        require(last_order_ <= place, "order of orders");
        require(side == BUY || price > product->book.best_bid(), "crossed book");
        last_order_ = place;
        const u32 kg = quantity - filled;
        Order order = Engine::new_order(id, *account, *product, static_cast<Side>(side), price, kg);
        order.filled = filled;
        engine_.rest(order, *account, *product);
        add_hold(*account, product_number, static_cast<Side>(side), price, kg);
    }

    void add_hold(Account& account, u32 product, Side side, u32 price, u32 kg) {
        if (side == BUY) {
            account.funds_held += buy_hold_fen(price, kg, account.buyer_fee_bps);
            require(account.funds_held <= MAX_TOTAL_FUNDS, "funds on hold");
        } else {
            Goods* goods = engine_.goods_.find(account.number, product);
            require(goods != nullptr, "goods on hold");
            goods->held += kg;
        }
    }

    // What is on hold is exactly what the open orders need.
    void check_holds() {
        std::size_t at = 0;
        engine_.accounts_.for_each([&](const Account& account) {
            require(account.funds_held == funds_held_[at++], "funds on hold");
        });
        for (const auto& [account, product, held] : goods_held_) {
            require(engine_.goods_.find(account, product)->held == held, "goods on hold");
        }
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
