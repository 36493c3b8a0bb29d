#include "cmd/run/endpoint_options.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace netecho {
namespace {

bool has_family(const Backend& backend, AddressFamily family) {
  return std::ranges::any_of(backend.schemes,
                             [=](const Scheme& each) { return each.family == family; });
}

/// Whether some endpoint of this transport has it. What is inherited shows only later: it may be
/// anything that was made elsewhere.
bool can_meet(const Backend& backend, Needs needs) {
  const Capabilities& can = backend.capabilities;
  const auto controls = [&](SourceControlBit bit) { return (can.source_controls & bit) != 0; };
  switch (needs) {
    case Needs::nothing:
      break;
    case Needs::ip:
      return has_family(backend, AddressFamily::ipv4);
    case Needs::networks:
      return controls(kSourceNetworks);
    case Needs::users:
      return controls(kSourceUsers);
    case Needs::datagrams:
      return controls(kSourceDatagrams);
    case Needs::rates:
      return controls(kSourceRates);
    case Needs::hops:
      return controls(kSourceHops);
    case Needs::source_addresses:
      return controls(kSourceConnections);
    case Needs::connections:
      return can.connects || can.inherited;
    case Needs::listening_sockets:
      return can.connects;
    case Needs::socket_files:
      return has_family(backend, AddressFamily::unix_domain);
  }
  return true;
}

bool meets(const Endpoint& endpoint, Needs needs) {
  const Backend& backend = backend_of(endpoint);
  if (!can_meet(backend, needs)) return false;
  return needs != Needs::socket_files || !backend.describe(endpoint).abstract.value_or(false);
}

std::string joined(std::span<const std::string> words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

/// "tcp, mptcp, unix, unixpacket"
std::string transports_with(Needs needs, Role role) {
  std::vector<std::string> out;
  for (const Backend& backend : backends()) {
    if (!backend.has_side(role) || backend.capabilities.inherited) continue;
    if (can_meet(backend, needs)) out.emplace_back(backend.schemes.front().text);
  }
  return joined(out);
}

bool says_what_it_is_for(std::string_view option) {
  return option.starts_with("--udp-") || option.starts_with("--unix-");
}

}  // namespace

std::vector<std::string> check_given_options(std::span<const GivenOption> given,
                                             std::span<const Endpoint> endpoints, Role role) {
  std::vector<std::string> warnings;
  for (const GivenOption& option : given) {
    std::vector<std::string> others;
    for (const Endpoint& endpoint : endpoints) {
      if (!meets(endpoint, option.needs)) others.push_back(endpoint.typed);
    }
    if (others.empty()) continue;
    if (others.size() == endpoints.size()) {
      throw usage_error("option", option.name,
                        "means nothing for " + joined(others) + ": it is for " +
                            transports_with(option.needs, role) +
                            (option.needs == Needs::socket_files ? " with a path" : ""));
    }
    if (says_what_it_is_for(option.name)) continue;
    warnings.push_back(option.name + " means nothing for " + joined(others));
  }
  return warnings;
}

}  // namespace netecho
