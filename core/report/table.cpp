#include <algorithm>
#include <array>

#include "core/base/escape.hpp"
#include "core/report/text.hpp"
#include "core/report/text_figures.hpp"
#include "core/report/unicode.hpp"

namespace netecho {
namespace {

constexpr std::array<const char*, 10> kHeadings{"target", "sent", "lost", "unanswered", "rtt min",
                                                "p50",    "p90",  "p99",  "max",        "server"};
constexpr std::size_t kUnanswered = 3;  ///< A column that is left out where it says nothing new.
using Row = std::array<std::string, kHeadings.size()>;

std::string share(const std::optional<double>& ratio) {
  return ratio ? percent_text(*ratio) : "-";
}

Row row_of(const Summary& s, bool with_size) {
  const auto& figure = figure_text;
  const LatencyFigures& times = s.mode == ProbeMode::connect ? s.connect_time : s.rtt;
  return {escape_for_terminal(s.target.uri) + (with_size ? ", " + format_size(s.size_bytes) : ""),
          std::to_string(s.sent_total),
          share(s.loss_ratio),
          share(s.unanswered_ratio),
          figure(times.min),
          figure(times.p50),
          figure(times.p90),
          figure(times.p99),
          figure(times.max),
          figure(s.server_residence.p50)};
}

}  // namespace

std::string comparison_table(std::span<const Summary> summaries, const TextStyle& style) {
  std::vector<Row> rows{Row{}};
  std::copy(kHeadings.begin(), kHeadings.end(), rows.front().begin());
  // Runs of several sizes are told apart by them.
  const bool sizes_differ =
      std::ranges::adjacent_find(summaries, [](const auto& a, const auto& b) {
        return a.sent_total != 0 && b.sent_total != 0 && a.size_bytes != b.size_bytes;
      }) != summaries.end();
  for (const Summary& summary : summaries) rows.push_back(row_of(summary, sizes_differ));

  const bool more_unanswered = std::ranges::any_of(
      summaries, [](const Summary& each) { return unanswered_beyond_loss(each).has_value(); });
  std::array<std::size_t, kHeadings.size()> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (i == kUnanswered && !more_unanswered) continue;
      const std::string padding(widths[i] - columns_of(rows[r][i]), ' ');
      // Names to the left, figures to the right.
      line += i == 0 ? rows[r][i] + padding : "  " + padding + rows[r][i];
    }
    const bool failed = r > 0 && summaries[r - 1].error && summaries[r - 1].sent_total == 0;
    if (failed) line = rows[r][0] + "  " + message_text(summaries[r - 1].error->message);
    const bool bold = r == 0 && style.colour == Colour::on;
    out += (bold ? "\x1b[1m" + line + "\x1b[0m" : line) + "\n";
  }
  return out;
}

}  // namespace netecho
