#include "core/probe/prober_buffers.hpp"

#include <algorithm>

#include "core/codec/frame.hpp"

namespace netecho {
namespace {

constexpr std::size_t kBatchBytes = std::size_t{4} << 20;

std::size_t batch_slots(std::size_t message_bytes) noexcept {
  return std::clamp<std::size_t>(kBatchBytes / (message_bytes + 1), 1, kBatchSlots);
}

}  // namespace

std::uint32_t content_bytes(const ProbeOptions& options) noexcept {
  constexpr std::uint32_t kConnectProbeBytes = kFrameHeaderBytes;
  return options.mode == ProbeMode::connect ? kConnectProbeBytes : options.size_bytes;
}

std::size_t outgoing_slots(const ProbeOptions& options) noexcept {
  if (options.schedule != ScheduleKind::flood) return 1;
  return std::min<std::size_t>(options.window, batch_slots(content_bytes(options)));
}

ProberBuffers::ProberBuffers(const ProbeOptions& options)
    : outgoing{outgoing_slots(options), 1},
      // One byte more than a reply has: a longer one shows.
      incoming{batch_slots(content_bytes(options)), std::size_t{content_bytes(options)} + 1} {
  if (options.schedule != ScheduleKind::flood) return;
  const std::size_t slots = incoming.slots().size();
  trains.emplace(slots, std::max(incoming.slot_bytes(), kTrainSlotBytes));
}

}  // namespace netecho
