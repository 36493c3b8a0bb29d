#pragma once

/// \file
/// What a new list of targets changes.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/facts/watch_target.hpp"

namespace netecho {

/// One thing to be done. An id belongs to one target from when it is added until it is removed, and
/// none is used twice.
struct WatchStep {
  enum class Kind : std::uint8_t {
    add,
    change,  ///< The same target has other options.
    remove,  ///< `target` is empty.
  };
  Kind kind = Kind::add;
  std::uint64_t id = 0;
  WatchTarget target{};
};

/// Knows the list as it is. Targets are the same if their endpoints as written and their labels
/// are.
class WatchDiff {
 public:
  /// Makes `targets` the list, and returns what that changes: first what goes, then the others in
  /// their order. REQUIRES: no two of them are the same.
  [[nodiscard]] std::vector<WatchStep> replace(const std::vector<WatchTarget>& targets);

  [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

 private:
  struct Known {
    std::uint64_t id;
    WatchOptions options;
    std::uint64_t seen;  ///< In the how manieth list it was last.
  };
  std::map<std::pair<std::string, WatchLabels>, Known> known_;
  std::uint64_t next_id_ = 0;
  std::uint64_t lists_ = 0;
};

}  // namespace netecho
