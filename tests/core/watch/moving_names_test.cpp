// Names whose addresses change in a run without an end: one connection follows, or series come and
// go. On a simulated network, with look-ups every ten seconds.

#include "tests/support/catch.hpp"
#include "tests/support/watched_world.hpp"

using namespace netecho;
using namespace netecho::test;
using namespace std::chrono_literals;

namespace {

SocketAddress host(int number) {
  return *SocketAddress::from_ip("10.0.0." + std::to_string(number), 7);
}

/// A probe a second to a name that stands for the first host.
struct MovingName : WatchedWorld {
  explicit MovingName(ResolveChoice resolve) {
    settings.resolve = resolve;
    names.set("h", {host(1)});
    list_at(0s, {{.endpoint = "h"}});
  }
  [[nodiscard]] bool reached(int number) const { return targets.links.contains(host(number).ip()); }
  [[nodiscard]] std::vector<Duration> sent_to(int number) const { return sent(host(number).ip()); }
};

}  // namespace

TEST_CASE("watch: a connection follows its name to another address", "[watch][sim]") {
  MovingName world{ResolveChoice::one};
  world.name_at(5s, "h", {host(2)});
  world.run_for(20'500ms);
  CHECK(world.sent_to(1).back() < 10'200ms);
  CHECK(world.sent_to(2).front() > 10s);
  CHECK(world.targets.links.at("10.0.0.1").size() == 1);
  CHECK(world.targets.links.at("10.0.0.2").size() == 1);
  // One series, which counts on, and keeps its place in the second.
  REQUIRE(world.all.size() == 1);
  CHECK(world.of("h").received == world.sent_to(1).size() + world.sent_to(2).size());
  CHECK(world.of("h").lost() == 0);
  CHECK(world.of("h").address == "10.0.0.2");
  for (const Duration each : world.sent_to(2)) CHECK((each - world.sent_to(1)[0]) % 1s == 0s);
}

TEST_CASE("watch: a connection stays while its address is one of the name's", "[watch][sim]") {
  MovingName world{ResolveChoice::one};
  world.name_at(5s, "h", {host(2), host(1)});
  world.run_for(40s);
  CHECK(world.targets.links.at("10.0.0.1").size() == 1);
  CHECK_FALSE(world.reached(2));
}

TEST_CASE("watch: a name that is unknown for a while keeps its connection", "[watch][sim]") {
  MovingName world{ResolveChoice::one};
  world.name_at(5s, "h", {});
  world.name_at(25s, "h", {host(1)});
  world.run_for(40'500ms);
  CHECK(world.targets.links.at("10.0.0.1").size() == 1);
  CHECK(world.of("h").received == world.sent_to(1).size());
  CHECK(world.of("h").skipped == 0);
  CHECK(world.failures.at("h") >= 2);
}

TEST_CASE("watch: a name that is known later is probed from then on", "[watch][sim]") {
  MovingName world{ResolveChoice::one};
  world.names.set("h", {});
  world.name_at(12s, "h", {host(1)});
  world.run_for(30'500ms);
  CHECK(world.sent_to(1).front() > 12s);
  CHECK(world.sent_to(1).front() < 20s);
  CHECK(world.of("h").skipped >= 12);
  CHECK(world.of("h").send_errors == 0);
  CHECK(world.of("h").received == world.sent_to(1).size());
}

TEST_CASE("watch: all addresses of a name have series that come and go", "[watch][sim]") {
  MovingName world{ResolveChoice::all};
  std::vector<std::string> first;
  std::vector<std::string> second;
  world.name_at(5s, "h", {host(1), host(2)});
  world.labels_at(9s, first);
  world.name_at(15s, "h", {host(3), host(2)});
  world.labels_at(19s, second);
  world.run_for(30'500ms);
  CHECK(first == std::vector<std::string>{"h 10.0.0.1"});
  CHECK(second == std::vector<std::string>{"h 10.0.0.1", "h 10.0.0.2"});
  REQUIRE(world.all.size() == 2);
  CHECK(world.sent_to(1).back() < 20'500ms);
  CHECK(world.of("h 10.0.0.2").received == world.sent_to(2).size());
  CHECK(world.of("h 10.0.0.3").received == world.sent_to(3).size());
  CHECK(world.sent_to(2).front() < 12s);
  CHECK(world.sent_to(3).front() > 20s);
  for (const int number : {1, 2, 3}) {
    CHECK(world.targets.links.at(host(number).ip()).size() == 1);
  }
  CHECK(world.size == 1);
}

TEST_CASE("watch: addresses beyond the rate are left out, and told", "[watch][sim]") {
  MovingName world{ResolveChoice::all};
  world.settings.max_rate = 2.5;
  world.name_at(5s, "h", {host(1), host(2), host(3)});
  world.run_for(15s);
  CHECK(world.left_out == std::vector<std::string>{"h"});
  CHECK(world.all.size() == 2);
  CHECK(world.rate == 2.0);
  CHECK_FALSE(world.reached(3));
}

TEST_CASE("watch: a name of two targets moves both, and is forgotten with the last",
          "[watch][sim]") {
  MovingName world{ResolveChoice::one};
  world.list_at(0s, {{.endpoint = "h"}, {.endpoint = "h", .labels = {{"dc", "b"}}}});
  world.name_at(5s, "h", {host(2)});
  world.list_at(15s, {{.endpoint = "h", .labels = {{"dc", "b"}}}});
  world.name_at(16s, "h", {});
  world.list_at(35s, {});
  world.run_for(60s);
  CHECK(world.targets.links.at("10.0.0.2").size() == 2);
  CHECK(world.all.empty());
  CHECK(world.failures.empty());
}
