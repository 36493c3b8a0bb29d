#include "core/probe/pattern_probes.hpp"

#include <algorithm>
#include <array>

#include "core/probe/probe_bytes.hpp"

namespace netecho {
namespace {

constexpr std::size_t kSequenceBytes = 4;

}  // namespace

PatternProbes::PatternProbes(const ProbeFormatOptions& options, ProbeNumbers numbers)
    : numbers_{numbers},
      session_{options.session},
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

std::optional<Sequence> PatternProbes::answered_by(std::span<const std::byte> message,
                                                   std::optional<std::uint16_t> number,
                                                   const Answerable& answerable) const noexcept {
  const auto [expected, next] = answerable;
  if (message.size() != size_bytes_ || next.value == 0) return std::nullopt;
  const auto fits = [&](Sequence sequence) {
    return (!number || *number == number_of(sequence)) && is_pattern_of(sequence, message);
  };
  if (fits(expected)) return expected;
  // A copy of an earlier one? Its sequence is the last that ends in these bytes.
  std::uint64_t low = 0;
  const std::size_t head = std::min(message.size(), kSequenceBytes);
  for (std::size_t i = 0; i < head; ++i) low |= std::to_integer<std::uint64_t>(message[i]) << 8 * i;
  const auto bits = static_cast<unsigned>(8 * head);
  const bool by_number = number && bits < kNumberBits;
  const auto candidate = by_number ? sequence_of(number, next) : last_ending_in(low, bits, next);
  return candidate && fits(*candidate) ? candidate : std::nullopt;
}

Reading PatternProbes::read_one(std::span<const std::byte> message,
                                std::optional<std::uint16_t> number,
                                const Answerable& answerable) const noexcept {
  if (const auto answered = answered_by(message, number, answerable)) {
    return {ReadingKind::intact, answered, {}};
  }
  // Every client counts from 0: what has our number, but not our content, may answer another one.
  if (numbers_ == ProbeNumbers::overheard) return {.kind = ReadingKind::foreign};
  return {.kind = ReadingKind::damaged, .sequence = sequence_of(number, answerable.next)};
}

void PatternProbes::read(const Slot& slot, const Answerable& answerable,
                         std::span<Reading> readings) const noexcept {
  read_each(slot, readings, [&](std::span<const std::byte> message, Reading& out) {
    out = read_one(message, slot.number, answerable);
  });
}

Reading PatternProbes::read_quote(const Slot& quote, const Answerable& answerable) const noexcept {
  const auto numbered = sequence_of(quote.number, answerable.next);
  const Sequence sequence = numbered.value_or(answerable.expected);
  const bool ours = (numbered || !quote.number) && quote.size <= size_bytes_ &&
                    is_pattern_of(sequence, {quote.data, quote.size});
  if (ours) return {ReadingKind::intact, sequence, {}};
  // With a number it would be clear which of our probes it is.
  return {.kind = quote.number ? ReadingKind::foreign : ReadingKind::damaged};
}

}  // namespace netecho
