#pragma once

/// \file
/// A socket can be bound to an interface, by SO_BINDTODEVICE or by the zone of its address. The
/// kernel remembers the interface's number. One that is made later with the same name is another
/// one, and the socket gets nothing from it, without an error.

#include <string>

namespace netecho {

/// Returns its name; empty if the socket is bound to none, or that interface is gone.
[[nodiscard]] std::string bound_interface(int fd);

/// Whether there is no such interface any more.
[[nodiscard]] bool lost_interface(int fd) noexcept;

}  // namespace netecho
