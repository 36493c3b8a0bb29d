#pragma once

/// \file
/// What can be typed behind a scheme of frames: `interface`, and `interface/` with a station.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/mac_address.hpp"

namespace netecho {

/// Returns the interfaces that begin with `rest`, but for the loopback, which has no stations.
[[nodiscard]] std::vector<std::string> complete_interface(std::string_view rest);

/// Returns those neighbors of the interface in front of '/' that go on with `rest`, 256 at most.
/// Each word is `rest` up to `address_at`, and the address as `format` writes it. None where the
/// kernel won't tell. REQUIRES: `rest` has a '/'.
[[nodiscard]] std::vector<std::string> complete_station(std::string_view rest,
                                                        std::size_t address_at,
                                                        std::string (*format)(const MacAddress&));

}  // namespace netecho
