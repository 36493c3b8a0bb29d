#include "common.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "carrier.hpp"

namespace bench {

void fail(const std::string& what) {
  std::fprintf(stderr, "driver: %s\n", what.c_str());
  std::exit(1);
}

void fail_errno(const std::string& what) {
  fail(what + ": " + std::strerror(errno));
}

Options::Options(int count, char** arguments) {
  for (int i = 0; i < count; ++i) {
    const std::string argument = arguments[i];
    const auto equals = argument.find('=');
    if (equals == std::string::npos) fail("not KEY=NUMBER: " + argument);
    char* end = nullptr;
    values_[argument.substr(0, equals)] = std::strtoull(argument.c_str() + equals + 1, &end, 10);
    if (*end != '\0' || equals + 1 == argument.size()) fail("not KEY=NUMBER: " + argument);
  }
}

std::uint64_t Options::number(const std::string& key, std::uint64_t otherwise) {
  used_[key] = true;
  const auto found = values_.find(key);
  return found == values_.end() ? otherwise : found->second;
}

void Options::check_all_used() const {
  for (const auto& [key, value] : values_) {
    if (used_.count(key) == 0) fail("unknown option " + key);
  }
}

Target::Target(const std::string& endpoint) {
  const auto colon = endpoint.find("://");
  if (colon == std::string::npos) fail("not an endpoint: " + endpoint);
  const std::string scheme = endpoint.substr(0, colon);
  const std::string rest = endpoint.substr(colon + 3);
  if (carries(scheme)) {
    carrier_scheme_ = scheme;
    path_ = rest;
    return;
  }
  const bool is_mptcp = scheme == "mptcp";
  if (is_mptcp) protocol_ = IPPROTO_MPTCP;
  const bool ip = scheme == "tcp" || is_mptcp || scheme == "udp";
  family_ = ip ? AF_INET : AF_UNIX;
  type_ = scheme == "tcp" || is_mptcp || scheme == "unix" ? SOCK_STREAM
          : scheme == "udp" || scheme == "unixgram"       ? SOCK_DGRAM
                                                          : SOCK_SEQPACKET;
  if (type_ == SOCK_SEQPACKET && scheme != "unixpacket") fail("unknown scheme: " + endpoint);
  if (!ip) {
    path_ = rest;
    return;
  }
  // Loopback alone: this program loads whatever it is pointed at.
  if (rest.rfind("127.0.0.1:", 0) != 0) fail("not on 127.0.0.1: " + endpoint);
  port_ = static_cast<std::uint16_t>(std::strtoul(rest.c_str() + 10, nullptr, 10));
}

std::unique_ptr<Carrier> Target::carrier() const {
  return carrier_scheme_.empty() ? nullptr : carry(carrier_scheme_, path_);
}

int Target::connect() const {
  if (!carrier_scheme_.empty()) fail("not for this kind of load: " + carrier_scheme_);
  const int fd = ::socket(family_, type_ | SOCK_CLOEXEC, protocol_);
  if (fd < 0) fail_errno("socket");
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (family_ == AF_INET) {
    auto* address = reinterpret_cast<sockaddr_in*>(&storage);
    address->sin_family = AF_INET;
    address->sin_port = htons(port_);
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    size = sizeof *address;
    const int on = 1;
    if (type_ == SOCK_STREAM) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  } else {
    auto* address = reinterpret_cast<sockaddr_un*>(&storage);
    address->sun_family = AF_UNIX;
    if (path_.size() >= sizeof address->sun_path) fail("path too long: " + path_);
    std::memcpy(address->sun_path, path_.data(), path_.size());
    size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size() + 1);
    // Without a name of its own a datagram socket cannot be answered: the kernel picks one.
    const sa_family_t unnamed = AF_UNIX;
    if (type_ == SOCK_DGRAM &&
        ::bind(fd, reinterpret_cast<const sockaddr*>(&unnamed), sizeof unnamed) != 0) {
      fail_errno("bind");
    }
  }
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&storage), size) != 0) fail_errno("connect");
  return fd;
}

Pattern::Pattern(std::size_t longest) : bytes_(kPeriod + longest) {
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < kPeriod; ++i) {
    state = state * 1664525U + 1013904223U;  // Numerical Recipes' generator.
    bytes_[i] = static_cast<char>(state >> 24U);
  }
  for (std::size_t i = kPeriod; i < bytes_.size(); ++i) bytes_[i] = bytes_[i - kPeriod];
}

Stopwatch::Stopwatch(Options& options)
    : warmup_ns_{options.number("warmup_ms", 200) * 1'000'000},
      run_ns_{options.number("run_ms", 1000) * 1'000'000} {}

bool Stopwatch::warm_up_ends() noexcept {
  looked_ = now_ns();
  if (measuring_ || looked_ - started_ < warmup_ns_) return false;
  measuring_ = true;
  started_ = looked_;
  return true;
}

void print(const Report& report) {
  const auto wide = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(R"({"messages":%llu,"bytes":%llu,"ns":%llu,"all":%llu,"lost":%llu,"stamped":%llu})"
              "\n",
              wide(report.messages), wide(report.bytes), wide(report.elapsed_ns), wide(report.all),
              wide(report.lost), wide(report.stamped));
}

}  // namespace bench
