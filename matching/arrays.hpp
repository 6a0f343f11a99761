// Arrays of zeros, whose pages the system provides when they are first touched: a wide price band or a high
// number costs only what is used of it.

#pragma once

#include <sys/mman.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>

#include "records.hpp"

namespace jinguo {

// For functions that only ask for cache lines. A compiler that does not inline them sees that they compute
// nothing, and drops the call.
#define PREFETCHING [[gnu::always_inline]]

constexpr std::size_t LARGE_PAGE = 1 << 21;
constexpr std::size_t LARGE = 2 * LARGE_PAGE;

// Zeroed memory. A large piece may come in large pages: a processor that goes about at random in small ones
// spends more time finding them than reading them.
inline void* allocate_zeroed(std::size_t bytes) {
    if (bytes < LARGE) {
        void* memory = std::calloc(1, bytes);
        if (memory == nullptr) throw std::bad_alloc();
        return memory;
    }
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
}

inline void free_zeroed(void* memory, std::size_t bytes) {
    if (bytes < LARGE) {
        std::free(memory);
    } else if (memory != nullptr) {
        munmap(memory, bytes);
    }
}

template <typename T>
class ZeroedArray {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    ZeroedArray() = default;
    explicit ZeroedArray(std::size_t size)
        : values_(static_cast<T*>(allocate_zeroed(size * sizeof(T))), Free{size * sizeof(T)}) {}
    T& operator[](std::size_t at) const { return values_.get()[at]; }
    T* data() const { return values_.get(); }

    // Has the system provide the pages of the first values now instead of when they are first used.
    void warm(std::size_t size) const { std::memset(static_cast<void*>(values_.get()), 0, size * sizeof(T)); }
    explicit operator bool() const { return values_ != nullptr; }

  private:
    struct Free {
        std::size_t bytes = 0;
        void operator()(T* values) const { free_zeroed(values, bytes); }
    };
    std::unique_ptr<T, Free> values_;
};

// One that doubles until it has a place for the index wanted; what was there moves, the rest is zero.
template <typename T>
class GrowingArray {
  public:
    T& operator[](std::size_t at) const { return values_[at]; }
    std::size_t size() const { return size_; }

    void reach(std::size_t at) {
        if (at >= size_) grow(at);
    }

  private:
    [[gnu::noinline]] void grow(std::size_t at) {
        const std::size_t size = std::bit_ceil(at + 1);
        ZeroedArray<T> larger(size);
        if (size_ > 0) std::memcpy(larger.data(), values_.data(), size_ * sizeof(T));
        values_ = std::move(larger);
        size_ = size;
    }

    ZeroedArray<T> values_;
    std::size_t size_ = 0;
};

}  // namespace jinguo
