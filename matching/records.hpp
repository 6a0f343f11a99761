// The binary contract of matching/types.py in C++: commands, events, reasons and limits.
//
// Records are read and written by memcpy, so this machine must be little-endian like the contract.
// tests/matching/test_contract.py compares every number here with matching/types.py.

#pragma once

#include <bit>
#include <cstdint>

namespace jinguo {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;

static_assert(std::endian::native == std::endian::little, "records are little-endian");

constexpr i64 BASIS = 10'000;                      // rates are in basis points
constexpr i64 MAX_PRICE = 1'000'000;               // fen per kg
constexpr i64 MAX_QUANTITY = 1'000'000'000;        // kg of one order
constexpr i64 MAX_AMOUNT = 1'000'000'000'000'000;  // fen or kg a balance may be built up to
constexpr i64 MAX_TOTAL_FUNDS = 4'000 * MAX_AMOUNT;
constexpr i64 MAX_ASIDE = MAX_AMOUNT;  // what comes back from the desk may be so much more than the two above
constexpr u8 RETURNED = 1;             // flag of a FUNDS or GOODS: it comes back from the desk
constexpr u32 MAX_ACCOUNT = (1u << 24) - 1;
constexpr u32 MAX_PRODUCT = (1u << 16) - 1;
constexpr u64 MAX_ORDER_ID = (1ull << 40) - 1;
constexpr i64 MAX_DAY = (1 << 16) - 1;      // days since 1970-01-01
constexpr i64 PRESSURE_CAP_BPS = 500;

enum Side : u8 { NO_SIDE = 0, BUY = 1, SELL = 2 };
enum TimeInForce : u8 { DAY = 0, IOC = 1, FOK = 2, GTD = 3 };
enum class Phase : u8 { CLOSED = 0, CONTINUOUS = 1, HALTED = 2, CALL = 3, VOLATILITY = 4 };
enum class TieRule : u8 { MIDPOINT = 0, NEAREST_LIMIT = 1, NEAREST_TICK = 2, PRESSURE = 3, HIGHEST = 4 };
enum class SelfTrade : u8 { CANCEL_NEWEST = 0, CANCEL_OLDEST = 1, DECREMENT = 2 };

constexpr u8 POST_ONLY = 1;
constexpr u8 MARKET_TO_LIMIT = 2;
constexpr u8 SELF_TRADE_SHIFT = 2;
constexpr u8 PLACE_FLAGS = POST_ONLY | MARKET_TO_LIMIT | 3 << SELF_TRADE_SHIFT;

enum class CommandKind : u8 {
    PRODUCT = 1,
    ACCOUNT = 2,
    FUNDS = 3,
    GOODS = 4,
    PHASE = 5,
    PLACE = 6,
    CANCEL = 7,
    REPLACE = 8,
    CANCEL_ALL = 9,
    UNCROSS = 10,
    RULES = 11,
};

enum class EventKind : u8 {
    APPLIED = 1,
    REJECTED = 2,
    ACCEPTED = 3,
    TRADE = 4,
    RESTED = 5,
    CANCELLED = 6,
    REDUCED = 7,
    REPLACED = 8,
    UNCROSSED = 9,
    PHASED = 10,
};

enum class Reason : u16 {
    NONE = 0,
    UNKNOWN_COMMAND = 1,
    UNKNOWN_PRODUCT = 2,
    UNKNOWN_ACCOUNT = 3,
    UNKNOWN_ORDER = 4,
    SESSION_CLOSED = 5,
    HALTED = 6,
    SUSPENDED = 7,
    BAD_PRICE = 8,
    PRICE_BAND = 9,
    BAD_QUANTITY = 10,
    INSUFFICIENT_FUNDS = 11,
    INSUFFICIENT_GOODS = 12,
    BAD_PARAMETER = 13,
    BAD_ORDER_TYPE = 14,
    CROSSED_BOOK = 15,
    OFF_TICK = 16,
    NOT_IN_CALL = 17,
    BY_OWNER = 20,
    IOC_REST = 21,
    SESSION_END = 22,
    SELF_TRADE = 23,
    FOK_UNFILLED = 24,
    MINIMUM_UNFILLED = 25,
    WOULD_TRADE = 26,
    NO_LIQUIDITY = 27,
    VOLATILITY = 28,
    EXPIRED = 29,
    OUTSIDE_BAND = 30,
    CALL = 31,
};

struct Command {
    CommandKind kind;
    u8 side;
    u8 tif;
    u8 flags;
    u32 product;
    i64 time_ns;
    u32 account;
    u32 zero;
    u64 order_id;
    i64 price;
    i64 quantity;
    i64 amount;
    i64 zero_too;
};

struct Event {
    u64 seq = 0;
    EventKind kind = EventKind::APPLIED;
    u8 side = 0;
    Reason reason = Reason::NONE;
    u32 product = 0;
    u64 order_id = 0;
    u64 other_id = 0;
    i64 price = 0;
    i64 quantity = 0;
    i64 remaining = 0;
    u32 account = 0;
    u32 other = 0;
};

static_assert(sizeof(Command) == 64 && sizeof(Event) == 64, "one record is 64 bytes");

// One of two numbers without a branch. Which side an order is on cannot be guessed, and a wrong guess costs the
// processor as much as twenty additions.
template <typename T>
constexpr T pick(bool first, T one, T other) {
    return other ^ ((one ^ other) & (T{0} - static_cast<T>(first)));
}

inline Side opposite(Side side) { return static_cast<Side>(BUY + SELL - side); }

inline bool is_call(Phase phase) { return phase == Phase::CALL || phase == Phase::VOLATILITY; }

// Fee or deposit in fen, rounded down. The amount of any order is at most MAX_PRICE * MAX_QUANTITY =
// 10^15 fen; times BASIS that is 10^19, beyond a signed but not beyond an unsigned 64-bit number.
inline i64 fee_fen(i64 amount, u32 bps) {
    return static_cast<i64>(static_cast<u64>(amount) * bps / static_cast<u64>(BASIS));
}

// The most a buy of kg at this limit can cost, fee included, in fen.
inline i64 buy_hold_fen(i64 price, i64 kg, u32 fee_bps) {
    const i64 amount = price * kg;
    return amount + fee_fen(amount, fee_bps);
}

}  // namespace jinguo
