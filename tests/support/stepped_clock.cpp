/// \file
/// For LD_PRELOAD: CLOCK_REALTIME takes one step in the middle of a run, as when an administrator
/// or NTP sets the clock. There is no time namespace for that clock, and setting the machine's own
/// would be no test but an accident.
///
/// It has stepped by STEPPED_CLOCK_BY_S seconds once the first byte of the file STEPPED_CLOCK_FLAG
/// is not zero. The file is mapped when the program starts: a sandbox comes later.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

const volatile char* mapped_flag() noexcept {
  const char* const name = std::getenv("STEPPED_CLOCK_FLAG");
  const int fd = name != nullptr ? ::open(name, O_RDONLY | O_CLOEXEC) : -1;
  void* const memory = ::mmap(nullptr, 1, PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  if (memory == MAP_FAILED) std::abort();
  return static_cast<const volatile char*>(memory);
}

std::int64_t step_in_seconds() noexcept {
  const char* const text = std::getenv("STEPPED_CLOCK_BY_S");
  return text != nullptr ? std::strtoll(text, nullptr, 10) : 0;
}

const std::int64_t step_s = step_in_seconds();
const volatile char* const flag = mapped_flag();

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const int result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  // Null before the constructors of this library have run.
  if (result == 0 && clock == CLOCK_REALTIME && flag != nullptr && *flag != 0) {
    time->tv_sec += step_s;
  }
  return result;
}
