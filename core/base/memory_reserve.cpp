#include "core/base/memory_reserve.hpp"

#include <new>
#include <utility>

namespace netecho {
namespace {

thread_local MemoryReserve* innermost = nullptr;

}  // namespace

MemoryReserve::MemoryReserve(std::size_t bytes)
    : memory_{::operator new(bytes)}, outer_{std::exchange(innermost, this)} {
  // For all threads, and always the same: one that has no reserve gets what it would get without.
  std::set_new_handler(&MemoryReserve::give_back);
}

MemoryReserve::~MemoryReserve() {
  innermost = outer_;
  ::operator delete(memory_);
}

/// The handler of operator new: returns when there may be memory now, and throws otherwise.
void MemoryReserve::give_back() {
  if (innermost == nullptr || innermost->memory_ == nullptr) throw std::bad_alloc{};
  ::operator delete(std::exchange(innermost->memory_, nullptr));
}

}  // namespace netecho
