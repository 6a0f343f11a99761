// ``make fuzz``, first half: libFuzzer looks for bytes that bring the checked engine out of order.
//
// The first byte says what the others are:
//
//     0  short commands, ten bytes each, with a set-up before them; most of them do something
//     1  commands as they come, 64 bytes each
//     2  the body of a snapshot
//     3  changes to a snapshot: how many, so often place and byte, then short commands that lead to it
//
// The sanitizers and the invariants look all the while. Besides, two engines go through the same commands:
// one in batches, the other command by command and now and then from a snapshot of the first. They must tell
// the same. seeds.py writes inputs to begin with; what the bytes of a short command mean is told there.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "invariants.hpp"
#include "snapshot.hpp"

using namespace jinguo;

namespace {

void require(bool holds, const char* problem) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_engine: %s\n", problem);
    std::abort();
}

// Bytes in memory of their own, so that AddressSanitizer sees the first one read behind them.
class Exact {
  public:
    Exact(const void* from, std::size_t size) : bytes_(new char[size]), size_(size) {
        if (size > 0) std::memcpy(bytes_.get(), from, size);
    }
    char* data() { return bytes_.get(); }
    const Command* commands() const { return reinterpret_cast<const Command*>(bytes_.get()); }
    std::size_t size() const { return size_; }

  private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_;
};

// Two engines that must be the same.
class Twins {
  public:
    void apply(const std::vector<Command>& commands) {
        if (commands.empty()) return;
        Exact batch(commands.data(), commands.size() * sizeof(Command));
        const std::size_t capacity = commands.size() % 4 * commands.size() / 2;  // none, too little or enough
        const std::unique_ptr<Event[]> room(capacity > 0 ? new Event[capacity] : nullptr);
        one_->apply(batch.commands(), commands.size(), seq_, room.get(), capacity);
        std::size_t told = 0;
        for (std::size_t at = 0; at < commands.size(); ++at) {
            Exact record(&commands[at], sizeof(Command));
            other_->apply(record.commands(), 1, seq_ + at);
            const Events& events = other_->events();
            require(events.size() > 0, "a command without an event");
            require(told + events.size() <= one_->events().size(), "a batch tells less than its commands");
            const Event* in_batch = one_->events().data() + told;
            require(std::memcmp(in_batch, events.data(), events.size() * sizeof(Event)) == 0,
                    "a batch tells something else than its commands one by one");
            told += events.size();
        }
        require(told == one_->events().size(), "a batch tells more than its commands");
        seq_ += commands.size();
    }

    std::string snapshot() const {
        std::string body = write_snapshot(*one_);
        require(body == write_snapshot(*other_), "two snapshots of the same commands");
        return body;
    }

    // The second engine goes on from a snapshot of the first.
    void go_on() {
        const std::string body = snapshot();
        other_ = read_snapshot(body.data(), body.size());
        check_invariants(*other_);
        require(write_snapshot(*other_) == body, "a snapshot that changes when it is read");
    }

    // Both engines begin with a snapshot; false if it is refused.
    bool begin_with(Exact& body) {
        try {
            one_ = read_snapshot(body.data(), body.size());
            other_ = read_snapshot(body.data(), body.size());
        } catch (const std::invalid_argument&) {
            return false;
        }
        check_invariants(*one_);
        const std::string read(body.data(), body.size());
        require(snapshot() == read, "a snapshot that changes when it is read");
        return true;
    }

    // The number of an open order of an account; 0 if it has none.
    u64 order_of(u32 number, u8 which) const {
        const Account* account = one_->account(number);
        if (account == nullptr) return 0;
        const std::vector<u32> slots = one_->slots_of(*account);
        return slots.empty() ? 0 : one_->order(slots[which % slots.size()]).id();
    }

  private:
    std::unique_ptr<Engine> one_ = std::make_unique<Engine>();
    std::unique_ptr<Engine> other_ = std::make_unique<Engine>();
    u64 seq_ = 1;
};

// --- short commands ------------------------------------------------------------------------------------

constexpr std::size_t SHORT = 10;

// 64 prices: the lowest, and the ticks from one to the next. Books of 64 to a million ticks, few of these.
struct Prices {
    i64 low;
    i64 step;
    i64 at(u8 number) const { return low + number % 64 * step; }
};
constexpr Prices MARKETS[] = {{690, 1},     {690, 1},     {690, 1},      {2'100, 3},
                              {2'100, 3},   {49'000, 70}, {49'000, 70},  {1, 15'625}};

constexpr u8 END_OF_BATCH = 12, GO_ON = 13, KINDS = 14;
constexpr i64 EXTREMES[] = {0,          -1,             1,         MAX_PRICE + 1, MAX_QUANTITY + 1,
                            MAX_AMOUNT, MAX_AMOUNT + 1, INT64_MAX, INT64_MIN};

Command spoiled(Command command, u8 field, u8 which) {
    const i64 value = EXTREMES[which % std::size(EXTREMES)];
    switch (field % 8) {
        case 0: command.price = value; break;
        case 1: command.quantity = value; break;
        case 2: command.amount = value; break;
        case 3: command.order_id = static_cast<u64>(value); break;
        case 4: command.account = which % 2 ? MAX_ACCOUNT + 1 : ~0u; break;
        case 5: command.product = which % 2 ? MAX_PRODUCT + which % 4 - 1 : ~0u; break;
        case 6: command.tif = which; break;
        case 7: command.side = which; break;
    }
    return command;
}

Command command_of(const u8* bytes, const Prices& prices) {
    Command command{};
    command.kind = static_cast<CommandKind>(bytes[0] % KINDS);
    command.product = bytes[1] % 5;
    command.account = bytes[2] % 8;
    command.side = bytes[3] & 3;
    command.tif = bytes[3] >> 2 & 7;
    command.flags = bytes[4];
    command.order_id = bytes[5];
    command.price = prices.at(bytes[6]);
    command.quantity = bytes[7] * 100;
    command.amount = bytes[8] * 100;
    switch (command.kind) {
        case CommandKind::PRODUCT:
            command.quantity = prices.at(bytes[7]);
            command.amount = 1 + bytes[8] % 128;
            break;
        case CommandKind::ACCOUNT:
            command.price = bytes[6] * 40;
            command.quantity = bytes[7] * 40;
            break;
        case CommandKind::FUNDS: command.amount = (bytes[8] - 128) * 150 * prices.at(63); break;
        case CommandKind::GOODS: command.quantity = (bytes[7] - 128) * 200; break;
        case CommandKind::PHASE: command.amount = bytes[8]; break;
        case CommandKind::UNCROSS:
            command.price = bytes[6] == 0 ? 0 : command.price;
            command.amount = bytes[8];
            break;
        case CommandKind::RULES:
            command.price = bytes[6] == 0 ? 0 : command.price;
            command.quantity = bytes[7] % 64 * prices.step;
            command.amount = 1 + bytes[8] % 8;
            break;
        default: break;
    }
    return bytes[9] >= 0xf0 ? spoiled(command, bytes[9], bytes[8]) : command;
}

// Three products in continuous trading and six accounts, the first two of one party.
std::vector<Command> opening(const Prices& prices) {
    std::vector<Command> commands;
    const auto add = [&](CommandKind kind, u32 product, u32 account) -> Command& {
        return commands.emplace_back(Command{.kind = kind, .product = product, .account = account});
    };
    for (u32 product = 1; product <= 3; ++product) {
        Command& defined = add(CommandKind::PRODUCT, product, 0);
        defined.price = prices.at(0);
        defined.quantity = prices.at(63);
        defined.amount = defined.order_id = 1;
        add(CommandKind::PHASE, product, 0).flags = static_cast<u8>(Phase::CONTINUOUS);
    }
    for (u32 account = 1; account <= 6; ++account) {
        Command& defined = add(CommandKind::ACCOUNT, 0, account);
        defined.price = 20 * account;
        defined.quantity = 15;
        defined.amount = 200;
        defined.order_id = account == 2 ? 1 : 0;
        add(CommandKind::FUNDS, 0, account).amount = 8'000 * prices.at(63);
        for (u32 product = 1; product <= 3; ++product) {
            add(CommandKind::GOODS, product, account).quantity = 8'000;
        }
    }
    return commands;
}

// A CANCEL or REPLACE mostly names an order that was open before the batch.
void name_order(Command& command, const Twins& twins, const u8* bytes) {
    if (command.kind != CommandKind::CANCEL && command.kind != CommandKind::REPLACE) return;
    if (bytes[9] >= 0x80) return;
    if (const u64 id = twins.order_of(command.account, bytes[5]); id != 0) command.order_id = id;
}

void play_short(Twins& twins, const u8* bytes, std::size_t size) {
    if (size == 0) return;
    const Prices& prices = MARKETS[bytes[0] % std::size(MARKETS)];
    std::vector<Command> batch = opening(prices);
    for (std::size_t at = 1; at + SHORT <= size; at += SHORT) {
        const u8 kind = bytes[at] % KINDS;
        if (kind == END_OF_BATCH || kind == GO_ON) {
            twins.apply(batch);
            batch.clear();
            if (kind == GO_ON) twins.go_on();
        } else {
            batch.push_back(command_of(bytes + at, prices));
            name_order(batch.back(), twins, bytes + at);
        }
    }
    twins.apply(batch);
    twins.go_on();
}

// --- the others ------------------------------------------------------------------------------------------

// Account numbers are lowered: high ones only cost memory, and other tests have them.
void play_raw(Twins& twins, const u8* bytes, std::size_t size) {
    std::vector<Command> batch(size / sizeof(Command));
    if (!batch.empty()) std::memcpy(batch.data(), bytes, batch.size() * sizeof(Command));
    for (Command& command : batch) {
        if (command.account <= MAX_ACCOUNT) command.account %= 1024;
    }
    twins.apply(batch);
    twins.go_on();
}

template <typename T>
T number_at(const char* body, std::size_t at) {
    T value;
    std::memcpy(&value, body + at, sizeof(T));
    return value;
}

// Whether a body has numbers that are good, but so high that an array for them would take seconds.
bool takes_long(const char* body, std::size_t size) {
    if (size < HEADER_SIZE) return false;
    const u64 products = number_at<u32>(body, 24), accounts = number_at<u32>(body, 28);
    const u64 goods = number_at<u64>(body, 32), orders = number_at<u64>(body, 40);
    if (goods > size || orders > size) return false;
    std::size_t at = HEADER_SIZE + products * PRODUCT_SIZE;
    if (size != at + accounts * ACCOUNT_SIZE + goods * GOODS_SIZE + orders * ORDER_SIZE) return false;
    for (u64 i = 0; i < accounts; ++i, at += ACCOUNT_SIZE) {
        if (number_at<u32>(body, at) > 1 << 16) return true;
    }
    at += goods * GOODS_SIZE;
    for (u64 i = 0; i < orders; ++i, at += ORDER_SIZE) {
        if (number_at<u64>(body, at) > 1 << 24) return true;
    }
    return false;
}

void play_snapshot(const char* bytes, std::size_t size) {
    Exact body(bytes, size);
    Twins twins;
    if (takes_long(bytes, size) || !twins.begin_with(body)) return;
    twins.apply(opening(MARKETS[0]));
    for (Side side : {BUY, SELL}) {
        for (u32 product = 1; product <= 4; ++product) {
            Command place{.kind = CommandKind::PLACE, .side = side, .product = product, .account = 5};
            place.price = MARKETS[0].at(side == BUY ? 63 : 0);
            place.quantity = 500;
            twins.apply({place});
        }
    }
    twins.go_on();
}

void play_changes(const u8* bytes, std::size_t size) {
    if (size == 0) return;
    const std::size_t changes = bytes[0] % 5, head = 1 + changes * 3;
    if (size < head) return;
    Twins twins;
    play_short(twins, bytes + head, size - head);
    std::string body = twins.snapshot();
    for (std::size_t i = 0; i < changes; ++i) {
        const u8* change = bytes + 1 + i * 3;
        body[(change[0] | change[1] << 8) % body.size()] = static_cast<char>(change[2]);
    }
    play_snapshot(body.data(), body.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* bytes, std::size_t size) {
    if (size == 0) return 0;
    Twins twins;
    switch (bytes[0] % 4) {
        case 0: play_short(twins, bytes + 1, size - 1); break;
        case 1: play_raw(twins, bytes + 1, size - 1); break;
        case 2: play_snapshot(reinterpret_cast<const char*>(bytes) + 1, size - 1); break;
        case 3: play_changes(bytes + 1, size - 1); break;
    }
    return 0;
}
