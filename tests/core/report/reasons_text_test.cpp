#include "core/report/reasons_text.hpp"

#include <cerrno>

#include "tests/core/report/samples.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

ReplyEvent failed(ReplyStatus status, int error, std::optional<IcmpError> icmp = {}) {
  ReplyEvent reply;
  reply.status = status;
  reply.error_number = error;
  reply.icmp = icmp;
  return reply;
}

}  // namespace

TEST_CASE("reasons: the summary has a line each, in a user's words", "[report][unit]") {
  Summary s;
  s.reasons = {{.status = ReplyStatus::send_error, .error_number = EMSGSIZE, .count = 2},
               {.status = ReplyStatus::refused, .error_number = ECONNREFUSED, .count = 1},
               {.status = ReplyStatus::unreachable,
                .error_number = EHOSTUNREACH,
                .icmp = samples::some_icmp(),
                .count = 3},
               {.status = ReplyStatus::send_error, .count = 4}};
  CHECK(reason_lines(s) ==
        "  2 not sent: message too long (EMSGSIZE)\n"
        "  1 refused: connection refused (ECONNREFUSED)\n"
        "  3 unreachable: administratively prohibited, from 192.0.2.1 (EHOSTUNREACH)\n"
        "  4 not sent: for other reasons\n");
  CHECK(reason_lines(Summary{}).empty());
}

TEST_CASE("reasons: connections that have no port left get a hint", "[report][unit]") {
  Summary s;
  s.mode = ProbeMode::connect;
  s.received_total = 4;
  s.reasons = {{.status = ReplyStatus::send_error, .error_number = EADDRNOTAVAIL, .count = 8}};
  const std::string hint = "no local port is left; --close reset keeps none";
  CHECK(reason_lines(s).find(hint) != std::string::npos);
  s.received_total = 0;  // This host may have no such address.
  CHECK(reason_lines(s).find(hint) == std::string::npos);
}

TEST_CASE("reasons: one reply says type, code and who said it", "[report][unit]") {
  IcmpError icmp = samples::some_icmp();
  CHECK(reason_of(failed(ReplyStatus::unreachable, EHOSTUNREACH, icmp)) ==
        ": administratively prohibited, from 192.0.2.1 (ICMP type 3, code 13, EHOSTUNREACH)");
  icmp.code = 1;
  CHECK(reason_of(failed(ReplyStatus::unreachable, EHOSTUNREACH, icmp)) ==
        ": host, from 192.0.2.1 (ICMP type 3, code 1, EHOSTUNREACH)");
  icmp.code = 3;
  CHECK(reason_of(failed(ReplyStatus::refused, ECONNREFUSED, icmp)) ==
        ": port unreachable, from 192.0.2.1 (ICMP type 3, code 3, ECONNREFUSED)");
  icmp = {.from = {0x2001'0DB8'0000'0000, 1}, .type = 2, .code = 0, .version = IcmpVersion::v6};
  CHECK(reason_of(failed(ReplyStatus::unreachable, EMSGSIZE, icmp)) ==
        ": packet too big, from 2001:db8::1 (ICMPv6 type 2, code 0, EMSGSIZE)");
  CHECK(reason_of(failed(ReplyStatus::send_error, EPERM)) == ": operation not permitted (EPERM)");
  CHECK(reason_of(failed(ReplyStatus::timeout, 0)).empty());
}

TEST_CASE("reasons: what came instead of an echo is shown, and can't act on a terminal",
          "[report][unit]") {
  Summary s;
  s.target = samples::tcp_end(22);
  CHECK(foreign_line(s).empty());
  s.foreign_reply = PayloadSample{"SSH-2.0-x\r\n\x1b[2J", 15, false};
  CHECK(foreign_line(s) ==
        "  note: what came is no echo: 15 B, \"SSH-2.0-x\\x0d\\x0a\\x1b[2J\"; "
        "--mode connect measures any service\n");
  s.target = samples::unix_end("/run/log");
  s.foreign_reply = PayloadSample{"abc", 900, true};
  CHECK(foreign_line(s) == "  note: what came is no echo: 900 B, \"abc\"…\n");
}

}  // namespace netecho
