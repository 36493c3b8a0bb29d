#include "cmd/run/serve_sources.hpp"

#include "cmd/run/log.hpp"

namespace netecho {
namespace {

using Honours = bool (*)(const Backend&);
bool has_networks(const Backend& backend) {
  return backend.name == "tcp" || backend.name == "udp";
}
bool has_users(const Backend& backend) {
  return backend.name.starts_with("unix");
}
bool is_udp(const Backend& backend) {
  return backend.name == "udp";
}
bool is_tcp(const Backend& backend) {
  return backend.name == "tcp";
}

/// Returns those that cannot honor an option. What is inherited shows only later: it might.
std::vector<std::string> left_out(std::span<const Endpoint> endpoints, Honours honours) {
  std::vector<std::string> out;
  for (const Endpoint& endpoint : endpoints) {
    const Backend& backend = backend_of(endpoint);
    if (!honours(backend) && !backend.capabilities.inherited) out.push_back(endpoint.typed);
  }
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

void need_one(const char* option, bool typed, std::span<const Endpoint> endpoints, Honours honours,
              const char* what) {
  if (!typed) return;
  const auto others = left_out(endpoints, honours);
  if (others.size() < endpoints.size()) return;
  throw usage_error("option", option,
                    std::string("is for ") + what + ", and no endpoint here is: " + joined(others));
}

void warn_of_others(const char* option, bool typed, std::span<const Endpoint> endpoints,
                    Honours honours) {
  const auto others = left_out(endpoints, honours);
  if (typed && !others.empty()) {
    log_warning(std::string(option) + " means nothing for " + joined(others));
  }
}

}  // namespace

void check_source_options(const SourcesTyped& typed, std::span<const Endpoint> endpoints) {
  need_one("--allow", !typed.allow.empty(), endpoints, has_networks, "IP");
  need_one("--allow-uid", !typed.allow_uid.empty(), endpoints, has_users, "unix sockets");
  need_one("--udp-max-rate", typed.udp_max_rate.has_value(), endpoints, is_udp, "udp");
  need_one("--udp-allow-any-source", typed.udp_allow_any_source, endpoints, is_udp, "udp");
  need_one("--max-per-source", typed.max_per_source.has_value(), endpoints, is_tcp, "tcp");
  warn_of_others("--allow", !typed.allow.empty(), endpoints, has_networks);
  warn_of_others("--allow-uid", !typed.allow_uid.empty(), endpoints, has_users);
}

}  // namespace netecho
