#include "core/report/sample_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/report/json_facts.hpp"
#include "core/report/json_pieces.hpp"
#include "core/report/text_source.hpp"

namespace netecho {
namespace {

using Json = nlohmann::ordered_json;

/// A record is shorter; what is longer is none.
constexpr std::size_t kLongestLine = 64 * 1024;

/// The columns that are read, in the order of SampleColumn.
constexpr std::string_view kSampleColumnNames[] = {"target",      "flow",        "sequence",
                                                   "status",      "rtt_ns",      "sent_ns",
                                                   "intended_ns", "received_ns", "time"};
enum class SampleColumn : std::uint8_t {
  target,
  flow,
  sequence,
  status,
  rtt,
  sent,
  intended,
  received,
  time
};
constexpr std::size_t kSampleColumns = std::size(kSampleColumnNames);

/// Reads a line without its end. Returns false at the end of the file. One that is too long is
/// empty.
bool read_line(TextSource& source, std::string& line) {
  line.clear();
  bool any = false;
  bool too_long = false;
  for (int c = source.raw(); c >= 0; c = source.raw()) {
    any = true;
    if (c == '\n') break;
    if (line.size() >= kLongestLine) too_long = true;
    if (!too_long) line += static_cast<char>(c);
  }
  if (too_long) line.clear();
  if (line.ends_with('\r')) line.pop_back();
  return any;
}

/// Cuts a line of CSV (RFC 4180) into its fields. Returns false if a quote is open at its end.
bool split_csv(std::string_view line, std::vector<std::string>& fields) {
  fields.assign(1, {});
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return !quoted;
}

std::optional<std::int64_t> integer_field(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Duration> time_field(std::string_view text) {
  constexpr std::int64_t kMost = (std::int64_t{1} << 53) - 1;
  const auto value = integer_field(text);
  return value ? std::optional{Duration{std::clamp(*value, -kMost, kMost)}} : std::nullopt;
}

/// When it was sent; if it was not, when it was due; of a further copy, when it came.
std::optional<Duration> first_of(std::optional<Duration> a, std::optional<Duration> b,
                                 std::optional<Duration> c) {
  return a ? a : b ? b : c;
}

class CsvReader {
 public:
  /// Returns false if this is no heading.
  bool heading(std::string_view line) {
    std::vector<std::string> names;
    if (!split_csv(line, names)) return false;
    for (std::size_t i = 0; i < kSampleColumns; ++i) {
      const auto found = std::ranges::find(names, kSampleColumnNames[i]);
      if (found != names.end()) places_[i] = static_cast<std::size_t>(found - names.begin());
    }
    return place(SampleColumn::target) && place(SampleColumn::status) &&
           place(SampleColumn::sequence);
  }

  bool record(std::string_view line, SeriesSet& series) {
    if (!split_csv(line, fields_)) return false;
    const auto which = parse_status(at(SampleColumn::status));
    const auto number = integer_field(at(SampleColumn::sequence));
    if (!which || !number || *number < 0 || at(SampleColumn::target).empty()) return false;
    series.add(
        {.target = at(SampleColumn::target),
         .flow = static_cast<std::uint32_t>(integer_field(at(SampleColumn::flow)).value_or(0)),
         .sequence = static_cast<std::uint64_t>(*number),
         .status = *which,
         .at = first_of(time_field(at(SampleColumn::sent)), time_field(at(SampleColumn::intended)),
                        time_field(at(SampleColumn::received))),
         .time = parse_rfc3339(at(SampleColumn::time)),
         .rtt = time_field(at(SampleColumn::rtt))});
    return true;
  }

 private:
  [[nodiscard]] std::optional<std::size_t> place(SampleColumn column) const {
    return places_[static_cast<std::size_t>(column)];
  }
  [[nodiscard]] std::string_view at(SampleColumn column) const {
    const auto index = place(column);
    return index && *index < fields_.size() ? std::string_view{fields_[*index]}
                                            : std::string_view{};
  }

  std::array<std::optional<std::size_t>, kSampleColumns> places_{};
  std::vector<std::string> fields_;
};

ReadSamples read_csv(TextSource& source, SeriesSet& series) {
  ReadSamples out;
  CsvReader reader;
  std::string line;
  if (!read_line(source, line)) return out;
  if (!reader.heading(line)) {
    ++out.bad_lines;
    return out;
  }
  while (read_line(source, line)) {
    ++(reader.record(line, series) ? out.records : out.bad_lines);
  }
  return out;
}

bool add_record(const Json& value, SeriesSet& series) {
  const auto which = parse_status(text_at(value, "status"));
  const auto number = count_at(value, "sequence");
  const std::string uri = text_at(value, "target");
  if (!which || !number || uri.empty()) return false;
  series.add({.target = uri,
              .flow = static_cast<std::uint32_t>(count_at(value, "flow").value_or(0)),
              .sequence = *number,
              .status = *which,
              .at = first_of(time_at(value, "sent_ns"), time_at(value, "intended_ns"),
                             time_at(value, "received_ns")),
              .time = date_at(value, "time"),
              .rtt = time_at(value, "rtt_ns")});
  return true;
}

ReadSamples read_lines(TextSource& source, SeriesSet& series) {
  ReadSamples out;
  const TakeJson take = [&](std::string_view, Json&& value) {
    ++(add_record(value, series) ? out.records : out.bad_lines);
  };
  while (source.next_piece()) {
    if (read_piece(source, take) != PieceState::whole) ++out.bad_lines;
  }
  return out;
}

}  // namespace

ReadSamples read_samples(const std::string& path, SeriesSet& series) {
  TextSource source{path};
  return source.starts_with('{') ? read_lines(source, series) : read_csv(source, series);
}

}  // namespace netecho
