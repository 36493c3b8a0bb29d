#include "cmd/run/wait_attempts.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

#include "cmd/run/log.hpp"
#include "cmd/run/send_report.hpp"
#include "core/base/clock.hpp"
#include "core/net/deadline.hpp"
#include "core/net/pause.hpp"
#include "core/send/frame_payload.hpp"

namespace netecho {
namespace {

/// A message may be lost, so its reply is not awaited for long; on a stream it can only be late.
constexpr Duration kMessagePatience = std::chrono::seconds{1};
constexpr Duration kStreamPatience = std::chrono::seconds{5};

/// Tells what the passing of time mends from what it doesn't. What this process may not do (make a
/// socket, set an option, bind) it may not do later, either. But that it may not connect or send is
/// said of a socket file whose mode is still to be set, and by firewalls, which change.
bool may_pass(const Error& error) {
  switch (error.category()) {
    case ErrorCategory::resolve:
    case ErrorCategory::connect:
    case ErrorCategory::timeout:
    case ErrorCategory::mismatch:
      return true;
    case ErrorCategory::permission:
      return error.operation() == "connect" || error.operation() == "send";
    case ErrorCategory::usage:
    case ErrorCategory::io:
    case ErrorCategory::internal:
      break;
  }
  return false;
}

}  // namespace

Awaited::Awaited(Endpoint endpoint, const WaitAttempts& attempts, int changed_fd)
    : endpoint_{std::move(endpoint)}, attempts_{attempts}, changed_fd_{changed_fd} {
  // Signals are for the main thread, which has blocked them already: a thread inherits that.
  thread_ = std::thread{[this] { run(); }};
}

Awaited::~Awaited() {
  thread_.join();
}

WaitOutcome Awaited::outcome() const {
  const std::lock_guard lock{mutex_};
  return outcome_;
}

void Awaited::run() {
  try {
    try_until_answered();
  } catch (const Interrupted&) {
    return;  // Nobody waits for it any more.
  } catch (...) {
    settle({.hopeless = std::current_exception()});
  }
}

void Awaited::try_until_answered() {
  for (std::uint64_t number = 0;; ++number) {
    std::optional<ErrorEvent> error = attempt(number);
    if (!error) return settle({.answered_at = monotonic_now()});
    note(std::move(*error));
    pause_until(deadline_after(monotonic_now(), attempts_.interval),
                attempts_.connect.interrupt_fd);
  }
}

std::optional<ErrorEvent> Awaited::attempt(std::uint64_t number) const {
  const Backend& backend = backend_of(endpoint_);
  try {
    Connection connection = backend.connect(endpoint_, attempts_.connect);
    if (backend.capabilities.connects && attempts_.wanted == AnswerWanted::any) return {};
    return ask(connection, number);
  } catch (const Error& error) {
    if (!may_pass(error)) throw;
    return error_event(error);
  }
}

std::optional<ErrorEvent> Awaited::ask(Connection& connection, std::uint64_t number) const {
  const bool messages = backend_of(endpoint_).capabilities.boundaries;
  ExchangeOptions options;
  options.expect = attempts_.wanted == AnswerWanted::echo ? Expect::echo : Expect::any;
  options.timeout = std::max(attempts_.interval, messages ? kMessagePatience : kStreamPatience);
  options.interrupt_fd = attempts_.connect.interrupt_fd;
  const auto payload = frame_payload(attempts_.session, number);
  const ExchangeResult result = exchange(connection, *payload, options);
  if (result.status == ExchangeStatus::ok) return {};
  if (result.status == ExchangeStatus::interrupted) throw Interrupted{};
  ErrorEvent event = error_event(error_of(result, endpoint_.typed, options.timeout));
  event.icmp = result.icmp;
  return event;
}

/// Most attempts fail as the one before did, which is told once.
void Awaited::note(ErrorEvent error) {
  std::string message = error.message;
  {
    const std::lock_guard lock{mutex_};
    if (outcome_.last_error && outcome_.last_error->message == message) message.clear();
    outcome_.last_error = std::move(error);
  }
  if (message.empty()) return;
  log_info(message + "; again every " + format_limit(attempts_.interval));
}

void Awaited::settle(WaitOutcome outcome) {
  {
    const std::lock_guard lock{mutex_};
    outcome_ = std::move(outcome);
  }
  ::eventfd_write(changed_fd_, 1);
}

}  // namespace netecho
