#include "cmd/context.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "cmd/log.hpp"

namespace netecho {

OutputFormat chosen_format(const CommonOptions& common, OutputFormat json_means) {
  if (common.json || common.format == OutputFormat::json) return json_means;
  return common.format.value_or(OutputFormat::text);
}

Colour colour_for(int fd, ColourChoice choice) {
  if (choice != ColourChoice::automatic) {
    return choice == ColourChoice::always ? Colour::on : Colour::off;
  }
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal != nullptr && std::string_view{terminal} == "dumb";
  const bool unwanted = no_colour != nullptr && *no_colour != '\0';
  return !unwanted && !dumb && ::isatty(fd) == 1 ? Colour::on : Colour::off;
}

std::vector<Endpoint> parse_endpoints(const std::vector<std::string>& typed, Role role,
                                      const CommonOptions& common) {
  std::vector<Endpoint> endpoints;
  endpoints.reserve(typed.size());
  for (const std::string& text : typed) endpoints.push_back(parse_endpoint(text, role));
  check_family(endpoints, common.family);
  for (const std::string& warning : check_socket_options(endpoints, common.socket, role)) {
    log_warning(warning);
  }
  return endpoints;
}

ConnectOptions connect_options(const CommonOptions& common, Duration timeout, int interrupt_fd) {
  return {.socket = common.socket,
          .lookup = {.family = common.family, .numeric_only = common.numeric, .deadline = timeout},
          .connect_timeout = timeout,
          .interrupt_fd = interrupt_fd};
}

void print_error(std::string_view line) {
  Output{STDERR_FILENO, "stderr"}.write("netecho: " + std::string(line) + "\n");
}

}  // namespace netecho
