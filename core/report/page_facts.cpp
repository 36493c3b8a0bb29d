#include "core/report/page_facts.hpp"

#include <algorithm>

#include "core/report/summary_figures.hpp"

namespace netecho {
namespace {

/// No integer of JSON is larger (docs/json.md).
constexpr double kMaxFigure = 0x1p53 - 1;

std::optional<std::size_t> place_of(std::string_view path) {
  const auto& all = summary_figures();
  const auto found = std::ranges::find(all, path, &SummaryFigure::path);
  if (found == all.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all.begin());
}

}  // namespace

std::optional<double> PageTarget::figure(std::string_view path) const {
  const auto place = place_of(path);
  return place && *place < figures.size() ? figures[*place] : std::nullopt;
}

std::optional<Duration> PageTarget::time(std::string_view path) const {
  const auto value = figure(path);
  return value ? std::optional{Duration{static_cast<std::int64_t>(*value)}} : std::nullopt;
}

std::uint64_t PageTarget::count(std::string_view path) const {
  return static_cast<std::uint64_t>(std::max(figure(path).value_or(0), 0.0));
}

void PageTarget::set(std::string_view path, double value) {
  figures.resize(summary_figures().size());
  const auto place = place_of(path);
  if (place) figures[*place] = std::clamp(value, -kMaxFigure, kMaxFigure);
}

std::optional<Duration> PageTarget::latency(std::string_view leaf) const {
  const char* group = mode == to_string(ProbeMode::connect) ? "connect_time_ns." : "rtt_ns.";
  return time(group + std::string(leaf));
}

void PageRun::note(PageNote note, std::uint64_t count) {
  const auto same = std::ranges::find(notes, note, &PageNoteCount::note);
  if (same != notes.end()) {
    same->count += count;
  } else {
    notes.push_back({note, count});
  }
}

}  // namespace netecho
