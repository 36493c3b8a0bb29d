#pragma once

/// \file
/// The names of targets and what they stand for, looked up again and again.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/units.hpp"
#include "core/net/socket_address.hpp"
#include "core/watch/workers.hpp"

namespace netecho {

/// How a name is looked up.
struct NameQuestion {
  std::string key;   ///< Tells it from other questions.
  std::string host;  ///< As it is called in metrics.
  /// Waits. Returns at least one address, with its port. Throws Error, Interrupted.
  std::function<std::vector<SocketAddress>()> look_up;
};

/// A name that somebody wants to know.
class WatchedName {
 public:
  explicit WatchedName(NameQuestion question) : question_{std::move(question)} {}

  /// What the last look-up that succeeded found; empty if none has so far.
  [[nodiscard]] std::vector<SocketAddress> addresses() const;
  /// Why there are none; none as long as nothing has failed.
  [[nodiscard]] std::optional<Error> error() const;

 private:
  friend class WatchedNames;
  NameQuestion question_;
  mutable std::mutex mutex_;
  std::vector<SocketAddress> addresses_;
  std::optional<Error> error_;
};

/// Looks up on the workers' threads. What is not said otherwise is for one thread, the prober's.
class WatchedNames {
 public:
  /// Each name is looked up so long after the look-up before; one that is not known yet sooner.
  WatchedNames(Workers& workers, Duration interval);

  /// Returns the name, which is looked up as long as somebody has it. The first look-up begins at
  /// once.
  [[nodiscard]] std::shared_ptr<WatchedName> watch(NameQuestion question, Instant now);
  /// Begins the look-ups that are due, and returns the names that have other addresses than before.
  [[nodiscard]] std::vector<std::shared_ptr<WatchedName>> poll(Instant now);
  /// How many look-ups of each host have failed. On any thread.
  [[nodiscard]] std::map<std::string, std::uint64_t> failures() const;

 private:
  /// What the workers write; it outlives them.
  struct Shared {
    std::mutex mutex;
    std::vector<std::shared_ptr<WatchedName>> asked;    ///< Their look-up has ended.
    std::vector<std::shared_ptr<WatchedName>> changed;  ///< With other addresses.
    std::map<std::string, std::uint64_t> failures;
  };
  struct Due {
    NameQuestion question;
    std::weak_ptr<WatchedName> name;
  };
  static void ask(Shared& shared, const std::shared_ptr<WatchedName>& name);
  void begin(const std::shared_ptr<WatchedName>& name);
  void forget(const NameQuestion& question);

  Workers& workers_;
  Duration interval_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::map<std::string, std::weak_ptr<WatchedName>> names_;
  std::multimap<Instant, Due> due_;
};

}  // namespace netecho
