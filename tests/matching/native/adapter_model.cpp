// Plays random messages on the adapter and on a matcher of a few lines, and compares every report and, now and then,
// the book. Argument: seed. Prints the first difference and ends with 1, or the number of messages and 0.

#include "../../../loadtests/engine/adapter.cpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <map>
#include <random>
#include <tuple>
#include <vector>

namespace {

struct Told {
    int type, side;
    u64 seq, order, maker, taker;
    i64 price;
    u32 quantity;
    auto operator<=>(const Told&) const = default;
};

class Model {
  public:
    std::vector<Told> told;

    void play(const me_msg_t& message) {
        if (message.type == 0) {
            place(message.no);
        } else if (message.type == 1) {
            const auto found = orders_.find(message.c.order_id);
            if (found == orders_.end()) return tell(ME_CANCEL_REJECT, 0, message.c.sequence_number, message.c.order_id);
            const auto [side, price, at] = found->second;
            tell(ME_CANCEL_ACK, side, message.c.sequence_number, message.c.order_id, price, at->second);
            remove(message.c.order_id);
        } else {
            const auto found = orders_.find(message.md.order_id);
            const modify_t& modify = message.md;
            if (found == orders_.end()) return tell(ME_MODIFY_REJECT, 0, modify.sequence_number, modify.order_id);
            const int side = std::get<0>(found->second);
            remove(modify.order_id);
            const u32 left =
                match(side, modify.new_price_ticks, modify.new_quantity, modify.order_id, modify.sequence_number);
            if (left > 0) rest(modify.order_id, side, modify.new_price_ticks, left);
            tell(ME_MODIFY_ACK, side, modify.sequence_number, modify.order_id, modify.new_price_ticks,
                 modify.new_quantity);
        }
    }

    i64 best(int side) const {
        if (books_[side].empty()) return side == 0 ? INT64_MIN : INT64_MAX;
        return side == 0 ? books_[0].rbegin()->first : books_[1].begin()->first;
    }

    u64 depth(int side, i64 price) const {
        u64 sum = 0;
        if (const auto level = books_[side].find(price); level != books_[side].end()) {
            for (const auto& [id, quantity] : level->second) sum += quantity;
        }
        return sum;
    }

    std::vector<i64> prices(int side) const {
        std::vector<i64> found;
        for (const auto& [price, queue] : books_[side]) found.push_back(price);
        return found;
    }

  private:
    using Queue = std::list<std::pair<u64, u32>>;

    void tell(int type, int side, u64 seq, u64 order, i64 price = 0, u32 quantity = 0) {
        told.push_back({type, side, seq, order, 0, 0, price, quantity});
    }

    void place(const new_order_t& order) {
        if (orders_.count(order.order_id)) return;
        tell(ME_ORDER_ACK, order.side, order.sequence_number, order.order_id, order.price_ticks, order.quantity);
        const u32 left =
            match(order.side, order.price_ticks, order.quantity, order.order_id, order.sequence_number);
        if (left == 0) return;
        if (order.ioc) {
            tell(ME_CANCEL_ACK, order.side, order.sequence_number, order.order_id, order.price_ticks, left);
        } else {
            rest(order.order_id, order.side, order.price_ticks, left);
        }
    }

    u32 match(int side, i64 limit, u32 quantity, u64 id, u64 seq) {
        auto& other = books_[1 - side];
        while (quantity > 0 && !other.empty()) {
            const auto level = side == 0 ? other.begin() : std::prev(other.end());
            if (side == 0 ? level->first > limit : level->first < limit) break;
            auto& [maker, open] = level->second.front();
            const u32 traded = std::min(quantity, open);
            told.push_back({ME_TRADE, 0, seq, 0, maker, id, level->first, traded});
            quantity -= traded;
            open -= traded;
            if (open == 0) remove(maker);
        }
        return quantity;
    }

    void rest(u64 id, int side, i64 price, u32 quantity) {
        Queue& queue = books_[side][price];
        queue.emplace_back(id, quantity);
        orders_[id] = {side, price, std::prev(queue.end())};
    }

    void remove(u64 id) {
        const auto [side, price, at] = orders_.at(id);
        books_[side][price].erase(at);
        if (books_[side][price].empty()) books_[side].erase(price);
        orders_.erase(id);
    }

    std::map<i64, Queue> books_[2];
    std::map<u64, std::tuple<int, i64, Queue::iterator>> orders_;
};

// Prices close together, then over more and more of what 64 bits hold.
i64 random_price(std::mt19937_64& random, int stage) {
    const i64 near = static_cast<i64>(random() % 200);
    if (stage == 0 || random() % 4 != 0) return near;
    if (stage == 1) return near + static_cast<i64>(random() % 2'000'000) - 1'000'000;
    if (random() % 20 == 0) return random() % 2 ? INT64_MAX - near : INT64_MIN + near;
    return static_cast<i64>(random());
}

me_msg_t random_message(std::mt19937_64& random, u64 seq, int stage) {
    me_msg_t message{};
    message.type = static_cast<u8>(std::array{0, 0, 0, 1, 1, 2}[random() % 6]);
    u64 id = random() % 400;
    if (id % 7 == 0) id += u64{1} << 40;  // and some that no array is made for
    const i64 price = random_price(random, stage);
    const u32 quantity = 1 + static_cast<u32>(random() % 50);
    const u8 side = random() % 2;
    if (message.type == 0) {
        message.no = {id, seq, price, quantity, side, static_cast<u8>(random() % 7 == 0), {}};
    } else if (message.type == 1) {
        message.c = {id, seq};
    } else {
        message.md = {id, seq, price, quantity, side, {}};
    }
    return message;
}

void fail(const char* what, u64 seq) {
    std::printf("%s differs at message %llu\n", what, static_cast<unsigned long long>(seq));
    std::exit(1);
}

void compare_books(const Model& model, u64 seq) {
    if (engine_query_best_bid() != model.best(0) || engine_query_best_ask() != model.best(1)) fail("best price", seq);
    for (int side : {0, 1}) {
        for (i64 price : model.prices(side)) {
            if (engine_query_depth_at(price, static_cast<u8>(side)) != model.depth(side, price)) fail("depth", seq);
        }
    }
}

}  // namespace

constexpr u32 ROOM = 1'024;

int main(int, char** arguments) {
    std::mt19937_64 random(std::strtoull(arguments[1], nullptr, 10));
    const me_transport_t* transport = engine_get_transport();
    void* ring = transport->create(ROOM);
    engine_init(0, transport, ring);
    Model model;
    constexpr u64 MESSAGES = 6'000;
    for (u64 seq = 0; seq < MESSAGES;) {
        std::vector<me_msg_t> batch(1 + random() % 12);
        for (me_msg_t& message : batch) {
            message = random_message(random, seq, static_cast<int>(seq * 3 / MESSAGES));
            model.play(message);
            ++seq;
        }
        // nobody drains meanwhile, so what one message can cause must fit
        std::vector<me_report_t> reports(ROOM);
        std::vector<Told> told;
        for (const me_msg_t& message : batch) {
            engine_on_batch(&message, 1);
            engine_flush();
            while (const u32 count = transport->drain(ring, reports.data(), ROOM)) {
                for (u32 at = 0; at < count; ++at) {
                    const me_report_t& r = reports[at];
                    told.push_back({r.type, r.side, r.sequence_number, r.order_id, r.maker_order_id, r.taker_order_id,
                                    r.price_ticks, r.quantity});
                }
            }
        }
        if (told != model.told) fail("report", seq);
        model.told.clear();
        compare_books(model, seq);
    }
    engine_shutdown();
    transport->destroy(ring);
    std::printf("%llu messages\n", static_cast<unsigned long long>(MESSAGES));
    return 0;
}
