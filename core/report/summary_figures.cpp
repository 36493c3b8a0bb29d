#include "core/report/summary_figures.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/report/json.hpp"

namespace netecho {
namespace {

using Json = nlohmann::ordered_json;

struct Suffix {
  std::string_view text;
  FigureUnit unit;
};
constexpr std::array<Suffix, 4> kUnitSuffixes{{{"_ns", FigureUnit::duration},
                                               {"_ratio", FigureUnit::ratio},
                                               {"_per_second", FigureUnit::per_second},
                                               {"_bytes", FigureUnit::bytes}}};

/// What a threshold of `loss` is to notice: also what this host could not send.
constexpr std::string_view kLoss = "loss";
constexpr std::string_view kLossFigure = "unanswered_ratio";

/// Numbers that measure nothing.
bool is_identifier(std::string_view key) {
  return key == "flow" || key == "exit_code";
}
bool describes_no_figures(std::string_view reference) {
  return reference == "#/$defs/socket" || reference == "#/$defs/error_fields";
}

std::optional<Suffix> unit_suffix(std::string_view key) {
  for (const Suffix& suffix : kUnitSuffixes) {
    if (key.ends_with(suffix.text)) return suffix;
  }
  return std::nullopt;
}

std::string_view without_unit(std::string_view key) {
  const auto suffix = unit_suffix(key);
  return suffix ? key.substr(0, key.size() - suffix->text.size()) : key;
}

/// The unit that a key says, or that of the group around it.
FigureUnit unit_of(std::string_view key, FigureUnit group) {
  if (const auto suffix = unit_suffix(key)) return suffix->unit;
  if (key.ends_with("_bytes_total")) return FigureUnit::bytes;
  return key.ends_with("_total") ? FigureUnit::count : group;
}

/// Takes the first key from `path`.
std::string_view next_key(std::string_view& path) {
  const std::string_view key = path.substr(0, path.find('.'));
  path.remove_prefix(std::min(key.size() + 1, path.size()));
  return key;
}

std::string path_without_units(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    out += std::string(out.empty() ? "" : ".") + std::string(without_unit(next_key(path)));
  }
  return out;
}

/// Walks the part of the schema that describes a summary.
class SchemaWalk {
 public:
  explicit SchemaWalk(const Json& schema) : definitions_{schema.at("$defs")} {}

  void visit(const Json& schema, const std::string& path, FigureUnit unit) {
    if (schema.contains("$ref")) {
      const auto reference = schema.at("$ref").get<std::string>();
      if (describes_no_figures(reference)) return;
      return visit(definitions_.at(reference.substr(reference.rfind('/') + 1)), path, unit);
    }
    for (const char* combined : {"allOf", "anyOf"}) {
      if (!schema.contains(combined)) continue;
      for (const Json& part : schema.at(combined)) visit(part, path, unit);
    }
    if (schema.contains("properties")) {
      for (const auto& [key, value] : schema.at("properties").items()) {
        if (is_identifier(key)) continue;
        std::string inner = path;
        if (!inner.empty()) inner += '.';
        visit(value, inner += key, unit_of(key, unit));
      }
    }
    const Json type = schema.value("type", Json{});
    if (type == "integer" || type == "number") found_.push_back({path, {}, unit});
  }

  std::vector<SummaryFigure> take() {
    for (SummaryFigure& figure : found_) {
      figure.name = path_without_units(figure.path);
      const bool taken = std::any_of(found_.begin(), found_.end(), [&](const SummaryFigure& other) {
        return &other != &figure && other.path == figure.name;
      });
      if (taken || figure.name == kLoss) figure.name = figure.path;
    }
    return std::move(found_);
  }

 private:
  const Json& definitions_;
  std::vector<SummaryFigure> found_;
};

std::vector<SummaryFigure> figures_of_schema() {
  const Json schema = Json::parse(json_schema());
  SchemaWalk walk{schema};
  walk.visit(schema.at("$defs").at("summary_fields"), {}, FigureUnit::count);
  return walk.take();
}

/// Each key is as in `path`, or without its unit.
bool names_path(std::string_view typed, std::string_view path) {
  while (!typed.empty() && !path.empty()) {
    const std::string_view key = next_key(typed);
    const std::string_view full = next_key(path);
    if (key != full && key != without_unit(full)) return false;
  }
  return typed.empty() && path.empty();
}

constexpr std::string_view kRoundTrips = "rtt.";

template <typename Accept>
std::vector<std::string> names_that(const Accept& accept) {
  std::vector<std::string> out;
  for (const SummaryFigure& figure : summary_figures()) {
    if (accept(figure)) out.push_back(figure.name);
  }
  return out;
}

std::vector<std::string> names_from(const std::string& start) {
  return names_that([&](const SummaryFigure& figure) { return figure.name.starts_with(start); });
}

}  // namespace

std::string_view SummaryFigure::leaf() const noexcept {
  return std::string_view{path}.substr(path.rfind('.') + 1);
}

bool SummaryFigure::is_of(std::string_view group) const noexcept {
  return path.starts_with(group) && (path.size() == group.size() || path[group.size()] == '.');
}

const std::vector<SummaryFigure>& summary_figures() {
  static const std::vector<SummaryFigure> figures = figures_of_schema();
  return figures;
}

const SummaryFigure* find_figure(std::string_view typed) {
  if (typed.empty() || typed.ends_with('.')) return nullptr;
  if (typed == kLoss) typed = kLossFigure;
  const auto& all = summary_figures();
  const auto first = [&](const auto& accept) {
    const auto found = std::find_if(all.begin(), all.end(), accept);
    return found == all.end() ? nullptr : &*found;
  };
  const SummaryFigure* found =
      first([&](const SummaryFigure& figure) { return figure.path == typed; });
  if (!found) {
    found = first([&](const SummaryFigure& figure) { return names_path(typed, figure.path); });
  }
  if (found || typed.find('.') != typed.npos) return found;
  return find_figure(std::string(kRoundTrips) + std::string(typed));
}

std::vector<std::string> similar_figures(std::string_view typed) {
  constexpr std::size_t kLongestWord = 64;  // No name is as long; the search is quadratic.
  if (typed.empty() || typed.size() > kLongestWord) return {};
  const std::string word{typed};
  if (auto group = names_from(word + "."); !group.empty()) return group;
  // In a group, what starts alike; of a single word two thirds tell what was meant (`jitter`).
  const std::size_t dot = word.rfind('.');
  const bool grouped = dot != word.npos;
  const std::size_t least = grouped ? dot + 1 : std::max<std::size_t>(2, word.size() * 2 / 3);
  for (std::size_t kept = word.size(); kept >= least; --kept) {
    const std::string start = word.substr(0, kept);
    auto names = names_from(start);
    if (names.empty()) names = names_from(std::string(kRoundTrips) + start);
    if (!names.empty()) return names;
  }
  // A right figure of a wrong group.
  return names_that([&](const SummaryFigure& figure) {
    return grouped && figure.leaf() == word.substr(dot + 1);
  });
}

FigureReading read_figure(const SummaryFigure& figure, const Summary& summary) {
  const Json document = Json::parse(to_json(Event{WallTime{}, SummaryEvent{summary}}));
  const Json* group = &document;
  const Json* value = &document;
  std::string_view path = figure.path;
  while (!path.empty() && value->is_object()) {
    group = value;
    value = &group->at(std::string(next_key(path)));
  }
  FigureReading reading;
  // A group that is null as a whole ends the walk early.
  reading.group_measured =
      path.empty() &&
      std::any_of(group->begin(), group->end(), [](const Json& each) { return !each.is_null(); });
  if (value->is_number()) reading.value = value->get<double>();
  return reading;
}

}  // namespace netecho
