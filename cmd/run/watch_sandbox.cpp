#include "cmd/run/watch_sandbox.hpp"

#include <algorithm>

#include "cmd/run/sandbox_choice.hpp"
#include "cmd/run/watch_targets.hpp"

namespace netecho {
namespace {

/// What looks up names and services reads, and where systemd and others keep the first of it.
constexpr const char* kResolverFiles[] = {
    "/etc/resolv.conf",    "/etc/hosts",      "/etc/host.conf", "/etc/nsswitch.conf",
    "/etc/gai.conf",       "/etc/services",   "/etc/protocols", "/run/systemd/resolve",
    "/run/NetworkManager", "/run/resolvconf", "/etc/localtime", "/etc/networks"};

SandboxNeeds watch_needs(const WatchJob& job) {
  SandboxNeeds out{.metrics = true, .watches = true};
  out.readable.assign(std::begin(kResolverFiles), std::end(kResolverFiles));
  if (job.targets_path.empty() || job.targets_path == "-") return out;
  const std::size_t slash = job.targets_path.rfind('/');
  out.readable.push_back(slash == std::string::npos ? "." : job.targets_path.substr(0, slash + 1));
  return out;
}

}  // namespace

void leave_root_to_watch(const User& user, const std::vector<WatchTarget>& targets) {
  const bool raw = std::ranges::any_of(targets, needs_raw_sockets);
  become_user(user, raw ? KeptRights::raw_sockets : KeptRights::none);
}

void check_watch_sandbox(const WatchJob& job) {
  check_sandbox(job.sandbox, watch_needs(job));
}

void enter_watch_sandbox(const WatchJob& job) {
  enter_sandbox(job.sandbox, watch_needs(job));
}

}  // namespace netecho
