#include "core/report/status_line.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <vector>

#include "core/base/escape.hpp"
#include "core/base/rounding.hpp"
#include "core/report/text_figures.hpp"
#include "core/report/unicode.hpp"

namespace netecho {
namespace {

constexpr std::size_t kFallbackColumns = 80;
constexpr std::size_t kMaxSparkColumns = 32;
/// A shorter history says nothing about a trend.
constexpr std::size_t kMinSparkColumns = 8;
constexpr std::string_view kGap = "  ";
constexpr const char* kEraseToEnd = "\x1b[K";

/// This is a part of the line, with or without color.
struct Piece {
  std::string text;
  bool red = false;
};

std::string painted(const Piece& piece, const TextStyle& style) {
  const bool red = piece.red && style.colour == Colour::on;
  return red ? "\x1b[31m" + piece.text + "\x1b[0m" : piece.text;
}

/// Cuts `text` to at most `columns`, with `…` where it was cut. REQUIRES: valid UTF-8.
std::string cut_to(const std::string& text, std::size_t columns) {
  if (columns_of(text) <= columns) return text;
  if (columns == 0) return {};
  std::size_t end = 0;
  while (true) {
    const std::size_t next = end + std::max<std::size_t>(1, utf8_length(text.substr(end)));
    if (columns_of(text.substr(0, next)) + 1 > columns) break;
    end = next;
  }
  return text.substr(0, end) + "…";
}

/// Figures change with every drawing; what stands behind them should not move.
std::string padded(const std::string& text, std::size_t columns) {
  const std::size_t used = columns_of(text);
  return std::string(columns > used ? columns - used : 0, ' ') + text;
}

std::string figure(const char* name, const std::optional<Duration>& value) {
  constexpr std::size_t kFigureColumns = 7;  // "41.2 µs"
  return name + (" " + padded(figure_text(value), kFigureColumns));
}

/// Groups digits: 1,234,567.
std::string grouped(std::uint64_t value) {
  std::string out = std::to_string(value);
  for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
  return out;
}

constexpr std::size_t kLossColumns = 5;  // "33.3%"

Piece loss(const StatusOfTarget& target) {
  if (!target.loss_ratio) return {padded("-", kLossColumns) + " lost"};
  return {padded(percent_text(*target.loss_ratio), kLossColumns) + " lost", *target.loss_ratio > 0};
}

/// Shows, in place of the losses, what is worse than they say.
Piece missing(const StatusOfTarget& target) {
  if (!target.unanswered_ratio) return loss(target);
  return {padded(percent_text(*target.unanswered_ratio), kLossColumns) + " unanswered", true};
}

/// Puts pieces behind each other until one doesn't fit.
class Line {
 public:
  Line(std::size_t columns, const TextStyle& style) : columns_{columns}, style_{style} {}

  [[nodiscard]] std::size_t room() const noexcept {
    const std::size_t gap = used_ == 0 ? 0 : kGap.size();
    return columns_ > used_ + gap ? columns_ - used_ - gap : 0;
  }

  /// Returns false and adds nothing if there is no room.
  bool add(const Piece& piece) {
    const std::size_t needed = columns_of(piece.text);
    if (needed > room()) return false;
    used_ = columns_ - room() + needed;
    text_ += (text_.empty() ? "" : std::string(kGap)) + painted(piece, style_);
    return true;
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::size_t columns_;
  const TextStyle& style_;
  std::size_t used_ = 0;
  std::string text_;
};

/// A narrow terminal loses the last figures, and the greatest first: the sparkline shows peaks,
/// too.
std::string line_of_one(const StatusOfTarget& target, std::size_t columns, const TextStyle& style) {
  Line line{columns, style};
  line.add({cut_to(escape_for_terminal(target.name), std::max<std::size_t>(columns / 2, 1))});
  const bool complete = line.add({grouped(target.sent) + " sent"}) && line.add(missing(target)) &&
                        line.add({figure("p50", target.p50)}) &&
                        line.add({figure("p99", target.p99)});
  if (!complete) return line.take();
  const std::string max = figure("max", target.max);
  const std::size_t reserved = target.history ? kGap.size() + kMinSparkColumns : 0;
  if (line.room() >= columns_of(max) + reserved) line.add({max});
  if (target.history && target.history->size() > 0 && line.room() >= kMinSparkColumns) {
    line.add({target.history->text(std::min(line.room(), kMaxSparkColumns))});
  }
  return line.take();
}

/// Returns how many columns the pieces take behind each other.
std::size_t width_of(const std::vector<Piece>& pieces) {
  std::size_t width = kGap.size() * (pieces.size() - 1);
  for (const Piece& piece : pieces) width += columns_of(piece.text);
  return width;
}

std::string line_of_several(std::span<const StatusOfTarget> targets, std::size_t columns,
                            const TextStyle& style) {
  constexpr std::string_view kSeparator = " | ";
  const auto more_text = [&](std::size_t shown) {
    return shown == targets.size() ? std::string{} : " +" + std::to_string(targets.size() - shown);
  };
  std::string out;
  std::size_t used = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const StatusOfTarget& target = targets[i];
    const std::vector<Piece> pieces{{cut_to(escape_for_terminal(target.name), columns / 3)},
                                    {figure("p50", target.p50)},
                                    missing(target)};
    const std::size_t before = i == 0 ? 0 : kSeparator.size();
    const std::size_t end = used + before + width_of(pieces);
    if (end + more_text(i + 1).size() > columns) {
      if (i != 0) return out + more_text(i);
      const std::string more = more_text(1);
      if (columns <= more.size()) return {};
      return line_of_one(target, columns - more.size(), style) + more;
    }
    out += before == 0 ? "" : kSeparator;
    for (const Piece& piece : pieces) {
      if (&piece != pieces.data()) out += kGap;
      out += painted(piece, style);
    }
    used = end;
  }
  return out;
}

}  // namespace

void Sparkline::add(std::optional<Duration> value) noexcept {
  ring_[next_] = value;
  next_ = (next_ + 1) % ring_.size();
  size_ = std::min(size_ + 1, ring_.size());
}

std::string Sparkline::text(std::size_t columns) const {
  constexpr std::array<const char*, 8> kLevels{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t shown = std::min(columns, size_);
  const auto value_at = [&](std::size_t i) {
    return ring_[(next_ + ring_.size() - shown + i) % ring_.size()];
  };
  const auto magnitude = [](Duration value) {
    return rough_log2(static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 1)));
  };
  double least = std::numeric_limits<double>::infinity();
  double greatest = 0;
  for (std::size_t i = 0; i < shown; ++i) {
    if (!value_at(i)) continue;
    least = std::min(least, magnitude(*value_at(i)));
    greatest = std::max(greatest, magnitude(*value_at(i)));
  }
  const double range = std::max(greatest - least, 1.0);  // A doubling.
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) {
    if (const auto value = value_at(i)) {
      const double share = (magnitude(*value) - least) / range;
      out += kLevels[static_cast<std::size_t>(nearest(share * (kLevels.size() - 1)))];
    } else {
      out += "×";
    }
  }
  return out;
}

std::string status_line(std::span<const StatusOfTarget> targets, std::size_t columns,
                        const TextStyle& style) {
  if (targets.empty() || columns == 0) return {};
  if (targets.size() == 1) return line_of_one(targets.front(), columns - 1, style);
  return line_of_several(targets, columns - 1, style);
}

std::size_t terminal_columns(int fd) noexcept {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* const value = std::getenv("COLUMNS");
  const std::string_view text{value == nullptr ? "" : value};
  std::uint16_t columns = 0;  // As wide as the kernel can say.
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
  const bool known = error == std::errc{} && end == text.data() + text.size() && columns > 0;
  return known ? columns : kFallbackColumns;
}

void StatusPrinter::draw(std::string_view line) {
  if (line.empty()) return clear();
  if (line == shown_ || !writer_.idle()) return;
  shown_ = line;
  writer_.push("\r" + shown_ + kEraseToEnd, QueuedWriter::kNoLimit);
}

void StatusPrinter::clear() {
  if (!shown_.empty()) writer_.push("\r" + std::string(kEraseToEnd), QueuedWriter::kNoLimit);
  shown_.clear();
}

}  // namespace netecho
