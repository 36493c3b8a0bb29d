#include "cmd/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>

#include "core/base/escape.hpp"

namespace netecho {
namespace {

struct Choice {
  LogLevel level = LogLevel::warning;
  LogFormat format = LogFormat::text;
  ColourChoice colour = ColourChoice::automatic;
};
constinit Choice choice;

spdlog::sink_ptr make_sink() {
  if (choice.format == LogFormat::text && colour_for(STDERR_FILENO, choice.colour) == Colour::on) {
    return std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(spdlog::color_mode::always);
  }
  return std::make_shared<spdlog::sinks::stderr_sink_mt>();
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("netecho", make_sink());
    made->set_level(spdlog::level::trace);  // log() has already decided.
    made->set_pattern(choice.format == LogFormat::json
                          ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":"%v"})"
                          : "netecho: %^%l%$: %v");
    return made;
  }();
  return *instance;
}

/// A JSON string's content: what escape_for_terminal leaves that JSON would not.
std::string escape_for_json(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

void log(LogLevel level, spdlog::level::level_enum as, const std::string& message) {
  if (choice.level < level) return;
  const std::string safe = escape_for_terminal(message);
  logger().log(as, "{}", choice.format == LogFormat::json ? escape_for_json(safe) : safe);
}

}  // namespace

void configure_log(LogLevel level, LogFormat format, ColourChoice colour) {
  choice = {level, format, colour};
}

void log_info(const std::string& message) {
  log(LogLevel::info, spdlog::level::info, message);
}

void log_warning(const std::string& message) {
  log(LogLevel::warning, spdlog::level::warn, message);
}

}  // namespace netecho
