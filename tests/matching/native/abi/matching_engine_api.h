// The records and calls of the public benchmark's C ABI as far as our adapter uses them, written after its
// description, so that the adapter is compiled and tested without the benchmark at hand. `make bench-adapter` uses
// the benchmark's own header.

#pragma once

#include <cstdint>

struct new_order_t {
    uint64_t order_id, sequence_number;
    int64_t price_ticks;
    uint32_t quantity;
    uint8_t side, ioc;
    uint8_t _reserved[2];
};

struct cancel_t {
    uint64_t order_id, sequence_number;
};

struct modify_t {
    uint64_t order_id, sequence_number;
    int64_t new_price_ticks;
    uint32_t new_quantity;
    uint8_t side;
    uint8_t _reserved[3];
};

struct me_msg_t {
    uint8_t type;  // 0 new, 1 cancel, 2 modify
    uint8_t _reserved[7];
    union {
        new_order_t no;
        cancel_t c;
        modify_t md;
    };
};

enum me_report_type_t : int {
    ME_ORDER_ACK,
    ME_TRADE,
    ME_CANCEL_ACK,
    ME_MODIFY_ACK,
    ME_CANCEL_REJECT,
    ME_MODIFY_REJECT,
};

struct me_report_t {
    uint8_t type, side;
    uint8_t _reserved[6];
    uint64_t sequence_number, order_id;
    int64_t price_ticks;
    uint32_t quantity, _reserved2;
    uint64_t maker_order_id, taker_order_id, _reserved3;
};

struct me_transport_t {
    void* (*create)(uint32_t capacity);
    int (*push)(void* handle, const me_report_t* report);
    uint32_t (*drain)(void* handle, me_report_t* out, uint32_t most);
    void (*flush)(void* handle);
    void (*destroy)(void* handle);
};

static_assert(sizeof(me_msg_t) == 40 && sizeof(me_report_t) == 64);
