#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/facts/common_fields.hpp"
#include "core/facts/events.hpp"
#include "core/facts/fields.hpp"
#include "core/report/json.hpp"

namespace netecho {
namespace {

using Json = nlohmann::ordered_json;

Json type(const char* name) {
  return {{"type", name}};
}
Json reference_to(std::string_view name) {
  return {{"$ref", "#/$defs/" + std::string(name)}};
}
Json or_null(Json schema) {
  return {{"anyOf", Json::array({std::move(schema), type("null")})}};
}
Json integer_within(std::int64_t min, std::int64_t max) {
  return {{"type", "integer"}, {"minimum", min}, {"maximum", max}};
}
Json one_of(const auto& names) {
  Json values = Json::array();
  for (const std::string_view name : names) values.push_back(name);
  return {{"enum", std::move(values)}};
}

/// A string for which a later version may bring a value that is not known yet.
Json growing_name(const auto& known) {
  Json examples = Json::array();
  for (const std::string_view name : known) examples.push_back(name);
  return {{"type", "string"}, {"minLength", 1}, {"examples", std::move(examples)}};
}

/// Every field is required; others may come in a later version, so they are allowed.
Json object(const std::vector<std::pair<std::string, Json>>& fields) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const auto& [name, schema] : fields) {
    properties[name] = schema;
    required.push_back(name);
  }
  return {{"type", "object"}, {"properties", properties}, {"required", required}};
}

/// Makes the schema of each kind of value that a field has (fields.hpp), by its type alone.
struct SchemaOf {
  std::span<const std::string_view> transports;

  Json of(bool /*value*/) const { return type("boolean"); }
  Json of(std::uint64_t /*value*/) const { return integer_within(0, kMaxJsonInteger); }
  Json of(std::uint32_t /*value*/) const { return integer_within(0, kMaxJsonInteger); }
  Json of(std::uint16_t /*value*/) const { return integer_within(0, 65535); }
  Json of(std::uint8_t /*value*/) const { return integer_within(0, 255); }
  Json of(Duration /*value*/) const { return integer_within(-kMaxJsonInteger, kMaxJsonInteger); }
  Json of(double /*value*/) const { return type("number"); }
  Json of(const std::string& /*value*/) const { return type("string"); }
  Json of(WallTime /*value*/) const { return reference_to("time"); }
  Json of(Ratio /*value*/) const {
    return or_null({{"type", "number"}, {"minimum", 0}, {"maximum", 1}});
  }
  Json of(ExitCode /*value*/) const { return integer_within(0, 255); }
  Json of(GrowingName /*value*/) const { return growing_name(transports); }
  /// Later transports have families of their own.
  Json of(AddressFamily /*value*/) const { return growing_name(names_of<AddressFamily>()); }
  /// So may the kernel have types that have no name here yet.
  Json of(KernelType /*value*/) const { return growing_name(names_of<KernelType>()); }
  Json of(Nothing /*value*/) const { return type("null"); }
  Json of(ErrnoName /*value*/) const { return or_null(type("string")); }
  Json of(ErrnoNumber /*value*/) const { return or_null(integer_within(1, kMaxJsonInteger)); }
  Json of(PayloadText /*value*/) const { return type("string"); }
  Json of(PayloadEncoding /*value*/) const { return one_of(std::array{"utf8", "base64"}); }

  template <typename Enum>
  requires std::is_enum_v<Enum> Json of(Enum /*value*/)
  const { return one_of(names_of<Enum>()); }
  template <typename Value>
  Json of(const std::optional<Value>& /*value*/) const {
    return or_null(of(Value{}));
  }
  template <typename Value>
  Json of(const std::vector<Value>& /*value*/) const {
    return {{"type", "array"}, {"items", of(Value{})}};
  }
  /// A group with a name is one of the definitions.
  template <HasFields Group>
  Json of(const Group& group) const {
    if constexpr (requires { Fields<Group>::kName; }) {
      return reference_to(Fields<Group>::kName);
    } else {
      return fields_of(group);
    }
  }

  template <HasFields Group>
  Json fields_of(const Group& group) const {
    std::vector<std::pair<std::string, Json>> out;
    auto visitor = [&](std::string_view name, const auto& value) {
      out.emplace_back(name, of(value));
    };
    Fields<Group>::visit(visitor, group);
    return object(out);
  }
};

/// Lists the common fields and those of one type.
Json event(std::string_view name, Json fields) {
  Json common = object({{"schema", {{"const", "netecho/1"}}},
                        {"type", {{"const", name}}},
                        {"time", reference_to("time")}});
  return {{"allOf", Json::array({std::move(common), std::move(fields)})}};
}

template <HasFields... Groups>
void define(Json& definitions, const SchemaOf& schema) {
  ((definitions[std::string(Fields<Groups>::kName)] = schema.fields_of(Groups{})), ...);
}

/// Lists every type of event.
template <HasFields... Bodies>
void define_events(Json& definitions, const SchemaOf& schema,
                   const std::variant<Bodies...>& /*all*/) {
  ((definitions[std::string(Fields<Bodies>::kType)] =
        event(Fields<Bodies>::kType, schema.of(Bodies{}))),
   ...);
}

/// Tells whether a definition is one of an event or a result: its first part has their `type`.
bool is_event(const Json& definition) {
  if (!definition.contains("allOf")) return false;
  return definition.at("allOf").front().at("properties").contains("schema");
}

Json result_schema() {
  const auto list_of = [](std::string_view name) {
    return Json{{"type", "array"}, {"items", reference_to(name)}};
  };
  return event("result", object({{"command", one_of(std::array{"send", "probe"})},
                                 {"targets", list_of("summary")},
                                 {"replies", or_null(list_of("reply"))},
                                 {"errors", list_of("error")},
                                 {"exit_code", integer_within(0, 255)}}));
}

Json definitions(const SchemaOf& schema) {
  Json out{
      {"time", {{"type", "string"}, {"pattern", R"(^\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$)"}}},
      {"event", object({{"schema", {{"const", "netecho/1"}}},
                        {"type", {{"type", "string"}, {"minLength", 1}}},
                        {"time", reference_to("time")}})}};
  define<SocketDescription, PayloadSample, LatencyFigures, ErrorEvent, EndpointStats>(out, schema);
  out[std::string(Fields<Summary>::kName)] = {
      {"allOf", Json::array({schema.fields_of(Summary{})})}};
  define_events(out, schema, EventBody{});
  out["result"] = result_schema();
  return out;
}

}  // namespace

/// The schema goes by `type`. So an event of a later version whose type is not known yet is still
/// valid (docs/json.md), and a validator names the field that is wrong, not every type that the
/// event is not.
std::string json_schema(std::span<const std::string_view> transports) {
  const Json definitions_of_all = definitions({transports});
  Json rules = Json::array({reference_to("event")});
  for (const auto& [name, definition] : definitions_of_all.items()) {
    if (!is_event(definition)) continue;
    Json is_type = {{"properties", {{"type", {{"const", name}}}}},
                    {"required", Json::array({"type"})}};
    rules.push_back({{"if", std::move(is_type)}, {"then", reference_to(name)}});
  }
  return Json{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "netecho/1"},
              {"description",
               "One event of netecho (a line of jsonl output), or the result of json output."},
              {"allOf", std::move(rules)},
              {"$defs", definitions_of_all}}
      .dump(2);
}

}  // namespace netecho
