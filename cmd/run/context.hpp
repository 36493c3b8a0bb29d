#pragma once

/// \file
/// Every subcommand is given this: the options they share, and where output goes.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cmd/run/endpoint_options.hpp"
#include "core/base/output.hpp"
#include "core/net/socket_options.hpp"
#include "core/report/format.hpp"
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
  const Format* format = nullptr;  ///< Null if --format was not given.
  bool json = false;               ///< --json: what that means depends on the subcommand.
  ColourChoice colour = ColourChoice::automatic;
  std::optional<TimeOfDay> time;  ///< None if neither --time nor -D was given.
  SocketOptions socket;
  std::vector<GivenOption> given;  ///< Those that mean something for some endpoints only.
  bool usual_endpoints = false;    ///< Nobody named any: no warning is about one.
};

/// What a subcommand writes where a document was asked for: it has no other end than its last
/// event, or its results are best read one by one.
enum class Wanted : std::uint8_t { document, stream };
[[nodiscard]] const Format& chosen_format(const CommonOptions& common, Wanted wanted);

/// Tells whether descriptor `fd` gets color: the choice, NO_COLOR, or a terminal that obeys
/// escapes.
[[nodiscard]] Colour colour_for(int fd, ColourChoice choice);
/// Tells whether `fd` is a terminal that has a name (TERM) other than `dumb`.
[[nodiscard]] bool obeys_escapes(int fd);
/// Returns how text on descriptor `fd` looks.
[[nodiscard]] TextStyle text_style(const CommonOptions& common, int fd);

/// Parses all endpoints before anything is opened, and checks the options against them.
/// Throws a usage Error; warnings go to the log.
[[nodiscard]] std::vector<Endpoint> parse_endpoints(const std::vector<std::string>& typed,
                                                    Role role, const CommonOptions& common);

[[nodiscard]] ConnectOptions connect_options(const CommonOptions& common, Duration timeout,
                                             int interrupt_fd);

/// Prints `netecho: …` on stderr: what was asked for by -v, with the time of day if that was, too.
/// `line` is escaped already, as with print_error().
void print_note(const CommonOptions& common, std::string_view line);

/// Prints `netecho: …` on stderr, the one line that every error is.
void print_error(std::string_view line);

}  // namespace netecho
