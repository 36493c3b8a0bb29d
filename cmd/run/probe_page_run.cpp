#include "cmd/run/probe_page_run.hpp"

#include <poll.h>

#include <algorithm>

#include "cmd/run/http_metrics.hpp"
#include "cmd/run/probe_targets.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/net/ip_number.hpp"
#include "core/net/resolver.hpp"
#include "core/probe/poll_waiter.hpp"
#include "core/report/formats.hpp"
#include "core/report/prometheus_page.hpp"
#include "core/report/summary_text.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLongestGap = 100ms;
constexpr Duration kLongestWait = 1s;

/// Ends the run when all are to end.
class StopObserver final : public ProbeObserver {
 public:
  explicit StopObserver(int fd) noexcept : fd_{fd} {}
  [[nodiscard]] bool gone() const noexcept override {
    pollfd stop{fd_, POLLIN, 0};
    return ::poll(&stop, 1, 0) > 0;
  }

 private:
  int fd_;
};

class AskedRun {
 public:
  AskedRun(const PageProbe& probe, const ProbePageOptions& options, int stop_fd)
      : probe_{probe}, options_{options}, stop_fd_{stop_fd} {}

  HttpAnswer run() {
    try {
      const auto address = look_up();
      if (!address) return text_answer(403, "--allow-target does not allow the address it has.");
      measure(*address);
    } catch (const Error& error) {
      summary_ = failed_summary(probe_.endpoint, job_, error);
    }
    figures_.took = monotonic_now() - began_;
    figures_.success = summary_.received_total > 0;
    return probe_.debug ? words() : metrics();
  }

 private:
  [[nodiscard]] Duration left() const { return began_ + probe_.budget - monotonic_now(); }

  [[nodiscard]] FamilyChoice families() const noexcept {
    const auto& family = probe_.endpoint.family;
    if (!family) return options_.common.family;
    return *family == AddressFamily::ipv4 ? FamilyChoice::ipv4_only : FamilyChoice::ipv6_only;
  }

  /// Returns the first address that is allowed; none if none is.
  std::optional<SocketAddress> look_up() {
    const SocketType type = backend_of(probe_.endpoint).kind.type;
    const bool is_name = probe_.host.kind == HostKind::name;
    const auto addresses = resolve(probe_.host.host, std::to_string(probe_.host.port.value_or(0)),
                                   {.lookup = {families(), options_.common.numeric, probe_.budget},
                                    .type = type,
                                    .services = services_of(type),
                                    .interrupt_fd = stop_fd_,
                                    .subject = probe_.endpoint.typed});
    if (is_name) figures_.lookup = monotonic_now() - began_;
    const auto allowed = std::ranges::find_if(addresses, [&](const SocketAddress& each) {
      const IpNumber number = ip_number(*each.data());
      return is_name ? options_.allowed.allows_resolved(number)
                     : options_.allowed.allows_address(number);
    });
    return allowed == addresses.end() ? std::nullopt : std::optional{unmapped(*allowed)};
  }

  void measure(const SocketAddress& address) {
    const bool v6 = address.family() == AF_INET6;
    figures_.family = v6 ? AddressFamily::ipv6 : AddressFamily::ipv4;
    Endpoint there = probe_.endpoint;
    there.rest =
        format_ip_rest({v6 ? HostKind::ipv6 : HostKind::ipv4, address.ip(), probe_.host.port});
    plan();
    ProbeTarget target = make_target(there, job_);
    target.target = backend_of(probe_.endpoint).describe(probe_.endpoint);
    std::vector<ProbeTarget> targets;
    targets.push_back(std::move(target));
    Interrupt nothing{};  // Signals are the main thread's.
    PollWaiter waiter{nothing};
    StopObserver observer{stop_fd_};
    const auto results =
        run_prober(std::move(targets), job_.probe, system_clock(), waiter, observer, random_u64());
    summary_ = results.front().summary;
    detail_ = results.front().detail;
  }

  /// All probes and their time-outs fit into what is left.
  void plan() {
    const Duration rest = std::max(left(), Duration{1ms});
    const auto count = static_cast<std::int64_t>(options_.count);
    job_.common = options_.common;
    job_.connect_timeout = rest;
    job_.probe.count = options_.count;
    job_.probe.interval = std::min(kLongestGap, rest / (2 * count));
    job_.probe.timeout = std::min(kLongestWait, rest - job_.probe.interval * count);
    job_.probe.deadline = monotonic_now() + rest;
  }

  [[nodiscard]] HttpAnswer words() const {
    return {.content_type = "text/plain; charset=utf-8",
            .body = whole_body(summary_lines(summary_, {}))};
  }

  [[nodiscard]] HttpAnswer metrics() const {
    std::string text;
    append_page_probe(text, figures_, probe_.exposition);
    ResultEvent result;
    result.targets.push_back(summary_);
    result.details.push_back(detail_);
    append_result_metrics(text, result, probe_.exposition);
    append_end(text, probe_.exposition);
    return exposition_answer(probe_.exposition, whole_body(std::move(text)));
  }

  const PageProbe& probe_;
  const ProbePageOptions& options_;
  int stop_fd_;
  Instant began_ = monotonic_now();
  ProbeJob job_;
  PageProbeFigures figures_;
  Summary summary_;
  std::shared_ptr<const RunDetail> detail_;
};

}  // namespace

HttpAnswer run_page_probe(const PageProbe& probe, const ProbePageOptions& options,
                          int stop_fd) noexcept {
  try {
    return AskedRun{probe, options, stop_fd}.run();
  } catch (const std::exception&) {  // Interrupted, or no memory.
    return {.status = 503};
  }
}

}  // namespace netecho
