#include "core/host/processors.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <thread>

#include "core/base/unique_fd.hpp"

namespace netecho {
namespace {

std::size_t processors_of_affinity() {
  cpu_set_t set{};
  const bool told = ::sched_getaffinity(0, sizeof set, &set) == 0;  // Not beyond 1,024 processors.
  return told ? static_cast<std::size_t>(CPU_COUNT(&set)) : std::thread::hardware_concurrency();
}

/// Reads the beginning of a file of /proc or /sys, which is all of what is looked for there. Empty
/// if that fails.
std::string beginning_of(const std::string& path) {
  std::array<char, 8192> room{};
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  const ssize_t size = file.valid() ? ::read(file.get(), room.data(), room.size()) : -1;
  return size > 0 ? std::string{room.data(), static_cast<std::size_t>(size)} : std::string{};
}

}  // namespace

std::optional<std::size_t> processors_of_quota(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  std::uint64_t quota = 0;
  std::uint64_t period = 0;
  const auto [blank, error] = std::from_chars(text.data(), end, quota);
  if (error != std::errc{} || blank == end || *blank != ' ') return std::nullopt;
  if (std::from_chars(blank + 1, end, period).ec != std::errc{} || period == 0) return std::nullopt;
  return static_cast<std::size_t>(std::max<std::uint64_t>(quota / period, 1));
}

std::vector<std::string> cgroup_paths(std::string_view text) {
  constexpr std::string_view kVersion2 = "\n0::";
  const std::string lines = "\n" + std::string{text};
  std::size_t at = lines.find(kVersion2);
  if (at == std::string::npos) return {};
  at += kVersion2.size();
  std::vector<std::string> paths;
  std::string path = lines.substr(at, lines.find('\n', at) - at);
  for (; path.size() > 1 && path.front() == '/'; path.resize(path.rfind('/'))) {
    paths.push_back(path);
  }
  paths.emplace_back();
  return paths;
}

std::size_t usable_processors() {
  std::size_t processors = std::max<std::size_t>(processors_of_affinity(), 1);
  for (const std::string& path : cgroup_paths(beginning_of("/proc/self/cgroup"))) {
    const auto allowed = processors_of_quota(beginning_of("/sys/fs/cgroup" + path + "/cpu.max"));
    processors = std::min(processors, allowed.value_or(processors));
  }
  return processors;
}

}  // namespace netecho
