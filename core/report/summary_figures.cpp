#include "core/report/summary_figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>

#include "core/facts/fields.hpp"

namespace netecho {
namespace {

struct Suffix {
  std::string_view text;
  FigureUnit unit;
};
constexpr std::array<Suffix, 4> kUnitSuffixes{{{"_ns", FigureUnit::duration},
                                               {"_ratio", FigureUnit::ratio},
                                               {"_per_second", FigureUnit::per_second},
                                               {"_bytes", FigureUnit::bytes}}};

/// A threshold of `loss` is also to notice what this host could not send.
constexpr std::string_view kLoss = "loss";
constexpr std::string_view kLossFigure = "unanswered_ratio";

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

/// Returns the unit that a key says, or that of the group around it.
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

/// Such a field is a number in JSON, and measures something.
template <typename Value>
concept Number = std::same_as<Value, std::uint64_t> || std::same_as<Value, Duration> ||
    std::same_as<Value, double> || std::same_as<Value, Ratio>;

/// A socket or an error has numbers that measure nothing.
template <typename Value>
concept GroupOfFigures =
    HasFields<Value> && !std::same_as<Value, SocketDescription> && !std::same_as<Value, ErrorEvent>;

/// Lists the figures of a group.
struct FigureList {
  std::vector<SummaryFigure>& found;
  std::string path{};
  FigureUnit unit = FigureUnit::count;

  template <typename Value>
  void operator()(std::string_view key, const Value& value) const {
    std::string inner = path.empty() ? std::string(key) : path + '.' + std::string(key);
    FigureList{found, std::move(inner), unit_of(key, unit)}.add(value);
  }

 private:
  template <Number Value>
  void add(const Value& /*value*/) const {
    found.push_back({path, {}, unit});
  }
  template <typename Value>
  void add(const std::optional<Value>& /*value*/) const {
    add(Value{});
  }
  template <GroupOfFigures Group>
  void add(const Group& group) const {
    Fields<Group>::visit(*this, group);
  }
  /// Text, times of day, lists and names are no figures.
  template <typename Value>
  void add(const Value& /*value*/) const {}
};

std::vector<SummaryFigure> figures_of_summary() {
  std::vector<SummaryFigure> found;
  const Summary any{};
  Fields<Summary>::visit(FigureList{found}, any);
  for (SummaryFigure& figure : found) {
    figure.name = path_without_units(figure.path);
    const bool taken = std::any_of(found.begin(), found.end(), [&](const SummaryFigure& other) {
      return &other != &figure && other.path == figure.name;
    });
    if (taken || figure.name == kLoss) figure.name = figure.path;
  }
  return found;
}

/// Reads the figure at `path` below a group.
struct FigureReader {
  std::string_view path;
  FigureReading& reading;

  template <typename Value>
  void operator()(std::string_view key, const Value& value) const {
    std::string_view rest = path;
    const bool here = next_key(rest) == key;
    if (rest.empty()) reading.group_measured |= is_known(value);
    if (here) FigureReader{rest, reading}.read(value);
  }

 private:
  template <typename Value>
  static bool is_known(const Value& value) {
    if constexpr (requires { value.has_value(); }) return value.has_value();
    if constexpr (std::same_as<Value, Ratio>) return value.value.has_value();
    return true;
  }

  void read(std::uint64_t value) const { reading.value = static_cast<double>(value); }
  void read(Duration value) const { reading.value = static_cast<double>(value.count()); }
  void read(double value) const {
    if (std::isfinite(value)) reading.value = value;
  }
  void read(Ratio ratio) const { read(ratio.value); }
  template <typename Value>
  void read(const std::optional<Value>& value) const {
    if (value) read(*value);
  }
  template <GroupOfFigures Group>
  void read(const Group& group) const {
    Fields<Group>::visit(*this, group);
  }
  template <typename Value>
  void read(const Value& /*value*/) const {}
};

/// Whether each key is as in `path`, or without its unit.
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
  static const std::vector<SummaryFigure> figures = figures_of_summary();
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
  // In a group, names that start alike are meant; of a single word two thirds are enough
  // (`jitter`).
  const std::size_t dot = word.rfind('.');
  const bool grouped = dot != word.npos;
  const std::size_t least = grouped ? dot + 1 : std::max<std::size_t>(2, word.size() * 2 / 3);
  for (std::size_t kept = word.size(); kept >= least; --kept) {
    const std::string start = word.substr(0, kept);
    auto names = names_from(start);
    if (names.empty()) names = names_from(std::string(kRoundTrips) + start);
    if (!names.empty()) return names;
  }
  // This is a right figure of a wrong group.
  return names_that([&](const SummaryFigure& figure) {
    return grouped && figure.leaf() == word.substr(dot + 1);
  });
}

FigureReading read_figure(const SummaryFigure& figure, const Summary& summary) {
  FigureReading reading;
  Fields<Summary>::visit(FigureReader{figure.path, reading}, summary);
  return reading;
}

}  // namespace netecho
