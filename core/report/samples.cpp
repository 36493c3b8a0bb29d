#include "core/report/samples.hpp"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/report/json_text.hpp"

namespace netecho {
namespace {

constexpr std::string_view kHeader =
    "target,flow,sequence,status,intended_ns,sent_ns,received_ns,rtt_ns,response_ns,"
    "server_residence_ns,size_bytes,errno_name,time\n";

/// As in RFC 4180, text with a comma, a quote or a line break is quoted, and its quotes are
/// doubled.
std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string{text};
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string json_string(std::string_view text) {
  return escape_json_line(
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

template <typename Integer>
void append(std::string& line, Integer value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  line.append(digits.data(), end);
}

void append(std::string& line, const std::optional<Duration>& time, std::string_view missing) {
  time ? append(line, time->count()) : static_cast<void>(line += missing);
}

}  // namespace

SampleFile::Format SampleFile::format_of(const std::string& path) {
  if (path.ends_with(".csv")) return Format::csv;
  if (path.ends_with(".jsonl")) return Format::jsonl;
  throw usage_error("option", "--samples", "expected FILE.csv or FILE.jsonl, got '" + path + "'");
}

SampleFile::SampleFile(const std::string& path) : format_{format_of(path)}, file_{path} {
  if (format_ == Format::csv) file_.write(kHeader);
}

std::size_t SampleFile::add_target(const std::string& uri) {
  targets_.push_back(format_ == Format::csv ? csv_field(uri) : json_string(uri));
  return targets_.size() - 1;
}

/// Gives what format_rfc3339() gives, which needs the calendar for each record; here it is needed
/// once a second.
void SampleFile::add_time(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::int64_t second = whole.time_since_epoch().count();
  if (date_.empty() || second != second_) {
    constexpr std::size_t kFraction = 10;  // "123456789Z"
    date_ = format_rfc3339(time);
    date_.resize(date_.size() - kFraction);
    second_ = second;
  }
  line_ += date_;
  constexpr std::int64_t kBeforeNineDigits = 1'000'000'000;
  std::array<char, 10> digits{};  // The 1 in front keeps leading zeros.
  std::to_chars(digits.data(), digits.data() + digits.size(),
                kBeforeNineDigits + (time - whole).count());
  line_.append(digits.data() + 1, digits.size() - 1);
  line_ += 'Z';
}

void SampleFile::write(const ProbeSample& sample) {
  struct Column {
    std::string_view key;
    const std::optional<Duration>& time;
  };
  const std::array<Column, 6> times{{{"intended_ns", sample.intended},
                                     {"sent_ns", sample.sent},
                                     {"received_ns", sample.received},
                                     {"rtt_ns", sample.rtt},
                                     {"response_ns", sample.response},
                                     {"server_residence_ns", sample.server_residence}}};
  const bool csv = format_ == Format::csv;
  line_ = csv ? "" : R"({"target":)";
  line_ += targets_[sample.target];
  line_ += csv ? "," : R"(,"flow":)";
  append(line_, sample.flow);
  line_ += csv ? "," : R"(,"sequence":)";
  append(line_, sample.sequence);
  line_ += csv ? "," : R"(,"status":")";
  line_ += to_string(sample.status);
  if (!csv) line_ += '"';
  for (const Column& column : times) {
    line_ += ',';
    if (!csv) ((line_ += '"') += column.key) += "\":";
    append(line_, column.time, csv ? "" : "null");
  }
  line_ += csv ? "," : R"(,"size_bytes":)";
  append(line_, sample.size_bytes);
  line_ += csv ? "," : R"(,"errno_name":)";
  const bool has_reason = sample.error_number != 0;
  if (!has_reason) line_ += csv ? "" : "null";
  if (has_reason && !csv) line_ += '"';
  if (has_reason) line_ += errno_name(sample.error_number);
  if (has_reason && !csv) line_ += '"';
  line_ += csv ? "," : R"(,"time":")";
  add_time(sample.time);
  line_ += csv ? "\n" : "\"}\n";
  file_.write(line_);
}

}  // namespace netecho
