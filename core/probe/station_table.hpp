#pragma once

/// \file
/// A probe may ask many (packet(7): a multicast address). These are the stations that answered a
/// flow, in the order in which they did first.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/units.hpp"
#include "core/measure/histogram.hpp"
#include "core/net/endpoint.hpp"
#include "core/seam/features.hpp"
#include "core/seam/peer_ref.hpp"

namespace netecho {

/// Knows of the last sequences which it has seen.
class SequenceWindow {
 public:
  static constexpr std::uint64_t kSequences = 1024;

  /// True at the first time. What is further back than the window counts as seen.
  [[nodiscard]] bool first_time(Sequence sequence) noexcept;

 private:
  [[nodiscard]] bool test_and_set(std::uint64_t sequence) noexcept;

  std::optional<std::uint64_t> highest_;
  std::array<std::uint64_t, kSequences / 64> bits_{};
};

/// What a station answered in some time.
struct StationCounts {
  std::uint64_t received = 0;
  std::uint64_t duplicates = 0;
  Histogram rtt{HistogramSpace::as_needed};

  void add(const StationCounts& other);
};

struct StationResult {
  std::string address;
  StationCounts counts;
};

/// A station that comes takes memory, and so do the round trips that it brings; no number of them
/// takes more than kMost do.
class StationTable {
 public:
  static constexpr std::size_t kMost = 1024;

  struct Station {
    PeerRef ref;
    SocketDescription description;
    SequenceWindow seen{};
    StationCounts period{};  ///< Since the last interim report …
    StationCounts past{};    ///< … and before it.
  };

  /// Returns who sent slot `index` of the last batch that the port received; null if there is no
  /// room for one more. Valid until the next call.
  [[nodiscard]] Station* find(const Stations& port, std::size_t index);

  /// What each came to in the whole run, or in the period that ends now.
  [[nodiscard]] std::vector<StationResult> whole() const;
  [[nodiscard]] std::vector<StationResult> end_period();

 private:
  std::vector<Station> stations_;
};

/// Adds what another flow heard in the same time.
void merge_stations(std::vector<StationResult>& into, const std::vector<StationResult>& other);

}  // namespace netecho
