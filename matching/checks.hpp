// What can be said of a command by itself, or by its account and product. matching/reference_checks.py says the same.

#pragma once

#include <cstring>

#include "product.hpp"
#include "records.hpp"

namespace jinguo {

inline Reason may_trade(const Account& account, const Product& product) {
    if (account.suspended) return Reason::SUSPENDED;
    if (product.phase == Phase::CLOSED) return Reason::SESSION_CLOSED;
    if (product.phase == Phase::HALTED) return Reason::HALTED;
    return Reason::NONE;
}

inline SelfTrade self_trade_of(const Command& command) {
    return static_cast<SelfTrade>(command.flags >> SELF_TRADE_SHIFT & 3);
}

inline bool knows_self_trade(const Command& command) {
    return self_trade_of(command) <= SelfTrade::DECREMENT;
}

// Whether a PLACE has a side, a time in force with the day it needs, and only known flags.
inline bool known_words(const Command& command) {
    if (command.side != BUY && command.side != SELL) return false;
    if (command.tif > GTD || command.flags > PLACE_FLAGS || !knows_self_trade(command)) return false;
    const bool named_day = command.order_id >= 1 && command.order_id <= static_cast<u64>(MAX_DAY);
    return command.tif == GTD ? named_day : command.order_id == 0;
}

// Whether a PLACE is for the day or at once and says nothing more, as most do: its words are known, and in continuous
// trading they go together. The first four bytes are looked at in one piece.
inline bool is_ordinary(const Command& command) {
    u32 words;  // kind, side, time in force, flags
    std::memcpy(&words, &command, sizeof(words));
    const u32 said = words & 0xff'fe'ff'00;
    return (said == BUY << 8 || said == SELL << 8) && (command.order_id | static_cast<u64>(command.amount)) == 0;
}

inline Reason check_terms(const Product& product, const Command& command) {
    if (!product.book.contains(command.price)) {
        return command.price < 1 || command.price > MAX_PRICE ? Reason::BAD_PRICE : Reason::PRICE_BAND;
    }
    if (!product.tick.divides(static_cast<u32>(command.price))) return Reason::OFF_TICK;
    if (command.quantity < product.min_kg || command.quantity > MAX_QUANTITY) return Reason::BAD_QUANTITY;
    if (!product.step_kg.divides(static_cast<u32>(command.quantity))) return Reason::BAD_QUANTITY;
    return Reason::NONE;
}

// Whether an order only says what every order says: nothing to look at before it comes in.
inline bool is_plain(const Command& command) {
    return ((command.flags & (POST_ONLY | MARKET_TO_LIMIT)) | command.amount | (command.tif == FOK)) == 0;
}

// Whether the terms of a PLACE go together, and with the phase.
inline bool fit_together(const Command& command, Phase phase) {
    const bool rests = command.tif == DAY || command.tif == GTD;
    if (is_plain(command)) return !is_call(phase) || rests;
    const bool post_only = command.flags & POST_ONLY, to_limit = command.flags & MARKET_TO_LIMIT;
    if (is_call(phase)) return false;
    if (post_only && (!rests || to_limit || command.amount != 0)) return false;
    return command.tif != FOK || (!to_limit && command.amount == 0);
}

}  // namespace jinguo
