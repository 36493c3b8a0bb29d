#include "core/serve/server_limits.hpp"

#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

using Permits = std::vector<ConnectionPermit>;

constexpr IpNumber kHere = IpNumber::of_v4(0xC0000201);
constexpr IpNumber kThere = IpNumber::of_v4(0xC0000202);

}  // namespace

TEST_CASE("limits: as many connections as may be, and one more for each that ends",
          "[engine][unit]") {
  const ServerOptions options{.max_connections = 2};
  ServerLimits limits{options};
  Permits open;
  for (int i = 0; i < 2; ++i) open.push_back(*limits.admit_connection());
  CHECK_FALSE(limits.somebody_waits());
  CHECK_FALSE(limits.admit_connection());
  CHECK(limits.somebody_waits());
  CHECK_FALSE(limits.somebody_waits());
  open.pop_back();
  CHECK(limits.admit_connection());
}

TEST_CASE("limits: one source has its own limit, which its ends free again", "[engine][unit]") {
  const ServerOptions options{.max_connections = 10, .max_per_source = 2};
  ServerLimits limits{options};
  Permits open;
  for (int i = 0; i < 2; ++i) {
    open.push_back(*limits.admit_connection());
    CHECK(open.back().charge(kHere));
  }
  CHECK_FALSE(limits.admit_connection()->charge(kHere));
  CHECK(limits.admit_connection()->charge(kThere));
  open.pop_back();
  CHECK(limits.admit_connection()->charge(kHere));
}

TEST_CASE("limits: max_accepts counts open connections and finished ones", "[engine][unit]") {
  const ServerOptions options{.max_connections = 10, .max_accepts = 2};
  ServerLimits limits{options};
  auto first = limits.admit_connection();
  CHECK(first);
  limits.finished(1);
  CHECK_FALSE(limits.admit_connection());
  CHECK(limits.accepts_left() == 1);
  limits.finished(1);
  CHECK(limits.accepts_reached());
}

TEST_CASE("limits: threads never admit more than may be", "[engine][unit][threads]") {
  constexpr std::size_t kMost = 50;
  const ServerOptions options{.max_connections = kMost, .max_per_source = kMost};
  ServerLimits limits{options};
  std::atomic<std::size_t> open = 0;
  std::atomic<std::size_t> most = 0;
  const auto work = [&] {
    for (int i = 0; i < 20'000; ++i) {
      Permits held;
      for (int j = 0; j < 40; ++j) {
        auto permit = limits.admit_connection();
        if (!permit || !permit->charge(kHere)) break;
        held.push_back(*std::move(permit));
        const std::size_t now = ++open;
        for (std::size_t seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
      }
      open -= held.size();
    }
  };
  std::thread other{work};
  work();
  other.join();
  CHECK(most <= kMost);
  // All were given back.
  Permits all;
  for (std::size_t i = 0; i < kMost; ++i) all.push_back(*limits.admit_connection());
  CHECK_FALSE(limits.admit_connection());
}
