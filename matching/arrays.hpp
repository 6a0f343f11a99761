// Arrays of zeros, whose pages the system provides when they are first touched: a wide price band or a high
// number costs only what is used of it.

#pragma once

#include <bit>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>

#include "records.hpp"

namespace jinguo {

template <typename T>
class ZeroedArray {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    ZeroedArray() = default;
    explicit ZeroedArray(std::size_t size) : values_(static_cast<T*>(std::calloc(size, sizeof(T)))) {
        if (!values_) throw std::bad_alloc();
    }
    T& operator[](std::size_t at) const { return values_.get()[at]; }
    T* data() const { return values_.get(); }
    explicit operator bool() const { return values_ != nullptr; }

  private:
    struct Free {
        void operator()(T* values) const { std::free(values); }
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
