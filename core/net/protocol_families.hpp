#pragma once

/// \file
/// The protocol families that <sys/socket.h> names, and what this kernel gives of each: only
/// socket(2) can tell, so that each type is tried.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/fixed_text.hpp"
#include "core/net/endpoint.hpp"

namespace netecho {

/// A type of socket as the kernel has it. Those that netecho's own sockets have are a SocketType.
enum class KernelType : std::uint8_t { stream, datagram, raw, rdm, seqpacket };

[[nodiscard]] std::string_view to_string(KernelType type) noexcept;

/// One call of socket(2) that tells whether a family has this type.
struct SocketTry {
  KernelType type;
  int protocol = 0;  ///< One that sends and receives nothing by itself.
};

/// What a family is tried with. One of the lesson is tried with the types that Linux has in it, as
/// socket(2) looks for a module for what it doesn't know; others are tried with all, or those that
/// need a protocol.
enum class SocketTries : std::uint8_t { every, ip, local, packet, ipx, keys, can, rxrpc };

[[nodiscard]] std::span<const SocketTry> calls_of(SocketTries tries) noexcept;

/// A row of the table. It lives as long as the program.
struct ProtocolFamily {
  int number;
  FixedText<15> name;  ///< "INET" of PF_INET and AF_INET.
  FixedText<47> description;
  FixedText<31> privilege = "";  ///< What every socket of it takes; empty: nothing.
  SocketTries tries = SocketTries::every;
  /// What the registry calls such addresses; none if no transport has them.
  std::optional<AddressFamily> addresses{};
  /// The family over whose sockets netecho speaks it itself, without the kernel; 0: none.
  int carrier = 0;
};

/// So many of them, at the front, are those that every lesson about sockets begins with.
inline constexpr std::size_t kLessonFamilies = 5;

/// Lists all of them: those of the lesson first, then the others by their numbers.
[[nodiscard]] std::span<const ProtocolFamily> protocol_families() noexcept;

/// Makes such a socket and closes it. Returns 0, or why there is none (errno). The kernel may load
/// a module for a family that it does not have yet.
[[nodiscard]] int try_socket(int family, const SocketTry& attempt) noexcept;

}  // namespace netecho
