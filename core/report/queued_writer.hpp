#pragma once

/// \file
/// Writes without ever waiting for its reader: bytes go through a bounded queue to a thread.

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>

#include "core/base/output.hpp"
#include "core/base/unique_fd.hpp"
#include "core/base/units.hpp"

namespace netecho {

/// The thread starts with the first bytes and gets no signals. While bytes keep coming it looks for
/// them by itself every few milliseconds: to wake it for each line would cost whoever writes a
/// system call. Only when it has nothing to do for so long must it be woken, so that what comes
/// seldom is written at once.
class QueuedWriter {
 public:
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

  /// Writes as `output` does. `owned`: its descriptor, if nobody else closes that; the thread,
  /// which a stuck reader can keep for good, keeps it as long.
  explicit QueuedWriter(const Output& output, UniqueFd owned = {});
  ~QueuedWriter();  ///< Waits for nothing: see flush(). What is queued is still written.
  QueuedWriter(const QueuedWriter&) = delete;
  QueuedWriter& operator=(const QueuedWriter&) = delete;

  /// Whether less than `limit` bytes wait to be taken.
  [[nodiscard]] bool has_room(std::size_t limit) const;
  /// Takes all of `bytes` if, with them, at most `limit` wait; or else nothing, and says false.
  /// What comes after the output has failed is taken and goes nowhere.
  bool push(std::string_view bytes, std::size_t limit);
  /// Whether all is written.
  [[nodiscard]] bool idle() const;
  /// Whether the output has failed or its reader is gone.
  [[nodiscard]] bool gone() const noexcept;
  /// Becomes readable, for good, when gone() becomes true.
  [[nodiscard]] int gone_fd() const noexcept;

  /// Waits until all is written, but no longer than `patience` for the next 64 KiB to go and 8
  /// times that in all. Returns how the output is; none if the reader is stuck and something is
  /// left.
  [[nodiscard]] std::optional<Output> flush(Duration patience);
  /// Waits until all is written or the output has failed, however long that takes.
  [[nodiscard]] Output drain();

 private:
  class Pieces;
  struct Shared;
  std::shared_ptr<Shared> shared_;  ///< Shared with the thread.
};

}  // namespace netecho
