#include "cmd/run/context.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "cmd/run/log.hpp"
#include "core/base/clock.hpp"

namespace netecho {

const Format& chosen_format(const CommonOptions& common, Wanted wanted) {
  const bool document = common.format != nullptr && common.format->kind == FormatKind::document;
  const Format& typed = common.json && !document   ? json_format()
                        : common.format != nullptr ? *common.format
                                                   : text_format();
  return wanted == Wanted::stream ? in_pieces(typed) : typed;
}

Colour colour_for(int fd, ColourChoice choice) {
  if (choice != ColourChoice::automatic) {
    return choice == ColourChoice::always ? Colour::on : Colour::off;
  }
  const char* no_colour = std::getenv("NO_COLOR");
  const bool unwanted = no_colour != nullptr && *no_colour != '\0';
  return !unwanted && obeys_escapes(fd) ? Colour::on : Colour::off;
}

bool obeys_escapes(int fd) {
  const char* const variable = std::getenv("TERM");
  const std::string_view terminal = variable == nullptr ? "" : variable;
  return !terminal.empty() && terminal != "dumb" && ::isatty(fd) == 1;
}

TextStyle text_style(const CommonOptions& common, int fd) {
  return {.colour = colour_for(fd, common.colour), .name_target = false, .time = common.time};
}

std::vector<Endpoint> parse_endpoints(const std::vector<std::string>& typed, Role role,
                                      const CommonOptions& common) {
  std::vector<Endpoint> endpoints;
  endpoints.reserve(typed.size());
  for (const std::string& text : typed) endpoints.push_back(parse_endpoint(text, role));
  check_family(endpoints, common.family);
  std::vector<std::string> warnings = check_socket_options(endpoints, common.socket, role);
  std::ranges::move(check_given_options(common.given, endpoints, role),
                    std::back_inserter(warnings));
  if (common.usual_endpoints) return endpoints;
  for (const std::string& warning : warnings) log_warning(warning);
  return endpoints;
}

ConnectOptions connect_options(const CommonOptions& common, Duration timeout, int interrupt_fd) {
  return {.socket = common.socket,
          .lookup = {.family = common.family, .numeric_only = common.numeric, .deadline = timeout},
          .connect_timeout = timeout,
          .interrupt_fd = interrupt_fd};
}

void print_note(const CommonOptions& common, std::string_view line) {
  const std::string time = time_of_day(realtime_now(), common.time.value_or(TimeOfDay::none));
  Output{STDERR_FILENO, "stderr"}.write(time + "netecho: " + std::string(line) + "\n");
}

void print_error(std::string_view line) {
  Output{STDERR_FILENO, "stderr"}.write("netecho: " + std::string(line) + "\n");
}

}  // namespace netecho
