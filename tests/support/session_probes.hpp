#pragma once

/// \file
/// The probes of one session, one at a time, as tests like them.

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/probe/probe_format.hpp"
#include "core/seam/wire_format.hpp"

namespace netecho::testing {

class SessionProbes {
 public:
  SessionProbes(std::uint32_t size_bytes, std::uint64_t session, std::size_t at_hand = 1,
                const AuthKey* key = nullptr, std::string_view wire_format = kFrames)
      : size_bytes_{size_bytes},
        format_{make_probe_format(
            wire_format,
            {.size_bytes = size_bytes, .session = session, .at_hand = at_hand, .key = key})} {}

  [[nodiscard]] bool asks_for_stamps() const { return format_->asks_for_stamps(); }
  /// The probe of `sequence`, encoded behind `slot` others.
  [[nodiscard]] std::span<std::byte> encode(Sequence sequence, std::size_t slot = 0) {
    return format_->encode({sequence.value - slot}, slot + 1)
        .subspan(slot * size_bytes_, size_bytes_);
  }
  [[nodiscard]] Reading read(std::span<const std::byte> message, Sequence expected,
                             Sequence next) const {
    return read_numbered(message, std::nullopt, {expected, next});
  }
  [[nodiscard]] Reading read_numbered(std::span<const std::byte> message,
                                      std::optional<std::uint16_t> number,
                                      const Answerable& answerable) const {
    std::vector<std::byte> copy{message.begin(), message.end()};
    Reading reading;
    format_->read(slot_of(copy, number), answerable, {&reading, 1});
    return reading;
  }
  [[nodiscard]] Reading read_quote(std::span<const std::byte> quote, Sequence expected) const {
    return read_numbered_quote(quote, std::nullopt, {expected, {expected.value + 1}});
  }
  [[nodiscard]] Reading read_numbered_quote(std::span<const std::byte> quote,
                                            std::optional<std::uint16_t> number,
                                            const Answerable& answerable) const {
    std::vector<std::byte> copy{quote.begin(), quote.end()};
    return format_->read_quote(slot_of(copy, number), answerable);
  }
  [[nodiscard]] std::size_t most_outstanding() const { return format_->most_outstanding(); }

 private:
  static Slot slot_of(std::vector<std::byte>& bytes, std::optional<std::uint16_t> number) {
    Slot slot;
    slot.data = bytes.data();
    slot.size = static_cast<std::uint32_t>(bytes.size());
    slot.number = number;
    return slot;
  }

  std::size_t size_bytes_;
  std::unique_ptr<ProbeFormat> format_;
};

}  // namespace netecho::testing
