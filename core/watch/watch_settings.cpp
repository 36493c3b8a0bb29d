#include "core/watch/watch_settings.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "core/base/rounding.hpp"

namespace netecho {
namespace {

constexpr double kNanosecondsASecond = 1e9;

Duration interval_of(const WatchTarget& target, const WatchSettings& settings) noexcept {
  return target.options.interval.value_or(settings.probe.interval);
}

/// FNV-1a, which is the same on every machine, and mixed, so that like names have unlike values.
class NameHash {
 public:
  void add(std::string_view text) noexcept {
    for (const char c : text) add(static_cast<unsigned char>(c));
    add(0xff);  // Ends a text: no UTF-8 has it.
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return SplitMix64{hash_}.next(); }

 private:
  void add(unsigned char byte) noexcept { hash_ = (hash_ ^ byte) * 0x100000001b3U; }

  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

std::uint64_t weight_of(const WatchTarget& target, const std::string& host) noexcept {
  NameHash hash;
  hash.add(host);
  hash.add(target.endpoint);
  for (const auto& [name, value] : target.labels) {
    hash.add(name);
    hash.add(value);
  }
  return hash.value();
}

/// "1000", "0.5": at most three decimals.
std::string rate_text(double rate) {
  std::string out = std::to_string(nearest(rate * 1000));
  if (out.size() < 4) out.insert(0, 4 - out.size(), '0');
  out.insert(out.size() - 3, ".");
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

}  // namespace

std::string line_of(const WatchTarget& target) {
  return target.line == 0 ? "" : "line " + std::to_string(target.line) + ": ";
}

ProbeOptions probe_options(const WatchTarget& target, const WatchSettings& settings) {
  ProbeOptions out = settings.probe;
  out.interval = interval_of(target, settings);
  if (target.options.timeout) out.timeout = *target.options.timeout;
  if (target.options.size_bytes) out.size_bytes = *target.options.size_bytes;
  return out;
}

std::uint32_t flows_of(const WatchTarget& target, const WatchSettings& settings) noexcept {
  return target.options.flows.value_or(settings.flows);
}

double rate_of(const WatchTarget& target, const WatchSettings& settings) noexcept {
  return flows_of(target, settings) * kNanosecondsASecond /
         static_cast<double>(interval_of(target, settings).count());
}

void check_rates(const std::vector<WatchTarget>& targets, const WatchSettings& settings,
                 const std::string& list) {
  double sum = 0;
  for (const WatchTarget& target : targets) {
    const Duration interval = interval_of(target, settings);
    if (interval < settings.min_interval) {
      throw usage_error("read", list,
                        line_of(target) + "an interval of " + format_duration(interval) +
                            " is below --min-interval, " + format_duration(settings.min_interval));
    }
    sum += rate_of(target, settings);
  }
  if (!settings.max_rate || sum <= *settings.max_rate) return;
  throw usage_error("read", list,
                    "its targets take " + rate_text(sum) +
                        " probes a second, which is above --max-rate, " +
                        rate_text(*settings.max_rate));
}

std::vector<WatchTarget> picked(std::vector<WatchTarget> targets, std::size_t count,
                                const std::string& host) {
  if (targets.size() <= count) return targets;
  std::vector<std::pair<std::uint64_t, std::size_t>> weights;
  weights.reserve(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    weights.emplace_back(weight_of(targets[i], host), i);
  }
  const auto end = weights.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(weights.begin(), end, weights.end(), std::greater<>{});
  std::set<std::size_t> places;
  for (auto each = weights.begin(); each != end; ++each) places.insert(each->second);
  std::vector<WatchTarget> out;
  out.reserve(count);
  for (const std::size_t place : places) out.push_back(std::move(targets[place]));
  return out;
}

}  // namespace netecho
