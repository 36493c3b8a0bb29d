#pragma once

/// \file
/// Reads facts from JSON that another version, or anybody, may have written: what is missing or of
/// another type is not known, and nothing else goes wrong.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/units.hpp"
#include "core/report/page_facts.hpp"
#include "core/report/series.hpp"

namespace netecho {

/// The member of that name; null if there is none, or `from` is no object.
[[nodiscard]] const nlohmann::ordered_json* member_at(const nlohmann::ordered_json& from,
                                                      std::string_view name);
/// Empty if there is no such text.
[[nodiscard]] std::string text_at(const nlohmann::ordered_json& from, std::string_view name);
[[nodiscard]] std::optional<double> number_at(const nlohmann::ordered_json& from,
                                              std::string_view name);
[[nodiscard]] std::optional<std::uint64_t> count_at(const nlohmann::ordered_json& from,
                                                    std::string_view name);
[[nodiscard]] std::optional<Duration> time_at(const nlohmann::ordered_json& from,
                                              std::string_view name);
[[nodiscard]] std::optional<WallTime> date_at(const nlohmann::ordered_json& from,
                                              std::string_view name);

/// Reads RFC 3339 in UTC, as format_rfc3339() writes it; years 1970 to 2199.
[[nodiscard]] std::optional<WallTime> parse_rfc3339(std::string_view text);
[[nodiscard]] std::optional<ReplyStatus> parse_status(std::string_view text);

/// Reads a `summary`.
[[nodiscard]] PageTarget page_target(const nlohmann::ordered_json& summary);

/// Returns JSON as it may stand in a page, where `<` would begin markup: as `\u003c`, and as text
/// that is one line to every reader.
[[nodiscard]] std::string page_json(const nlohmann::ordered_json& value);

}  // namespace netecho
