#include "cmd/serve_sources.hpp"

#include <algorithm>

#include "cmd/log.hpp"
#include "cmd/values.hpp"

namespace netecho {
namespace {

constexpr std::uint64_t kMostConnections = 10'000'000;

/// Those that cannot honour an option. What is inherited shows only later: it might.
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

SourceRules source_rules_value(const SourcesTyped& typed) {
  SourceRules out{.networks = {}, .users = {}, .any_port = typed.udp_allow_any_source};
  for (const std::string& text : typed.allow) {
    const auto block = Cidr::parse(text);
    if (!block) {
      throw usage_error("option", "--allow",
                        "'" + text +
                            "' is not ADDRESS or ADDRESS/BITS with only zeros behind the bits: "
                            "192.0.2.0/24, 2001:db8::/32");
    }
    out.networks.push_back(*block);
  }
  for (const std::string& text : typed.allow_uid) {
    out.users.push_back(static_cast<uid_t>(number_value("--allow-uid", text, 0, UINT32_MAX - 1)));
  }
  return out;
}

void read_source_limits(const SourcesTyped& typed, ServerOptions& out) {
  if (typed.max_per_source) {
    out.max_per_source =
        number_value("--max-per-source", *typed.max_per_source, 1, kMostConnections);
  }
  // 1000 a second; the loopback is limited only if that is asked for.
  out.reply_interval = std::chrono::milliseconds{1};
  if (!typed.udp_max_rate) return;
  const bool off = *typed.udp_max_rate == "0";
  out.reply_interval = off ? Duration::zero() : rate_value("--udp-max-rate", *typed.udp_max_rate);
  out.limits_loopback = true;
}

void check_source_options(const SourcesTyped& typed, std::span<const Endpoint> endpoints) {
  need_one("--allow", !typed.allow.empty(), endpoints, kSourceNetworks, "IP");
  need_one("--allow-uid", !typed.allow_uid.empty(), endpoints, kSourceUsers, "unix sockets");
  need_one("--udp-max-rate", typed.udp_max_rate.has_value(), endpoints, kSourceDatagrams, "udp");
  need_one("--udp-allow-any-source", typed.udp_allow_any_source, endpoints, kSourceDatagrams,
           "udp");
  need_one("--max-per-source", typed.max_per_source.has_value(), endpoints, kSourceConnections,
           "tcp");
  warn_of_others("--allow", !typed.allow.empty(), endpoints, kSourceNetworks);
  warn_of_others("--allow-uid", !typed.allow_uid.empty(), endpoints, kSourceUsers);
}

}  // namespace netecho
