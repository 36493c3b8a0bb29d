#include "cmd/run/serve_sandbox.hpp"

#include <algorithm>

#include "cmd/run/log.hpp"
#include "core/host/sandbox.hpp"
#include "core/net/socket_address.hpp"

namespace netecho {
namespace {

constexpr const char* kInstrumented = "this build is instrumented (a sanitizer, or coverage)";

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

[[noreturn]] void fail(const std::string& reason) {
  throw Error{ErrorCategory::permission, "option", "--sandbox require", reason};
}

std::string lack(const MissingLayer& missing) {
  return "no " + missing.layer + " here: " + missing.error.what();
}

void require_all(const SandboxState& state) {
  if (!state.missing.empty()) fail("there is " + lack(state.missing.front()));
}

void tell(const SandboxState& state) {
  std::string in_force;
  for (const std::string& layer : state.in_force)
    in_force += (in_force.empty() ? "" : ", ") + layer;
  log_info("sandbox: " + (in_force.empty() ? "nothing of it" : in_force));
  for (const MissingLayer& each : state.missing) {
    const std::string line = "sandbox: " + lack(each);
    // Kernels without Landlock are ordinary ones; without the others something is in the way.
    if (each.layer == "Landlock") {
      log_info(line);
    } else {
      log_warning(line);
    }
  }
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
  if (job.sandbox != SandboxChoice::require) return;
  if constexpr (kSandboxBuilt) {
    require_all(rehearse_sandbox(needs_of(job, sockets)));
  } else {
    fail(kInstrumented);
  }
}

BindAgain enter_sandbox(const ServeJob& job, std::span<const Served> sockets) {
  if (job.sandbox == SandboxChoice::off || !kSandboxBuilt) {
    log_info(std::string{"sandbox: off"} +
             (kSandboxBuilt ? "" : std::string{": "} + kInstrumented));
    return BindAgain::possible;
  }
  keep_interface_names();
  const SandboxState state = enter_sandbox(needs_of(job, sockets));
  if (job.sandbox == SandboxChoice::require) require_all(state);
  tell(state);
  // The filter has no call that makes a socket, and Landlock none that binds one.
  const bool confined = std::ranges::any_of(
      state.in_force, [](const std::string& layer) { return layer != "no_new_privs"; });
  return confined ? BindAgain::forbidden : BindAgain::possible;
}

}  // namespace netecho
