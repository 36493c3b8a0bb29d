#include "core/net/icmp_error.hpp"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

constexpr IpNumber kRouter = IpNumber::of_v4(0xC0000201);

IcmpError v4(std::uint8_t type, std::uint8_t code) {
  return {.from = kRouter, .type = type, .code = code};
}
IcmpError v6(std::uint8_t type, std::uint8_t code) {
  return {
      .from = {0x2001'0DB8'0000'0000, 1}, .type = type, .code = code, .version = IcmpVersion::v6};
}

/// An entry as a kernel queues it.
struct Queued {
  Queued(int level, int type, const sock_extended_err& detail, const sockaddr_in& offender) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(sizeof detail + sizeof offender);
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(sizeof detail + sizeof offender);
    std::memcpy(CMSG_DATA(c), &detail, sizeof detail);
    std::memcpy(CMSG_DATA(c) + sizeof detail, &offender, sizeof offender);
  }
  alignas(cmsghdr) std::array<std::byte, kQueuedErrorBytes> control{};
  msghdr header{};
};

}  // namespace

TEST_CASE("icmp: each type and code of version 4 has its name", "[net][unit]") {
  const auto name = [](int type, int code) {
    return to_string(name_of(v4(static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(code))));
  };
  for (const int code : {0, 6, 11}) CHECK(name(3, code) == "net-unreachable");
  for (const int code : {1, 7, 8, 12}) CHECK(name(3, code) == "host-unreachable");
  CHECK(name(3, 3) == "port-unreachable");
  CHECK(name(3, 4) == "fragmentation-needed");
  for (const int code : {9, 10, 13, 14, 15}) CHECK(name(3, code) == "prohibited");
  for (const int code : {2, 5, 16, 255}) CHECK(name(3, code) == "other");
  for (const int code : {0, 1}) CHECK(name(11, code) == "time-exceeded");
  for (const int code : {0, 1, 2}) CHECK(name(12, code) == "parameter-problem");
  CHECK(name(2, 0) == "other");
  CHECK(name(255, 0) == "other");
}

TEST_CASE("icmp: the same numbers mean other things in version 6", "[net][unit]") {
  const auto name = [](int type, int code) {
    return to_string(name_of(v6(static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(code))));
  };
  CHECK(name(1, 0) == "net-unreachable");
  for (const int code : {1, 5, 6}) CHECK(name(1, code) == "prohibited");
  CHECK(name(1, 2) == "other");
  CHECK(name(1, 3) == "host-unreachable");
  CHECK(name(1, 4) == "port-unreachable");
  CHECK(name(2, 0) == "packet-too-big");
  CHECK(name(3, 0) == "time-exceeded");
  CHECK(name(4, 1) == "parameter-problem");
  CHECK(name(11, 0) == "other");
}

TEST_CASE("icmp: a reason says what it is, who said it, and the errno", "[net][unit]") {
  CHECK(reason_text(EHOSTUNREACH, v4(3, 13)) ==
        "administratively prohibited, from 192.0.2.1 (EHOSTUNREACH)");
  CHECK(plain_reason(EACCES, v6(1, 1)) == "administratively prohibited, from 2001:db8::1");
  CHECK(plain_reason(EMSGSIZE, v4(3, 4)) == "fragmentation needed, from 192.0.2.1");
  CHECK(plain_reason(EHOSTUNREACH, v6(3, 0)) == "time exceeded, from 2001:db8::1");
  CHECK(plain_reason(ENOPROTOOPT, v4(3, 2)) == "ICMP error, from 192.0.2.1");
}

TEST_CASE("icmp: without it a reason is the errno in words", "[net][unit]") {
  CHECK(reason_text(EMSGSIZE, {}) == "message too long (EMSGSIZE)");
  CHECK(reason_text(EHOSTUNREACH, {}) == "no route to host (EHOSTUNREACH)");
  CHECK(plain_reason(EPERM, {}) == "operation not permitted");
}

TEST_CASE("icmp: an entry of the error queue tells type, code and offender", "[net][unit]") {
  sock_extended_err detail{};
  detail.ee_errno = EHOSTUNREACH;
  detail.ee_origin = SO_EE_ORIGIN_ICMP;
  detail.ee_type = 3;
  detail.ee_code = 13;
  sockaddr_in offender{};
  offender.sin_family = AF_INET;
  offender.sin_addr.s_addr = htonl(kRouter.v4());

  Queued icmp{IPPROTO_IP, IP_RECVERR, detail, offender};
  const QueuedError told = queued_error(icmp.header);
  CHECK(told.error == EHOSTUNREACH);
  CHECK(told.icmp == v4(3, 13));

  detail.ee_origin = SO_EE_ORIGIN_LOCAL;
  Queued local{IPPROTO_IP, IP_RECVERR, detail, offender};
  CHECK(queued_error(local.header).error == EHOSTUNREACH);
  CHECK_FALSE(queued_error(local.header).icmp);

  Queued other{SOL_SOCKET, SO_TIMESTAMP, detail, offender};
  CHECK(queued_error(other.header).error == 0);
}

TEST_CASE("icmp: redirect and source quench are advice, and no loss", "[net][unit]") {
  CHECK(tells_of_loss({.from = {}, .type = 3, .code = 1}));
  CHECK(tells_of_loss({.from = {}, .type = 11}));
  CHECK_FALSE(tells_of_loss({.from = {}, .type = 4}));
  CHECK_FALSE(tells_of_loss({.from = {}, .type = 5, .code = 1}));
  CHECK(tells_of_loss({.from = {}, .type = 4, .version = IcmpVersion::v6}));
  CHECK_FALSE(tells_of_loss({.from = {}, .type = 137, .version = IcmpVersion::v6}));
}
