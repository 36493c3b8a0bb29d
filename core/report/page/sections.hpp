#pragma once

/// \file
/// The sections of a page, each in a file of its own.

#include "core/report/page/markup.hpp"
#include "core/report/page/page.hpp"

namespace netecho {

/// A section and what it is to say `in`: the language's words.
struct PageWriter {
  Markup& out;
  const Page& page;

  [[nodiscard]] std::string word(Word word) const { return std::string(say(page.language, word)); }
  [[nodiscard]] std::string words(Word word, const std::vector<std::string>& values) const {
    return say(page.language, word, values);
  }
};

void write_style(Markup& out);
/// What was measured, when and how, what it came to, and whether thresholds held.
void write_head(const PageWriter& to);
/// Whatever a reader has to know: what is left out, and errors.
void write_notes(const PageWriter& to);
/// A row for each target, of each run, and a row for each flow.
void write_targets(const PageWriter& to);
/// The differences of two runs.
void write_comparison(const PageWriter& to);
/// The plots of each target, and what belongs to it: outages, stations, reasons.
void write_plots(const PageWriter& to);
void write_instrument(const PageWriter& to);
/// Each number of each summary.
void write_figures(const PageWriter& to);
void write_data(const PageWriter& to);

}  // namespace netecho
