#pragma once

/// \file
/// Probes too small for a frame: the low bytes of the sequence (up to four, the lowest first), then
/// bytes that follow from session and sequence. A reply is told by its content, and by its number
/// where the transport carries one beside the message.

#include <cstdint>
#include <optional>
#include <vector>

#include "core/probe/probe_bytes.hpp"
#include "core/probe/probe_format.hpp"

namespace netecho {

/// Whether the transport carries 16 bits of each sequence (Slot::number).
enum class ProbeNumbers : std::uint8_t {
  none,
  carried,
  overheard,  ///< They are carried, but those of other clients' answers come in, too.
};

class PatternProbes final : public ProbeFormat {
 public:
  /// REQUIRES: fewer bytes than a frame has at least.
  PatternProbes(const ProbeFormatOptions& options, ProbeNumbers numbers);

  [[nodiscard]] std::size_t most_outstanding() const noexcept override {
    return numbers_ == ProbeNumbers::none ? 1 : std::size_t{1} << kNumberBits;
  }
  [[nodiscard]] bool names_session() const noexcept override { return false; }
  [[nodiscard]] bool asks_for_stamps() const noexcept override { return false; }
  [[nodiscard]] std::span<std::byte> encode(Sequence first, std::size_t probes) noexcept override;
  void read(const Slot& slot, const Answerable& answerable,
            std::span<Reading> readings) const noexcept override;
  [[nodiscard]] Reading read_quote(const Slot& quote,
                                   const Answerable& answerable) const noexcept override;

 private:
  [[nodiscard]] Reading read_one(std::span<const std::byte> message,
                                 std::optional<std::uint16_t> number,
                                 const Answerable& answerable) const noexcept;
  /// The probe that a whole message answers.
  [[nodiscard]] std::optional<Sequence> answered_by(std::span<const std::byte> message,
                                                    std::optional<std::uint16_t> number,
                                                    const Answerable& answerable) const noexcept;
  [[nodiscard]] bool is_pattern_of(Sequence sequence,
                                   std::span<const std::byte> message) const noexcept;
  void write_pattern(Sequence sequence, std::span<std::byte> to) const noexcept;

  ProbeNumbers numbers_;
  std::uint64_t session_;
  std::size_t size_bytes_;
  std::vector<std::byte> storage_;
};

}  // namespace netecho
