#pragma once

/// \file
/// The options that subcommands share, as CLI11 options and as values.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/run/context.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace netecho {

/// As typed; common_values() turns them into values, with an error that states the range.
struct CommonTyped {
  bool ipv4 = false;
  bool ipv6 = false;
  bool numeric = false;
  bool quiet = false;
  int verbosity = 0;
  std::optional<std::string> log_level, log_format, format, colour, time;
  bool epoch = false;
  bool json = false;
  std::optional<std::string> bind, interface, tos, dscp, ttl, df, rcvbuf, sndbuf, busy_poll, mss,
      fwmark;
  std::string keepalive;
  bool nagle = false;
};

enum class Ends : std::uint8_t { listening, connecting };

/// Only so that the parser knows it: help is looked for before parsing.
void add_help_flag(CLI::App& sub);
void add_common_options(CLI::App& sub, CommonTyped& typed);
/// The socket options; --bind only where a socket connects.
void add_socket_options(CLI::App& sub, CommonTyped& typed, Ends ends);

/// Throws a usage Error. Sets the log up as chosen.
[[nodiscard]] CommonOptions common_values(const CommonTyped& typed);

/// --key-file, or else NETECHO_KEY_FILE; empty: none.
[[nodiscard]] std::string key_file_value(const std::optional<std::string>& typed);

/// A fixed set of values: named in help and completion, checked by the parser.
CLI::Option* restrict_to(CLI::Option* option, const std::vector<std::string>& values);

}  // namespace netecho
