#pragma once

/// \file
/// Turns events into JSON, one line each (docs/json.md), which is valid for every byte that a peer
/// may send.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/facts/events.hpp"

namespace netecho {

/// Every JSON reader can hold integers up to this without rounding (RFC 8259 section 6).
inline constexpr std::int64_t kMaxJsonInteger = (std::int64_t{1} << 53) - 1;

/// Returns one line, without its newline.
[[nodiscard]] std::string to_json(const Event& event);

/// Returns the one object of `--format json`.
[[nodiscard]] std::string to_json(const ResultEvent& result);

/// Returns the JSON Schema (draft 2020-12) of all of it, indented. `transports`: the names known
/// today.
[[nodiscard]] std::string json_schema(std::span<const std::string_view> transports);

}  // namespace netecho
