#pragma once

/// \file
/// Probes that are frames of netecho (docs/wire-format.md).

#include <array>
#include <span>
#include <vector>

#include "core/codec/frame_checksums.hpp"
#include "core/measure/sequence_tracker.hpp"
#include "core/probe/probe_format.hpp"

namespace netecho {

/// Frames of one session. With a key they are authenticated, and only a server that has the key,
/// too, can answer them.
///
/// From 56 bytes on a probe is a frame with an empty stamp block, from 32 on one without; above
/// 65,536 bytes the frame is their beginning, and what follows is frames that ask for nothing, so
/// that a stamping server never loses framing (a rest below 32 bytes can be none). All that is not
/// header is the same in every probe of a session, so that nothing but a header has to be written
/// for a probe, or kept to check it.
class FrameProbes final : public ProbeFormat {
 public:
  /// REQUIRES: at least as many bytes as the smallest frame has.
  explicit FrameProbes(const ProbeFormatOptions& options);

  [[nodiscard]] std::size_t most_outstanding() const noexcept override { return kMaxOutstanding; }
  [[nodiscard]] bool names_session() const noexcept override { return true; }
  [[nodiscard]] bool asks_for_stamps() const noexcept override {
    return header_bytes_ > kFrameHeaderBytes;
  }
  [[nodiscard]] std::span<std::byte> encode(Sequence first, std::size_t probes) noexcept override;
  void read(const Slot& slot, const Answerable& answerable,
            std::span<Reading> readings) const noexcept override;
  [[nodiscard]] Reading read_quote(const Slot& quote,
                                   const Answerable& answerable) const noexcept override;

 private:
  using Head = std::array<std::byte, kFrameHeaderBytes>;

  /// Frames that are known but for their number and, behind them up to `header_end`, the stamps.
  struct Known {
    Known(std::span<const std::byte> frame, std::size_t header_end) noexcept;
    /// Whether a message begins as such a frame does. REQUIRES: as many bytes.
    [[nodiscard]] bool begins(const std::byte* message) const noexcept;

    Head head{};
    std::size_t header_end;
    FrameChecksums checksums;
  };

  [[nodiscard]] std::vector<std::byte> make_probes(std::size_t at_hand) const;
  [[nodiscard]] std::size_t beginning_bytes() const noexcept;
  [[nodiscard]] std::span<const std::byte> first_frame() const noexcept {
    return std::span{storage_}.first(frame_bytes_);
  }
  [[nodiscard]] static Known answer_to(std::span<const std::byte> frame, std::size_t header_end);
  void read_frame(std::span<const std::byte> message, Reading& out) const noexcept;
  [[nodiscard]] bool is_intact(std::span<const std::byte> message,
                               const Known& known) const noexcept;
  void fill_with_frames(std::span<std::byte> rest) const noexcept;
  void write_frame(FrameHeader header, std::span<std::byte> to) const noexcept;
  [[nodiscard]] Reading unlike(std::span<const std::byte> message) const noexcept;
  [[nodiscard]] bool has_fixed_bytes(const std::byte* message, std::size_t from) const noexcept;
  [[nodiscard]] std::size_t tag_bytes() const noexcept { return key_ ? kFrameTagBytes : 0; }

  const AuthKey* key_;
  std::uint64_t session_;
  std::size_t size_bytes_;
  std::size_t header_bytes_;
  std::size_t frame_bytes_;
  std::vector<std::byte> storage_;
  Known request_;
  Known reply_;
};

}  // namespace netecho
