#pragma once

/// \file
/// The table of transports: one row each. Help, parsing, completion, the conformance suite and
/// `probe --self` follow from it. A row may lack a side: what is null there is refused or left out
/// by whoever would use it.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/net/endpoint.hpp"
#include "core/net/resolver.hpp"
#include "core/net/socket_options.hpp"
#include "core/net/source_rules.hpp"
#include "core/seam/connection.hpp"
#include "core/seam/message_port.hpp"
#include "core/seam/served.hpp"
#include "core/seam/wire_format.hpp"
#include "protocols/grammar/rest_context.hpp"

namespace netecho {

struct ConnectOptions {
  SocketOptions socket;
  NameLookup lookup;
  Duration connect_timeout = std::chrono::seconds{5};
  int interrupt_fd = -1;  ///< Readable: give up with `Interrupted`.
};

struct ServeOptions {
  SocketOptions socket;
  NameLookup lookup;
  int backlog = 4096;
  bool reuse_port = false;
  std::size_t threads = 1;  ///< Serving threads; each gets a socket of its own where possible.
  unsigned unix_mode = 0600;
  bool unix_replace = false;
  SourceRules sources;
  std::size_t ctp_hops = 1;  ///< How many hops a frame that is sent on may have in all (packet).
  /// Tells the user what is worth knowing although it works (a family this host lacks, a wildcard
  /// bind).
  void (*warn)(const std::string& message) = nullptr;
  int interrupt_fd = -1;
};

/// By what `serve` can tell the peers of a transport apart, one bit each.
enum SourceControlBit : std::uint32_t {
  kSourceNetworks = 1U << 0,     ///< Their addresses: --allow.
  kSourceUsers = 1U << 1,        ///< Their users: --allow-uid.
  kSourceDatagrams = 1U << 2,    ///< Ports of datagrams: --udp-allow-any-source.
  kSourceConnections = 1U << 3,  ///< How many connections each has: --max-per-source.
  kSourceRates = 1U << 4,        ///< How many replies a second each gets: --udp-max-rate.
  kSourceHops = 1U << 5,         ///< How often a message wants to be sent on: --ctp-hops.
};
using SourceControls = std::uint32_t;

struct Capabilities {
  bool connects = false;              ///< Has a connection set-up: `--mode connect`, `connect_ns`.
  bool boundaries = false;            ///< Keeps message boundaries (datagrams, records).
  bool kernel_stamps = false;         ///< The kernel stamps what is sent and received.
  bool inherited = false;             ///< Descriptors given by a parent: serve only.
  bool unchanged = false;             ///< Messages come back as they were: no stamp, no tag.
  std::size_t max_message_bytes = 0;  ///< 0: no limit (streams).
  SocketOptionSet client_options = 0;
  SocketOptionSet serve_options = 0;
  SourceControls source_controls = 0;
};

struct Backend {
  SocketKind kind;                         ///< What its sockets are; empty: each tells.
  std::span<const Scheme> schemes;         ///< The first is the general one.
  std::string_view summary;                ///< One line for --help and completion.
  std::string_view example;                ///< An endpoint a user could type.
  std::string_view wire_format = kFrames;  ///< What its probes look like.
  Capabilities capabilities;
  /// Checks and canonicalizes what stands behind the scheme; throws a usage Error with its hint.
  std::string (*parse_rest)(std::string_view rest, const RestContext& context);
  /// The `target` object, nothing resolved.
  SocketDescription (*describe)(const Endpoint& endpoint);
  /// Connects (stream, seqpacket) or makes a connected message socket. Throws Error, Interrupted.
  /// Null: there is no client.
  Connection (*connect)(const Endpoint& endpoint, const ConnectOptions& options);
  /// A port whose every message is one connection: send() starts it (T1), receive() gives the
  /// message back once connected (T4) or with its error. Null where capabilities.connects is false.
  std::unique_ptr<MessagePort> (*connect_port)(const Endpoint& endpoint,
                                               const ConnectOptions& options);
  /// Binds (and listens) on every address of the endpoint. Throws Error. Null: there is no server.
  std::vector<Served> (*serve)(const Endpoint& endpoint, const ServeOptions& options);
  /// Where there is no server: why none is needed, for whoever asks for it. May be empty.
  std::string_view no_server{};
  /// Endpoints by which this machine can talk to itself, one a kind of socket: to bind, or where
  /// there is no server to talk to as they are. `unique` makes names differ between processes. Null
  /// where there is none.
  std::vector<std::string> (*loopback)(const std::string& unique);
  /// Completions of a partly typed rest (socket files, interfaces …); opens no socket, asks no DNS.
  /// Null: nothing is known.
  std::vector<std::string> (*complete)(std::string_view rest);
  /// Those that only a client has: whom it could talk to. Asks the kernel, and sends nothing. Null:
  /// none is known.
  std::vector<std::string> (*complete_peer)(std::string_view rest) = nullptr;
  /// How large a message to this endpoint can be, where that is not the same for all of them; asks
  /// this host only. Null: capabilities.max_message_bytes.
  std::size_t (*largest_message)(const Endpoint& endpoint, const SocketOptions& options) = nullptr;
  /// Whether a client asks all who answer there: `probe` lists them, `send` wants one. Null: never.
  bool (*asks_many)(const Endpoint& endpoint) = nullptr;
  /// What probes look like, where that is not the same for all its endpoints. Null: wire_format.
  std::string_view (*wire_format_of)(const Endpoint& endpoint) = nullptr;

  [[nodiscard]] bool has_side(Role role) const noexcept {
    return role == Role::serve ? serve != nullptr : connect != nullptr;
  }
};

[[nodiscard]] std::span<const Backend> backends() noexcept;

/// Lists what `transport` of a socket may be: "tcp", "udp", "unix", each once.
[[nodiscard]] std::vector<std::string_view> transport_names();

/// Lists the schemes whose sockets may have addresses of this family: of a transport that has a
/// scheme for it alone, that one and those that leave the family open.
[[nodiscard]] std::vector<std::string_view> schemes_of(AddressFamily family);

/// Finds the backend of a scheme; none if no backend has it.
[[nodiscard]] const Backend* find_backend(std::string_view scheme) noexcept;

/// Throws a usage Error for an endpoint `typed` with `scheme` whose backend has no side for `role`.
void check_side(const Backend& backend, std::string_view scheme, Role role, std::string_view typed);

/// Parses the whole grammar of docs/endpoints.md. Throws a usage Error that names the endpoint,
/// says what is wrong and, where one can be guessed, the spelling that works.
[[nodiscard]] Endpoint parse_endpoint(std::string_view text, Role role);

/// What a partly typed endpoint may go on as: schemes with a side for `role` while there is none
/// yet, then what its backend knows. Sends nothing to the network, asks no DNS.
[[nodiscard]] std::vector<std::string> complete_endpoint(std::string_view prefix, Role role);

/// REQUIRES: `endpoint` came from parse_endpoint. The backend has the side that it was parsed for.
[[nodiscard]] const Backend& backend_of(const Endpoint& endpoint);

/// Returns what a client probably meant by two arguments HOST PORT ("localhost:7"); none if they
/// cannot be that.
[[nodiscard]] std::optional<std::string> host_port_hint(std::string_view host,
                                                        std::string_view port);

/// Returns what the probes of a client of this endpoint look like.
[[nodiscard]] std::string_view wire_format_of(const Endpoint& endpoint);

/// Returns how large a message to this endpoint can be with these options; 0: no limit (streams).
[[nodiscard]] std::size_t message_limit(const Endpoint& endpoint,
                                        const SocketOptions& options = {});

/// Throws a usage Error for an endpoint that -4 or -6 rules out (`-6 tcp4://…`, `-4 [::1]:7`).
void check_family(std::span<const Endpoint> endpoints, FamilyChoice choice);

/// Returns the port that `--bind` names for an IP socket, 0 if it leaves the choice. Throws a usage
/// Error.
[[nodiscard]] std::uint16_t local_port(std::string_view bind);

/// Checks the requested socket options against all endpoints: an option that none of them can honor
/// is a usage Error; for one that some can't, returns a warning that names them.
[[nodiscard]] std::vector<std::string> check_socket_options(std::span<const Endpoint> endpoints,
                                                            const SocketOptions& options,
                                                            Role role);

}  // namespace netecho
