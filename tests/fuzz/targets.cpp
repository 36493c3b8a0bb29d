// A list of targets, whatever it says: whole and within its limits, or refused with its line.

#include "core/base/error.hpp"
#include "core/report/prometheus_probe.hpp"
#include "core/report/targets_reader.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netecho::fuzz {
namespace {

void check(const WatchTarget& target, std::size_t lines) {
  require(target.line >= 1 && target.line <= lines, "a target stands on a line of its file");
  std::size_t bytes = 0;
  for (const auto& [name, value] : target.labels) {
    require(!value.empty(), "a label has a value");
    require(!name.starts_with("__"), "an option is no label");
    const auto reserved = reserved_labels();
    require(std::ranges::find(reserved, name) == reserved.end(), "nor is one of netecho's own");
    bytes += name.size() + value.size();
  }
  require(bytes <= kMaxLabelBytes, "labels have a limit");
  const WatchOptions& options = target.options;
  require(!options.interval || *options.interval > Duration::zero(), "an interval takes time");
  require(!options.timeout || *options.timeout > Duration::zero(), "and so does a time-out");
  require(options.size_bytes.value_or(0) <= kMaxWatchBytes, "a size has a limit");
  const std::uint32_t flows = options.flows.value_or(1);
  require(flows >= 1 && flows <= kMaxWatchFlows, "and flows have one");
}

}  // namespace

void fuzz_one(std::span<const std::byte> input) {
  const std::string_view text = text_of(input);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  try {
    for (const WatchTarget& target : read_targets(text, "list")) check(target, lines);
  } catch (const Error& error) {
    require(error.category() == ErrorCategory::usage, "a broken list is wrong input");
    require(error.reason().starts_with("line "), "and its line is told");
  }
}

}  // namespace netecho::fuzz
