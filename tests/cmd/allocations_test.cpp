// Once they run, neither a server nor a probe allocates: 10,000 messages, and not one call of
// malloc() in the whole process, whatever the transport.

#include <atomic>
#include <cstdlib>

#include "cmd/run/probe_reopen.hpp"
#include "core/probe/poll_waiter.hpp"
#include "core/probe/prober.hpp"
#include "tests/protocols/echo_pair.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/running_server.hpp"

using namespace netecho;
using namespace netecho::test;
using namespace netecho::testing;
using namespace std::chrono_literals;

namespace {

std::atomic<std::uint64_t> allocations{0};

constexpr std::uint64_t kBefore = 500;  ///< Until then buffers may grow to their size.
constexpr std::uint64_t kCounted = 10'000;

/// Counts from the reply with this sequence to the one 10,000 later.
class CountingObserver final : public ProbeObserver {
 public:
  [[nodiscard]] bool wants_outcomes() const noexcept override { return true; }
  void outcome(const ProbeOutcome& outcome) override {
    if (outcome.status != ReplyStatus::ok) return;
    ++replies_;
    if (replies_ == kBefore) at_first_ = allocations;
    if (replies_ == kBefore + kCounted) counted_ = allocations - at_first_;
  }
  [[nodiscard]] bool gone() const noexcept override { return counted_.has_value(); }
  /// None: there were not so many replies.
  [[nodiscard]] std::optional<std::uint64_t> counted() const { return counted_; }

 private:
  std::uint64_t replies_ = 0;
  std::uint64_t at_first_ = 0;
  std::optional<std::uint64_t> counted_;
};

std::optional<std::uint64_t> allocations_of(const RunningServer& server,
                                            const ProbeOptions& options, std::size_t flows = 1) {
  Interrupt interrupt{};
  const Endpoint endpoint = parse_endpoint(server.endpoint().uri, Role::client);
  std::vector<ProbeTarget> targets(1);
  targets[0].target = server.endpoint();
  for (std::size_t i = 0; i < flows; ++i) {
    Connection connection = backend_of(endpoint).connect(endpoint, {});
    targets[0].flows.emplace_back().port = port_of(std::move(connection), options.size_bytes);
  }
  PollWaiter waiter{interrupt};
  CountingObserver observer;
  static_cast<void>(run_prober(std::move(targets), options, system_clock(), waiter, observer, 7));
  return observer.counted();
}

}  // namespace

// glibc's own, behind the name that everybody calls; operator new does, too.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier)
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
// NOLINTEND(bugprone-reserved-identifier)
void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) {
  ++allocations;
  return __libc_realloc(old, size);
}
}

TEST_CASE("allocations: each one is counted", "[system][allocations]") {
  const std::uint64_t before = allocations;
  const auto made = std::make_unique<std::string>(100, 'x');
  CHECK(allocations - before == 2);
}

TEST_CASE("allocations: 10,000 messages cost none, in serve and in probe",
          "[system][allocations]") {
  const TempFolder folder;
  const std::string scheme = GENERATE("tcp", "udp", "unix", "unixgram", "unixpacket");
  const bool ip = scheme == "tcp" || scheme == "udp";
  // On a schedule a busy machine may let more than a Unix socket holds come together: to keep what
  // a peer does not read takes memory.
  const bool floods = !ip || GENERATE(false, true);
  const bool plain = GENERATE(false, true);
  CAPTURE(scheme, floods, plain);
  const RunningServer server{scheme + (ip ? "://127.0.0.1:0" : "://" + folder.file("s")),
                             {.plain = plain}};
  ProbeOptions options;
  options.count = 0;  // It ends when there were enough.
  options.duration = 60s;
  options.interval = 10us;
  options.schedule = floods ? ScheduleKind::flood : ScheduleKind::periodic;
  options.window = 8;
  const auto counted = allocations_of(server, options);
  REQUIRE(counted);
  CHECK(*counted == 0);
}

TEST_CASE("allocations: where a few flows are probed, their distributions cost none",
          "[system][allocations]") {
  const RunningServer server{"udp://127.0.0.1:0"};
  ProbeOptions options;
  options.count = 0;
  options.duration = 60s;
  options.interval = 20us;
  const auto counted = allocations_of(server, options, 2);
  REQUIRE(counted);
  CHECK(*counted == 0);
}
