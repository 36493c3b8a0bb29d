#include "core/report/thresholds.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/escape.hpp"
#include "core/report/figure_values.hpp"
#include "core/report/text_figures.hpp"

namespace netecho {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kFigureCharacters = "abcdefghijklmnopqrstuvwxyz0123456789_.";
constexpr std::size_t kMaxShownCharacters = 60;
constexpr std::size_t kMaxHints = 12;

std::size_t character_length(std::string_view text) {
  return std::max<std::size_t>(utf8_length(text), 1);
}

/// Puts text in quotes, no longer than a line.
std::string quoted(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < kMaxShownCharacters && end < text.size(); ++i) {
    end += character_length(text.substr(end));
  }
  return "'" + std::string(text.substr(0, end)) + (end < text.size() ? "…'" : "'");
}

// --- the grammar ---------------------------------------------------------------------------------

/// Holds a threshold, or what is wrong at which offset.
struct Attempt {
  std::optional<Threshold> threshold;
  std::size_t offset = 0;
  std::string why;
};

Attempt refuse(std::size_t offset, std::string why) {
  return {.threshold = {}, .offset = offset, .why = std::move(why)};
}

/// Says "expected WHAT", and what is there instead, if anything is.
Attempt unexpected(std::size_t offset, std::string_view what, std::string_view got) {
  return refuse(offset, "expected " + std::string(what) +
                            (got.empty() ? std::string{} : ", got " + quoted(got)));
}

Attempt unknown_figure(std::size_t offset, std::string_view name) {
  const std::vector<std::string> similar = similar_figures(name);
  std::string why = "there is no figure " + quoted(name);
  if (similar.empty())
    return refuse(offset, why + "; there are rtt.p99, loss, lost_total and more");
  why += similar.size() == 1 ? "; did you mean " : "; did you mean one of ";
  for (std::size_t i = 0; i < std::min(similar.size(), kMaxHints); ++i) {
    why += std::string(i == 0 ? "" : ", ") + similar[i];
  }
  return refuse(offset, why + (similar.size() > kMaxHints ? ", …?" : "?"));
}

struct Operator {
  std::string_view sign;
  ThresholdOperator comparison;
};
/// The longer comparisons come first.
constexpr std::array<Operator, 4> kOperators{{{">=", ThresholdOperator::at_least},
                                              {"<=", ThresholdOperator::at_most},
                                              {">", ThresholdOperator::above},
                                              {"<", ThresholdOperator::below}}};

Attempt parse_comparison(std::string_view text) {
  const std::size_t end = text.find_last_not_of(kBlanks) + 1;
  const std::size_t start = std::min(text.find_first_not_of(kBlanks), end);
  text = text.substr(0, end);
  std::size_t at = std::min(text.find_first_not_of(kFigureCharacters, start), end);
  const std::string_view name = text.substr(start, at - start);
  if (name.empty()) return unexpected(start, "a figure such as rtt.p99 or loss", text.substr(at));
  const SummaryFigure* figure = find_figure(name);
  if (!figure) return unknown_figure(start, name);

  at = std::min(text.find_first_not_of(kBlanks, at), end);
  const auto sign = std::find_if(kOperators.begin(), kOperators.end(), [&](const Operator& each) {
    return text.substr(at).starts_with(each.sign);
  });
  if (sign == kOperators.end()) return unexpected(at, ">, >=, < or <=", text.substr(at));

  at = std::min(text.find_first_not_of(kBlanks, at + sign->sign.size()), end);
  const auto limit = parse_limit(figure->unit, text.substr(at));
  if (!limit) return unexpected(at, expected_limit(figure->unit), text.substr(at));
  return {.threshold = Threshold{std::string(text.substr(start)), std::string(name), *figure,
                                 sign->comparison, *limit},
          .offset = 0,
          .why = {}};
}

// --- what a missing figure lacks -----------------------------------------------------------------

/// Returns 1/(1-p) for `p99` and the like, 1 for everything else (docs/metrics.md,
/// "Distributions").
std::uint64_t samples_needed(const SummaryFigure& figure) {
  const std::string_view digits = figure.leaf().substr(1);
  std::uint64_t share = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), share);
  const bool percentile = figure.leaf().front() == 'p' && error == std::errc{} &&
                          stop == digits.data() + digits.size() && digits.size() <= 9;
  if (!percentile) return 1;
  std::uint64_t whole = 1;
  for (std::size_t i = 0; i < digits.size(); ++i) whole *= 10;
  const std::uint64_t above = whole - share;
  return 2 * above >= whole ? 1 : (whole + above - 1) / above;
}

/// There is one difference between neighbors less than there are probes.
bool needs_pairs(const SummaryFigure& figure) {
  return figure.is_of("rtt_variation_ns") || figure.is_of("jitter_rfc3550_ns");
}

std::uint64_t samples_of(const SummaryFigure& figure, std::uint64_t probes) {
  return needs_pairs(figure) && probes > 0 ? probes - 1 : probes;
}

/// These samples belong to no probe: there are as many as the run slept.
bool counts_sleeps(const SummaryFigure& figure) {
  return figure.is_of("instrument.wake_up_ns");
}

std::string plural(std::uint64_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string needs_text(const SummaryFigure& figure) {
  const bool alone = figure.path.find('.') == figure.path.npos;
  return (alone ? figure.name : std::string(figure.leaf())) + " needs " +
         plural(samples_needed(figure), "sample");
}

/// Says why a run in `mode` never has the figure.
std::optional<std::string> not_in_mode(const Threshold& threshold, ProbeMode mode) {
  const SummaryFigure& figure = threshold.figure;
  if (mode == ProbeMode::echo) {
    if (!figure.is_of("connect_time_ns")) return std::nullopt;
    return threshold.name + " is measured only with --mode connect";
  }
  if (figure.is_of("rtt_ns")) {
    return threshold.name + " is not measured with --mode connect; connect_time." +
           std::string(figure.leaf()) + " is";
  }
  constexpr std::array<const char*, 5> kOfEchoes{"rtt_variation_ns", "jitter_rfc3550_ns",
                                                 "rtt_kernel_ns", "server_residence_ns",
                                                 "one_way_ns"};
  const bool of_echoes = std::any_of(kOfEchoes.begin(), kOfEchoes.end(),
                                     [&](const char* group) { return figure.is_of(group); });
  if (!of_echoes) return std::nullopt;
  return threshold.name + " is not measured with --mode connect";
}

std::string why_null(const Threshold& threshold, const Summary& s, const FigureReading& reading) {
  const SummaryFigure& figure = threshold.figure;
  if (const auto why = not_in_mode(threshold, s.mode)) return *why;
  const bool of_response = figure.is_of("response_ns");
  if (s.received_total == 0 && (of_response || figure.is_of("rtt_ns"))) {
    return "no reply was received";
  }
  const std::uint64_t needed = samples_needed(figure);
  if (!reading.group_measured || (needed == 1 && !of_response)) return "not measured";
  // For other figures a summary doesn't say how many samples there are, only an upper limit.
  const bool known = of_response || figure.is_of("rtt_ns") || figure.is_of("connect_time_ns");
  const std::uint64_t samples = of_response ? s.scheduled_total - s.outstanding_total
                                : figure.is_of("instrument") ? s.sent_total
                                                             : samples_of(figure, s.received_total);
  if (samples < needed && !counts_sleeps(figure)) {
    return needs_text(figure) + (samples == 1 ? ", there is " : ", there are ") +
           (known ? "" : "at most ") + std::to_string(samples);
  }
  if (of_response) return "lost and skipped probes count as infinite";
  return needs_text(figure) + ", there are fewer";
}

bool is_true(const Threshold& threshold, double value) {
  switch (threshold.comparison) {
    case ThresholdOperator::above:
      return value > threshold.limit;
    case ThresholdOperator::at_least:
      return value >= threshold.limit;
    case ThresholdOperator::below:
      return value < threshold.limit;
    case ThresholdOperator::at_most:
      return value <= threshold.limit;
  }
  return true;
}

std::string reading_text(const Threshold& threshold, double value) {
  const FigureUnit unit = threshold.figure.unit;
  const std::string text = figure_value_text(unit, value);
  const bool misleading =
      value != threshold.limit && text == figure_value_text(unit, threshold.limit);
  return threshold.name + " is " + (misleading ? exact_figure_text(unit, value) : text);
}

}  // namespace

std::vector<Threshold> parse_thresholds(std::string_view expression) {
  std::vector<Threshold> out;
  std::size_t start = 0;
  while (true) {
    const std::size_t comma = std::min(expression.find(',', start), expression.size());
    Attempt attempt = parse_comparison(expression.substr(start, comma - start));
    if (!attempt.threshold) {
      // What comes before it was understood, so it has a byte a character.
      const std::size_t column = start + attempt.offset + 1;
      throw usage_error(
          "option", "--fail-if",
          quoted(expression) + ", column " + std::to_string(column) + ": " + attempt.why);
    }
    out.push_back(std::move(*attempt.threshold));
    if (comma == expression.size()) return out;
    start = comma + 1;
  }
}

ThresholdResult evaluate(const Threshold& threshold, const Summary& summary) {
  const FigureReading reading = read_figure(threshold.figure, summary);
  if (!reading.value) {
    return {threshold.expression, {}, false, why_null(threshold, summary, reading)};
  }
  return {threshold.expression, reading.value, !is_true(threshold, *reading.value), {}};
}

std::optional<std::string> certainly_null(const Threshold& threshold, std::uint64_t probes,
                                          ProbeMode mode) {
  if (auto why = not_in_mode(threshold, mode)) return why;
  const SummaryFigure& figure = threshold.figure;
  if (probes == 0 || counts_sleeps(figure)) return std::nullopt;
  if (samples_of(figure, probes) >= samples_needed(figure)) return std::nullopt;
  return needs_text(figure) + "; " + plural(probes, "probe") +
         (probes == 1 ? " gives at most " : " give at most ") +
         std::to_string(samples_of(figure, probes));
}

std::string threshold_text(const ThresholdResult& result, const TextStyle& style) {
  std::string out = result.held ? "threshold held: " : "threshold failed: ";
  out += escape_for_terminal(result.expression);
  const auto threshold = parse_comparison(result.expression).threshold;
  if (result.value && threshold) out += " (" + reading_text(*threshold, *result.value) + ")";
  if (result.why) out += " (" + message_text(*result.why) + ")";
  const bool red = !result.held && style.colour == Colour::on;
  return red ? "\x1b[31m" + out + "\x1b[0m" : out;
}

}  // namespace netecho
