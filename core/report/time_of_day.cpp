#include "core/report/time_of_day.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace netecho {
namespace {

/// Returns the offset: "+01:00".
std::string offset_text(long seconds) {
  const long minutes = std::labs(seconds) / 60;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%c%02ld:%02ld", seconds < 0 ? '-' : '+', minutes / 60,
                minutes % 60);
  return text.data();
}

}  // namespace

void prepare_time_of_day(TimeOfDay choice) noexcept {
  if (choice != TimeOfDay::none) ::tzset();
}

std::string time_of_day(WallTime time, TimeOfDay choice) {
  if (choice == TimeOfDay::none) return {};
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = static_cast<long>((time - whole).count());
  const std::time_t seconds = whole.time_since_epoch().count();
  std::array<char, 64> text{};
  if (choice == TimeOfDay::epoch) {
    std::snprintf(text.data(), text.size(), "[%lld.%06ld] ", static_cast<long long>(seconds),
                  rest / 1000);
    return text.data();
  }
  std::tm date{};
  if (choice == TimeOfDay::local) {
    ::localtime_r(&seconds, &date);
  } else {
    ::gmtime_r(&seconds, &date);
  }
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03ld",
                date.tm_year + 1900, date.tm_mon + 1, date.tm_mday, date.tm_hour, date.tm_min,
                date.tm_sec, rest / 1'000'000);
  return text.data() + (choice == TimeOfDay::utc ? "Z" : offset_text(date.tm_gmtoff)) + " ";
}

std::string with_time_of_day(std::string lines, WallTime time, TimeOfDay choice) {
  if (choice == TimeOfDay::none) return lines;
  const std::string prefix = time_of_day(time, choice);
  std::string out;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t newline = lines.find('\n', begin);
    const std::size_t end = newline == std::string::npos ? lines.size() : newline + 1;
    if (lines[begin] != '\n') out += prefix;
    out.append(lines, begin, end - begin);
    begin = end;
  }
  return out;
}

}  // namespace netecho
