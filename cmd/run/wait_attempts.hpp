#pragma once

/// \file
/// `wait` tries each endpoint on a thread of its own, so that no look-up and no silence delays
/// another endpoint.

#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "core/facts/common_fields.hpp"
#include "protocols/registry.hpp"

namespace netecho {

enum class AnswerWanted : std::uint8_t {
  any,   ///< A connection that stands, or any reply where there is none.
  echo,  ///< What was sent.
};

/// Says how endpoints are tried.
struct WaitAttempts {
  /// Once its `interrupt_fd` is readable, all attempts are given up at once.
  ConnectOptions connect;
  AnswerWanted wanted = AnswerWanted::any;
  Duration interval{};        ///< Between the end of an attempt and the next one.
  std::uint64_t session = 0;  ///< Of the frames that are sent.
};

/// What has become of an endpoint so far.
struct WaitOutcome {
  std::optional<Instant> answered_at{};
  std::optional<ErrorEvent> last_error{};  ///< Why the last attempt failed that came to its end.
  std::exception_ptr hopeless{};           ///< No further attempt would help.
};

/// This is an endpoint that is tried until it answers.
class Awaited {
 public:
  /// Begins at once. Writes to `changed_fd`, an eventfd, when it has an answer or is hopeless.
  /// `attempts` outlives it. Throws std::system_error where there is no thread.
  Awaited(Endpoint endpoint, const WaitAttempts& attempts, int changed_fd);
  /// Waits for its thread. REQUIRES: all attempts are given up, or it has been settled.
  ~Awaited();
  Awaited(const Awaited&) = delete;
  Awaited& operator=(const Awaited&) = delete;

  [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }
  [[nodiscard]] WaitOutcome outcome() const;

 private:
  void run();
  void try_until_answered();
  /// Returns why there was no answer. Throws Interrupted, and what no further attempt can mend.
  [[nodiscard]] std::optional<ErrorEvent> attempt(std::uint64_t number) const;
  [[nodiscard]] std::optional<ErrorEvent> ask(Connection& connection, std::uint64_t number) const;
  void note(ErrorEvent error);
  void settle(WaitOutcome outcome);

  const Endpoint endpoint_;
  const WaitAttempts& attempts_;
  const int changed_fd_;
  mutable std::mutex mutex_;
  WaitOutcome outcome_;  ///< Under the mutex.
  std::thread thread_;   ///< Started when all else is there.
};

}  // namespace netecho
