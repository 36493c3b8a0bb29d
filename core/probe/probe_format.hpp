#pragma once

/// \file
/// A wire format as the prober sees it: what a probe carries, and what a reply turns out to be. A
/// wire format is a class and its row in probe_format.cpp.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "core/codec/auth.hpp"
#include "core/codec/frame.hpp"
#include "core/seam/batch.hpp"

namespace netecho {

enum class ReadingKind : std::uint8_t {
  intact,   ///< One of our probes, as it was sent or stamped.
  damaged,  ///< Anything else; `sequence` if its header still tells which one it was.
  foreign,  ///< A frame of another session: not an answer to anything sent here.
  /// With a key: anything that does not prove to come from a server with it. Whoever sent it must
  /// not end a probe by it. `sequence` if it claims to answer one.
  unproven,
};

struct Reading {
  ReadingKind kind = ReadingKind::damaged;
  std::optional<Sequence> sequence{};
  std::optional<FrameStamp> stamp{};  ///< By a stamping server.
};

/// Which probes a reply may answer.
struct Answerable {
  Sequence expected;  ///< The one to try first; where replies name no probe, the outstanding one.
  Sequence next;      ///< The next to be sent: none from there on can have been answered.
};

/// The probes of one session. Allocates at construction only.
class ProbeFormat {
 public:
  virtual ~ProbeFormat() = default;

  /// How many probes may be outstanding so that a reply says which of them it answers: one where
  /// it says nothing of that.
  [[nodiscard]] virtual std::size_t most_outstanding() const noexcept = 0;
  [[nodiscard]] bool names_probes() const noexcept { return most_outstanding() > 1; }
  /// Tells whether a reply says of which session it is.
  [[nodiscard]] virtual bool names_session() const noexcept = 0;
  /// Tells whether a probe asks the server for its stamps.
  [[nodiscard]] virtual bool asks_for_stamps() const noexcept = 0;
  /// Writes the probes from `first` on, one behind the other, all of one size. They are valid until
  /// the next call. REQUIRES: `probes` is 1 to ProbeFormatOptions::at_hand.
  [[nodiscard]] virtual std::span<std::byte> encode(Sequence first,
                                                    std::size_t probes) noexcept = 0;
  /// Says what each message of a slot is, the only one or those of a train. REQUIRES: as many
  /// `readings` as the slot has segments.
  virtual void read(const Slot& slot, const Answerable& answerable,
                    std::span<Reading> readings) const noexcept = 0;
  /// The same of the beginning of a probe that an error message quotes: `intact` or `foreign`, or
  /// `damaged` when it is too short to tell.
  [[nodiscard]] virtual Reading read_quote(const Slot& quote,
                                           const Answerable& answerable) const noexcept = 0;
};

struct ProbeFormatOptions {
  std::uint32_t size_bytes = 0;
  std::uint64_t session = 0;
  std::size_t at_hand = 1;       ///< How many probes are encoded at once, 1 or more.
  const AuthKey* key = nullptr;  ///< Outlives the format; with one, REQUIRES 48 bytes or more.
};

/// REQUIRES: `wire_format` has a row.
[[nodiscard]] std::unique_ptr<ProbeFormat> make_probe_format(std::string_view wire_format,
                                                             const ProbeFormatOptions& options);

/// Calls `read(message, reading)` for each message of a slot, with the readings in their order.
/// They are written in place: a copy right after it was made would wait for each of its parts.
template <typename Read>
void read_each(const Slot& slot, std::span<Reading> readings, const Read& read) noexcept {
  const std::size_t each = slot.segment_size != 0 ? slot.segment_size : slot.size;
  std::size_t at = 0;
  for (Reading& reading : readings.first(slot.segments())) {
    read(std::span<const std::byte>{slot.data + at, std::min(each, slot.size - at)}, reading);
    at += each;
  }
}

}  // namespace netecho
