#include <cerrno>

#include "core/facts/reason_counts.hpp"
#include "core/probe/stream_port.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sim_network.hpp"

using namespace netecho;
using namespace netecho::test;
using namespace std::chrono_literals;

namespace {

constexpr IcmpError kProhibited{.from = IpNumber::of_v4(0xC0000201), .type = 3, .code = 13};
constexpr IcmpError kNoHost{.from = IpNumber::of_v4(0xC0000202), .type = 3, .code = 1};
constexpr IcmpError kNoPort{.from = IpNumber::of_v4(0xC0000203), .type = 3, .code = 3};

struct Bench {
  Bench() { port = net.make_port({}, link); }

  Summary probe(std::uint64_t count, const ProbeOptions& base = {}) {
    ProbeOptions options = base;
    options.count = count;
    options.timeout = 250ms;
    std::vector<ProbeTarget> targets;
    targets.push_back(target_over(std::move(port), "udp://sim:7"));
    return probe_over(net, std::move(targets), options, events, 7).at(0);
  }

  SimNetwork net;
  SimLink* link = nullptr;
  std::unique_ptr<MessagePort> port;
  EventCollector events;
};

FailureReason reason(ReplyStatus status, int error, std::optional<IcmpError> icmp,
                     std::uint64_t count) {
  return {.status = status, .error_number = error, .icmp = icmp, .count = count};
}

}  // namespace

TEST_CASE("prober: each probe that was not sent or not answered says why", "[prober][sim]") {
  Bench bench;
  bench.link->fates[0].send_error = EMSGSIZE;
  bench.link->fates[1].icmp_error = EHOSTUNREACH;
  bench.link->fates[1].icmp = kProhibited;
  bench.link->fates[2].icmp_error = ECONNREFUSED;
  bench.link->fates[2].icmp = kNoPort;
  bench.link->fates[3].icmp_error = ENETUNREACH;  // Nobody said it: this host's own.
  bench.link->fates[4].request_lost = true;
  static_cast<void>(bench.probe(6));
  CHECK(bench.events.story() ==
        "0 send_error, 1 unreachable, 2 refused, 3 unreachable, 5 ok, 4 timeout");
  const std::vector<ReplyEvent> replies = bench.events.replies();
  CHECK(replies[0].error_number == EMSGSIZE);
  CHECK_FALSE(replies[0].icmp);
  CHECK(replies[1].error_number == EHOSTUNREACH);
  CHECK(replies[1].icmp == kProhibited);
  CHECK(replies[2].error_number == ECONNREFUSED);
  CHECK(replies[2].icmp == kNoPort);
  CHECK(replies[3].error_number == ENETUNREACH);
  CHECK_FALSE(replies[3].icmp);
  for (const std::size_t nobody_said : {std::size_t{4}, std::size_t{5}}) {
    CHECK(replies[nobody_said].error_number == 0);
    CHECK_FALSE(replies[nobody_said].icmp);
  }
}

TEST_CASE("prober: the summary counts by reason, and by who said it", "[prober][sim]") {
  Bench bench;
  for (const std::uint64_t i : {0U, 3U}) bench.link->fates[i].send_error = EMSGSIZE;
  bench.link->fates[1].send_error = EPERM;
  for (const std::uint64_t i : {2U, 4U, 5U}) {
    bench.link->fates[i].icmp_error = EHOSTUNREACH;
    bench.link->fates[i].icmp = i == 5 ? kNoHost : kProhibited;
  }
  const Summary s = bench.probe(7);
  CHECK(s.send_error_total == 3);
  CHECK(s.reasons == std::vector{reason(ReplyStatus::send_error, EMSGSIZE, {}, 2),
                                 reason(ReplyStatus::send_error, EPERM, {}, 1),
                                 reason(ReplyStatus::unreachable, EHOSTUNREACH, kProhibited, 2),
                                 reason(ReplyStatus::unreachable, EHOSTUNREACH, kNoHost, 1)});
}

TEST_CASE("prober: reasons of interim reports are those of their time", "[prober][sim]") {
  Bench bench;
  bench.link->fates[0].send_error = EMSGSIZE;
  bench.link->fates[2].send_error = EPERM;
  ProbeOptions options;
  options.report_interval = 150ms;
  const Summary s = bench.probe(4, options);
  std::vector<std::vector<FailureReason>> parts;
  for (const Event& event : bench.events.events) {
    if (const auto* part = std::get_if<IntervalEvent>(&event.body)) {
      parts.push_back(part->summary.reasons);
    }
  }
  REQUIRE(parts.size() >= 2);
  CHECK(parts[0] == std::vector{reason(ReplyStatus::send_error, EMSGSIZE, {}, 1)});
  CHECK(parts[1] == std::vector{reason(ReplyStatus::send_error, EPERM, {}, 1)});
  CHECK(s.reasons.size() == 2);
}

TEST_CASE("reasons: many different ones stay bounded, and none is forgotten", "[prober][unit]") {
  ReasonCounts counts;
  for (int error = 1; error <= 50; ++error) {
    counts.count(ReplyStatus::send_error, error, nullptr);
    counts.count(ReplyStatus::unreachable, error, nullptr);
  }
  ReasonCounts twice;
  twice.add(counts);
  twice.add(counts);
  const std::vector<FailureReason> list = twice.list();
  CHECK(list.size() == ReasonCounts::kPlaces + 2);
  std::uint64_t not_sent = 0;
  std::uint64_t unreachable = 0;
  for (const FailureReason& each : list) {
    (each.status == ReplyStatus::send_error ? not_sent : unreachable) += each.count;
  }
  CHECK(not_sent == 100);
  CHECK(unreachable == 100);
}

TEST_CASE("prober: what came instead of an echo is kept, its beginning and its size",
          "[prober][sim]") {
  Bench bench;
  bench.link->fates[0].request_lost = bench.link->fates[1].request_lost = true;
  bench.net.at(5ms, [&] { bench.link->inbox.push_back({"HTTP/1.1 400 Bad Request\r\n", 0}); });
  bench.net.at(6ms, [&] { bench.link->inbox.push_back({"Connection: close\r\n\r\n", 0}); });
  const Summary s = bench.probe(2);
  REQUIRE(s.foreign_reply);
  CHECK(s.foreign_reply->data == "HTTP/1.1 400 Bad Request\r\nConnec");
  CHECK(s.foreign_reply->size_bytes == 47);
  CHECK(s.foreign_reply->truncated);
}

TEST_CASE("prober: one echo shows that it is an echo server", "[prober][sim]") {
  Bench bench;
  bench.net.at(5ms, [&] { bench.link->inbox.push_back({"noise", 0}); });
  const Summary s = bench.probe(3);
  CHECK(s.received_total == 2);  // The noise spoiled one.
  CHECK_FALSE(s.foreign_reply);
}
