#pragma once

/// \file
/// Writes metrics as Prometheus reads them: its own text format and OpenMetrics. All samples of a
/// family stand together behind its header; whoever has many can write the text away between them.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.hpp"
#include "core/measure/bucket_counts.hpp"

namespace netecho {

enum class Exposition : std::uint8_t {
  text,          ///< Prometheus' own, 0.0.4.
  open_metrics,  ///< 1.0.
};

/// Returns the Content-Type that HTTP announces it by.
[[nodiscard]] std::string_view content_type(Exposition exposition) noexcept;

enum class MetricType : std::uint8_t { counter, gauge, histogram };

struct MetricFamily {
  std::string_view name;  ///< Without the `_total` of a counter; its unit is its end.
  MetricType type = MetricType::gauge;
  std::string_view help;
};

struct Label {
  std::string_view name;
  std::string_view value;
};

/// Appends a label to those of a series: `name="value"`, behind a comma if there are others. Any
/// bytes are a value: those that are no UTF-8, which Prometheus refuses, become U+FFFD.
void append_label(std::string& labels, const Label& label);

/// Returns what is shown of a name of a socket, whose bytes may be anything: as text shows it, so
/// that two names never become one (`\xff` for a byte that is no text).
[[nodiscard]] std::string label_of_name(std::string_view name);

/// Returns a duration as a number of seconds, exactly: `0.000041`.
[[nodiscard]] std::string seconds_text(Wide nanoseconds);
/// Returns a bound in seconds as OpenMetrics wants it (Canonical Numbers), so that every exporter
/// writes the same: `1e-06`, `0.005`, `10.0`. REQUIRES: it is not negative.
[[nodiscard]] std::string bound_text(Duration bound);

/// Appends the samples of one family to a text, behind a header before the first of them. A family
/// without samples leaves nothing. `labels` are made by append_label(); a series has others than
/// all of its family. Between two samples the text may be written away and emptied.
class FamilyText {
 public:
  /// `out` and what the family names outlive it.
  FamilyText(std::string& out, const MetricFamily& family, Exposition exposition) noexcept
      : out_{out}, family_{family}, exposition_{exposition} {}

  void sample(std::string_view labels, std::uint64_t value);
  void sample(std::string_view labels, const Label& another, std::uint64_t value);
  /// In seconds.
  void sample(std::string_view labels, Duration value);
  void sample(std::string_view labels, const BucketCounts& histogram);

 private:
  /// Writes the name and the labels of a sample, and the blank behind them.
  void begin(std::string_view suffix, std::string_view labels, const Label& another = {});
  void begin_counted(std::string_view labels, const Label& another);
  void header();
  /// All series of a family have the same buckets, as a rule: these are put into words once.
  void name_buckets(std::span<const Duration> bounds);

  std::string& out_;
  const MetricFamily& family_;
  Exposition exposition_;
  bool has_header_ = false;
  std::span<const Duration> bounds_;
  std::vector<std::string> buckets_;  ///< What ends the name of each bucket of bounds_: `le="1"} `.
};

/// Appends `netecho_build_info`.
void append_build_info(std::string& out, Exposition exposition);
/// Appends what ends a whole exposition, if it has an end.
void append_end(std::string& out, Exposition exposition);

}  // namespace netecho
