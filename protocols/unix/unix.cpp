#include "protocols/unix/unix.hpp"

#include <array>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/net/socket_address.hpp"
#include "protocols/grammar/unix_rest.hpp"
#include "protocols/message/datagram_server.hpp"
#include "protocols/rules/credentials.hpp"
#include "protocols/stream/acceptor.hpp"
#include "protocols/stream/connect_port.hpp"
#include "protocols/unix/record_port.hpp"
#include "protocols/unix/socket_file.hpp"

namespace netecho::unix_socket {
namespace {

constexpr SocketKind kStream{"unix", "unix", SocketType::stream};
constexpr SocketKind kDatagram{"unixgram", "unix", SocketType::datagram};
constexpr SocketKind kRecord{"unixpacket", "unix", SocketType::seqpacket};
constexpr AddressFamily kFamily = AddressFamily::unix_domain;
constexpr std::array<Scheme, 1> kStreamSchemes{{{kStream.scheme, kFamily}}};
constexpr std::array<Scheme, 1> kDatagramSchemes{{{kDatagram.scheme, kFamily}}};
constexpr std::array<Scheme, 1> kRecordSchemes{{{kRecord.scheme, kFamily}}};
constexpr SocketOptionSet kServeOptions = kOptionReceiveBuffer | kOptionSendBuffer;
constexpr SocketOptionSet kClientOptions = kServeOptions | kOptionBind;
/// What a socket buffer can be made to take; a record has to fit in one.
constexpr std::size_t kMaxMessageBytes = 64U << 20U;

std::string parse_rest(std::string_view rest, const RestContext& context) {
  return check_unix_rest(rest, context.typed);
}

class RecordAcceptor final : public StreamAcceptor {
 public:
  using StreamAcceptor::StreamAcceptor;
  std::unique_ptr<MessagePort> make_port(UniqueFd connection) override {
    return std::make_unique<RecordPort>(std::move(connection));
  }
};

std::unique_ptr<MessagePort> make_datagram_server(UniqueFd fd, const SourceRules& rules) {
  const SocketAddress local = local_address(fd.get());
  UserRule users = user_rule(rules, local);
  if (users.restricts()) attach_credentials(fd.get(), kDatagram.scheme);
  return std::make_unique<DatagramServer>(std::move(fd), std::move(users), kDatagram);
}

template <SocketType kType>
SocketDescription describe_endpoint(const Endpoint& endpoint) {
  return describe_unix_endpoint(endpoint, kind_of(kType));
}

template <SocketType kType>
std::vector<Served> serve(const Endpoint& endpoint, const ServeOptions& options) {
  BoundFile bound = bind_server(endpoint, kType, options);
  std::vector<Served> out;
  out.push_back(make_served(std::move(bound.fd), kType, options));
  out.back().endpoint = describe_unix_endpoint(endpoint, kind_of(kType));
  out.back().cleanup = std::move(bound.cleanup);
  return out;
}

template <SocketType kType>
std::vector<std::string> loopback(const std::string& unique) {
  return {std::string(kind_of(kType).scheme) + "://@netecho-" + unique};
}

template <SocketType kType>
std::vector<std::string> complete(std::string_view rest) {
  return complete_name(rest, kType);
}

/// A connection's ends; the name of an unbound client is empty.
Connection describe_connection(const Endpoint& endpoint, int fd, const SocketKind& kind) {
  Connection out{.socket = ByteChannel{UniqueFd{}},
                 .peer = describe_unix_endpoint(endpoint, kind),
                 .local = describe(local_address(fd), kind),
                 .connect_time = std::nullopt};
  return out;
}

Connection connect_stream(const Endpoint& endpoint, const ConnectOptions& options) {
  const Instant start = monotonic_now();
  UniqueFd fd = connect_socket(endpoint, SocketType::stream, options);
  const Duration took = monotonic_now() - start;
  Connection out = describe_connection(endpoint, fd.get(), kStream);
  out.connect_time = took;
  out.socket = ByteChannel{std::move(fd)};
  return out;
}

Connection connect_record(const Endpoint& endpoint, const ConnectOptions& options) {
  const Instant start = monotonic_now();
  UniqueFd fd = connect_socket(endpoint, SocketType::seqpacket, options);
  const Duration took = monotonic_now() - start;
  Connection out = describe_connection(endpoint, fd.get(), kRecord);
  out.connect_time = took;
  out.socket = std::make_unique<RecordPort>(std::move(fd));
  return out;
}

template <SocketType kType>
std::unique_ptr<MessagePort> connect_port(const Endpoint& endpoint, const ConnectOptions& options) {
  if (options.socket.bind) {
    throw usage_error("--bind", *options.socket.bind,
                      "one name cannot be that of a connection a probe");
  }
  const auto prepare = [socket = options.socket, subject = endpoint.typed](
                           int fd, const SocketAddress& peer) {
    apply(fd, peer.family(), socket, kClientOptions, subject);
  };
  return make_connect_port({.addresses = {unix_address(endpoint.rest)},
                            .kind = kind_of(kType),
                            .subject = endpoint.typed,
                            .prepare = prepare},
                           options.connect_timeout);
}

}  // namespace

SocketKind kind_of(SocketType type) noexcept {
  switch (type) {
    case SocketType::stream:
      return kStream;
    case SocketType::datagram:
      return kDatagram;
    case SocketType::seqpacket:
      return kRecord;
  }
  return kStream;
}

Served make_served(UniqueFd fd, SocketType type, const ServeOptions& options) {
  Served out{.socket = std::unique_ptr<Acceptor>{}, .endpoint = {}, .kind = kind_of(type)};
  const int listener = fd.get();
  const auto streams = [&](UniqueFd of) {
    return std::make_unique<StreamAcceptor>(std::move(of), options.sources);
  };
  const auto records = [&](UniqueFd of) {
    return std::make_unique<RecordAcceptor>(std::move(of), options.sources);
  };
  switch (type) {
    case SocketType::stream:
      out.socket = streams(std::move(fd));
      share_listener(out, listener, options, streams);
      break;
    case SocketType::seqpacket:
      out.socket = records(std::move(fd));
      share_listener(out, listener, options, records);
      out.records = true;
      break;
    case SocketType::datagram:
      out.socket = make_datagram_server(std::move(fd), options.sources);
      break;
  }
  return out;
}

Backend stream_backend() noexcept {
  return {
      .kind = kStream,
      .schemes = kStreamSchemes,
      .summary = "Unix-domain stream socket: a path or @NAME",
      .example = "unix:///run/echo.sock",
      .capabilities = {.connects = true,
                       .client_options = kClientOptions,
                       .serve_options = kServeOptions,
                       .source_controls = kSourceUsers},
      .parse_rest = parse_rest,
      .describe = describe_endpoint<SocketType::stream>,
      .connect = connect_stream,
      .connect_port = connect_port<SocketType::stream>,
      .serve = serve<SocketType::stream>,
      .loopback = loopback<SocketType::stream>,
      .complete = complete<SocketType::stream>,
  };
}

Backend datagram_backend() noexcept {
  return {
      .kind = kDatagram,
      .schemes = kDatagramSchemes,
      .summary = "Unix-domain datagram socket: a path or @NAME",
      .example = "unixgram:///run/echo.sock",
      .capabilities = {.boundaries = true,
                       .max_message_bytes = kMaxMessageBytes,
                       .client_options = kClientOptions,
                       .serve_options = kServeOptions,
                       .source_controls = kSourceUsers},
      .parse_rest = parse_rest,
      .describe = describe_endpoint<SocketType::datagram>,
      .connect = connect_unixgram,
      .connect_port = nullptr,
      .serve = serve<SocketType::datagram>,
      .loopback = loopback<SocketType::datagram>,
      .complete = complete<SocketType::datagram>,
  };
}

Backend record_backend() noexcept {
  return {
      .kind = kRecord,
      .schemes = kRecordSchemes,
      .summary = "Unix-domain record socket (SOCK_SEQPACKET): a path or @NAME",
      .example = "unixpacket:///run/echo.sock",
      .capabilities = {.connects = true,
                       .boundaries = true,
                       .max_message_bytes = kMaxMessageBytes,
                       .client_options = kClientOptions,
                       .serve_options = kServeOptions,
                       .source_controls = kSourceUsers},
      .parse_rest = parse_rest,
      .describe = describe_endpoint<SocketType::seqpacket>,
      .connect = connect_record,
      .connect_port = connect_port<SocketType::seqpacket>,
      .serve = serve<SocketType::seqpacket>,
      .loopback = loopback<SocketType::seqpacket>,
      .complete = complete<SocketType::seqpacket>,
  };
}

}  // namespace netecho::unix_socket
