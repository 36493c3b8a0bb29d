#include "core/probe/prober_pacer.hpp"

namespace netecho {
namespace {

ScheduleOptions schedule_options(const ProbeOptions& options, std::uint64_t seed) noexcept {
  return {.interval = options.interval,
          .count = options.count,
          .length = options.duration,
          .gaps = options.schedule == ScheduleKind::poisson ? Gaps::exponential : Gaps::equal,
          .seed = seed};
}

}  // namespace

Pacer::Pacer(const ProbeOptions& options, std::uint64_t seed) noexcept
    : options_{options}, seed_{seed}, schedule_{kNever, schedule_options(options, seed)} {}

void Pacer::start(Instant first) noexcept {
  begun_ = true;
  start_ = first;
  schedule_ = {first, schedule_options(options_, seed_)};
}

std::uint64_t Pacer::left_of_flood(Instant now) noexcept {
  if (flood_over_) return 0;
  const std::uint64_t left = options_.count != 0 ? options_.count - flooded_ : UINT64_MAX;
  flood_over_ = left == 0 || now - start_ >= options_.duration;
  return flood_over_ ? 0 : left;
}

}  // namespace netecho
