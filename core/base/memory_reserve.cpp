#include "core/base/memory_reserve.hpp"

#include <new>
#include <utility>

namespace netecho {
namespace {

thread_local MemoryReserve* innermost = nullptr;

}  // namespace

MemoryReserve::MemoryReserve(std::size_t bytes)
    : memory_{::operator new(bytes)}, outer_{std::exchange(innermost, this)} {
  // The handler is set for all threads. To a thread without a reserve it changes nothing.
  std::set_new_handler(&MemoryReserve::give_back);
}

MemoryReserve::~MemoryReserve() {
  innermost = outer_;
  ::operator delete(memory_);
}

/// operator new calls this: it returns when there may be memory now, and throws otherwise.
void MemoryReserve::give_back() {
  if (innermost == nullptr || innermost->memory_ == nullptr) throw std::bad_alloc{};
  ::operator delete(std::exchange(innermost->memory_, nullptr));
}

}  // namespace netecho
