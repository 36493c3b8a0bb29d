#pragma once

/// \file
/// The probes of one session, one at a time, as tests like them.

#include <memory>
#include <vector>

#include "core/probe/probe_format.hpp"
#include "core/seam/wire_format.hpp"

namespace netecho::testing {

class SessionProbes {
 public:
  SessionProbes(std::uint32_t size_bytes, std::uint64_t session, std::size_t at_hand = 1,
                const AuthKey* key = nullptr)
      : size_bytes_{size_bytes},
        format_{make_probe_format(
            kFrames,
            {.size_bytes = size_bytes, .session = session, .at_hand = at_hand, .key = key})} {}

  [[nodiscard]] bool asks_for_stamps() const { return format_->asks_for_stamps(); }
  /// The probe of `sequence`, encoded behind `slot` others.
  [[nodiscard]] std::span<std::byte> encode(Sequence sequence, std::size_t slot = 0) {
    return format_->encode({sequence.value - slot}, slot + 1)
        .subspan(slot * size_bytes_, size_bytes_);
  }
  [[nodiscard]] Reading read(std::span<const std::byte> message, Sequence expected,
                             Sequence next) const {
    std::vector<std::byte> copy{message.begin(), message.end()};
    Slot slot;
    slot.data = copy.data();
    slot.size = static_cast<std::uint32_t>(copy.size());
    Reading reading;
    format_->read(slot, {expected, next}, {&reading, 1});
    return reading;
  }
  [[nodiscard]] Reading read_quote(std::span<const std::byte> quote, Sequence expected) const {
    return format_->read_quote(quote, expected);
  }

 private:
  std::size_t size_bytes_;
  std::unique_ptr<ProbeFormat> format_;
};

}  // namespace netecho::testing
