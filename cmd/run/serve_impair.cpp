#include "cmd/run/serve_impair.hpp"

#include <algorithm>

#include "cmd/run/log.hpp"

namespace netecho {
namespace {

constexpr const char* kOption = "--impair";

/// Returns the keys given that a stream cannot honor: "loss, reorder".
std::string message_keys(const ImpairmentSpec& spec) {
  std::string out;
  const auto add = [&out](double probability, const char* key) {
    if (probability > 0) out += (out.empty() ? "" : ", ") + std::string(key);
  };
  add(spec.loss, "loss");
  add(spec.dup, "dup");
  add(spec.reorder, "reorder");
  return out;
}

/// Warns, or throws if there is nothing else. `streams` are those of `total` endpoints that the
/// spec's message keys mean nothing for.
void tell_streams(const ImpairmentSpec& spec, const std::vector<std::string>& streams,
                  std::size_t total) {
  if (streams.empty()) return;
  std::string names;
  for (const std::string& stream : streams) names += (names.empty() ? "" : ", ") + stream;
  if (streams.size() == total) {
    throw usage_error("option", kOption,
                      message_keys(spec) + ": no endpoint here has messages: " + names);
  }
  log_warning(std::string(kOption) + " has no " + message_keys(spec) + " for " + names +
              ": a stream has no messages");
}

}  // namespace

void check_impairment(const ServeJob& job, std::span<const Endpoint> endpoints) {
  const auto& spec = job.server.impairment;
  if (!spec || !spec->needs_messages()) return;
  std::vector<std::string> streams;
  for (const Endpoint& endpoint : endpoints) {
    const Capabilities& can = backend_of(endpoint).capabilities;
    if (!can.boundaries && !can.inherited) streams.push_back(endpoint.typed);
  }
  tell_streams(*spec, streams, endpoints.size());
}

void announce_impairment(const ServeJob& job, std::span<const Served> sockets) {
  const auto& spec = job.server.impairment;
  if (!spec) return;
  if (spec->needs_messages()) {
    std::vector<std::string> streams;
    for (const Served& socket : sockets) {
      const bool stream = socket.endpoint.socket_type == SocketType::stream;
      if (stream && socket.inherited) streams.push_back(socket.endpoint.uri);
    }
    tell_streams(*spec, streams, sockets.size());
  }
  const bool seeded = job.impair.find("seed=") != std::string::npos;
  log_warning("replies are impaired on purpose: " + std::string(kOption) + " " + job.impair +
              (seeded ? "" : ",seed=" + std::to_string(*spec->seed)));
}

}  // namespace netecho
