#include "core/host/sandbox.hpp"

#include <sys/prctl.h>

#include <ctime>
#include <thread>

#include "core/host/seccomp_filter.hpp"

namespace netecho {
namespace {

/// Enters one layer, or notes why that is impossible.
template <typename Layer>
void take(SandboxState& state, const char* name, Layer&& layer) {
  try {
    state.in_force.push_back(layer());
  } catch (const Error& error) {
    state.missing.push_back({name, error});
  }
}

/// The filter comes last: it allows none of the calls that the others take.
SandboxState take_all(const SandboxNeeds& needs, FilterReach reach) {
  SandboxState state;
  take(state, "no_new_privs", [] {
    checked("prctl", "PR_SET_NO_NEW_PRIVS",
            [] { return ::prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L); });
    return std::string{"no_new_privs"};
  });
  take(state, "Landlock", [&] { return "Landlock ABI " + std::to_string(enter_landlock(needs)); });
  take(state, "seccomp", [&] {
    return "seccomp (" + std::to_string(enter_seccomp_filter(needs, reach)) + " calls)";
  });
  return state;
}

}  // namespace

SandboxState enter_sandbox(const SandboxNeeds& needs) {
  ::tzset();  // The log needs the local time later, when its file cannot be read any more.
  return take_all(needs, FilterReach::all_threads);
}

SandboxState rehearse_sandbox(const SandboxNeeds& needs) {
  SandboxState state;
  std::thread{[&] { state = take_all(needs, FilterReach::this_thread); }}.join();
  return state;
}

}  // namespace netecho
