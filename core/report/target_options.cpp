#include "core/report/target_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/net/dscp.hpp"
#include "core/report/targets_reader.hpp"

namespace netecho {
namespace {

std::string set_span(std::optional<Duration>& option, const std::string& value) {
  const Parsed<Duration> parsed = parse_duration(value);
  if (!parsed.value) return parsed.why;
  if (*parsed.value <= Duration::zero()) return "expected a duration above 0";
  option = parsed.value;
  return {};
}

std::string set_interval(WatchOptions& options, const std::string& value) {
  return set_span(options.interval, value);
}

std::string set_timeout(WatchOptions& options, const std::string& value) {
  return set_span(options.timeout, value);
}

std::string set_size(WatchOptions& options, const std::string& value) {
  const Parsed<std::uint64_t> parsed = parse_size(value);
  if (!parsed.value) return parsed.why;
  if (*parsed.value > kMaxWatchBytes) {
    return "expected 0 to " + std::to_string(kMaxWatchBytes) + " bytes, got '" + value + "'";
  }
  options.size_bytes = static_cast<std::uint32_t>(*parsed.value);
  return {};
}

std::string set_dscp(WatchOptions& options, const std::string& value) {
  const Parsed<int> parsed = parse_dscp(value);
  options.tos = parsed.value;
  return parsed.why;
}

std::string set_flows(WatchOptions& options, const std::string& value) {
  std::uint32_t flows = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, flows);
  if (error != std::errc{} || stop != end || flows < 1 || flows > kMaxWatchFlows) {
    return "expected 1 to " + std::to_string(kMaxWatchFlows) + ", got '" + value + "'";
  }
  options.flows = flows;
  return {};
}

std::string set_resolve(WatchOptions& options, const std::string& value) {
  if (value != "one" && value != "all") return "expected one or all, got '" + value + "'";
  options.resolve = value == "all" ? ResolveChoice::all : ResolveChoice::one;
  return {};
}

struct TargetOption {
  std::string_view name;
  std::string (*set)(WatchOptions& options, const std::string& value);
};

constexpr std::array<TargetOption, 6> kTargetOptions{{{"__interval__", set_interval},
                                                      {"__size__", set_size},
                                                      {"__timeout__", set_timeout},
                                                      {"__dscp__", set_dscp},
                                                      {"__flows__", set_flows},
                                                      {"__resolve__", set_resolve}}};

}  // namespace

std::string set_target_option(WatchOptions& options, std::string_view name,
                              const std::string& value) {
  const auto found = std::ranges::find(kTargetOptions, name, &TargetOption::name);
  if (found != kTargetOptions.end()) return found->set(options, value);
  return "there is no such option: __interval__, __size__, __timeout__, __dscp__, __flows__ and "
         "__resolve__ are those that there are";
}

}  // namespace netecho
