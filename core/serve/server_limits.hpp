#pragma once

/// \file
/// Counts over all threads what a server allows itself and its peers.

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/net/ip_number.hpp"
#include "core/serve/server.hpp"
#include "core/serve/source_rates.hpp"

namespace netecho {

class ServerLimits;

/// A permit is the right of one connection to be open. It is given back at its end.
class ConnectionPermit {
 public:
  ConnectionPermit(ConnectionPermit&& other) noexcept
      : limits_{std::exchange(other.limits_, nullptr)}, source_{other.source_} {}
  ConnectionPermit& operator=(ConnectionPermit&&) = delete;
  ~ConnectionPermit();

  /// Counts the connection for its source, too. Returns false if the source has as many as it may.
  [[nodiscard]] bool charge(const IpNumber& source) noexcept;

 private:
  friend class ServerLimits;
  explicit ConnectionPermit(ServerLimits& limits) noexcept : limits_{&limits} {}
  ServerLimits* limits_;
  IpNumber source_{};  ///< All zero: not charged.
};

/// Any thread may call any member.
class ServerLimits {
 public:
  explicit ServerLimits(const ServerOptions& options);

  /// Returns none while the server is full; then somebody_waits().
  [[nodiscard]] std::optional<ConnectionPermit> admit_connection() noexcept;
  /// Admits a connection that was not accepted here but given: it is counted, but beyond all
  /// limits.
  [[nodiscard]] ConnectionPermit admit_given() noexcept;
  [[nodiscard]] std::uint64_t next_connection_number() noexcept { return ++last_number_; }

  /// Whether one more reply may go to a source prefix.
  [[nodiscard]] bool admit_reply(std::uint64_t source_prefix, Instant now) noexcept;

  /// Whether the user should hear that a source prefix is held to its rate: of each prefix, but at
  /// most once a minute.
  [[nodiscard]] bool tells_of_rate(std::uint64_t source_prefix, Instant now) noexcept;

  /// Stalled connections hold this much more, or less. They may then be beyond the limit.
  void hold(std::size_t bytes) noexcept { held_ += bytes; }
  void let_go(std::size_t bytes) noexcept { held_ -= bytes; }
  [[nodiscard]] bool holds_too_much(std::size_t tolerance = 0) const noexcept {
    return options_.max_buffered != 0 && held_ > options_.max_buffered + tolerance;
  }
  /// Whether the user should hear that connections end for that: at most once a minute.
  [[nodiscard]] bool tells_of_buffers(Instant now) noexcept;

  /// Counts an event that there was no memory for.
  void lost_event() noexcept { ++events_lost_; }
  [[nodiscard]] std::uint64_t events_lost() const noexcept { return events_lost_; }

  /// A connection ended, or datagrams were answered.
  void finished(std::uint64_t count) noexcept { finished_total_ += count; }
  [[nodiscard]] bool accepts_reached() const noexcept { return accepts_left() == 0; }
  /// How many datagrams may still be answered under max_accepts.
  [[nodiscard]] std::uint64_t accepts_left() const noexcept;

  /// Whether a connection was not admitted since this was last asked, so that one may be now.
  [[nodiscard]] bool somebody_waits() noexcept { return somebody_waits_.exchange(false); }

 private:
  friend class ConnectionPermit;
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const IpNumber& source) const noexcept;
  };
  [[nodiscard]] bool has_room(std::size_t open) const noexcept;
  [[nodiscard]] bool charge(const IpNumber& source) noexcept;
  void release(const IpNumber& source) noexcept;

  const ServerOptions& options_;
  std::atomic<std::size_t> open_ = 0;
  std::atomic<std::uint64_t> finished_total_ = 0;
  std::atomic<std::uint64_t> last_number_ = 0;
  std::atomic<bool> somebody_waits_ = false;
  std::atomic<std::size_t> held_ = 0;
  std::atomic<std::uint64_t> events_lost_ = 0;
  std::atomic<Duration::rep> buffers_told_ns_ = std::numeric_limits<Duration::rep>::min();
  std::mutex mutex_;  ///< Guards per_source_.
  std::unordered_map<IpNumber, std::size_t, Hash> per_source_;
  std::optional<SourceRates> rates_;
  std::atomic<Duration::rep> next_told_ns_ = std::numeric_limits<Duration::rep>::min();
  std::atomic<std::uint64_t> told_prefix_ = 0;
};

}  // namespace netecho
