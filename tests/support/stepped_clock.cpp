/// \file
/// For LD_PRELOAD: CLOCK_REALTIME takes one step in the middle of a run, as when an administrator
/// or NTP sets the clock. There is no time namespace for that clock, and setting the machine's own
/// would be no test but an accident.
///
/// STEPPED_CLOCK_BY_S seconds, STEPPED_CLOCK_AFTER_MS milliseconds behind the first reading.

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

std::int64_t number(const char* variable) noexcept {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoll(text, nullptr, 10) : 0;
}

int read_kernel(clockid_t clock, timespec* time) noexcept {
  return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
}

std::int64_t monotonic_ns() noexcept {
  timespec time{};
  read_kernel(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kNsPerSecond + time.tv_nsec;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const std::int64_t step_at = monotonic_ns() + number("STEPPED_CLOCK_AFTER_MS") * kNsPerMs;
  static const std::int64_t step_s = number("STEPPED_CLOCK_BY_S");
  const int result = read_kernel(clock, time);
  if (result == 0 && clock == CLOCK_REALTIME && monotonic_ns() >= step_at) {
    time->tv_sec += step_s;
  }
  return result;
}
