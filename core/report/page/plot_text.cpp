#include "core/report/page/plot_text.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "core/report/histogram_text.hpp"
#include "core/report/page/axis.hpp"
#include "core/report/unicode.hpp"

namespace netecho {
namespace {

constexpr std::size_t kPlotRows = 6;
constexpr std::size_t kLabelColumns = 10;  ///< As histogram_text() has it.
constexpr std::size_t kLeastColumns = 20;
constexpr std::array<const char*, 9> kLevels{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string to_the_right(const std::string& text, std::size_t columns) {
  const std::size_t used = columns_of(text);
  return std::string(columns > used ? columns - used : 0, ' ') + text;
}

/// How many eighths of a row are filled, from 1 on: what was answered is seen.
std::size_t eighths(const Axis& axis, Duration value) {
  return static_cast<std::size_t>(axis.at(static_cast<double>(value.count())));
}

std::string row_of_bars(const std::vector<TimeBin>& bins, const Axis& axis, std::size_t row) {
  std::string out;
  for (const TimeBin& bin : bins) {
    const std::size_t filled = bin.p50 ? eighths(axis, *bin.p50) : 0;
    const std::size_t below = row * 8;
    out += kLevels[filled > below ? std::min<std::size_t>(filled - below, 8) : 0];
  }
  return out;
}

/// Zero is the same in every unit.
std::string bound_text(double bound) {
  return bound == 0 ? "0" : format_duration(Duration{static_cast<std::int64_t>(bound)});
}

std::string time_line_text(const Series& series, std::size_t columns) {
  const std::size_t room = std::max(kLeastColumns, columns - std::min(columns, kLabelColumns + 2));
  const std::vector<TimeBin> bins = series.line.bins(room);
  std::optional<Duration> least;
  std::optional<Duration> most;
  bool lost = false;
  for (const TimeBin& bin : bins) {
    lost = lost || bin.lost != 0;
    if (!bin.p50) continue;
    least = std::min(least.value_or(*bin.p50), *bin.p50);
    most = std::max(most.value_or(*bin.p50), *bin.p50);
  }
  std::string out;
  if (least) {
    out += to_the_right("rtt p50", kLabelColumns) + "\n";
    const Axis axis = latency_axis(*least, *most, 1, 8 * kPlotRows);
    for (std::size_t row = kPlotRows; row-- > 0;) {
      const bool top = row + 1 == kPlotRows;
      const double bound = top ? axis.high() : axis.low();
      const bool labelled = top || row == 0;
      const std::string label = labelled ? bound_text(bound) : "";
      out += to_the_right(label, kLabelColumns) + "  " + row_of_bars(bins, axis, row) + "\n";
    }
  }
  if (lost) {
    out += to_the_right("lost", kLabelColumns) + "  ";
    for (const TimeBin& bin : bins) out += bin.lost != 0 ? "x" : " ";
    out += "\n";
  }
  const std::string end = format_duration(series.line.length());
  return out + to_the_right("0 s", kLabelColumns) + "  " + to_the_right(end, bins.size()) + "\n";
}

/// Each character that isn't of ASCII by one that looks like it.
std::string to_ascii(std::string text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kLike{{{"▁", "."},
                                                                                 {"▂", "."},
                                                                                 {"▃", ":"},
                                                                                 {"▄", ":"},
                                                                                 {"▅", ":"},
                                                                                 {"▆", "#"},
                                                                                 {"▇", "#"},
                                                                                 {"█", "#"},
                                                                                 {"▏", "."},
                                                                                 {"▎", "."},
                                                                                 {"▍", ":"},
                                                                                 {"▌", ":"},
                                                                                 {"▋", ":"},
                                                                                 {"▊", "#"},
                                                                                 {"▉", "#"},
                                                                                 {"⋮", ":"},
                                                                                 {"µ", "u"}}};
  for (const auto& [from, to] : kLike) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

}  // namespace

PlotCharacters characters_of_locale(std::string_view locale) {
  std::string charset{locale.substr(std::min(locale.find('.'), locale.size()))};
  charset.resize(std::min(charset.find('@'), charset.size()));
  std::ranges::transform(charset, charset.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return charset == ".utf-8" || charset == ".utf8" ? PlotCharacters::blocks : PlotCharacters::ascii;
}

PlotCharacters characters_of_environment() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return characters_of_locale(value);
  }
  return PlotCharacters::ascii;
}

std::string plot_text(const Series& series, std::size_t columns, PlotCharacters characters) {
  if (std::ranges::all_of(series.by_status, [](std::uint64_t count) { return count == 0; })) {
    return {};
  }
  const std::string text =
      time_line_text(series, columns) + histogram_text(series.latency(), columns);
  return characters == PlotCharacters::ascii ? to_ascii(text) : text;
}

}  // namespace netecho
