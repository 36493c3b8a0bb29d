#pragma once

/// \file
/// The network interfaces that frames can be sent over: Ethernet, and what looks like it (veth,
/// bridges, wireless).

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/mac_address.hpp"

namespace netecho {

struct Interface {
  std::string name;
  int index = 0;
  MacAddress mac;
  std::size_t mtu_bytes = 0;
};

/// Throws Error (connect): there is no such interface (ENODEV), with the names of those that exist,
/// or it is not Ethernet. `operation` and `subject` are those of the error.
[[nodiscard]] Interface find_interface(const std::string& name, std::string_view operation,
                                       std::string_view subject);

/// Returns the number of the interface; none if no interface has that name. Needs no rights.
[[nodiscard]] std::optional<int> index_of(const std::string& name);

/// Returns how many bytes a frame carries there; none if there is no such interface. Needs no
/// rights.
[[nodiscard]] std::optional<std::size_t> mtu_of(const std::string& name);

}  // namespace netecho
