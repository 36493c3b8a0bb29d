#include "cmd/run/serve_sandbox.hpp"

#include <algorithm>

#include "cmd/run/log.hpp"
#include "cmd/run/sandbox_choice.hpp"

namespace netecho {
namespace {

std::vector<std::string> files_of(std::span<const Served> sockets) {
  std::vector<std::string> out;
  for (const Served& socket : sockets) {
    if (socket.cleanup && socket.endpoint.path) out.push_back(*socket.endpoint.path);
  }
  return out;
}

SandboxNeeds needs_of(const ServeJob& job, std::span<const Served> sockets) {
  SandboxNeeds out{.files_to_remove = files_of(sockets), .metrics = !job.metrics.empty()};
  for (const Served& socket : sockets) {
    const SocketDescription& endpoint = socket.endpoint;
    const bool local = endpoint.family == AddressFamily::unix_domain;
    if (local && endpoint.socket_type == SocketType::datagram) {
      out.peers = AbstractPeers::any;
    }
  }
  return out;
}

}  // namespace

void leave_root(const User& user, std::span<const Served> sockets) {
  become_user(user);
  for (const std::string& file : files_of(sockets)) {
    if (may_remove(file)) continue;
    log_warning("unix:" + file + " will stay behind: " + user.name + " may not remove it");
  }
}

void check_sandbox(const ServeJob& job, std::span<const Served> sockets) {
  check_sandbox(job.sandbox, needs_of(job, sockets));
}

BindAgain enter_sandbox(const ServeJob& job, std::span<const Served> sockets) {
  const SandboxState state = enter_sandbox(job.sandbox, needs_of(job, sockets));
  // The filter has no call that makes a socket, and Landlock none that binds one.
  const bool confined = std::ranges::any_of(
      state.in_force, [](const std::string& layer) { return layer != "no_new_privs"; });
  return confined ? BindAgain::forbidden : BindAgain::possible;
}

}  // namespace netecho
