// Targets that come, change and go in a run without an end. On a simulated network, whose clock
// runs as fast as it can.

#include "core/watch/watch_source.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/watched_world.hpp"

using namespace netecho;
using namespace netecho::test;
using namespace std::chrono_literals;

namespace {

WatchTarget target(std::string endpoint, WatchOptions options = {}) {
  return {.endpoint = std::move(endpoint), .options = options};
}

}  // namespace

TEST_CASE("watch: the schedule of a day neither drifts nor grows", "[watch][sim]") {
  WatchedWorld world;
  world.settings.probe.interval = 10s;
  world.list_at(0s, {target("a"), target("b"), target("c")});
  world.run_for(24h + 1s);
  for (const std::string name : {"a", "b", "c"}) {
    const auto sent = world.sent(name);
    REQUIRE(sent.size() == 8640);
    for (std::size_t i = 0; i < sent.size(); ++i) {
      REQUIRE(sent[i] - sent[0] == 10s * static_cast<int>(i));
    }
    CHECK(world.targets.links.at(name).size() == 1);
    CHECK(world.of(name).sent == 8640);
    CHECK(world.of(name).received == 8640);
    CHECK(world.of(name).skipped == 0);
  }
  CHECK(world.sent("a")[0] != world.sent("b")[0]);
}

TEST_CASE("watch: phases are spread over the interval", "[watch][sim]") {
  WatchedWorld world;
  std::vector<WatchTarget> many;
  for (int i = 0; i < 500; ++i) many.push_back(target(std::to_string(i)));
  world.list_at(0s, many);
  world.run_for(3s);
  std::map<std::int64_t, int> tenths;
  for (const WatchTarget& each : many) {
    ++tenths[world.sent(each.endpoint)[0] % 1s / 100ms];
  }
  CHECK(tenths.size() == 10);
  for (const auto& [tenth, count] : tenths) {
    CAPTURE(tenth);
    CHECK(count >= 40);
    CHECK(count <= 60);
  }
}

TEST_CASE("watch: a target that stays keeps its counters and its phase", "[watch][sim]") {
  WatchedWorld world;
  world.list_at(0s, {target("stays"), target("goes")});
  world.list_at(5500ms, {target("comes"), target("stays")});
  world.run_for(10'500ms);
  const auto sent = world.sent("stays");
  CHECK(world.targets.links.at("stays").size() == 1);
  CHECK(sent.size() == 10);
  for (std::size_t i = 1; i < sent.size(); ++i) CHECK(sent[i] - sent[i - 1] == 1s);
  CHECK(world.sent("goes").back() < 5600ms);
  CHECK(world.sent("comes").front() > 5500ms);
  CHECK(world.size == 2);
  REQUIRE(world.all.size() == 2);
  CHECK(world.of("stays").received == 10);
}

TEST_CASE("watch: changed options leave counters and phase", "[watch][sim]") {
  WatchedWorld world;
  world.list_at(0s, {target("a")});
  world.list_at(5s, {target("a", {.timeout = 300ms})});
  world.run_for(10'500ms);
  CHECK(world.targets.links.at("a").size() == 2);
  const auto sent = world.sent("a");
  for (const Duration each : sent) CHECK((each - sent[0]) % 1s == 0s);
  REQUIRE(world.all.size() == 1);
  CHECK(world.of("a").sent == sent.size());
  CHECK(world.of("a").received == sent.size());
  CHECK(world.of("a").up_within == 1300ms);
}

TEST_CASE("watch: an empty list stops all probing", "[watch][sim]") {
  WatchedWorld world;
  world.list_at(0s, {target("a"), target("b")});
  world.list_at(3s, {});
  world.run_for(10'500ms);
  CHECK(world.sent("a").back() < 3100ms);
  CHECK(world.sent("b").back() < 3100ms);
  CHECK(world.size == 0);
  CHECK(world.all.empty());
}

TEST_CASE("watch: targets that come and go all day leave nothing", "[watch][sim]") {
  WatchedWorld world;
  for (int minute = 0; minute < 300; ++minute) {
    world.list_at(1min * minute, {target(std::to_string(minute)), target("stays")});
  }
  world.run_for(300min);
  CHECK(world.size == 2);
  CHECK(world.all.size() == 2);
  CHECK(world.of("stays").received == world.sent("stays").size());
  CHECK(world.sent("stays").size() == 300 * 60);
  for (int minute = 1; minute < 299; ++minute) {
    const auto count = world.sent(std::to_string(minute)).size();
    CHECK(count >= 59);
    CHECK(count <= 61);
  }
}

TEST_CASE("watch: a list of thousands is taken while others are probed in time", "[watch][sim]") {
  WatchedWorld world;
  world.list_at(0s, {target("first")});
  std::vector<WatchTarget> many{target("first")};
  for (int i = 0; i < 3000; ++i) many.push_back(target(std::to_string(i)));
  world.list_at(2s, many);
  world.run_for(6s);
  CHECK(world.size == 3001);
  CHECK(world.of("first").skipped == 0);
  CHECK(world.sent("first").size() >= 5);
  for (int i = 0; i < 3000; ++i) CHECK(world.sent(std::to_string(i)).size() >= 2);
}
