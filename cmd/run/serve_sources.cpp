#include "cmd/run/serve_sources.hpp"

#include "cmd/run/log.hpp"

namespace netecho {
namespace {

/// Returns those that cannot honor an option. What is inherited shows only later: it might.
std::vector<std::string> left_out(std::span<const Endpoint> endpoints, SourceControlBit control) {
  std::vector<std::string> out;
  for (const Endpoint& endpoint : endpoints) {
    const SourceControls has = backend_of(endpoint).capabilities.source_controls;
    if ((has & control) == 0) out.push_back(endpoint.typed);
  }
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

void need_one(const char* option, bool typed, std::span<const Endpoint> endpoints,
              SourceControlBit control, const char* what) {
  if (!typed) return;
  const auto others = left_out(endpoints, control);
  if (others.size() < endpoints.size()) return;
  throw usage_error("option", option,
                    std::string("is for ") + what + ", and no endpoint here is: " + joined(others));
}

void warn_of_others(const char* option, bool typed, std::span<const Endpoint> endpoints,
                    SourceControlBit control) {
  const auto others = left_out(endpoints, control);
  if (typed && !others.empty()) {
    log_warning(std::string(option) + " means nothing for " + joined(others));
  }
}

}  // namespace

void check_source_options(const SourcesTyped& typed, std::span<const Endpoint> endpoints) {
  need_one("--allow", !typed.allow.empty(), endpoints, kSourceNetworks, "IP");
  need_one("--allow-uid", !typed.allow_uid.empty(), endpoints, kSourceUsers, "unix sockets");
  need_one("--udp-max-rate", typed.udp_max_rate.has_value(), endpoints, kSourceRates,
           "udp, packet and ipx");
  need_one("--udp-allow-any-source", typed.udp_allow_any_source, endpoints, kSourceDatagrams,
           "udp");
  need_one("--max-per-source", typed.max_per_source.has_value(), endpoints, kSourceConnections,
           "tcp");
  need_one("--ctp-hops", typed.ctp_hops.has_value(), endpoints, kSourceHops, "packet");
  warn_of_others("--allow", !typed.allow.empty(), endpoints, kSourceNetworks);
  warn_of_others("--allow-uid", !typed.allow_uid.empty(), endpoints, kSourceUsers);
  warn_of_others("--ctp-hops", typed.ctp_hops.has_value(), endpoints, kSourceHops);
}

}  // namespace netecho
