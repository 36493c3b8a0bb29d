#pragma once

/// \file
/// What becomes of the targets of `watch`: endpoints, names, connections.

#include "cmd/run/watch_job.hpp"
#include "core/watch/watch_source.hpp"
#include "core/watch/workers.hpp"

namespace netecho {

/// Throws a usage Error about `list`, with the line of the target, if it is no endpoint that can be
/// watched with its options.
void check_watch_target(const WatchTarget& target, const WatchJob& job, const std::string& list);

/// Whether probing it takes a capability that only root has.
[[nodiscard]] bool needs_raw_sockets(const WatchTarget& target);

/// Makes connections as `probe` does. Those that have to wait are made by the workers.
class TransportTargets final : public WatchTargets {
 public:
  /// Look-ups give up once `stop_fd` is readable. All outlive it.
  TransportTargets(const WatchJob& job, Workers& workers, FigureTable& figures, int stop_fd)
      : job_{job}, workers_{workers}, figures_{figures}, stop_fd_{stop_fd} {}

  [[nodiscard]] std::optional<NameQuestion> name_of(const WatchTarget& target) override;
  [[nodiscard]] std::string labels_of(const WatchTarget& target,
                                      const std::optional<SocketAddress>& address) override;
  [[nodiscard]] ProbeTarget make(const WatchTarget& target,
                                 const std::shared_ptr<WatchedName>& name,
                                 const std::optional<SocketAddress>& address,
                                 const std::shared_ptr<WatchSeries>& series) override;

 private:
  const WatchJob& job_;
  Workers& workers_;
  FigureTable& figures_;
  int stop_fd_;
};

}  // namespace netecho
