#include "core/report/prometheus_text.hpp"

#include <algorithm>
#include <array>

#include "core/base/build_info.hpp"
#include "core/base/escape.hpp"

namespace netecho {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr std::size_t kFractionDigits = 9;

constexpr std::array<std::string_view, 2> kContentTypes{
    "text/plain; version=0.0.4; charset=utf-8",
    "application/openmetrics-text; version=1.0.0; charset=utf-8"};
constexpr std::array<std::string_view, 3> kMetricWords{"counter", "gauge", "histogram"};

constexpr MetricFamily kBuildInfo{"netecho_build_info", MetricType::gauge,
                                  "Which netecho this is; always 1."};

std::string_view metric_word(MetricType type) noexcept {
  return kMetricWords.at(static_cast<std::size_t>(type));
}

/// A unit is the last word of a name; most names have none.
std::string_view metric_unit(std::string_view name) noexcept {
  for (const std::string_view unit : {"seconds", "bytes"}) {
    if (name.ends_with(unit)) return unit;
  }
  return {};
}

/// Appends valid UTF-8 with what would end a line or a value escaped. HELP of the older format has
/// its quotes as they are.
void append_metric_text(std::string& out, std::string_view text, std::string_view special) {
  for (const char c : text) {
    if (special.find(c) == std::string_view::npos) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += '\\';
      out += c;
    }
  }
}

/// Appends `name="value"`.
void append_first_label(std::string& out, const Label& label) {
  out += label.name;
  out += "=\"";
  append_metric_text(out, to_lossy_utf8(label.value), "\\\"\n");
  out += '"';
}

/// The digits of a number without the zeros at its end, and the decimal exponent of the first.
struct Decimal {
  std::string digits;
  int exponent = 0;
};

Decimal decimal_seconds(Duration value) {
  Decimal out{std::to_string(value.count()), 0};
  out.exponent = static_cast<int>(out.digits.size()) - 1 - static_cast<int>(kFractionDigits);
  while (out.digits.size() > 1 && out.digits.back() == '0') out.digits.pop_back();
  return out;
}

}  // namespace

std::string_view content_type(Exposition exposition) noexcept {
  return kContentTypes.at(static_cast<std::size_t>(exposition));
}

void append_label(std::string& labels, const Label& label) {
  if (!labels.empty()) labels += ',';
  append_first_label(labels, label);
}

std::string label_of_name(std::string_view name) {
  return escape_for_terminal(name);
}

std::string seconds_text(Wide nanoseconds) {
  const Wide whole = nanoseconds / Wide{kSecondNs};
  const auto rest = static_cast<std::uint64_t>(nanoseconds - whole * Wide{kSecondNs});
  std::string out = std::to_string(static_cast<std::uint64_t>(whole));
  if (rest == 0) return out;
  const std::string digits = std::to_string(rest);
  out += '.';
  out.append(kFractionDigits - digits.size(), '0');
  out += digits;
  out.erase(out.find_last_not_of('0') + 1);
  return out;
}

// As Go's %g writes the shortest number that is the same, with ".0" behind a whole one.
std::string bound_text(Duration bound) {
  constexpr int kLeastFixed = -4;
  constexpr int kLeastPower = 6;
  if (bound == Duration::zero()) return "0.0";
  const Decimal number = decimal_seconds(bound);
  if (number.exponent >= kLeastFixed && number.exponent < kLeastPower) {
    std::string out = seconds_text(Wide{static_cast<std::uint64_t>(bound.count())});
    return out.find('.') == std::string::npos ? out + ".0" : out;
  }
  std::string out{number.digits.front()};
  if (number.digits.size() > 1) out += "." + number.digits.substr(1);
  const int power = number.exponent < 0 ? -number.exponent : number.exponent;
  out += number.exponent < 0 ? "e-" : "e+";
  return out + (power < 10 ? "0" : "") + std::to_string(power);
}

void FamilyText::header() {
  if (has_header_) return;
  has_header_ = true;
  const bool open = exposition_ == Exposition::open_metrics;
  // Before OpenMetrics a counter is known by the name of its sample.
  const std::string_view suffix = family_.type == MetricType::counter && !open ? "_total" : "";
  const std::string name = std::string(family_.name) + std::string(suffix);
  out_ += "# HELP " + name + ' ';
  append_metric_text(out_, to_lossy_utf8(family_.help), open ? "\\\"\n" : "\\\n");
  out_ += "\n# TYPE " + name + ' ';
  out_ += metric_word(family_.type);
  out_ += '\n';
  if (const std::string_view unit = metric_unit(family_.name); open && !unit.empty()) {
    out_ += "# UNIT " + name + ' ';
    out_ += unit;
    out_ += '\n';
  }
}

void FamilyText::begin(std::string_view suffix, std::string_view labels, const Label& another) {
  header();
  out_ += family_.name;
  out_ += suffix;
  if (!labels.empty() || !another.name.empty()) {
    out_ += '{';
    out_ += labels;
    if (!labels.empty() && !another.name.empty()) out_ += ',';
    if (!another.name.empty()) append_first_label(out_, another);
    out_ += '}';
  }
  out_ += ' ';
}

void FamilyText::begin_counted(std::string_view labels, const Label& another) {
  begin(family_.type == MetricType::counter ? "_total" : "", labels, another);
}

void FamilyText::sample(std::string_view labels, std::uint64_t value) {
  sample(labels, Label{}, value);
}

void FamilyText::sample(std::string_view labels, const Label& another, std::uint64_t value) {
  begin_counted(labels, another);
  out_ += std::to_string(value);
  out_ += '\n';
}

void FamilyText::sample(std::string_view labels, Duration value) {
  begin_counted(labels, Label{});
  const bool negative = value < Duration::zero();
  const auto ns = static_cast<std::uint64_t>(value.count());
  if (negative) out_ += '-';
  out_ += seconds_text(Wide{negative ? 0 - ns : ns});
  out_ += '\n';
}

void FamilyText::name_buckets(std::span<const Duration> bounds) {
  if (!buckets_.empty() && std::ranges::equal(bounds, bounds_)) return;
  bounds_ = bounds;
  buckets_.clear();
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    std::string& bucket = buckets_.emplace_back();
    const bool last = i == bounds.size();
    append_first_label(bucket, {"le", last ? "+Inf" : bound_text(bounds[i])});
    bucket += "} ";
  }
}

void FamilyText::sample(std::string_view labels, const BucketCounts& histogram) {
  header();
  name_buckets(histogram.bounds());
  std::string series{family_.name};
  series += "_bucket{";
  series += labels;
  if (!labels.empty()) series += ',';
  std::uint64_t samples = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    samples += histogram.counts()[i];
    out_ += series;
    out_ += buckets_[i];
    out_ += std::to_string(samples);
    out_ += '\n';
  }
  begin("_sum", labels);
  out_ += seconds_text(histogram.sum());
  out_ += '\n';
  begin("_count", labels);
  out_ += std::to_string(samples);
  out_ += '\n';
}

void append_build_info(std::string& out, Exposition exposition) {
  const BuildInfo build = build_info();
  std::string labels;
  append_label(labels, {"version", build.version});
  append_label(labels, {"commit", build.commit});
  FamilyText{out, kBuildInfo, exposition}.sample(labels, std::uint64_t{1});
}

void append_end(std::string& out, Exposition exposition) {
  if (exposition == Exposition::open_metrics) out += "# EOF\n";
}

}  // namespace netecho
