#pragma once

/// \file
/// What every subcommand is given: the options they share, and where output goes.

#include <optional>
#include <string>
#include <vector>

#include "core/base/output.hpp"
#include "core/net/socket_options.hpp"
#include "core/report/sink.hpp"
#include "protocols/registry.hpp"

namespace netecho {

enum class LogLevel : std::uint8_t { off, error, warning, info, debug };
enum class LogFormat : std::uint8_t { text, json };
enum class ColourChoice : std::uint8_t { automatic, always, never };

struct CommonOptions {
  FamilyChoice family = FamilyChoice::any;
  bool numeric = false;
  bool quiet = false;
  int verbosity = 0;
  LogLevel log_level = LogLevel::warning;
  LogFormat log_format = LogFormat::text;
  std::optional<OutputFormat> format;  ///< As given by --format.
  bool json = false;                   ///< --json: what that means depends on the subcommand.
  ColourChoice colour = ColourChoice::automatic;
  SocketOptions socket;
};

/// The format of a subcommand for which `--json` means `json_means`.
[[nodiscard]] OutputFormat chosen_format(const CommonOptions& common, OutputFormat json_means);

/// Whether descriptor `fd` gets colour: the choice, NO_COLOR, TERM=dumb, a terminal.
[[nodiscard]] Colour colour_for(int fd, ColourChoice choice);

/// Parses all endpoints before anything is opened, and checks the socket options against them.
/// Throws a usage Error; warnings go to the log.
[[nodiscard]] std::vector<Endpoint> parse_endpoints(const std::vector<std::string>& typed,
                                                    Role role, const CommonOptions& common);

[[nodiscard]] ConnectOptions connect_options(const CommonOptions& common, Duration timeout,
                                             int interrupt_fd);

/// Prints `netecho: …` on stderr, the one line that every error is.
void print_error(std::string_view line);

}  // namespace netecho
