// Values of options: durations, sizes, rates, thresholds, impairments, networks, Base64.

#include <cmath>

#include "core/base/base64.hpp"
#include "core/base/error.hpp"
#include "core/base/units.hpp"
#include "core/measure/impairment.hpp"
#include "core/net/source_rules.hpp"
#include "core/report/thresholds.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netecho::fuzz {
namespace {

template <typename Value>
void told(const Parsed<Value>& parsed) {
  require(parsed.value.has_value() == parsed.why.empty(), "a value or the reason, never both");
}

void quantities(std::string_view text) {
  const auto duration = parse_duration(text);
  told(duration);
  if (duration.value) {
    require(*duration.value >= Duration::zero(), "no time is negative");
    static_cast<void>(format_duration(*duration.value));
  }
  const auto size = parse_size(text);
  told(size);
  if (size.value) static_cast<void>(format_size(*size.value));
  const auto rate = parse_rate(text);
  told(rate);
  if (rate.value) require(std::isfinite(*rate.value) && *rate.value > 0, "a rate is a number");
}

void thresholds(std::string_view text) {
  try {
    const Summary nothing;
    for (const Threshold& threshold : parse_thresholds(text)) {
      const ThresholdResult result = evaluate(threshold, nothing);
      require(!result.expression.empty(), "a threshold can be shown");
    }
  } catch (const Error& error) {
    require(error.category() == ErrorCategory::usage, "a mistake is the user's");
  }
}

void impairment(std::string_view text) {
  const auto spec = parse_impairment(text);
  told(spec);
  if (!spec.value) return;
  for (const double share :
       {spec.value->loss, spec.value->dup, spec.value->reorder, spec.value->corrupt}) {
    require(share >= 0 && share <= 1, "a share is one");
  }
  static_cast<void>(fate(*spec.value, 0, 1));
}

void networks(std::string_view text) {
  if (const auto block = Cidr::parse(text)) {
    static_cast<void>(block->contains(IpNumber::of_v4(0x7F000001)));
  }
}

void base64(std::string_view text) {
  require(from_base64(to_base64(text)) == text, "Base64 comes back");
  if (const auto decoded = from_base64(text)) {
    require(from_base64(to_base64(*decoded)) == *decoded, "and so does what it stood for");
  }
}

}  // namespace

void fuzz_one(std::span<const std::byte> input) {
  const std::string_view text = text_of(input);
  quantities(text);
  thresholds(text);
  impairment(text);
  networks(text);
  base64(text);
}

}  // namespace netecho::fuzz
