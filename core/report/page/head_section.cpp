#include <algorithm>

#include "core/report/figure_values.hpp"
#include "core/report/page/parts.hpp"
#include "core/report/page/sections.hpp"
#include "core/report/text_figures.hpp"

namespace netecho {
namespace {

/// The data has all of them.
constexpr std::size_t kMostThresholds = 500;

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string lost_text(const PageTarget& target) {
  const auto ratio = target.figure("loss_ratio");
  return ratio ? percent_text(*ratio) : "–";
}

/// A number stays with its unit where a line of a sentence ends.
std::string unbroken(std::string text) {
  const std::size_t space = text.find(' ');
  return space == std::string::npos ? text : text.replace(space, 1, "\u00A0");
}

/// What a target came to, in a sentence that needs no knowledge of netecho.
std::string outcome_of(const PageWriter& to, const PageTarget& target) {
  if (target.count("sent_total") == 0) {
    return target.error.empty() ? to.word(Word::answered_none)
                                : to.words(Word::reached_not, {shown_name(target.error)});
  }
  std::string out = to.words(
      Word::answered, {number(target.count("received_total")), number(target.count("sent_total")),
                       number(target.count("lost_total")), lost_text(target)});
  const auto half = target.latency("p50");
  const auto most = target.latency("p99");
  if (half && most) {
    out +=
        " " + to.words(Word::half_within, {unbroken(time_text(half)), unbroken(time_text(most))});
  }
  return out;
}

/// What several targets came to, before their table says more.
std::string outcome_of_all(const PageWriter& to, const PageRun& run) {
  std::uint64_t answered = 0;
  std::uint64_t sent = 0;
  std::uint64_t lost = 0;
  for (const PageTarget& target : run.targets) {
    answered += target.count("received_total") != 0 ? 1U : 0U;
    sent += target.count("sent_total");
    lost += target.count("lost_total");
  }
  return to.words(Word::answered_many,
                  {number(answered), number(run.targets.size()), number(sent), number(lost)});
}

void write_tiles(const PageWriter& to, const PageTarget& target) {
  Markup& out = to.out;
  const auto tile = [&](Word name, const std::string& value, bool bad) {
    out.open("div").element("dt", to.word(name));
    if (bad) {
      out.element("dd", value, {{"class", "bad"}});
    } else {
      out.element("dd", value);
    }
    out.close();
  };
  out.open("dl", {{"class", "tiles"}});
  tile(Word::median, time_text(target.latency("p50")), false);
  tile(Word::p99, time_text(target.latency("p99")), false);
  tile(Word::longest, time_text(target.latency("max")), false);
  tile(Word::lost, lost_text(target), target.count("lost_total") != 0);
  out.close();
}

/// Lists how it was measured, in the order in which a colleague would ask.
std::vector<std::string> manner_of(const PageWriter& to, const PageTarget& target) {
  std::vector<std::string> out;
  if (target.mode == to_string(ProbeMode::connect)) {
    out.push_back(to.word(Word::mode_connect));
  } else if (target.figure("size_bytes")) {
    out.push_back(format_size(target.count("size_bytes")));
  }
  if (const auto rate = target.figure("achieved_per_second")) {
    out.push_back(figure_value_text(FigureUnit::per_second, *rate));
  }
  if (target.schedule == to_string(ScheduleKind::flood)) {
    out.push_back(to.word(Word::schedule_flood));
  }
  if (target.schedule == to_string(ScheduleKind::poisson)) {
    out.push_back(to.word(Word::schedule_poisson));
  }
  if (target.stamped) out.push_back(to.word(*target.stamped ? Word::stamped : Word::plain_echo));
  if (target.authenticated.value_or(false)) out.push_back(to.word(Word::authenticated));
  if (!target.peer.empty() && target.peer != target.uri) out.push_back(shown_name(target.peer));
  if (!target.local.empty()) {
    out.push_back(to.words(Word::local_end, {shown_name(target.local)}));
  }
  // These are the names of options, in every language.
  if (target.wait == to_string(WaitMode::spin)) out.emplace_back("--wait spin");
  if (target.timestamp_source == to_string(TimestampSource::kernel)) {
    out.emplace_back("--timestamps kernel");
  }
  if (target.interrupted) out.push_back(to.word(Word::interrupted));
  return out;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

void write_manner(const PageWriter& to, const PageRun& run) {
  Markup& out = to.out;
  if (run.targets.empty()) return;
  const PageTarget& first = run.targets.front();
  std::string text;
  if (first.started) {
    const auto took = first.time("duration_ns");
    text = took ? to.words(Word::when, {date_text(*first.started), unbroken(time_text(took))})
                : to.words(Word::began, {date_text(*first.started)});
    text += ' ';
  }
  text += run.version.empty() ? to.word(Word::by_unknown_version)
                              : to.words(Word::by_version, {run.version});
  out.element("p", text);
  // Where there are many targets, the table below says the rest.
  if (run.targets.size() > 1) return;
  const std::string manner = joined(manner_of(to, first));
  if (!manner.empty()) out.element("p", to.word(Word::how) + ": " + manner + ".");
}

/// As the figure is shown everywhere else, or why there is none.
std::string threshold_value(const ThresholdResult& result) {
  const std::string path = result.expression.substr(0, result.expression.find_first_of("<>= "));
  const SummaryFigure* figure = find_figure(path);
  return result.value && figure != nullptr ? figure_value_text(figure->unit, *result.value)
                                           : shown_name(result.why.value_or("–"));
}

void write_verdict(const PageWriter& to, const PageRun& run) {
  std::size_t all = 0;
  std::size_t failed = 0;
  for (const PageTarget& target : run.targets) {
    all += target.thresholds.size();
    failed += static_cast<std::size_t>(
        std::ranges::count(target.thresholds, false, &ThresholdResult::held));
  }
  if (all == 0) return;
  Markup& out = to.out;
  out.element("h2", to.word(Word::verdict));
  if (failed == 0) {
    out.element("p", "✓ " + to.word(Word::verdict_held), {{"class", "good"}});
  } else {
    out.element("p", "✗ " + to.words(Word::verdict_failed, {number(failed), number(all)}),
                {{"class", "bad"}});
  }
  PageTable table{
      out,
      to.word(Word::verdict),
      {to.word(Word::target), to.word(Word::limit), to.word(Word::value), to.word(Word::verdict)}};
  // Those that failed come first: they are what is looked for, and the rest is in the data.
  std::size_t rows = 0;
  for (const bool held : {false, true}) {
    for (const PageTarget& target : run.targets) {
      for (const ThresholdResult& each : target.thresholds) {
        if (each.held != held || ++rows > kMostThresholds) continue;
        const PageTable::Cells cells{target_name(run, target), shown_name(each.expression),
                                     threshold_value(each),
                                     to.word(held ? Word::held : Word::failed)};
        held ? table.row(cells) : table.failed_row(cells);
      }
    }
  }
}

void write_run_name(const PageWriter& to, std::size_t index) {
  if (to.page.runs.size() < 2) return;
  const Word which = index == 0 ? Word::first_run : Word::second_run;
  to.out.element("h2", to.word(which) + ": " + shown_name(to.page.runs[index].name));
}

}  // namespace

void write_head(const PageWriter& to) {
  for (std::size_t i = 0; i < to.page.runs.size(); ++i) {
    const PageRun& run = to.page.runs[i];
    write_run_name(to, i);
    if (run.targets.size() == 1) {
      const PageTarget& target = run.targets.front();
      to.out.element("p", outcome_of(to, target), {{"class", "lead"}});
      if (target.count("sent_total") != 0) write_tiles(to, target);
    } else if (!run.targets.empty()) {
      to.out.element("p", outcome_of_all(to, run), {{"class", "lead"}});
    }
    write_manner(to, run);
    write_verdict(to, run);
  }
  to.out.element("p", to.word(Word::colleague) + " " + to.words(Word::page_by, {to.page.version}),
                 {{"class", "muted"}});
}

}  // namespace netecho
