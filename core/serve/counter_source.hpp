#pragma once

/// \file
/// Other threads ask a running server for its counters here.

#include <functional>
#include <mutex>
#include <vector>

#include "core/facts/server_stats.hpp"

namespace netecho {

/// It outlives the server that it is given to, and those who ask.
class CounterSource {
 public:
  using Counters = std::vector<EndpointStats>;
  /// Is called once, on a thread of the server's, with the counters of all its loops.
  using Reader = std::function<void(Counters counters)>;
  using Server = std::function<void(Reader reader)>;

  /// Any thread may ask. Returns false, and will not call, if no server runs now.
  bool ask(Reader reader);
  /// Whether a server runs.
  [[nodiscard]] bool is_open() const;

  /// A server begins to answer by `server`, and ends to. After close() it is called no more.
  void open(Server server);
  void close();

 private:
  mutable std::mutex mutex_;
  Server server_;
};

}  // namespace netecho
