#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <utility>

#include "cmd/run/wait_attempts.hpp"
#include "cmd/run/wait_job.hpp"
#include "core/base/clock.hpp"
#include "core/base/escape.hpp"
#include "core/base/random.hpp"
#include "core/host/handover.hpp"
#include "core/host/interrupt.hpp"
#include "core/host/rlimits.hpp"
#include "core/net/deadline.hpp"

namespace netecho {
namespace {

/// So long may one attempt look a name up, and so long may it connect.
constexpr Duration kAttemptPatience = std::chrono::seconds{5};
/// Each endpoint has a socket, and descriptors for the look-up of its name; one is abandoned where
/// the name service is silent, while the next has begun.
constexpr std::size_t kDescriptorsEach = 4;

/// Not in time; the others are what a shell says of what it can't run.
constexpr int kMissing = 1;
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;

UniqueFd make_eventfd() {
  return UniqueFd{checked("eventfd", "", [] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); })};
}

/// Parses all endpoints. One that is named twice is waited for once.
std::vector<Endpoint> different_endpoints(const WaitJob& job) {
  std::vector<Endpoint> out;
  for (Endpoint& each : parse_endpoints(job.endpoints, Role::client, job.common)) {
    const auto same = [&](const Endpoint& other) { return other.uri() == each.uri(); };
    if (std::ranges::none_of(out, same)) out.push_back(std::move(each));
  }
  return out;
}

/// Tells errors: a line each on stderr and, in formats for programs, an event each on stdout.
class WaitReport {
 public:
  explicit WaitReport(const CommonOptions& common)
      : common_{common}, format_{chosen_format(common, Wanted::stream)} {}

  void failed(const ErrorEvent& event) {
    print_error(event.message);
    if (format_.kind == FormatKind::words) return;
    output_.write(format_.event({realtime_now(), event}, {}));
    if (const auto error = output_.error()) throw *error;
  }

  void answered(const Endpoint& endpoint, Duration after) const {
    if (common_.verbosity == 0) return;
    print_note(common_,
               escape_for_terminal(endpoint.typed) + ": answered after " + format_duration(after));
  }

 private:
  const CommonOptions& common_;
  const Format& format_;
  Output output_{STDOUT_FILENO, "stdout"};
};

class Wait {
 public:
  explicit Wait(const WaitJob& job)
      : job_{job},
        endpoints_{different_endpoints(job)},
        attempts_{.connect = connect_options(job.common, kAttemptPatience, give_up_.get()),
                  .wanted = job.echo ? AnswerWanted::echo : AnswerWanted::any,
                  .interval = job.interval,
                  .session = random_u64()} {}
  /// Threads end at once, so that they can be waited for.
  ~Wait() { ::eventfd_write(give_up_.get(), 1); }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  /// Returns the exit code; none once enough endpoints have answered.
  [[nodiscard]] std::optional<int> run(WaitReport& report);

 private:
  void start();
  /// Counts those that have answered since the last look. Throws what makes waiting hopeless.
  void look(const WaitReport& report);
  [[nodiscard]] bool enough() const {
    return job_.wanted == WaitFor::any ? answered_total_ != 0 : answered_total_ == tried_.size();
  }
  [[nodiscard]] ErrorEvent reason(const Awaited& missing) const;

  struct Tried {
    std::unique_ptr<Awaited> awaited;
    bool answered = false;
  };

  const WaitJob& job_;
  const std::vector<Endpoint> endpoints_;
  Interrupt interrupt_{SIGINT, SIGTERM, SIGHUP};
  UniqueFd give_up_ = make_eventfd();
  UniqueFd changed_ = make_eventfd();
  const WaitAttempts attempts_;
  Instant started_{};
  std::size_t answered_total_ = 0;
  std::vector<Tried> tried_;  ///< Gone before what its threads use.
};

void Wait::start() {
  // What does not fit is told where it can't be opened.
  static_cast<void>(fit_connections(kDescriptorsEach * endpoints_.size(), kOtherDescriptors));
  started_ = monotonic_now();
  tried_.reserve(endpoints_.size());
  for (const Endpoint& each : endpoints_) {
    tried_.push_back({std::make_unique<Awaited>(each, attempts_, changed_.get())});
  }
}

void Wait::look(const WaitReport& report) {
  eventfd_t ignored = 0;
  ::eventfd_read(changed_.get(), &ignored);
  for (Tried& each : tried_) {
    if (each.answered) continue;
    const WaitOutcome outcome = each.awaited->outcome();
    if (outcome.hopeless) std::rethrow_exception(outcome.hopeless);
    if (!outcome.answered_at) continue;
    each.answered = true;
    ++answered_total_;
    report.answered(each.awaited->endpoint(), *outcome.answered_at - started_);
  }
}

/// An attempt that the deadline cut short says nothing; the one before it does.
ErrorEvent Wait::reason(const Awaited& missing) const {
  const WaitOutcome outcome = missing.outcome();
  ErrorEvent event = outcome.last_error
                         ? *outcome.last_error
                         : error_event({ErrorCategory::timeout, "wait", missing.endpoint().typed,
                                        "no answer within " + format_limit(job_.deadline)});
  event.exit_code = kMissing;
  return event;
}

std::optional<int> Wait::run(WaitReport& report) {
  start();
  const Instant deadline = deadline_after(started_, job_.deadline);
  while (true) {
    std::array<pollfd, 2> watched{{{interrupt_.fd(), POLLIN, 0}, {changed_.get(), POLLIN, 0}}};
    const int ready = poll_until(watched, deadline);
    if (const auto signal = interrupt_.take()) return 128 + *signal;
    look(report);
    if (enough()) return std::nullopt;
    if (ready == 0) break;
  }
  for (const Tried& each : tried_) {
    if (!each.answered) report.failed(reason(*each.awaited));
  }
  return kMissing;
}

/// Returns only if there is no such program, or none that can be run.
int run_command(const std::vector<std::string>& command, const Handover& handover,
                WaitReport& report) {
  const int error = handover.become(command);
  ErrorEvent event =
      error_event({ErrorCategory::io, "exec", command.front(), errno_text(error), error});
  event.exit_code = error == ENOENT ? kNotFound : kNotExecutable;
  report.failed(event);
  return event.exit_code;
}

}  // namespace

int run_wait(const WaitJob& job) {
  const Handover handover;  // In front of all that changes what the command is to find unchanged.
  WaitReport report{job.common};
  if (const auto code = Wait{job}.run(report)) return *code;
  return job.command.empty() ? 0 : run_command(job.command, handover, report);
}

}  // namespace netecho
