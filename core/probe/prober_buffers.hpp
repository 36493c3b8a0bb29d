#pragma once

/// \file
/// What the flows of a run send from and receive into. They are served one after the other, so one
/// set does for all of them, and stays in the cache.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/probe/probe_bytes.hpp"
#include "core/probe/probe_format.hpp"
#include "core/probe/prober.hpp"
#include "core/seam/batch.hpp"

namespace netecho {

/// Messages taken or flooded at once, if they are not large.
inline constexpr std::size_t kBatchSlots = 64;

/// The bytes of a probe. A connection attempt carries no payload; the frame only names it.
[[nodiscard]] std::uint32_t content_bytes(const ProbeOptions& options) noexcept;

/// How many probes a flow sends in one go.
[[nodiscard]] std::size_t outgoing_slots(const ProbeOptions& options) noexcept;

/// Returns the message that a probe leaves as.
[[nodiscard]] inline Slot message_of(Sequence sequence, std::span<std::byte> probe) noexcept {
  Slot out;
  out.data = probe.data();
  out.size = static_cast<std::uint32_t>(probe.size());
  out.number = number_of(sequence);
  return out;
}

/// What is in them belongs to the flow whose turn it is, until that ends.
struct ProberBuffers {
  explicit ProberBuffers(const ProbeOptions& options);

  Batch outgoing;
  Batch incoming;
  /// What the messages of the slot at hand are.
  std::array<Reading, kTrainMessages> readings{};
  std::optional<Batch> trains;  ///< For what a flood of datagrams brings; none without a flood.
};

}  // namespace netecho
