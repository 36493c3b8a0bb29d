#pragma once

/// \file
/// Sets memory aside for what must not stop half-way: the destructors of nlohmann's JSON values
/// allocate (3.11), and what throws there ends the process.

#include <cstddef>

namespace netecho {

/// As long as this lives, the first allocation of its thread (by operator new) that finds no memory
/// gives the reserve back and is tried again. Without one an allocation throws as ever.
class MemoryReserve {
 public:
  /// Throws std::bad_alloc. The innermost reserve of a thread counts.
  explicit MemoryReserve(std::size_t bytes);
  MemoryReserve(const MemoryReserve&) = delete;
  MemoryReserve& operator=(const MemoryReserve&) = delete;
  ~MemoryReserve();

 private:
  static void give_back();

  void* memory_;
  MemoryReserve* outer_;
};

}  // namespace netecho
