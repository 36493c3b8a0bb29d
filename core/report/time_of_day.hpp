#pragma once

/// \file
/// Only this knows how the time of day looks before lines of text (`--time`).

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/units.hpp"

namespace netecho {

enum class TimeOfDay : std::uint8_t {
  none,
  local,  ///< `2026-11-28T09:13:28.123+01:00`.
  utc,    ///< `2026-11-28T08:13:28.123Z`.
  epoch,  ///< `[1764317608.123456]`, as ping -D has it.
};

/// Reads the time zone now: later, in a sandbox, its file may be out of reach.
void prepare_time_of_day(TimeOfDay choice) noexcept;

/// Returns it with the space behind it; empty for `none`.
[[nodiscard]] std::string time_of_day(WallTime time, TimeOfDay choice);

/// Returns `lines` with that before each line which isn't empty.
[[nodiscard]] std::string with_time_of_day(std::string lines, WallTime time, TimeOfDay choice);

}  // namespace netecho
