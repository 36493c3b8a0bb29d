#pragma once

/// \file
/// A stamping server counts how many distinct frames of each session it has received. By that count
/// the client tells loss on the way there from loss on the way back.
///
/// The memory is fixed whatever arrives: there are sets of eight sessions, each with its own order
/// of use. A session always falls into the same set, and the set's least recently used session
/// makes room for a new one. The set depends on a secret, so that a peer cannot aim at another's.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/units.hpp"

namespace netecho {

inline constexpr std::size_t kDefaultSessions = 4096;

/// It is not thread-safe: each thread has a table of its own, or there is a lock around it.
class SessionTable {
 public:
  /// A new session enters only with a sequence below this: a count that starts in the middle of a
  /// session would look like loss.
  static constexpr std::uint64_t kEntrySequences = 1024;
  static constexpr std::uint64_t kWindow = 64;

  /// Allocates all it ever needs. `capacity` is rounded up to eight times a power of two; `secret`
  /// is to be random for each process.
  explicit SessionTable(std::uint64_t secret, std::size_t capacity = kDefaultSessions);

  [[nodiscard]] std::size_t capacity() const noexcept { return sets_.size() * kWays; }

  /// Takes note of a received frame and returns the number of distinct sequences of its session so
  /// far; 0: unknown (the session is not in the table and `sequence` is 1024 or more, or the frame
  /// is not intact).
  ///
  /// Only the 64 sequences up to the highest are remembered one by one. An older one cannot be told
  /// from a duplicate: it is not counted as distinct, and the count stays what it was.
  ///
  /// `intact()` says whether the frame's checksum is right. It is asked only when the frame would
  /// enter a session, or move the window past all it remembers: the two things that one flipped bit
  /// must not do. Ordinary frames are counted without a pass over their bytes.
  template <typename Intact>
  [[nodiscard]] std::uint64_t count(std::uint64_t session, Sequence sequence,
                                    const Intact& intact) noexcept {
    Entry* entry = find(session);
    if (entry != nullptr && !jumps(*entry, sequence.value)) return note(*entry, sequence.value);
    if (entry == nullptr && sequence.value >= kEntrySequences) return 0;
    if (!intact()) return 0;
    return entry != nullptr ? note(*entry, sequence.value) : enter(session, sequence.value);
  }

  /// Whether a frame says something new of a session that is in the table: its sequence is above
  /// all others, or among the 64 up to the highest and wasn't received yet. Takes note of nothing.
  [[nodiscard]] bool is_news(std::uint64_t session, Sequence sequence) const noexcept;

 private:
  static constexpr std::size_t kWays = 8;

  struct Entry {
    std::uint64_t highest = 0;
    std::uint64_t window = 0;  ///< Bit i: sequence highest - i was received.
    std::uint64_t count = 0;
  };

  struct Set {
    std::array<std::uint64_t, kWays> sessions{};
    std::array<Entry, kWays> entries{};
    std::array<std::uint8_t, kWays> order{};  ///< Ways in use, most recently used first.
    std::uint8_t used = 0;
  };

  [[nodiscard]] static bool jumps(const Entry& entry, std::uint64_t sequence) noexcept {
    return sequence > entry.highest && sequence - entry.highest >= kWindow;
  }

  [[nodiscard]] std::size_t index_of(std::uint64_t session) const noexcept;
  [[nodiscard]] Set& set_of(std::uint64_t session) noexcept { return sets_[index_of(session)]; }
  /// Returns the session's entry, now the most recently used of its set; null if it has none.
  [[nodiscard]] Entry* find(std::uint64_t session) noexcept;
  [[nodiscard]] std::uint64_t enter(std::uint64_t session, std::uint64_t sequence) noexcept;
  [[nodiscard]] static std::uint64_t note(Entry& entry, std::uint64_t sequence) noexcept;

  std::uint64_t secret_;
  std::vector<Set> sets_;  ///< A power of two of them; never resized.
};

}  // namespace netecho
