#include "core/base/memory_reserve.hpp"

#include <new>
#include <thread>

#include "tests/support/catch.hpp"

namespace {

using netecho::MemoryReserve;

/// As operator new does where malloc() has found nothing: whether it would try again.
bool there_may_be_memory_now() {
  try {
    std::get_new_handler()();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

TEST_CASE("memory reserve: goes to the first allocation that finds nothing, and to no other",
          "[base][unit]") {
  const MemoryReserve reserve{1024};
  CHECK(there_may_be_memory_now());
  CHECK_FALSE(there_may_be_memory_now());
}

TEST_CASE("memory reserve: the innermost counts, and each one for itself", "[base][unit]") {
  const MemoryReserve outer{1024};
  {
    const MemoryReserve inner{1024};
    CHECK(there_may_be_memory_now());
    CHECK_FALSE(there_may_be_memory_now());
  }
  CHECK(there_may_be_memory_now());
}

TEST_CASE("memory reserve: once it is gone an allocation throws as ever", "[base][unit]") {
  { const MemoryReserve reserve{1024}; }
  CHECK_FALSE(there_may_be_memory_now());
}

TEST_CASE("memory reserve: is for its own thread", "[base][unit]") {
  const MemoryReserve reserve{1024};
  bool elsewhere = true;
  std::thread{[&] { elsewhere = there_may_be_memory_now(); }}.join();
  CHECK_FALSE(elsewhere);
  CHECK(there_may_be_memory_now());
}

}  // namespace
