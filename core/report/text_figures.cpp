#include "core/report/text_figures.hpp"

#include <array>
#include <cstdio>

#include "core/base/escape.hpp"

namespace netecho {

std::string figure_text(const std::optional<Duration>& duration) {
  return duration ? format_duration(*duration) : "-";
}

std::string percent_text(double ratio) {
  if (ratio < 1 && ratio >= 0.9995) return ">99.9%";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g%%", ratio * 100);
  return text.data();
}

std::optional<double> unanswered_beyond_loss(const Summary& s) noexcept {
  return s.unanswered_total > s.lost_total ? s.unanswered_ratio : std::nullopt;
}

std::string name_of(const SocketDescription& end) {
  return escape_for_terminal(end.uri);
}
std::string name_of(const std::optional<SocketDescription>& end) {
  return end ? name_of(*end) : "an unnamed socket";
}

std::string paint(const std::string& words, const char* code, const TextStyle& style) {
  return style.colour == Colour::on ? "\x1b[" + std::string(code) + "m" + words + "\x1b[0m" : words;
}

std::string message_text(std::string_view message) {
  constexpr std::string_view kEscaped = "\\x";
  std::string out;
  while (true) {
    const std::size_t at = message.find(kEscaped);
    out += escape_for_terminal(message.substr(0, at));
    if (at == std::string_view::npos) return out;
    out += kEscaped;
    message.remove_prefix(at + kEscaped.size());
  }
}

}  // namespace netecho
