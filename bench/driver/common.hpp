/// \file
/// What every kind of load has in common: options, connected sockets, the bytes to be echoed, and
/// the way to report. The driver shares no code with netecho, so that a mistake in one shows in the
/// other.
#pragma once

#include <time.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// Ends the program with one line on stderr; nothing was measured.
[[noreturn]] void fail(const std::string& what);
/// The same with errno's text.
[[noreturn]] void fail_errno(const std::string& what);

/// `key=value` arguments; one that is never asked for is an error.
class Options {
 public:
  Options(int count, char** arguments);
  [[nodiscard]] std::uint64_t number(const std::string& key, std::uint64_t otherwise);
  void check_all_used() const;

 private:
  std::map<std::string, std::uint64_t> values_;
  std::map<std::string, bool> used_;
};

class Carrier;

/// tcp://127.0.0.1:PORT, mptcp://…, udp://…, unix:///PATH, unixpacket:///PATH, unixgram:///PATH, or
/// what carry() knows (carrier.hpp).
class Target {
 public:
  explicit Target(const std::string& endpoint);
  /// What messages travel in; null if they are all that is sent.
  [[nodiscard]] std::unique_ptr<Carrier> carrier() const;
  /// A connected, blocking socket. Waits a while for a listener whose queue is full.
  [[nodiscard]] int connect() const;
  [[nodiscard]] bool is_stream() const noexcept { return type_ == 1; }

 private:
  int family_ = 0;
  int type_ = 0;
  int protocol_ = 0;
  std::uint16_t port_ = 0;
  std::string path_;
  std::string carrier_scheme_;  ///< Empty: there is no carrier.
};

/// A byte sequence of prime period. Every connection sends it from a place of its own, so that a
/// byte that is lost, doubled or another connection's shows as a difference.
class Pattern {
 public:
  static constexpr std::size_t kPeriod = 65521;
  explicit Pattern(std::size_t longest);
  /// `longest` bytes can be read from there.
  [[nodiscard]] const char* at(std::uint64_t position) const noexcept {
    return bytes_.data() + position % kPeriod;
  }

 private:
  std::vector<char> bytes_;
};

[[nodiscard]] inline std::uint64_t now_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

/// The longest that the driver waits for anything.
inline constexpr std::uint64_t kPatienceNs = 10'000'000'000;

/// Time for the warm-up, whose messages do not count, then for the run.
class Stopwatch {
 public:
  explicit Stopwatch(Options& options);
  void start() noexcept { started_ = now_ns(); }
  /// Looks at the clock; true in the moment the warm-up ends: what was counted so far is forgotten.
  [[nodiscard]] bool warm_up_ends() noexcept;
  /// As of the last look.
  [[nodiscard]] bool over() const noexcept { return measuring_ && looked_ - started_ >= run_ns_; }
  [[nodiscard]] std::uint64_t elapsed_ns() const noexcept { return looked_ - started_; }

 private:
  std::uint64_t warmup_ns_;
  std::uint64_t run_ns_;
  std::uint64_t started_ = 0;
  std::uint64_t looked_ = 0;
  bool measuring_ = false;
};

struct Report {
  std::uint64_t messages = 0;  ///< Echoed while the time was taken.
  std::uint64_t bytes = 0;     ///< Theirs.
  std::uint64_t elapsed_ns = 0;
  std::uint64_t all = 0;  ///< Messages echoed from the first to the last, the warm-up's too.
  std::uint64_t lost = 0;
  std::uint64_t stamped = 0;  ///< Of `all`.
};
/// As one JSON object on stdout.
void print(const Report& report);

// The kinds of load.
void ping_pong(const Target& target, Options& options);
void bulk(const Target& target, Options& options);
void datagrams(const Target& target, Options& options);
void idle(const Target& target, Options& options);
void round_trips(const Target& target, Options& options);

}  // namespace bench
