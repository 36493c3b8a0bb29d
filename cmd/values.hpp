#pragma once

/// \file
/// Values of options are read as users write them, each with an error that states the range.

#include <cstdint>
#include <string>
#include <string_view>

#include "cmd/run/context.hpp"

namespace netecho {

/// Nothing is counted further: that is more than anybody waits for.
inline constexpr std::uint64_t kMaxCount = INT64_MAX;

/// Each throws a usage Error that names `option`.
[[nodiscard]] Duration duration_value(std::string_view option, const std::string& text);
/// Does what duration_value() does, but 0 is out of range.
[[nodiscard]] Duration positive_duration_value(std::string_view option, const std::string& text);
/// Reads a rate per second, and returns the time between two.
[[nodiscard]] Duration rate_value(std::string_view option, const std::string& text);
[[nodiscard]] std::uint64_t size_value(std::string_view option, const std::string& text,
                                       std::uint64_t low, std::uint64_t high);
[[nodiscard]] std::uint64_t number_value(std::string_view option, const std::string& text,
                                         std::uint64_t low, std::uint64_t high);
/// Reads the MAX of --show-payload[=MAX]: 0 if `text` is empty, the default if it is "on".
[[nodiscard]] std::size_t shown_bytes_value(const std::string& text);
[[nodiscard]] unsigned octal_mode_value(std::string_view option, const std::string& text);
/// Reads what parse_dscp() reads.
[[nodiscard]] int dscp_value(const std::string& text);
/// Reads a firewall mark of 32 bits, decimal or hexadecimal behind 0x.
[[nodiscard]] std::uint32_t mark_value(const std::string& text);
/// Reads IDLE,INTERVAL,COUNT; parts that are empty stay the system's default.
[[nodiscard]] Keepalive keepalive_value(const std::string& text);

}  // namespace netecho
