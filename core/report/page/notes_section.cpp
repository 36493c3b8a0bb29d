#include "core/report/page/parts.hpp"
#include "core/report/page/sections.hpp"

namespace netecho {
namespace {

std::string named(const PageWriter& to, const PageRun& run, const std::string& text) {
  return to.page.runs.size() > 1 ? shown_name(run.name) + ": " + text : text;
}

/// Says of each target what was not sent; of many, of all at once.
void add_unsent(const PageWriter& to, const PageRun& run, std::vector<std::string>& notes) {
  std::vector<std::string> each;
  std::uint64_t all_unsent = 0;
  std::uint64_t all_due = 0;
  for (const PageTarget& target : run.targets) {
    const std::uint64_t unsent = target.count("skipped_total") + target.count("send_error_total");
    const std::uint64_t due = target.count("scheduled_total");
    if (unsent == 0 || due == 0) continue;
    all_unsent += unsent;
    all_due += due;
    each.push_back(
        named(to, run,
              to.words(Word::skipped_note,
                       {target_name(run, target), std::to_string(unsent), std::to_string(due)})));
  }
  constexpr std::size_t kMostEach = 4;
  if (each.size() > kMostEach) {
    each = {named(
        to, run,
        to.words(Word::skipped_many_note, {std::to_string(each.size()), std::to_string(all_unsent),
                                           std::to_string(all_due)}))};
  }
  notes.insert(notes.end(), each.begin(), each.end());
}

}  // namespace

void write_notes(const PageWriter& to) {
  std::vector<std::string> notes;
  std::vector<std::string> errors;
  for (const PageRun& run : to.page.runs) {
    for (const PageNoteCount& note : run.notes) {
      notes.push_back(named(to, run, say(to.page.language, note)));
    }
    for (const std::string& error : run.errors) {
      errors.push_back(named(to, run, shown_name(error)));
    }
    add_unsent(to, run, notes);
  }
  const auto list = [&](Word heading, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    to.out.element("h2", to.word(heading)).open("ul");
    for (std::size_t i = 0; i < lines.size() && i < kMaxPageEntries; ++i) {
      to.out.element("li", lines[i]);
    }
    to.out.close();
  };
  list(Word::errors, errors);
  list(Word::notes, notes);
}

}  // namespace netecho
