#include "core/measure/sample_run.hpp"

#include <array>

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

TEST_CASE("sample run: no sample is recorded twice or forgotten", "[measure][unit]") {
  Histogram histogram;
  SampleRun run;
  run.add_to(histogram);
  CHECK(histogram.count() == 0);
  constexpr std::array<Duration, 7> kSamples{0ns, 0ns, 5ns, 5ns, 5ns, 0ns, 9ns};
  for (std::size_t i = 0; i < kSamples.size(); ++i) {
    run.record(kSamples.at(i), histogram);
    Histogram all;
    all.merge(histogram);
    run.add_to(all);
    CAPTURE(i);
    CHECK(all.count() == i + 1);
  }
  run.add_to(histogram);
  CHECK(histogram.count() == 7);
  CHECK(histogram.sum() == Wide{24});
  CHECK(histogram.percentile(kP50) == 5ns);
}

TEST_CASE("sample run: what is reset is not recorded any more", "[measure][unit]") {
  Histogram histogram;
  SampleRun run;
  run.record(3ns, histogram);
  run.reset();
  run.record(3ns, histogram);
  run.add_to(histogram);
  CHECK(histogram.count() == 1);
}

}  // namespace
}  // namespace netecho
