#include "core/report/json.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <nlohmann/json.hpp>

#include "core/base/base64.hpp"
#include "core/base/escape.hpp"
#include "core/base/memory_reserve.hpp"
#include "core/facts/common_fields.hpp"
#include "core/facts/fields.hpp"
#include "core/report/formats.hpp"
#include "core/report/json_room.hpp"
#include "core/report/json_text.hpp"

namespace netecho {
namespace {

using Json = nlohmann::ordered_json;

bool is_text(const PayloadSample& sample, std::string_view& data) {
  data = sample.data;
  // The limit is one of bytes: text stays text when it cuts a character in two.
  if (sample.truncated && !is_utf8(data)) data = without_cut_character(data);
  return is_utf8(data);
}

/// Makes a value of each kind that a field has (fields.hpp).
struct Render {
  static Json of(bool value) { return value; }
  static Json of(std::unsigned_integral auto value) {
    return std::min<std::uint64_t>(value, kMaxJsonInteger);
  }
  static Json of(Duration value) {
    return std::clamp(value.count(), -kMaxJsonInteger, kMaxJsonInteger);
  }
  static Json of(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
  static Json of(const std::string& value) { return to_lossy_utf8(value); }
  static Json of(WallTime value) { return format_rfc3339(value); }
  static Json of(Ratio value) { return of(value.value); }
  static Json of(ExitCode value) { return value.value; }
  static Json of(GrowingName value) { return value.value; }
  static Json of(Nothing /*value*/) { return nullptr; }
  static Json of(ErrnoName value) {
    return value.number != 0 ? Json(errno_name(value.number)) : Json(nullptr);
  }
  static Json of(ErrnoNumber value) {
    return value.number != 0 ? Json(value.number) : Json(nullptr);
  }
  static Json of(PayloadEncoding value) {
    std::string_view data;
    return is_text(*value.of, data) ? "utf8" : "base64";
  }
  static Json of(PayloadText value) {
    std::string_view data;
    return is_text(*value.of, data) ? std::string(data) : to_base64(data);
  }

  template <typename Enum>
  requires std::is_enum_v<Enum>
  static Json of(Enum value) { return to_string(value); }
  template <typename Value>
  static Json of(const std::optional<Value>& value) {
    return value ? of(*value) : Json(nullptr);
  }
  template <typename Value>
  static Json of(const std::vector<Value>& list) {
    Json out = Json::array();
    for (const Value& each : list) out.push_back(of(each));
    return out;
  }
  template <HasFields Group>
  static Json of(const Group& group) {
    Json out = Json::object();
    add(out, group);
    return out;
  }

  /// Writes the fields of a group behind those that `out` has.
  template <HasFields Group>
  static void add(Json& out, const Group& group) {
    auto writer = [&out](std::string_view name, const auto& value) {
      out[std::string(name)] = of(value);
    };
    Fields<Group>::visit(writer, group);
  }
};

/// Writes the common fields, and those of the event.
template <HasFields Body>
Json event_json(const Body& body, WallTime time, std::string_view type) {
  Json out{{"schema", "netecho/1"}, {"type", type}, {"time", format_rfc3339(time)}};
  Render::add(out, body);
  return out;
}

/// Every text above is valid UTF-8. Should one not be, a line with U+FFFD is better than none.
std::string dump(const Json& value) {
  return escape_json_line(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

template <typename Body>
Json event_json(const Body& body, WallTime time) {
  return event_json(body, time, Fields<Body>::kType);
}

template <typename Body>
Json events(const std::vector<Body>& list, WallTime time) {
  Json out = Json::array();
  for (const Body& each : list) out.push_back(event_json(each, time));
  return out;
}

}  // namespace

std::string to_json(const Event& event) {
  const MemoryReserve reserve{room_for(event.body)};
  return dump(
      std::visit([&](const auto& body) { return event_json(body, event.time); }, event.body));
}

std::string to_json(const ResultEvent& result) {
  const MemoryReserve reserve{room_for(result)};
  Json targets = Json::array();
  for (const Summary& each : result.targets) {
    targets.push_back(event_json(each, result.time, Fields<SummaryEvent>::kType));
  }
  return dump({{"schema", "netecho/1"},
               {"type", "result"},
               {"time", format_rfc3339(result.time)},
               {"command", result.command},
               {"targets", std::move(targets)},
               {"replies", result.replies ? events(*result.replies, result.time) : Json(nullptr)},
               {"errors", events(result.errors, result.time)},
               {"exit_code", result.exit_code}});
}

std::string json_line(const Event& event, const TextStyle& /*style*/) {
  return to_json(event) + "\n";
}

std::string json_document(const ResultEvent& result) {
  return to_json(result) + "\n";
}

}  // namespace netecho
