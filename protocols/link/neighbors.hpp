#pragma once

/// \file
/// The stations on an interface that the kernel knows: its neighbor table, which IP fills by ARP
/// and neighbor discovery (rtnetlink(7)).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/mac_address.hpp"

namespace netecho {

enum class NeighborTable : std::uint8_t { goes_on, ended };

/// Adds the unicast addresses of 6 bytes that a part of the table has for this interface, as they
/// come. Safe on hostile input: behind a length that lies the table has ended.
[[nodiscard]] NeighborTable read_neighbors(std::span<const std::byte> messages, int interface_index,
                                           std::vector<MacAddress>& found);

/// Returns each station once, in order; none where the kernel won't tell, or there is no such
/// interface. Asks the kernel only: nothing is sent to the network, and no answer is awaited.
[[nodiscard]] std::vector<MacAddress> neighbors(const std::string& interface);

}  // namespace netecho
