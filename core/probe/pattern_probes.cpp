#include "core/probe/pattern_probes.hpp"

#include <algorithm>
#include <array>

#include "core/probe/probe_bytes.hpp"

namespace netecho {
namespace {

constexpr std::size_t kSequenceBytes = 4;

}  // namespace

PatternProbes::PatternProbes(const ProbeFormatOptions& options)
    : session_{options.session},
      size_bytes_{options.size_bytes},
      storage_(size_bytes_ * options.at_hand) {}

std::span<std::byte> PatternProbes::encode(Sequence first, std::size_t probes) noexcept {
  const auto all = std::span{storage_}.first(probes * size_bytes_);
  for (std::size_t i = 0; i < probes; ++i) {
    write_pattern({first.value + i}, all.subspan(i * size_bytes_, size_bytes_));
  }
  return all;
}

void PatternProbes::write_pattern(Sequence sequence, std::span<std::byte> to) const noexcept {
  const std::size_t head = std::min(to.size(), kSequenceBytes);
  for (std::size_t i = 0; i < head; ++i) {
    to[i] = static_cast<std::byte>(sequence.value >> (8 * i));
  }
  fill_with(SplitMix64{session_ ^ sequence.value}, to.subspan(head));
}

bool PatternProbes::is_pattern_of(Sequence sequence,
                                  std::span<const std::byte> message) const noexcept {
  std::array<std::byte, kFrameHeaderBytes> storage;
  const auto whole = std::span{storage}.first(size_bytes_);
  write_pattern(sequence, whole);
  return same_bytes(message, whole.first(message.size()));
}

/// Where a number travels beside the content, several clients may hear one answer: what is not ours
/// is somebody else's. Elsewhere it is ours, damaged.
Reading PatternProbes::read_one(std::span<const std::byte> message,
                                std::optional<std::uint16_t> receipt,
                                const Answerable& answerable) const noexcept {
  const Reading not_ours{.kind = receipt ? ReadingKind::foreign : ReadingKind::damaged};
  const auto [expected, next] = answerable;
  if (message.size() != size_bytes_ || next.value == 0) return not_ours;
  if (is_answer_to(expected, message, receipt)) return {ReadingKind::intact, expected, {}};
  // A copy of an earlier one? Its sequence is the last that ends in these bytes.
  std::uint64_t low = 0;
  std::size_t head = std::min(message.size(), kSequenceBytes);
  for (std::size_t i = 0; i < head; ++i) low |= std::to_integer<std::uint64_t>(message[i]) << 8 * i;
  if (receipt && head < sizeof *receipt) {
    low = *receipt;
    head = sizeof *receipt;
  }
  const std::uint64_t modulus = std::uint64_t{1} << 8 * head;
  const std::uint64_t last = next.value - 1;
  const std::uint64_t back = (last - low) % modulus;
  const Sequence candidate{last - std::min(back, last)};
  if (back <= last && is_answer_to(candidate, message, receipt)) {
    return {ReadingKind::intact, candidate, {}};
  }
  return not_ours;
}

void PatternProbes::read(const Slot& slot, const Answerable& answerable,
                         std::span<Reading> readings) const noexcept {
  read_each(slot, readings, [&](std::span<const std::byte> message) {
    return read_one(message, slot.receipt, answerable);
  });
}

Reading PatternProbes::read_quote(std::span<const std::byte> quote,
                                  Sequence expected) const noexcept {
  const bool ours = quote.size() <= size_bytes_ && is_pattern_of(expected, quote);
  return ours ? Reading{ReadingKind::intact, expected, {}} : Reading{};
}

}  // namespace netecho
