#include "cmd/run/probe_page_request.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "cmd/run/http_metrics.hpp"
#include "core/base/decimal.hpp"
#include "core/base/error.hpp"
#include "core/net/socket_address.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// A scraper that does not say how long it waits is taken for one with Prometheus' own default.
constexpr double kUsualSeconds = 10;
/// The answer has to get there, too.
constexpr Duration kSpare = 500ms;
constexpr Duration kLeastBudget = 100ms;
/// An answer is cut after 30 s.
constexpr Duration kMostBudget = 29s;
/// Those whose addresses the rules can judge.
constexpr std::string_view kTransports[] = {"tcp", "udp", "icmp", "mptcp"};

HttpAnswer refuse_page(std::string why) {
  return text_answer(400, std::move(why));
}

std::optional<Duration> budget_of(const HttpRequest& request) {
  std::optional<double> seconds = kUsualSeconds;
  if (const auto text = request.header("X-Prometheus-Scrape-Timeout-Seconds")) {
    seconds = parse_decimal(*text);
    if (!seconds || !std::isfinite(*seconds) || *seconds <= 0) return std::nullopt;
  }
  const std::chrono::duration<double> most{std::min(*seconds, 1e6)};
  return std::clamp(std::chrono::duration_cast<Duration>(most) - kSpare, kLeastBudget, kMostBudget);
}

/// Reads `target` and `debug`; returns why they are none.
std::string read_parameters(const HttpRequest& request, std::optional<std::string>& target,
                            PageProbe& out) {
  bool debug_given = false;
  for (const HttpField& each : request.query) {
    if (each.name == "target") {
      if (target) return "There is more than one target.";
      target = each.value;
    } else if (each.name == "debug") {
      if (std::exchange(debug_given, true)) return "There is more than one debug.";
      if (each.value != "true" && each.value != "false") return "debug is true or false.";
      out.debug = each.value == "true";
    } else {
      return "There are no other parameters than target and debug.";
    }
  }
  return target ? "" : "The target is missing: /probe?target=udp://192.0.2.1:7";
}

bool may_be_asked_for(const PageProbe& probe, const TargetRules& allowed) {
  if (probe.host.kind == HostKind::name) return allowed.allows_name(probe.host.host);
  if (probe.host.kind == HostKind::none) return false;  // This host, under no name.
  const std::string_view ip =
      std::string_view{probe.host.host}.substr(0, probe.host.host.find('%'));
  const auto address = SocketAddress::from_ip(ip, 0);
  return address && allowed.allows_address(ip_number(*address->data()));
}

}  // namespace

std::variant<PageProbe, HttpAnswer> read_page_probe(const HttpRequest& request,
                                                    const TargetRules& allowed) {
  if (request.header("Sec-Fetch-Site").value_or("") == "cross-site") {
    return text_answer(403, "A page of another site may not have anything probed.");
  }
  PageProbe out;
  std::optional<std::string> target;
  if (std::string why = read_parameters(request, target, out); !why.empty()) {
    return refuse_page(std::move(why));
  }
  const auto budget = budget_of(request);
  if (!budget) return refuse_page("X-Prometheus-Scrape-Timeout-Seconds is no time.");
  out.budget = *budget;
  out.exposition = asked_exposition(request);
  try {
    out.endpoint = parse_endpoint(*target, Role::client);
  } catch (const Error& error) {
    return refuse_page(error.what());
  }
  const std::string_view transport = backend_of(out.endpoint).kind.transport;
  if (std::ranges::find(kTransports, transport) == std::end(kTransports)) {
    return text_answer(403, "Only tcp, udp, icmp and mptcp are probed from here.");
  }
  out.host = split_ip_rest(out.endpoint.rest);
  if (!may_be_asked_for(out, allowed)) {
    return text_answer(403, "--allow-target does not allow this target.");
  }
  return out;
}

}  // namespace netecho
