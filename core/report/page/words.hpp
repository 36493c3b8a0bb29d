#pragma once

/// \file
/// The words of a page in its languages. A new language is a column of the table.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/report/page_facts.hpp"

namespace netecho {

enum class PageLanguage : std::uint8_t { en, ko };

/// As in the `lang` of a page: `en`, `ko`.
[[nodiscard]] std::string_view to_string(PageLanguage language) noexcept;
/// The language of a locale, such as `ko_KR.UTF-8`; English for all that a page doesn't speak.
[[nodiscard]] PageLanguage language_of_locale(std::string_view locale) noexcept;

/// The order is that of the table in words.cpp.
enum class Word : std::uint8_t {
  title_one,
  title_many,
  title_compared,
  answered,
  answered_many,
  answered_none,
  half_within,
  when,
  began,
  how,
  by_version,
  by_unknown_version,
  page_by,
  median,
  p99,
  longest,
  lost,
  sent,
  unanswered,
  target,
  verdict,
  verdict_held,
  verdict_failed,
  held,
  failed,
  value,
  limit,
  figures,
  figures_intro,
  figure,
  time_line,
  time_line_intro,
  time_line_alt,
  no_time_line,
  no_probes_known,
  since_start,
  from,
  outages,
  probes,
  start,
  duration,
  curve,
  curve_intro,
  curve_alt,
  percentile,
  histogram,
  histogram_intro,
  histogram_intro_two,
  histogram_alt,
  no_replies,
  targets,
  flows,
  bars_intro,
  bars_alt,
  stations,
  address,
  received,
  compare,
  compare_intro,
  first_run,
  second_run,
  difference,
  instrument,
  instrument_intro,
  floor_note,
  skipped_note,
  skipped_many_note,
  data,
  data_intro,
  show_table,
  notes,
  errors,
  reasons,
  reason,
  interrupted,
  mode_connect,
  stamped,
  plain_echo,
  authenticated,
  schedule_flood,
  schedule_poisson,
  local_end,
  colleague,
  reached_not,
  summary,
  points,
  round_trip_time,
  round_trips,
  share,
  count,  ///< How many there are.
};

[[nodiscard]] std::string_view say(PageLanguage language, Word word) noexcept;

/// The same with each `{}` in it replaced by the next of `values`.
[[nodiscard]] std::string say(PageLanguage language, Word word,
                              const std::vector<std::string>& values);

/// A sentence on what a page leaves out, and why.
[[nodiscard]] std::string say(PageLanguage language, const PageNoteCount& note);

}  // namespace netecho
