// A log of known values on stdout, for hdr_log_test.py, which knows them too.

#include <initializer_list>

#include "core/report/hdr_log.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

Histogram histogram_of(std::initializer_list<Duration> values) {
  Histogram out;
  for (const Duration value : values) out.record(value);
  return out;
}

Histogram million() {
  Histogram out;
  for (std::int64_t i = 0; i < 1'000'000; ++i) out.record(Duration{i * i % 5'000'011});
  return out;
}

/// Both ends of each doubling, so that runs of zeros of every length are between them.
Histogram doublings() {
  Histogram out;
  for (std::int64_t end = 1; end <= Histogram::kHighest.count(); end *= 2) {
    out.record(Duration{end - 1});
    out.record(Duration{end});
  }
  return out;
}

}  // namespace

int main() {
  HdrLog log{"/dev/stdout", WallTime{1'700'000'000s + 123ms}};
  log.interval("empty", 0ns, 1s, Histogram{});
  log.interval("one", 1s, 1s, histogram_of({1'500us}));
  log.interval("zeros", 2s, 1s, histogram_of({0ns, 2ns, 2'047ns, 2'048ns, 2'051ns, 70ms}));
  log.interval("hour", 3s, 1s, histogram_of({1h, 2h}));
  log.interval("doublings", 4s, 1s, doublings());
  log.interval("million", 5s, 500ms, million());
  log.finish();
}
