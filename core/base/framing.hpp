#pragma once

/// \file
/// How a frame of Ethernet carries a packet of IPX. Stations understand each other only by the same
/// one.

#include <cstdint>

namespace netecho {

enum class Framing : std::uint8_t {
  ethernet2,  ///< Behind its ethertype, 0x8137.
  raw,        ///< "802.3": behind a length; the packet begins with FFFF, by which it is known.
  llc,        ///< "802.2": behind a length and LLC, E0 E0 03.
  snap,       ///< Behind a length, LLC and SNAP, AA AA 03 000000 8137.
};

}  // namespace netecho
