#include "core/report/json_facts.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "core/facts/fields.hpp"
#include "core/report/json_text.hpp"
#include "core/report/summary_figures.hpp"

namespace netecho {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMostInteger = 0x1p53 - 1;

std::optional<double> number_in(const Json* value) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const auto number = value->get<double>();
  if (!std::isfinite(number)) return std::nullopt;
  return std::clamp(number, -kMostInteger, kMostInteger);
}

bool flag_of(const Json& from, std::string_view name) {
  const Json* found = member_at(from, name);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

std::optional<bool> choice_of(const Json& from, std::string_view name) {
  const Json* found = member_at(from, name);
  if (found == nullptr || !found->is_boolean()) return std::nullopt;
  return found->get<bool>();
}

std::string uri_of(const Json& from, std::string_view name) {
  const Json* found = member_at(from, name);
  return found == nullptr ? "" : text_at(*found, "uri");
}

/// Follows the keys of a figure's path.
std::optional<double> figure_at(const Json& summary, std::string_view path) {
  const Json* at = &summary;
  while (at != nullptr && !path.empty()) {
    const std::string_view key = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(key.size() + 1, path.size()));
    at = member_at(*at, key);
  }
  return number_in(at);
}

/// Calls `each` for the first elements of a list.
template <typename Each>
void for_list(const Json& from, std::string_view name, const Each& each) {
  const Json* list = member_at(from, name);
  if (list == nullptr || !list->is_array()) return;
  std::size_t count = 0;
  for (const Json& element : *list) {
    if (++count > kMaxPageEntries) return;
    each(element);
  }
}

LatencyFigures latency_in(const Json& from, std::string_view name) {
  LatencyFigures out;
  const Json* group = member_at(from, name);
  if (group == nullptr) return out;
  auto visitor = [&](std::string_view key, auto& figure) { figure = time_at(*group, key); };
  Fields<LatencyFigures>::visit(visitor, out);
  return out;
}

void read_lists(const Json& summary, PageTarget& out) {
  for_list(summary, "thresholds", [&](const Json& each) {
    const std::string why = text_at(each, "why");
    out.thresholds.push_back({.expression = text_at(each, "expression"),
                              .value = number_at(each, "value"),
                              .held = flag_of(each, "held"),
                              .why = why.empty() ? std::nullopt : std::optional{why}});
  });
  for_list(summary, "outages", [&](const Json& each) {
    const auto start = date_at(each, "start");
    if (!start) return;
    out.outages.push_back({.start = *start,
                           .duration = time_at(each, "duration_ns").value_or(Duration{}),
                           .probes = count_at(each, "probes").value_or(0)});
  });
  for_list(summary, "send_errors", [&](const Json& each) {
    out.send_errors.push_back({text_at(each, "errno_name"), count_at(each, "count").value_or(0)});
  });
  for_list(summary, "stations", [&](const Json& each) {
    out.stations.push_back({.address = text_at(each, "address"),
                            .received_total = count_at(each, "received_total").value_or(0),
                            .duplicate_total = count_at(each, "duplicate_total").value_or(0),
                            .rtt = latency_in(each, "rtt_ns")});
  });
}

/// Reads `digits` digits at the front of `text`, and removes them.
std::optional<int> digits_of(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool skip(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

/// Reads `.123456789`, or fewer digits, or nothing, in nanoseconds.
std::optional<std::int64_t> fraction_of(std::string_view& text) {
  if (!skip(text, '.')) return 0;
  std::int64_t value = 0;
  std::size_t digits = 0;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1)) {
    if (++digits <= 9) value = value * 10 + (text[0] - '0');
  }
  for (std::size_t i = digits; i < 9; ++i) value *= 10;
  return digits == 0 ? std::nullopt : std::optional{value};
}

}  // namespace

const Json* member_at(const Json& from, std::string_view name) {
  if (!from.is_object()) return nullptr;
  const auto found = from.find(std::string(name));
  return found == from.end() ? nullptr : &*found;
}

std::string text_at(const Json& from, std::string_view name) {
  const Json* found = member_at(from, name);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string{};
}

std::optional<double> number_at(const Json& from, std::string_view name) {
  return number_in(member_at(from, name));
}

std::optional<std::uint64_t> count_at(const Json& from, std::string_view name) {
  const auto number = number_at(from, name);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::optional<Duration> time_at(const Json& from, std::string_view name) {
  const auto number = number_at(from, name);
  return number ? std::optional{Duration{static_cast<std::int64_t>(*number)}} : std::nullopt;
}

std::optional<WallTime> date_at(const Json& from, std::string_view name) {
  return parse_rfc3339(text_at(from, name));
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  const auto year = digits_of(text, 4);
  const bool dash = skip(text, '-');
  const auto month = digits_of(text, 2);
  const bool second_dash = skip(text, '-');
  const auto day = digits_of(text, 2);
  if (!year || !month || !day || !dash || !second_dash || !skip(text, 'T')) return std::nullopt;
  const auto hour = digits_of(text, 2);
  const bool colon = skip(text, ':');
  const auto minute = digits_of(text, 2);
  const bool second_colon = skip(text, ':');
  const auto second = digits_of(text, 2);
  if (!hour || !minute || !second || !colon || !second_colon) return std::nullopt;
  const auto fraction = fraction_of(text);
  if (!fraction || text != "Z") return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *year < 1970 || *year > 2199 || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  return WallTime{std::chrono::sys_days{date}} + std::chrono::hours{*hour} +
         std::chrono::minutes{*minute} + std::chrono::seconds{*second} + Duration{*fraction};
}

std::optional<ReplyStatus> parse_status(std::string_view text) {
  const auto names = names_of<ReplyStatus>();
  const auto found = std::ranges::find(names, text);
  if (found == names.end()) return std::nullopt;
  return static_cast<ReplyStatus>(found - names.begin());
}

PageTarget page_target(const Json& summary) {
  PageTarget out;
  out.uri = uri_of(summary, "target");
  out.peer = uri_of(summary, "peer");
  out.local = uri_of(summary, "local");
  out.mode = text_at(summary, "mode");
  out.wait = text_at(summary, "wait");
  out.schedule = text_at(summary, "schedule");
  out.timestamp_source = text_at(summary, "timestamp_source");
  if (const Json* error = member_at(summary, "error")) out.error = text_at(*error, "message");
  if (const auto flow = count_at(summary, "flow")) out.flow = static_cast<std::uint32_t>(*flow);
  out.stamped = choice_of(summary, "stamped");
  out.authenticated = choice_of(summary, "authenticated");
  out.interrupted = flag_of(summary, "interrupted");
  out.started = date_at(summary, "started");
  out.figures.reserve(summary_figures().size());
  for (const SummaryFigure& figure : summary_figures()) {
    auto value = figure_at(summary, figure.path);
    const bool is_time = figure.unit == FigureUnit::duration;
    if (value && *value < 0 && !is_time) value.reset();
    out.figures.push_back(value);
  }
  read_lists(summary, out);
  return out;
}

std::string page_json(const Json& value) {
  const std::string line =
      escape_json_line(value.dump(-1, ' ', false, Json::error_handler_t::replace));
  std::string out;
  out.reserve(line.size());
  for (const char c : line) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace netecho
