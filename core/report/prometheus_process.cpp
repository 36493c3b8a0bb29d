#include "core/report/prometheus_process.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <ctime>
#include <memory>
#include <string_view>

#include "core/base/clock.hpp"

namespace netecho {
namespace {

constexpr MetricFamily kCpu{"process_cpu_seconds", MetricType::counter,
                            "User and system time of the processors."};
constexpr MetricFamily kResident{"process_resident_memory_bytes", MetricType::gauge,
                                 "Memory that is in use."};
constexpr MetricFamily kVirtual{"process_virtual_memory_bytes", MetricType::gauge,
                                "Memory that is mapped."};
constexpr MetricFamily kOpenFiles{"process_open_fds", MetricType::gauge,
                                  "File descriptors that are open."};
constexpr MetricFamily kMostFiles{"process_max_fds", MetricType::gauge,
                                  "File descriptors that may be open."};
constexpr MetricFamily kStarted{"process_start_time_seconds", MetricType::gauge,
                                "When the process began, since 1970."};

/// Fields of proc(5)'s stat that are used, counted from the state, which is field 3.
struct ProcessStat {
  std::uint64_t start_ticks = 0;     ///< Field 22, since the machine started.
  std::uint64_t virtual_bytes = 0;   ///< Field 23.
  std::uint64_t resident_pages = 0;  ///< Field 24.
};

/// Returns the n-th word of a text, from 0; 0 if it is no number.
std::uint64_t number_at(std::string_view text, std::size_t n) noexcept {
  while (n-- > 0) text.remove_prefix(std::min(text.find(' ') + 1, text.size()));
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<ProcessStat> read_stat(int fd) noexcept {
  std::array<char, 1024> room{};
  const ssize_t size = fd < 0 ? -1 : ::pread(fd, room.data(), room.size(), 0);
  if (size <= 0) return std::nullopt;
  std::string_view text{room.data(), static_cast<std::size_t>(size)};
  // The name of the program may have blanks and brackets, but is the last with brackets.
  const auto name_end = text.rfind(") ");
  if (name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(name_end + 2);
  return ProcessStat{number_at(text, 19), number_at(text, 20), number_at(text, 21)};
}

/// Counts what is in /proc/self/fd, read from its beginning.
std::optional<std::uint64_t> count_open(int folder) {
  if (folder < 0 || ::lseek(folder, 0, SEEK_SET) != 0) return std::nullopt;
  alignas(dirent64) std::array<char, 8192> room{};
  std::uint64_t count = 0;
  while (true) {
    const ssize_t size = ::getdents64(folder, room.data(), room.size());
    if (size < 0) return std::nullopt;
    if (size == 0) return count;
    for (ssize_t at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(room.data() + at);
      if (entry->d_name[0] != '.') ++count;
      at += entry->d_reclen;
    }
  }
}

Duration duration_of(const timespec& time) noexcept {
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

std::optional<Duration> clock_value(clockid_t clock) noexcept {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return std::nullopt;
  return duration_of(time);
}

std::optional<Duration> start_of(const std::optional<ProcessStat>& stat) noexcept {
  const auto machine = clock_value(CLOCK_BOOTTIME);
  const auto ticks = ::sysconf(_SC_CLK_TCK);
  if (!stat || !machine || ticks <= 0) return std::nullopt;
  const auto each = std::chrono::nanoseconds{std::chrono::seconds{1}} / ticks;
  const auto after = each * static_cast<std::int64_t>(stat->start_ticks);
  return realtime_now().time_since_epoch() - (*machine - after);
}

std::optional<std::uint64_t> most_open() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return limit.rlim_cur;
}

}  // namespace

ProcessMetrics::ProcessMetrics() noexcept
    : stat_{::open("/proc/self/stat", O_RDONLY | O_CLOEXEC)},
      open_files_{::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC)},
      most_files_{most_open()},
      started_{start_of(read_stat(stat_.get()))} {}

void ProcessMetrics::append(std::string& out, Exposition exposition) const {
  const auto add = [&](const MetricFamily& family, const auto& value) {
    if (value) FamilyText{out, family, exposition}.sample("", *value);
  };
  const auto stat = read_stat(stat_.get());
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  add(kCpu, clock_value(CLOCK_PROCESS_CPUTIME_ID));
  if (stat) {
    add(kResident, std::optional{stat->resident_pages * page});
    add(kVirtual, std::optional{stat->virtual_bytes});
  }
  add(kOpenFiles, count_open(open_files_.get()));
  add(kMostFiles, most_files_);
  add(kStarted, started_);
}

}  // namespace netecho
