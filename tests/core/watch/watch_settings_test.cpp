// What targets are probed with, which of them are picked, and what is too much.

#include "core/watch/watch_settings.hpp"

#include <algorithm>
#include <map>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

std::vector<WatchTarget> hosts(std::size_t count) {
  std::vector<WatchTarget> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back({.endpoint = "udp://h" + std::to_string(i) + ":7", .line = i + 1});
  }
  return out;
}

std::vector<std::string> names(const std::vector<WatchTarget>& targets) {
  std::vector<std::string> out;
  for (const WatchTarget& each : targets) out.push_back(each.endpoint);
  return out;
}

std::string rate_complaint(const std::vector<WatchTarget>& targets, const WatchSettings& settings) {
  try {
    check_rates(targets, settings, "list");
    return "";
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::usage);
    return error.reason();
  }
}

WatchSettings once_a_second() {
  WatchSettings out;
  out.probe.interval = 1s;
  return out;
}

}  // namespace

TEST_CASE("watch: a target's own options win", "[watch][unit]") {
  WatchSettings settings = once_a_second();
  settings.flows = 2;
  WatchTarget target{.endpoint = "a"};
  CHECK(probe_options(target, settings).interval == 1s);
  CHECK(rate_of(target, settings) == 2);
  target.options = {.interval = 100ms, .timeout = 3s, .size_bytes = 9, .flows = 3};
  const ProbeOptions options = probe_options(target, settings);
  CHECK(options.interval == 100ms);
  CHECK(options.timeout == 3s);
  CHECK(options.size_bytes == 9);
  CHECK(flows_of(target, settings) == 3);
  CHECK(rate_of(target, settings) == 30);
}

TEST_CASE("watch: an interval that is too short is refused with its line", "[watch][unit]") {
  std::vector<WatchTarget> targets = hosts(3);
  targets[2].options.interval = 9'999us;
  CHECK(rate_complaint(targets, once_a_second()) ==
        "line 3: an interval of 10.0 ms is below --min-interval, 10.0 ms");
  targets[2].options.interval = 10ms;
  CHECK(rate_complaint(targets, once_a_second()).empty());
}

TEST_CASE("watch: all targets together have a bound", "[watch][unit]") {
  WatchSettings settings = once_a_second();
  settings.max_rate = 3.5;
  CHECK(rate_complaint(hosts(3), settings).empty());
  CHECK(rate_complaint(hosts(4), settings) ==
        "its targets take 4 probes a second, which is above --max-rate, 3.5");
}

TEST_CASE("watch: a host picks as many targets as it is told, in their order", "[watch][unit]") {
  const auto all = hosts(100);
  const auto some = names(picked(all, 10, "one"));
  CHECK(some.size() == 10);
  CHECK(std::ranges::is_sorted(some, {},
                               [](const std::string& each) { return std::stoi(each.substr(7)); }));
  CHECK(names(picked(all, 10, "one")) == some);
  CHECK(names(picked(all, 10, "two")) != some);
  CHECK(picked(all, 100, "one").size() == 100);
  CHECK(picked(all, 101, "one").size() == 100);
}

TEST_CASE("watch: a target that goes changes one pick at the most", "[watch][unit]") {
  auto all = hosts(100);
  const auto before = names(picked(all, 10, "one"));
  all.erase(all.begin() + 17);
  const auto after = names(picked(all, 10, "one"));
  std::vector<std::string> kept;
  auto sorted_before = before;
  auto sorted_after = after;
  std::ranges::sort(sorted_before);
  std::ranges::sort(sorted_after);
  std::ranges::set_intersection(sorted_before, sorted_after, std::back_inserter(kept));
  CHECK(kept.size() >= 9);
}

TEST_CASE("watch: in a mesh every target is picked by about as many", "[watch][unit]") {
  constexpr std::size_t kHosts = 200;
  constexpr std::size_t kEach = 20;
  std::map<std::string, std::size_t> picks;
  for (std::size_t i = 0; i < kHosts; ++i) {
    for (const auto& each : picked(hosts(kHosts), kEach, "host" + std::to_string(i))) {
      ++picks[each.endpoint];
    }
  }
  CHECK(picks.size() == kHosts);
  for (const auto& [name, count] : picks) {
    CAPTURE(name);
    CHECK(count >= kEach / 3);
    CHECK(count <= kEach * 3);
  }
}

}  // namespace netecho
