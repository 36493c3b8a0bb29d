#include "cmd/run/watch_targets.hpp"

#include <utility>

#include "cmd/run/probe_reopen.hpp"
#include "cmd/run/probe_targets.hpp"
#include "core/net/path_info.hpp"
#include "core/net/resolver.hpp"
#include "core/report/prometheus_probe.hpp"

namespace netecho {
namespace {

/// The job of probing one target.
ProbeJob job_for(const WatchTarget& target, const WatchJob& job) {
  ProbeJob out = job.probe;
  out.probe = probe_options(target, job.settings);
  out.parallel = flows_of(target, job.settings);
  if (target.options.tos) out.common.socket.tos = target.options.tos;
  return out;
}

/// Whether what stands for the host has to be looked up.
bool has_name(const SocketDescription& description) {
  const bool ip = !description.family || *description.family == AddressFamily::ipv4 ||
                  *description.family == AddressFamily::ipv6;
  return ip && description.address && !SocketAddress::from_ip(*description.address, 0);
}

FamilyChoice family_of(const Endpoint& endpoint, FamilyChoice choice) noexcept {
  if (!endpoint.family) return choice;
  return *endpoint.family == AddressFamily::ipv4 ? FamilyChoice::ipv4_only
                                                 : FamilyChoice::ipv6_only;
}

/// Where a flow's connection goes.
struct Way {
  ConnectionRecipe recipe;
  std::shared_ptr<WatchedName> name;     ///< Null: there is none to look up.
  std::optional<SocketAddress> address;  ///< The one of the name's that is meant.
  std::shared_ptr<WatchSeries> series;
};

/// One connection, once its name is known. What it comes to stands in the figures of its series.
class WatchedConnection final : public Reopening {
 public:
  WatchedConnection(const Way& way, Launch launch, FigureTable& figures)
      : way_{way}, launch_{std::move(launch)}, figures_{figures} {}

  ProbeConnection poll() override try {
    if (made_ == nullptr && !begin()) return {};
    ProbeConnection made = made_->poll();
    if (made.port != nullptr) tell(made);
    return made;
  } catch (const Error& error) {
    const bool denied = error.category() == ErrorCategory::permission;
    figures_.change(*way_.series, [&](SeriesFigures& figures) {
      figures.denied = denied;
      figures.last_error = error.error_number();
    });
    // What ends a command that measures once is here one target that fails, among others.
    if (error.category() != ErrorCategory::usage) throw;
    throw Error{ErrorCategory::connect, error.operation(), error.subject(), error.reason(),
                error.error_number()};
  }

 private:
  /// False: the name is still being looked up.
  bool begin() {
    ConnectionRecipe recipe = way_.recipe;
    if (way_.address) {
      recipe.options.lookup.known = {*way_.address};
    } else if (way_.name != nullptr) {
      recipe.options.lookup.known = way_.name->addresses();
      if (recipe.options.lookup.known.empty()) {
        if (const auto error = way_.name->error()) throw Error{*error};
        return false;
      }
    }
    made_ = begin_connection(std::move(recipe), launch_);
    return true;
  }

  void tell(const ProbeConnection& made) {
    const PathInfo path = path_info(made.port->fd());
    figures_.change(*way_.series, [&](SeriesFigures& figures) {
      figures.denied = false;
      figures.path_mtu_bytes = path.path_mtu_bytes;
      if (!made.peer) return;
      figures.family = made.peer->family;
      figures.address = made.peer->address;
    });
  }

  const Way& way_;
  Launch launch_;
  FigureTable& figures_;
  std::unique_ptr<Reopening> made_;
};

}  // namespace

void check_watch_target(const WatchTarget& target, const WatchJob& job,
                        const std::string& list) try {
  const Endpoint endpoint = parse_endpoint(target.endpoint, Role::client);
  const Backend& backend = backend_of(endpoint);
  check_family(std::span{&endpoint, 1}, job.probe.common.family);
  if (backend.asks_many != nullptr && backend.asks_many(endpoint)) {
    throw usage_error("watch", endpoint.typed, "asks many, and a series has one peer");
  }
  static_cast<void>(
      check_socket_options(std::span{&endpoint, 1}, job.probe.common.socket, Role::client));
  check_probe(endpoint, job_for(target, job));
} catch (const Error& error) {
  if (target.line == 0) throw;
  throw usage_error(
      "read", list,
      line_of(target) + error.operation() + " " + error.subject() + ": " + error.reason());
}

bool needs_raw_sockets(const WatchTarget& target) {
  const Endpoint endpoint = parse_endpoint(target.endpoint, Role::client);
  const SocketDescription description = backend_of(endpoint).describe(endpoint);
  const bool frames =
      description.family == AddressFamily::packet || description.family == AddressFamily::ipx;
  // The system may give sockets for pings to nobody else.
  return frames || !(description.port || description.path);
}

std::optional<NameQuestion> TransportTargets::name_of(const WatchTarget& target) {
  const Endpoint endpoint = parse_endpoint(target.endpoint, Role::client);
  const SocketDescription description = backend_of(endpoint).describe(endpoint);
  if (!has_name(description)) return std::nullopt;
  const std::string host = *description.address;
  const std::string port = std::to_string(description.port.value_or(0));
  const CommonOptions& common = job_.probe.common;
  ResolveOptions options{
      .lookup = {.family = family_of(endpoint, common.family), .numeric_only = common.numeric},
      .type = description.socket_type,
      .interrupt_fd = stop_fd_,
      .subject = endpoint.typed};
  const std::string key = host + "/" + port + "/" +
                          std::to_string(static_cast<int>(options.lookup.family)) + "/" +
                          std::to_string(static_cast<int>(options.type));
  return NameQuestion{key, host, [=] { return resolve(host, port, options); }};
}

std::string TransportTargets::labels_of(const WatchTarget& target,
                                        const std::optional<SocketAddress>& address) {
  const Endpoint endpoint = parse_endpoint(target.endpoint, Role::client);
  std::string out = target_labels(target.endpoint,
                                  backend_of(endpoint).describe(endpoint).transport, std::nullopt);
  if (address) append_label(out, {"address", address->ip()});
  for (const auto& [name, value] : target.labels) append_label(out, {name, value});
  return out;
}

ProbeTarget TransportTargets::make(const WatchTarget& target,
                                   const std::shared_ptr<WatchedName>& name,
                                   const std::optional<SocketAddress>& address,
                                   const std::shared_ptr<WatchSeries>& series) {
  const Endpoint endpoint = parse_endpoint(target.endpoint, Role::client);
  const ProbeJob job = job_for(target, job_);
  const auto way =
      std::make_shared<const Way>(Way{recipe_for(endpoint, job), name, address, series});
  const Launch launch = [this](std::function<ProbeConnection()> make) {
    const auto task = std::make_shared<std::packaged_task<ProbeConnection()>>(std::move(make));
    std::future<ProbeConnection> made = task->get_future();
    workers_.run([task] { (*task)(); });
    return made;
  };
  ProbeTarget out = make_target(endpoint, job);
  out.reopen = [this, way, launch] {
    return std::make_unique<WatchedConnection>(*way, launch, figures_);
  };
  return out;
}

}  // namespace netecho
