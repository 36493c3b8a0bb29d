#pragma once

/// \file
/// `/probe?target=ENDPOINT`: one short run for whoever asks, as the blackbox exporter does.

#include <functional>
#include <memory>

#include "cmd/run/context.hpp"
#include "core/http/http_message.hpp"
#include "core/http/http_places.hpp"
#include "core/net/target_rules.hpp"

namespace netecho {

struct ProbePageOptions {
  TargetRules allowed;
  std::uint64_t count = 5;  ///< Probes a run.
  CommonOptions common;
  /// Whether so many probes may be sent now; asked on the server's thread. Empty: they may.
  std::function<bool(std::uint64_t probes)> may_send{};
};

/// Each run has a thread of its own, so that other requests are answered meanwhile.
class ProbePage {
 public:
  static constexpr int kAtOnce = 16;

  /// Throws SysError.
  explicit ProbePage(ProbePageOptions options);
  /// Ends all runs, and waits for them.
  ~ProbePage();
  ProbePage(const ProbePage&) = delete;
  ProbePage& operator=(const ProbePage&) = delete;

  /// Called on the server's thread, which gets no signals. Does not wait.
  [[nodiscard]] HttpAnswer answer(const HttpRequest& request) const;

 private:
  class Runs;
  std::shared_ptr<const ProbePageOptions> options_;
  HttpPlaces places_{kAtOnce};
  std::shared_ptr<Runs> runs_;
};

}  // namespace netecho
