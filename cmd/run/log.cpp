#include "cmd/run/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <set>

#include "core/base/escape.hpp"

namespace netecho {
namespace {

struct Choice {
  LogLevel level = LogLevel::warning;
  LogFormat format = LogFormat::text;
  ColourChoice colour = ColourChoice::automatic;
  TimeOfDay time = TimeOfDay::none;
};
constinit Choice chosen;

/// Prints the time of day as all other text has it.
class TimeFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*local*/,
              spdlog::memory_buf_t& out) override {
    const std::string text = time_of_day(WallTime{message.time.time_since_epoch()}, chosen.time);
    out.append(text.data(), text.data() + text.size());
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<TimeFlag>();
  }
};

spdlog::sink_ptr make_sink() {
  if (chosen.format == LogFormat::text && colour_for(STDERR_FILENO, chosen.colour) == Colour::on) {
    return std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(spdlog::color_mode::always);
  }
  return std::make_shared<spdlog::sinks::stderr_sink_mt>();
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("netecho", make_sink());
    made->set_level(spdlog::level::trace);  // log() has already decided.
    if (chosen.format == LogFormat::json) {
      made->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":"%v"})");
    } else {
      auto formatter = std::make_unique<spdlog::pattern_formatter>();
      formatter->add_flag<TimeFlag>('*').set_pattern("%*netecho: %^%l%$: %v");
      made->set_formatter(std::move(formatter));
    }
    return made;
  }();
  return *instance;
}

/// Escapes what escape_for_terminal() leaves and a JSON string must not have.
std::string escape_for_json(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

void log(LogLevel level, spdlog::level::level_enum as, const std::string& message) {
  if (chosen.level < level) return;
  const std::string safe = escape_for_terminal(message);
  logger().log(as, "{}", chosen.format == LogFormat::json ? escape_for_json(safe) : safe);
}

/// A lock is needed, as connections are opened again on threads of their own.
bool is_new(const std::string& message) {
  static std::mutex mutex;
  static std::set<std::string> told;
  const std::lock_guard lock{mutex};
  return told.insert(message).second;
}

}  // namespace

void configure_log(const CommonOptions& common) {
  chosen = {common.log_level, common.log_format, common.colour,
            common.time.value_or(TimeOfDay::none)};
}

void log_debug(const std::string& message) {
  log(LogLevel::debug, spdlog::level::debug, message);
}

void log_debug_once(const std::string& message) {
  if (chosen.level >= LogLevel::debug && is_new(message)) log_debug(message);
}

void log_warning_once(const std::string& message) {
  if (is_new(message)) log_warning(message);
}

void log_info(const std::string& message) {
  log(LogLevel::info, spdlog::level::info, message);
}

void log_warning(const std::string& message) {
  log(LogLevel::warning, spdlog::level::warn, message);
}

}  // namespace netecho
