#pragma once

/// \file
/// Losses on the way there and on the way back, as counters of a run without an end.

#include <cstdint>
#include <optional>

namespace netecho {

/// Tells by a server's count of the probes that it has seen. The counters only grow, and both
/// together are the losses that were known at the last answer. A loss is put down to a side once:
/// what the network later shows of it is not corrected, and of several that come close together
/// the sides may be exchanged. A server that begins to count anew has seen nothing of what was lost
/// since the answer before.
class LossSplit {
 public:
  /// An answer came, when `lost` probes were lost for good. `sent_up_to`: probes sent up to and
  /// including the one it answers. `server_count`: none from a server that does not stamp, 0 if it
  /// does not know; then there is no telling any more.
  void answered(std::uint64_t sent_up_to, std::optional<std::uint64_t> server_count,
                std::uint64_t lost) noexcept;

  /// Whether there was an answer, and every one had a count.
  [[nodiscard]] bool known() const noexcept { return counted_ && any_; }
  [[nodiscard]] std::uint64_t forward() const noexcept { return forward_; }
  [[nodiscard]] std::uint64_t reverse() const noexcept { return reverse_; }

 private:
  bool counted_ = true;
  bool any_ = false;
  std::uint64_t forward_ = 0;
  std::uint64_t reverse_ = 0;
  std::uint64_t greatest_ = 0;  ///< The server's count, since it began to count.
  std::uint64_t unseen_ = 0;    ///< Probes sent before it began to count, less forward_ then.
};

}  // namespace netecho
