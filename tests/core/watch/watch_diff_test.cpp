// What a new list changes.

#include "core/watch/watch_diff.hpp"

#include <string>

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;
using Kind = WatchStep::Kind;

WatchTarget target(std::string endpoint, WatchLabels labels = {}, WatchOptions options = {}) {
  return {.endpoint = std::move(endpoint), .labels = std::move(labels), .options = options};
}

/// "+0 a" for a target that is added with id 0, "~" for one that changes, "-" for one that goes.
std::vector<std::string> text_of(const std::vector<WatchStep>& steps) {
  std::vector<std::string> out;
  for (const WatchStep& step : steps) {
    const char* const kind = step.kind == Kind::add ? "+" : step.kind == Kind::change ? "~" : "-";
    out.push_back(kind + std::to_string(step.id) + " " + step.target.endpoint);
  }
  return out;
}

using Steps = std::vector<std::string>;

}  // namespace

TEST_CASE("watch: a first list is added in its order", "[watch][unit]") {
  WatchDiff diff;
  CHECK(text_of(diff.replace({target("b"), target("a")})) == Steps{"+0 b", "+1 a"});
  CHECK(diff.size() == 2);
}

TEST_CASE("watch: what stays is left alone, wherever it stands now", "[watch][unit]") {
  WatchDiff diff;
  static_cast<void>(diff.replace({target("a"), target("b"), target("c")}));
  WatchTarget moved = target("c");
  moved.line = 7;
  CHECK(text_of(diff.replace({moved, target("d"), target("a")})) == Steps{"-1 ", "+3 d"});
  CHECK(diff.size() == 3);
}

TEST_CASE("watch: labels make another target, options do not", "[watch][unit]") {
  WatchDiff diff;
  static_cast<void>(diff.replace({target("a", {{"dc", "x"}}), target("b")}));
  const auto steps =
      diff.replace({target("a", {{"dc", "y"}}), target("b", {}, WatchOptions{.interval = 1s})});
  CHECK(text_of(steps) == Steps{"-0 ", "+2 a", "~1 b"});
  CHECK(steps[2].target.options.interval == 1s);
}

TEST_CASE("watch: an empty list removes all, and ids are not used again", "[watch][unit]") {
  WatchDiff diff;
  static_cast<void>(diff.replace({target("a"), target("b")}));
  CHECK(text_of(diff.replace({})) == Steps{"-0 ", "-1 "});
  CHECK(diff.size() == 0);
  CHECK(text_of(diff.replace({target("a")})) == Steps{"+2 a"});
}

}  // namespace netecho
