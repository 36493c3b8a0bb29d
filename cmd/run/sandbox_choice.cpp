#include "cmd/run/sandbox_choice.hpp"

#include "cmd/run/log.hpp"
#include "core/net/socket_address.hpp"

namespace netecho {
namespace {

constexpr const char* kInstrumented = "this build is instrumented (a sanitizer, or coverage)";

[[noreturn]] void refuse_sandbox(const std::string& reason) {
  throw Error{ErrorCategory::permission, "option", "--sandbox require", reason};
}

std::string lack(const MissingLayer& missing) {
  return "no " + missing.layer + " here: " + missing.error.what();
}

void require_all(const SandboxState& state) {
  if (!state.missing.empty()) refuse_sandbox("there is " + lack(state.missing.front()));
}

void tell_sandbox(const SandboxState& state) {
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

void check_sandbox(SandboxChoice choice, const SandboxNeeds& needs) {
  if (choice != SandboxChoice::require) return;
  if constexpr (kSandboxBuilt) {
    require_all(rehearse_sandbox(needs));
  } else {
    refuse_sandbox(kInstrumented);
  }
}

SandboxState enter_sandbox(SandboxChoice choice, const SandboxNeeds& needs) {
  if (choice == SandboxChoice::off || !kSandboxBuilt) {
    log_info(std::string{"sandbox: off"} +
             (kSandboxBuilt ? "" : std::string{": "} + kInstrumented));
    return {};
  }
  keep_interface_names();
  SandboxState state = enter_sandbox(needs);
  if (choice == SandboxChoice::require) require_all(state);
  tell_sandbox(state);
  return state;
}

}  // namespace netecho
