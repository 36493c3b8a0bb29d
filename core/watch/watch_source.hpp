#pragma once

/// \file
/// The targets of `watch` as they come, change and go: those of a list, and behind a name of which
/// all addresses are probed each of these.

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/probe/target_source.hpp"
#include "core/watch/figure_table.hpp"
#include "core/watch/watch_diff.hpp"
#include "core/watch/watch_settings.hpp"
#include "core/watch/watched_names.hpp"

namespace netecho {

/// Steps that are handed over from the thread that reads lists to the prober's.
class WatchInbox {
 public:
  void put(std::vector<WatchStep> steps);
  [[nodiscard]] std::vector<WatchStep> take();

 private:
  std::mutex mutex_;
  std::vector<WatchStep> steps_;
};

/// What becomes of a target is known by whoever knows transports.
class WatchTargets {
 public:
  virtual ~WatchTargets() = default;
  /// Returns the name behind a target; none where an address is given, or no name is looked up.
  [[nodiscard]] virtual std::optional<NameQuestion> name_of(const WatchTarget& target) = 0;
  /// Returns the labels of a series, without its family. `address`: the one that it is of.
  [[nodiscard]] virtual std::string labels_of(const WatchTarget& target,
                                              const std::optional<SocketAddress>& address) = 0;
  /// Makes a target of a run, whose connections are still to be made: to `address`, or to one of
  /// those of `name`. They tell `series` what they are.
  [[nodiscard]] virtual ProbeTarget make(const WatchTarget& target,
                                         const std::shared_ptr<WatchedName>& name,
                                         const std::optional<SocketAddress>& address,
                                         const std::shared_ptr<WatchSeries>& series) = 0;
};

/// What a source needs. All of it outlives the source.
struct WatchParts {
  const WatchSettings& settings;
  WatchTargets& targets;
  WatchInbox& inbox;
  WatchedNames& names;
  FigureTable& figures;
  /// Told when a name has more addresses than --max-rate allows to probe.
  std::function<void(const std::string& endpoint)> left_out{};
  /// Called at each poll.
  std::function<void()> alive{};
};

/// Makes a bounded number of changes at each poll, so that a long list delays no probe. A target
/// that stays is left alone; one whose options change goes on with its series and its place in the
/// interval.
class WatchSource final : public TargetSource {
 public:
  explicit WatchSource(WatchParts parts) : parts_{std::move(parts)} {}

  [[nodiscard]] Instant poll(TargetSet& targets, Instant now) override;

  /// How many targets the list has. On any thread.
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  /// How many probes a second all series take together. On any thread.
  [[nodiscard]] double rate() const noexcept { return told_rate_.load(std::memory_order_relaxed); }

 private:
  /// One series that is being probed.
  struct Probed {
    std::optional<SocketAddress> address;  ///< The one that it is of.
    std::shared_ptr<WatchSeries> series;
    std::size_t number = 0;  ///< In the run.
  };
  struct Entry {
    WatchTarget target;
    std::shared_ptr<WatchedName> name;
    double place = 0;  ///< In its interval, 0 … 1: it keeps that.
    std::vector<Probed> probed;
  };

  void take_step(WatchStep& step, TargetSet& targets, Instant now);
  void add(std::uint64_t id, WatchTarget target, TargetSet& targets, Instant now);
  void change(std::uint64_t id, WatchTarget target, TargetSet& targets, Instant now);
  void remove(std::uint64_t id, TargetSet& targets, Instant now);
  void begin(Entry& entry, TargetSet& targets, Instant now);
  void follow(Entry& entry, TargetSet& targets, Instant now);
  void follow_all(Entry& entry, TargetSet& targets, Instant now);
  void follow_one(Entry& entry, TargetSet& targets, Instant now);
  void probe(Entry& entry, Probed& probed, TargetSet& targets, Instant now);
  void stop(const Entry& entry, const Probed& probed, TargetSet& targets, Instant now);
  [[nodiscard]] bool fits(const Entry& entry) const noexcept;
  [[nodiscard]] bool probes_all(const WatchTarget& target) const noexcept;
  [[nodiscard]] Instant first_tick(const Entry& entry, Duration interval, Instant now) const;
  [[nodiscard]] std::shared_ptr<const ProbeOptions> options_of(const WatchTarget& target);
  void forget_stopped(Instant now);
  void publish();

  WatchParts parts_;
  std::deque<WatchStep> steps_;
  std::map<std::uint64_t, Entry> entries_;  ///< By id, so that pages show them in their order.
  std::unordered_map<const WatchedName*, std::vector<std::uint64_t>> followers_;
  std::deque<std::pair<Instant, std::size_t>> stopped_;  ///< Their last outcomes are still told.
  /// What several targets are probed with is there once.
  std::map<std::tuple<Duration, Duration, std::uint32_t>, std::weak_ptr<const ProbeOptions>>
      options_;
  std::optional<Instant> epoch_;  ///< All places in intervals count from here.
  std::uint64_t places_ = 0;      ///< That were given away.
  double rate_ = 0;               ///< What all series together send a second.
  bool changed_ = false;          ///< What readers see is to be published.
  std::atomic<std::size_t> size_{0};
  std::atomic<double> told_rate_{0};
};

}  // namespace netecho
