#pragma once

/// \file
/// The options that subcommands share are rows here, and become values here.

#include <optional>
#include <string>

#include "cmd/option_binder.hpp"
#include "cmd/run/context.hpp"

namespace netecho {

// Headings of --help that options of several tables stand under.
inline constexpr const char* kOutputGroup = "Output";
inline constexpr const char* kSocketGroup = "Sockets";

/// Holds options as typed; common_values() turns them into values, with an error that states the
/// range.
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
      fwmark, framing;
  std::string keepalive;
  bool nagle = false;
  const OptionBinder* binder = nullptr;  ///< Knows which were given; null without endpoints.
};

enum class Ends : std::uint8_t { listening, connecting };

/// Binds what all subcommands with endpoints have, with the socket options at the end; --bind and
/// --framing only where a socket connects, and of --format what fits that which is reported.
void bind_common(OptionBinder& options, CommonTyped& typed, Ends ends, Reports reports);

/// Binds those alone that say how output looks, for what has no endpoint and takes no time.
void bind_output(OptionBinder& options, CommonTyped& typed, Reports reports);

/// Turns what was typed into values, and sets the log up as chosen. Throws a usage Error.
[[nodiscard]] CommonOptions common_values(const CommonTyped& typed);

/// Returns the file that --key-file names, or else NETECHO_KEY_FILE; empty if neither does.
[[nodiscard]] std::string key_file_value(const std::optional<std::string>& typed);

}  // namespace netecho
