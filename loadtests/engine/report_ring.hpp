// The queue by which reports leave the matching thread: a ring of 64-byte records for one writer and one reader.
//
// A report is written past the caches to where the reader will find it: the reader is another core, and to fetch
// the old line first would be half of the work. The reader learns of new ones once in PUBLISH_EVERY, so that the two
// threads seldom fight over the line that says how far the writer is.

#pragma once

#include <sys/mman.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

#include <atomic>
#include <bit>
#include <cstring>
#include <new>
#include <thread>

#include "../../matching/records.hpp"
#include "matching_engine_api.h"

namespace jinguo {

class ReportRing {
  public:
    explicit ReportRing(u32 capacity) : mask_(std::bit_ceil(std::max<u64>(capacity, 2 * PUBLISH_EVERY)) - 1) {
        const std::size_t bytes = (mask_ + 1) * sizeof(me_report_t);
        void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        madvise(memory, bytes, MADV_HUGEPAGE);
        std::memset(memory, 0, bytes);
        reports_ = static_cast<me_report_t*>(memory);
    }
    ~ReportRing() { munmap(reports_, (mask_ + 1) * sizeof(me_report_t)); }
    ReportRing(const ReportRing&) = delete;
    ReportRing& operator=(const ReportRing&) = delete;

    // Where the next report goes; waits while the ring is full.
    me_report_t& next() {
        if (written_ - freed_ > mask_) [[unlikely]] wait_for_room();
        return reports_[written_ & mask_];
    }

    // The report is written.
    void done() {
        if (++written_ % PUBLISH_EVERY == 0) publish();
    }

    void publish() {
#ifdef __SSE2__
        _mm_sfence();
#endif
        published_.store(written_, std::memory_order_release);
    }

    u32 drain(me_report_t* out, u32 most) {
        const u64 available = published_.load(std::memory_order_acquire) - read_.load(std::memory_order_relaxed);
        const u32 count = static_cast<u32>(std::min<u64>(available, most));
        const u64 from = read_.load(std::memory_order_relaxed);
        const u64 first = std::min<u64>(count, mask_ + 1 - (from & mask_));
        std::memcpy(out, &reports_[from & mask_], first * sizeof(me_report_t));
        std::memcpy(out + first, reports_, (count - first) * sizeof(me_report_t));
        read_.store(from + count, std::memory_order_release);
        return count;
    }

  private:
    static constexpr u64 PUBLISH_EVERY = 256;

    [[gnu::noinline]] void wait_for_room() {
        publish();
        while (written_ - (freed_ = read_.load(std::memory_order_acquire)) > mask_) std::this_thread::yield();
    }

    me_report_t* reports_;
    u64 mask_;
    u64 written_ = 0;
    u64 freed_ = 0;  // what the writer knows of the reader
    alignas(128) std::atomic<u64> published_{0};
    alignas(128) std::atomic<u64> read_{0};
};

// Seven words and a zero, written past the caches where the processor can.
inline void store(me_report_t* place, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g) {
#if defined(__AVX512F__)
    _mm512_stream_si512(reinterpret_cast<__m512i*>(place), _mm512_set_epi64(0, g, f, e, d, c, b, a));
#elif defined(__SSE2__)
    auto* to = reinterpret_cast<__m128i*>(place);
    _mm_stream_si128(to, _mm_set_epi64x(b, a));
    _mm_stream_si128(to + 1, _mm_set_epi64x(d, c));
    _mm_stream_si128(to + 2, _mm_set_epi64x(f, e));
    _mm_stream_si128(to + 3, _mm_set_epi64x(0, g));
#else
    const u64 words[] = {a, b, c, d, e, f, g, 0};
    std::memcpy(place, words, sizeof(words));
#endif
}

inline void* ring_create(uint32_t capacity) { return new (std::nothrow) ReportRing(capacity); }
inline int ring_push(void* handle, const me_report_t* report) {
    ReportRing& ring = *static_cast<ReportRing*>(handle);
    ring.next() = *report;
    ring.done();
    return 1;
}
inline uint32_t ring_drain(void* handle, me_report_t* out, uint32_t most) {
    return static_cast<ReportRing*>(handle)->drain(out, most);
}
inline void ring_flush(void* handle) { static_cast<ReportRing*>(handle)->publish(); }
inline void ring_destroy(void* handle) { delete static_cast<ReportRing*>(handle); }

inline const me_transport_t RING_TRANSPORT = {ring_create, ring_push, ring_drain, ring_flush, ring_destroy};

// Writes reports: straight into our ring, or through the harness's own queue if it was chosen.
class Reports {
  public:
    Reports(const me_transport_t* transport, void* sink)
        : ring_(transport == &RING_TRANSPORT ? static_cast<ReportRing*>(sink) : nullptr),
          transport_(transport),
          sink_(sink) {}

    void add(u8 type, u8 side, u64 seq, u64 order_id, i64 price, u32 quantity) {
        write([&](me_report_t& report) { fill(report, type, side, seq, order_id, price, quantity, 0, 0); });
    }

    void add_trade(u64 seq, i64 price, u32 quantity, u64 maker, u64 taker) {
        write([&](me_report_t& report) { fill(report, ME_TRADE, 0, seq, 0, price, quantity, maker, taker); });
    }

    void publish() {
        if (ring_ != nullptr) ring_->publish();
    }

  private:
    static void fill(me_report_t& report, u8 type, u8 side, u64 seq, u64 order_id, i64 price, u32 quantity, u64 maker,
                     u64 taker) {
        const u64 head = type | u64{side} << 8;
        const u64 tail = quantity;
        store(&report, head, seq, order_id, static_cast<u64>(price), tail, maker, taker);
    }

    template <typename Fill>
    [[gnu::always_inline]] void write(Fill fill) {
        if (ring_ != nullptr) [[likely]] {
            fill(ring_->next());
            ring_->done();
            return;
        }
        alignas(64) me_report_t report;
        fill(report);
        while (!transport_->push(sink_, &report)) std::this_thread::yield();
    }

    ReportRing* ring_;
    const me_transport_t* transport_;
    void* sink_;
};

}  // namespace jinguo
