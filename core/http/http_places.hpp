#pragma once

/// \file
/// Bounds how many costly answers are made at the same time.

#include <atomic>
#include <memory>

#include "core/http/http_message.hpp"

namespace netecho {

/// Any thread may take a place and give it back. A place outlives this.
class HttpPlaces {
 public:
  explicit HttpPlaces(int count) : free_{std::make_shared<std::atomic<int>>(count)} {}

  /// Takes a place until the last copy of what is returned is gone: keep one in the body of the
  /// answer. Null if none is free.
  [[nodiscard]] std::shared_ptr<const void> take() const;

 private:
  std::shared_ptr<std::atomic<int>> free_;
};

/// Returns the body, which keeps its place until its end.
[[nodiscard]] HttpBody in_place(std::shared_ptr<const void> place, HttpBody body);

}  // namespace netecho
