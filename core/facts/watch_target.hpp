#pragma once

/// \file
/// A target of `netecho watch`, as a file or a command line names it. Nothing of it is resolved.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/units.hpp"

namespace netecho {

/// Which addresses of a name are probed.
enum class ResolveChoice : std::uint8_t {
  one,  ///< The one that answers.
  all,  ///< Each has a series of its own.
};

/// What a target asks for itself; what it leaves open is as the command line says.
struct WatchOptions {
  std::optional<Duration> interval{};
  std::optional<Duration> timeout{};
  std::optional<std::uint32_t> size_bytes{};
  std::optional<int> tos{};
  std::optional<std::uint32_t> flows{};
  std::optional<ResolveChoice> resolve{};

  bool operator==(const WatchOptions&) const = default;
};

using WatchLabels = std::map<std::string, std::string>;

struct WatchTarget {
  std::string endpoint;  ///< As written.
  WatchLabels labels{};  ///< Those that are exported; none is empty.
  WatchOptions options{};
  std::size_t line = 0;  ///< Where in its file it stands; 0: in none.

  /// Whether they are the same target, whatever their options and wherever they stand.
  [[nodiscard]] bool same_as(const WatchTarget& other) const {
    return endpoint == other.endpoint && labels == other.labels;
  }
};

}  // namespace netecho
