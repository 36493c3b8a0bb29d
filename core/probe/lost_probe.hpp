#pragma once

/// \file
/// What is known of a probe when it turns out to be lost.

#include <optional>

#include "core/base/units.hpp"
#include "core/facts/events.hpp"
#include "core/measure/sequence_tracker.hpp"

namespace netecho {

struct LostProbe {
  Sequence sequence;
  /// It counts as `timeout`, `mismatch`, `refused` or `unreachable`.
  ReplyStatus status = ReplyStatus::timeout;
  std::optional<SentProbe> sent{};  ///< None if that is forgotten.
};

}  // namespace netecho
