#pragma once

/// \file
/// The targets of `watch` on a simulated network, with names whose addresses are in a script.

#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/watch/watch_source.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/prober_bench.hpp"
#include "tests/support/sim_network.hpp"

namespace netecho::test {

/// What the names of targets stand for. Look-ups read it on a thread of their own.
class SimNames {
 public:
  /// None: a look-up fails.
  void set(const std::string& name, std::vector<SocketAddress> addresses) {
    const std::scoped_lock lock{mutex_};
    known_[name] = std::move(addresses);
  }
  [[nodiscard]] bool has(const std::string& name) const {
    const std::scoped_lock lock{mutex_};
    return known_.contains(name);
  }
  [[nodiscard]] std::vector<SocketAddress> look_up(const std::string& name) const {
    const std::scoped_lock lock{mutex_};
    const std::vector<SocketAddress>& found = known_.at(name);
    if (found.empty()) throw Error{ErrorCategory::resolve, "resolve", name, "unknown"};
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<SocketAddress>> known_;
};

/// Targets of a simulated network. One with a name is connected to the address that is meant, or to
/// the first of its name, once that is known.
class SimTargets final : public WatchTargets {
 public:
  SimTargets(SimNetwork& net, SimNames& names) : net_{net}, names_{names} {}

  std::optional<NameQuestion> name_of(const WatchTarget& target) override {
    const std::string& name = target.endpoint;
    if (!names_.has(name)) return std::nullopt;
    return NameQuestion{name, name, [this, name] { return names_.look_up(name); }};
  }
  std::string labels_of(const WatchTarget& target,
                        const std::optional<SocketAddress>& address) override {
    return target.endpoint + (address ? " " + address->ip() : "");
  }
  ProbeTarget make(const WatchTarget& target, const std::shared_ptr<WatchedName>& name,
                   const std::optional<SocketAddress>& address,
                   const std::shared_ptr<WatchSeries>& series) override {
    if (name == nullptr) return target_over(port_to(target.endpoint), target.endpoint);
    ProbeTarget out;
    out.target.uri = target.endpoint;
    out.reopen = [this, name, address, series] {
      return std::make_unique<Connection>(*this, name, address, series);
    };
    return out;
  }

  /// Each that was made: of an endpoint, or of an address that a name stands for.
  std::map<std::string, std::vector<SimLink*>> links;
  FigureTable* figures = nullptr;  ///< Told of the addresses of peers.

 private:
  class Connection final : public Reopening {
   public:
    Connection(SimTargets& targets, std::shared_ptr<WatchedName> name,
               std::optional<SocketAddress> address, std::shared_ptr<WatchSeries> series)
        : targets_{targets},
          name_{std::move(name)},
          address_{std::move(address)},
          series_{std::move(series)} {}

    ProbeConnection poll() override {
      if (!address_ && name_->addresses().empty()) return {};
      const std::string ip = address_ ? address_->ip() : name_->addresses().front().ip();
      targets_.figures->change(*series_, [&](SeriesFigures& figures) { figures.address = ip; });
      ProbeConnection out;
      out.port = targets_.port_to(ip);
      return out;
    }

   private:
    SimTargets& targets_;
    std::shared_ptr<WatchedName> name_;
    std::optional<SocketAddress> address_;
    std::shared_ptr<WatchSeries> series_;
  };

  std::unique_ptr<MessagePort> port_to(const std::string& where) {
    SimLink* link = nullptr;
    auto port = net_.make_port({}, link);
    links[where].push_back(link);
    return port;
  }

  SimNetwork& net_;
  SimNames& names_;
};

/// One run of `watch`: a probe a second of each target, and look-ups every ten seconds.
struct WatchedWorld {
  WatchedWorld() {
    settings.probe.interval = std::chrono::seconds{1};
    settings.probe.timeout = std::chrono::milliseconds{250};
    settings.probe.count = 0;
    settings.probe.keep = Keep::counts;
    settings.probe.reconnect = Reconnect::yes;
    settings.bounds = {kUsualBounds.begin(), kUsualBounds.end()};
  }

  /// At so long after the start the list is this one.
  void list_at(Duration when, std::vector<WatchTarget> list) {
    net.at(when, [this, list = std::move(list)] { inbox.put(diff.replace(list)); });
  }
  /// From then on the name stands for these. Look-ups are no later than 100 ms after each 10 s.
  void name_at(Duration when, const std::string& name, std::vector<SocketAddress> addresses) {
    net.at(when, [=, this] { names.set(name, addresses); });
  }
  /// Sees the labels that readers see then.
  void labels_at(Duration when, std::vector<std::string>& out) {
    net.at(when, [this, &out] {
      for (const auto& each : *targets.figures->all()) out.push_back(each->labels());
    });
  }
  void run_for(Duration length) {
    FigureTable table{settings.bounds};
    targets.figures = &table;
    Workers workers{1};
    // Its only thread takes one piece of work after the other: behind this one no look-up is left.
    const auto all_looked_up = [&] {
      std::promise<void> done;
      workers.run([&done] { done.set_value(); });
      done.get_future().wait();
    };
    WatchedNames watched_names{workers, std::chrono::seconds{10}};
    WatchSource source{
        {.settings = settings,
         .targets = targets,
         .inbox = inbox,
         .names = watched_names,
         .figures = table,
         .left_out = [this](const std::string& endpoint) { left_out.push_back(endpoint); },
         .alive = all_looked_up}};
    ProbeOptions options = settings.probe;
    options.deadline = start + length;
    CHECK(run_prober(source, options, net, net, table, kSeed).empty());
    CHECK(net.watched() == 0);
    size = source.size();
    rate = source.rate();
    failures = watched_names.failures();
    all = *table.all();
    std::vector<SeriesFigures> memory;
    for (const auto& each : all) last.push_back(table.copy(std::span{&each, 1}, memory).front());
  }
  /// When probes left for an endpoint or an address, since the start.
  [[nodiscard]] std::vector<Duration> sent(const std::string& where) const {
    std::vector<Duration> out;
    for (const SimLink* link : targets.links.at(where)) {
      for (const Instant at : link->sent_at) out.push_back(at - start);
    }
    return out;
  }
  /// The figures of a series at the end.
  [[nodiscard]] const SeriesFigures& of(const std::string& labels) const {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i]->labels() == labels) return last[i];
    }
    FAIL("no series " << labels);
    return last.front();
  }

  SimNetwork net;
  Instant start = net.now();
  WatchSettings settings;
  SimNames names;
  SimTargets targets{net, names};
  WatchInbox inbox;
  WatchDiff diff;
  std::vector<std::string> left_out;  ///< Endpoints with more addresses than --max-rate allows.
  std::size_t size = 0;
  double rate = 0;
  std::map<std::string, std::uint64_t> failures;
  SeriesList all;
  std::vector<SeriesFigures> last;
};

}  // namespace netecho::test
