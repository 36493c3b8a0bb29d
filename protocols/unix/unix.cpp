#include "protocols/unix/unix.hpp"

#include <array>

#include "core/base/clock.hpp"
#include "core/net/socket_address.hpp"
#include "protocols/grammar/unix_rest.hpp"
#include "protocols/message/datagram_server.hpp"
#include "protocols/stream/acceptor.hpp"
#include "protocols/stream/connect_port.hpp"
#include "protocols/unix/credentials.hpp"
#include "protocols/unix/record_port.hpp"
#include "protocols/unix/socket_file.hpp"

namespace netecho::unix_socket {
namespace {

constexpr std::array<std::string_view, 1> kStream{"unix"};
constexpr std::array<std::string_view, 1> kDatagram{"unixgram"};
constexpr std::array<std::string_view, 1> kRecord{"unixpacket"};
constexpr SocketOptionSet kServeOptions = kOptionReceiveBuffer | kOptionSendBuffer;
constexpr SocketOptionSet kClientOptions = kServeOptions | kOptionBind;
/// What a socket buffer can be made to take; a record has to fit in one.
constexpr std::size_t kMaxMessageBytes = 64U << 20U;

std::string parse_rest(std::string_view /*scheme*/, std::string_view rest, Role /*role*/,
                       std::string_view typed) {
  return check_unix_rest(rest, typed);
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
  if (users.restricts()) attach_credentials(fd.get(), "unixgram");
  return std::make_unique<DatagramServer>(std::move(fd), std::move(users));
}

template <SocketType kType>
SocketDescription describe_endpoint(const Endpoint& endpoint) {
  return describe_unix_endpoint(endpoint, kType);
}

template <SocketType kType>
std::vector<Served> serve(const Endpoint& endpoint, const ServeOptions& options) {
  BoundFile bound = bind_server(endpoint, kType, options);
  std::vector<Served> out;
  out.push_back(make_served(std::move(bound.fd), kType, options));
  out.back().endpoint = describe_unix_endpoint(endpoint, kType);
  out.back().cleanup = std::move(bound.cleanup);
  return out;
}

template <SocketType kType>
std::vector<std::string> loopback(const std::string& unique) {
  const char* scheme = kType == SocketType::stream     ? "unix"
                       : kType == SocketType::datagram ? "unixgram"
                                                       : "unixpacket";
  return {std::string(scheme) + "://@netecho-" + unique};
}

template <SocketType kType>
std::vector<std::string> complete(std::string_view rest) {
  return complete_name(rest, kType);
}

/// A connection's ends; the name of an unbound client is empty.
Connection describe_connection(const Endpoint& endpoint, int fd, SocketType type) {
  Connection out{.socket = ByteChannel{UniqueFd{}},
                 .peer = describe_unix_endpoint(endpoint, type),
                 .local = describe(local_address(fd), type),
                 .connect_time = std::nullopt};
  return out;
}

Connection connect_stream(const Endpoint& endpoint, const ConnectOptions& options) {
  const Instant start = monotonic_now();
  UniqueFd fd = connect_socket(endpoint, SocketType::stream, options);
  const Duration took = monotonic_now() - start;
  Connection out = describe_connection(endpoint, fd.get(), SocketType::stream);
  out.connect_time = took;
  out.socket = ByteChannel{std::move(fd)};
  return out;
}

Connection connect_record(const Endpoint& endpoint, const ConnectOptions& options) {
  const Instant start = monotonic_now();
  UniqueFd fd = connect_socket(endpoint, SocketType::seqpacket, options);
  const Duration took = monotonic_now() - start;
  Connection out = describe_connection(endpoint, fd.get(), SocketType::seqpacket);
  out.connect_time = took;
  out.socket = std::make_unique<RecordPort>(std::move(fd));
  return out;
}

template <SocketType kType>
std::unique_ptr<MessagePort> connect_port(const Endpoint& endpoint, const ConnectOptions& options) {
  return make_connect_port({.addresses = {unix_address(endpoint.rest)},
                            .kernel_type = native_type(kType),
                            .honoured = kClientOptions,
                            .subject = endpoint.typed},
                           options);
}

}  // namespace

Served make_served(UniqueFd fd, SocketType type, const ServeOptions& options) {
  Served out{.socket = std::unique_ptr<Acceptor>{}, .endpoint = {}, .cleanup = {}};
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
      .name = "unix",
      .transport = "unix",
      .schemes = kStream,
      .summary = "Unix-domain stream socket: a path or @NAME",
      .example = "unix:///run/echo.sock",
      .capabilities = {.connects = true,
                       .client_options = kClientOptions,
                       .serve_options = kServeOptions},
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
      .name = "unixgram",
      .transport = "unix",
      .schemes = kDatagram,
      .summary = "Unix-domain datagram socket: a path or @NAME",
      .example = "unixgram:///run/echo.sock",
      .capabilities = {.boundaries = true,
                       .max_message_bytes = kMaxMessageBytes,
                       .client_options = kClientOptions,
                       .serve_options = kServeOptions},
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
      .name = "unixpacket",
      .transport = "unix",
      .schemes = kRecord,
      .summary = "Unix-domain record socket (SOCK_SEQPACKET): a path or @NAME",
      .example = "unixpacket:///run/echo.sock",
      .capabilities = {.connects = true,
                       .boundaries = true,
                       .max_message_bytes = kMaxMessageBytes,
                       .client_options = kClientOptions,
                       .serve_options = kServeOptions},
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
