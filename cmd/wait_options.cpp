#include <memory>

#include "cmd/cli.hpp"
#include "cmd/common_options.hpp"
#include "cmd/run/wait_job.hpp"
#include "cmd/values.hpp"

namespace netecho {
namespace {

struct WaitTyped {
  CommonTyped common;
  std::vector<std::string> endpoints, command;
  std::optional<std::string> deadline, interval;
  bool any = false, echo = false;
};

constexpr const char* kWaiting = "Waiting";

constexpr OptionRow<WaitTyped> kWait[] = {
    {{"endpoint", {"ENDPOINT...", ValueKind::endpoint}, "What to wait for, all at the same time"},
     &WaitTyped::endpoints},
    {{"--any", kFlag, "Wait until one of the endpoints answers, not all of them", kWaiting, "",
      kFirst},
     &WaitTyped::any},
    {{"-w,--deadline", kDuration, "Give up after this long (30s); 0: never", kWaiting, "30s",
      kFirst},
     &WaitTyped::deadline},
    {{"--echo", kFlag, "Wait until what is sent is echoed, over streams, too", kWaiting, "",
      kFirst},
     &WaitTyped::echo},
    {{"-i,--interval", kDuration, "Try again this long after an attempt has failed (250ms)",
      kWaiting, "250ms", kFirst},
     &WaitTyped::interval},
};

constexpr OptionSpec kCommand{"command", free_text("[-- COMMAND...]"),
                              "What to run when they answer, with its arguments"};

WaitJob job_of(const WaitTyped& typed) {
  WaitJob job;
  job.common = common_values(typed.common);
  job.endpoints = typed.endpoints;
  if (typed.any) job.wanted = WaitFor::any;
  job.echo = typed.echo;
  if (typed.interval) job.interval = positive_duration_value("--interval", *typed.interval);
  if (typed.deadline) {
    const Duration deadline = duration_value("--deadline", *typed.deadline);
    job.deadline = deadline == Duration::zero() ? Duration::max() : deadline;
  }
  job.command = typed.command;
  return job;
}

void need_endpoint(const WaitTyped& typed) {
  if (!typed.endpoints.empty()) return;
  throw usage_error("wait", "", "an endpoint is missing, such as tcp://localhost:12345");
}

}  // namespace

Selected bind_wait(OptionBinder& options) {
  const auto typed = std::make_shared<WaitTyped>();
  options.bind(kWait, *typed);
  options.bind_command(kCommand, typed->command);
  bind_common(options, typed->common, Ends::connecting, Reports::events);
  options.on_run([typed] { need_endpoint(*typed); });
  return [typed] { return job_of(*typed); };
}

}  // namespace netecho
