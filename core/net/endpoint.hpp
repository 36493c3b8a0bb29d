#pragma once

/// \file
/// An `Endpoint` is what the user types, a `SocketDescription` what a socket turned out to be. The
/// scheme is split off here; the rest belongs to the transport's backend.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace netecho {

/// An empty host, port 0 or an inherited descriptor mean different things to the two roles.
enum class Role : std::uint8_t { serve, client };

enum class SocketType : std::uint8_t { stream, datagram, seqpacket };
enum class AddressFamily : std::uint8_t { ipv4, ipv6, unix_domain, packet, ipx };

/// "ipv4", "ipv6", "unix" for sockets of this host alone, "packet" for frames of one link, "ipx".
[[nodiscard]] std::string_view to_string(AddressFamily family) noexcept;
[[nodiscard]] std::string_view to_string(SocketType type) noexcept;

/// One way to begin an endpoint. The text lives as long as the program.
struct Scheme {
  std::string_view text;                ///< Lower case: "tcp", "tcp4", "unixgram".
  std::optional<AddressFamily> family;  ///< The only one that it allows; none: it leaves that open.
};

/// What the sockets of one transport are, and what they are called. Its texts live as long as the
/// program.
struct SocketKind {
  std::string_view scheme;     ///< Without the digit of a family: "tcp", "unixgram".
  std::string_view transport;  ///< As JSON says it: "tcp", "unix".
  SocketType type = SocketType::stream;
  int protocol = 0;       ///< As socket(2) takes it (IPPROTO_…); 0: that of the type.
  bool has_ports = true;  ///< Whether an IP address alone is not yet one of its sockets.
};

/// This is the `endpoint`, `target`, `local` or `peer` object of json.md.
struct SocketDescription {
  std::string uri;        ///< Canonical, always SCHEME://…; raw bytes.
  std::string transport;  ///< SocketKind::transport: "tcp", "udp", "unix".
  SocketType socket_type = SocketType::stream;
  std::optional<AddressFamily> family;  ///< None while a name is not resolved.
  std::optional<std::string> address;   ///< Numeric IP (with %zone), a MAC, or the host as typed.
  std::optional<std::uint16_t> port;
  std::optional<std::string> path;          ///< Path or abstract name (without '@'), raw bytes.
  std::optional<bool> abstract;             ///< Set for unix only.
  std::optional<std::string> interface {};  ///< The only one that it sends over (packet).

  bool operator==(const SocketDescription&) const = default;
};

/// A parsed endpoint. Invariant: `rest` is in the canonical form of the backend of `scheme`.
struct Endpoint {
  std::string scheme;                     ///< Lower case, one that the registry knows.
  std::string rest;                       ///< Canonical, what stands behind "SCHEME://".
  std::string typed;                      ///< As the user wrote it, for messages.
  std::optional<AddressFamily> family{};  ///< The one that its scheme asks for.

  /// The canonical URI: parse(uri()) == *this but for `typed`.
  [[nodiscard]] std::string uri() const { return scheme + "://" + rest; }
};

struct SplitEndpoint {
  std::string scheme;  ///< Lower case; empty for a bare endpoint.
  std::string_view rest;
  bool has_slashes = false;  ///< Written SCHEME://, which is always a scheme.
};

/// `X://rest` always has scheme X; `X:rest` only if `is_scheme(X)`; everything else is bare.
[[nodiscard]] SplitEndpoint split_scheme(std::string_view text,
                                         bool (*is_scheme)(std::string_view lower_case));

}  // namespace netecho
