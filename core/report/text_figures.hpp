#pragma once

/// \file
/// Shows figures and messages as the summary and the table need them.

#include <optional>
#include <string>
#include <string_view>

#include "core/base/units.hpp"
#include "core/facts/summary.hpp"
#include "core/net/endpoint.hpp"
#include "core/report/text.hpp"

namespace netecho {

/// Shows `41.2 µs`, or `-` when it was not measured.
[[nodiscard]] std::string figure_text(const std::optional<Duration>& duration);

/// Shows three digits: `0%`, `33.3%`, `0.001%`. Only all of something is 100%.
[[nodiscard]] std::string percent_text(double ratio);

/// Shows the share of what went unanswered if that is more than what was lost.
[[nodiscard]] std::optional<double> unanswered_beyond_loss(const Summary& summary) noexcept;

/// Returns the names of sockets, escaped.
[[nodiscard]] std::string name_of(const SocketDescription& end);
[[nodiscard]] std::string name_of(const std::optional<SocketDescription>& end);

inline constexpr const char* kBold = "1";
inline constexpr const char* kRed = "31";
[[nodiscard]] std::string paint(const std::string& words, const char* code, const TextStyle& style);

/// A message that is escaped already stays as it is. If one is not, it still cannot act on the
/// terminal.
[[nodiscard]] std::string message_text(std::string_view message);

}  // namespace netecho
