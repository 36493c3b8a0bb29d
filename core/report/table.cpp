#include <algorithm>
#include <array>
#include <cstdio>

#include "core/base/escape.hpp"
#include "core/report/text.hpp"

namespace netecho {
namespace {

constexpr std::array<const char*, 8> kHeadings{"target", "sent", "lost", "rtt min",
                                               "p50",    "p90",  "max",  "server"};
using Row = std::array<std::string, kHeadings.size()>;

/// Characters on the screen: every character here is one column wide but for what UTF-8 continues.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string figure(const std::optional<Duration>& duration) {
  return duration ? format_duration(*duration) : "-";
}

std::string loss(const Summary& s) {
  if (!s.loss_ratio) return "-";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g%%", *s.loss_ratio * 100);
  return text.data();
}

Row row_of(const Summary& s) {
  const LatencyFigures& times = s.mode == ProbeMode::connect ? s.connect_time : s.rtt;
  return {escape_for_terminal(s.target.uri),
          std::to_string(s.sent_total),
          loss(s),
          figure(times.min),
          figure(times.p50),
          figure(times.p90),
          figure(times.max),
          figure(s.server_residence.p50)};
}

}  // namespace

std::string comparison_table(std::span<const Summary> summaries, const TextStyle& style) {
  std::vector<Row> rows{Row{}};
  std::copy(kHeadings.begin(), kHeadings.end(), rows.front().begin());
  for (const Summary& summary : summaries) rows.push_back(row_of(summary));

  std::array<std::size_t, kHeadings.size()> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string padding(widths[i] - width_of(rows[r][i]), ' ');
      // Names to the left, figures to the right.
      line += i == 0 ? rows[r][i] + padding : "  " + padding + rows[r][i];
    }
    const bool failed = r > 0 && summaries[r - 1].error && summaries[r - 1].sent_total == 0;
    if (failed) line = rows[r][0] + "  " + summaries[r - 1].error->message;
    const bool bold = r == 0 && style.colour == Colour::on;
    out += (bold ? "\x1b[1m" + line + "\x1b[0m" : line) + "\n";
  }
  return out;
}

}  // namespace netecho
