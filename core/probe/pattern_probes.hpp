#pragma once

/// \file
/// Probes too small for a frame: the low bytes of the sequence (up to four, the lowest first), then
/// bytes that follow from session and sequence. A reply is told by its content, and where there is
/// one, by the number that travels beside it.

#include <vector>

#include "core/probe/probe_format.hpp"

namespace netecho {

class PatternProbes final : public ProbeFormat {
 public:
  /// REQUIRES: fewer bytes than a frame has at least.
  explicit PatternProbes(const ProbeFormatOptions& options);

  [[nodiscard]] bool names_probes() const noexcept override { return false; }
  [[nodiscard]] bool asks_for_stamps() const noexcept override { return false; }
  [[nodiscard]] std::span<std::byte> encode(Sequence first, std::size_t probes) noexcept override;
  void read(const Slot& slot, const Answerable& answerable,
            std::span<Reading> readings) const noexcept override;
  [[nodiscard]] Reading read_quote(std::span<const std::byte> quote,
                                   Sequence expected) const noexcept override;

 private:
  /// `receipt`: what came beside the message, if anything did.
  [[nodiscard]] Reading read_one(std::span<const std::byte> message,
                                 std::optional<std::uint16_t> receipt,
                                 const Answerable& answerable) const noexcept;
  [[nodiscard]] bool is_answer_to(Sequence sequence, std::span<const std::byte> message,
                                  std::optional<std::uint16_t> receipt) const noexcept {
    const bool named = !receipt || *receipt == static_cast<std::uint16_t>(sequence.value);
    return named && is_pattern_of(sequence, message);
  }
  [[nodiscard]] bool is_pattern_of(Sequence sequence,
                                   std::span<const std::byte> message) const noexcept;
  void write_pattern(Sequence sequence, std::span<std::byte> to) const noexcept;

  std::uint64_t session_;
  std::size_t size_bytes_;
  std::vector<std::byte> storage_;
};

}  // namespace netecho
