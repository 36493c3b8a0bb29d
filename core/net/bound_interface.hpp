#pragma once

/// \file
/// The interface that a socket is bound to, by SO_BINDTODEVICE or by the zone of its address. The
/// kernel remembers its number: one of the same name that is made later is another one, and the
/// socket gets nothing from it, without an error.

#include <string>

namespace netecho {

/// Its name; empty if the socket is bound to none, or that interface is gone.
[[nodiscard]] std::string bound_interface(int fd);

/// Whether there is no such interface any more.
[[nodiscard]] bool lost_interface(int fd) noexcept;

}  // namespace netecho
