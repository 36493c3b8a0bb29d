// The prober against an oracle that knows the fate of every message beforehand: random loss,
// duplication, reordering and jitter, the same for the same seed.

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <set>
#include <vector>

#include "core/base/random.hpp"
#include "core/probe/prober.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sim_network.hpp"

using namespace netecho;
using namespace netecho::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kCount = 120;
constexpr Duration kInterval = 10ms;
constexpr Duration kTimeout = 60ms;
constexpr Duration kOneWay = 5ms;

/// Uniform, in whole nanoseconds: no two things happen at the same instant.
Duration up_to(SplitMix64& random, Duration limit) {
  return Duration{
      1 + static_cast<std::int64_t>(random.next_unit() * static_cast<double>(limit.count()))};
}

Fate random_fate(SplitMix64& random, bool requests_overtake) {
  Fate fate;
  if (random.next_unit() < 0.02) {
    fate.send_error = EMSGSIZE;
    return fate;
  }
  if (random.next_unit() < 0.03) {
    fate.icmp_error = random.next_unit() < 0.5 ? ECONNREFUSED : ENETUNREACH;
    return fate;
  }
  fate.request_lost = random.next_unit() < 0.1;
  if (requests_overtake) fate.request_extra = up_to(random, 15ms);
  fate.replies = {{.extra = up_to(random, 1ms)}};
  const double what = random.next_unit();
  if (what < 0.1) fate.replies.clear();
  if (what > 0.9) fate.replies[0].corrupt = true;
  if (what > 0.5 && what < 0.8) {  // Some are late; some overtake; some come twice or thrice.
    fate.replies[0].extra = up_to(random, 120ms);
    while (random.next_unit() < 0.4) fate.replies.push_back({.extra = up_to(random, 150ms)});
  }
  return fate;
}

struct Expected {
  std::uint64_t sent = 0, received = 0, timeout = 0, mismatch = 0, refused = 0, unreachable = 0,
                send_error = 0, late = 0, duplicate = 0, reordered = 0, runs = 0, longest_run = 0,
                outage_probes = 0;
  std::optional<std::uint64_t> forward, reverse;
  std::vector<Duration> rtts;  ///< In order of arrival.
  std::vector<Duration> variations;
  double jitter_ns = 0;
  std::vector<Duration> outages;  ///< How long each was.
};

struct Answer {
  std::uint64_t sequence;
  Duration at;
};

/// Since the run's start, in order: when the copies of reply `i` arrive.
std::vector<Duration> arrivals(const Fate& fate, std::uint64_t i) {
  std::vector<Duration> all;
  if (fate.request_lost || fate.send_error != 0 || fate.icmp_error != 0) return all;
  for (const Fate::Copy& copy : fate.replies) {
    all.push_back(static_cast<std::int64_t>(i) * kInterval + fate.request_extra + 2 * kOneWay +
                  copy.extra);
  }
  std::sort(all.begin(), all.end());
  return all;
}

Duration settled_at(const Fate& fate, std::uint64_t i) {
  const Duration sent = static_cast<std::int64_t>(i) * kInterval;
  if (fate.send_error != 0) return sent;
  if (fate.icmp_error != 0) return sent + 2 * kOneWay;
  const std::vector<Duration> copies = arrivals(fate, i);
  return copies.empty() ? sent + kTimeout : std::min(copies.front(), sent + kTimeout);
}

void expect_directions(const std::vector<Fate>& fates, const std::vector<Answer>& answers,
                       Expected& expected) {
  if (answers.empty()) return;
  std::vector<Answer> at_server;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const Fate& fate = fates[i];
    if (fate.request_lost || fate.send_error != 0 || fate.icmp_error != 0) continue;
    at_server.push_back({i, static_cast<std::int64_t>(i) * kInterval + fate.request_extra});
  }
  std::sort(at_server.begin(), at_server.end(),
            [](const Answer& a, const Answer& b) { return a.at < b.at; });
  std::vector<std::uint64_t> count_of(kCount);
  for (std::size_t i = 0; i < at_server.size(); ++i) count_of[at_server[i].sequence] = i + 1;

  std::uint64_t highest = 0;
  std::uint64_t greatest = 0;
  for (const Answer& answer : answers) {
    highest = std::max(highest, answer.sequence);
    greatest = std::max(greatest, count_of[answer.sequence]);
  }
  std::uint64_t sent = 0;
  for (std::uint64_t i = 0; i <= highest; ++i) sent += fates[i].send_error == 0 ? 1U : 0U;
  const std::uint64_t lost = sent - answers.size();
  expected.forward = std::min(lost, sent - std::min(sent, greatest));
  expected.reverse = lost - *expected.forward;
}

void expect_order(const std::vector<Answer>& answers, Expected& expected) {
  std::optional<Duration> last;
  std::optional<std::uint64_t> highest;
  for (const Answer& answer : answers) {
    const Duration rtt = answer.at - static_cast<std::int64_t>(answer.sequence) * kInterval;
    expected.rtts.push_back(rtt);
    if (last) {
      const double difference = std::abs(static_cast<double>((rtt - *last).count()));
      expected.jitter_ns += (difference - expected.jitter_ns) / 16;
    }
    last = rtt;
    if (highest && answer.sequence < *highest) ++expected.reordered;
    highest = std::max(highest.value_or(0), answer.sequence);
  }
}

void expect_neighbours(const std::vector<Answer>& answers, Expected& expected) {
  std::vector<std::optional<Duration>> rtts(kCount);
  for (const Answer& answer : answers) {
    rtts[answer.sequence] = answer.at - static_cast<std::int64_t>(answer.sequence) * kInterval;
  }
  std::uint64_t run = 0;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    if (i > 0 && rtts[i] && rtts[i - 1]) {
      expected.variations.push_back(std::chrono::abs(*rtts[i] - *rtts[i - 1]));
    }
    run = rtts[i] ? 0 : run + 1;
    if (run == 1) ++expected.runs;
    expected.longest_run = std::max(expected.longest_run, run);
  }
}

/// Stretches without a reply in which something was not sent or refused.
void expect_outages(const std::vector<Fate>& fates, const std::vector<Answer>& answers,
                    Duration end, Expected& expected) {
  std::vector<std::optional<Duration>> answered(kCount + 1);
  for (const Answer& answer : answers) answered[answer.sequence] = answer.at;
  answered[kCount] = end;
  std::uint64_t first = 0;
  for (std::uint64_t i = 0; i <= kCount; ++i) {
    if (!answered[i]) continue;
    const auto begin = fates.begin() + static_cast<std::ptrdiff_t>(first);
    const auto stop = fates.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::any_of(begin, stop, [](const Fate& fate) {
          return fate.send_error != 0 || fate.icmp_error != 0;
        })) {
      expected.outages.push_back(*answered[i] - static_cast<std::int64_t>(first) * kInterval);
      expected.outage_probes += i - first;
    }
    first = i + 1;
  }
}

Expected expect(const std::vector<Fate>& fates) {
  Expected expected;
  Duration end{};
  for (std::uint64_t i = 0; i < kCount; ++i) end = std::max(end, settled_at(fates[i], i));
  std::vector<Answer> answers;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const Fate& fate = fates[i];
    const std::vector<Duration> copies = arrivals(fate, i);
    const Duration lost_at = static_cast<std::int64_t>(i) * kInterval + kTimeout;
    if (fate.send_error != 0) {
      ++expected.send_error;
      continue;
    }
    ++expected.sent;
    if (fate.icmp_error != 0) {
      ++(fate.icmp_error == ECONNREFUSED ? expected.refused : expected.unreachable);
      continue;
    }
    if (copies.empty() || copies.front() > lost_at) {
      ++expected.timeout;
      if (!copies.empty() && copies.front() <= end) ++expected.late;
    } else if (fate.replies[0].corrupt) {
      ++expected.mismatch;
    } else {
      ++expected.received;
      answers.push_back({i, copies.front()});
    }
    for (std::size_t k = 1; k < copies.size(); ++k)
      expected.duplicate += copies[k] <= end ? 1U : 0U;
  }
  std::sort(answers.begin(), answers.end(),
            [](const Answer& a, const Answer& b) { return a.at < b.at; });
  expect_directions(fates, answers, expected);
  expect_order(answers, expected);
  expect_neighbours(answers, expected);
  expect_outages(fates, answers, end, expected);
  return expected;
}

void check_latencies(const Summary& s, const Expected& expected) {
  REQUIRE_FALSE(expected.rtts.empty());
  std::vector<Duration> sorted = expected.rtts;
  std::sort(sorted.begin(), sorted.end());
  CHECK(s.rtt.min == sorted.front());
  CHECK(s.rtt.max == sorted.back());
  const Duration median = sorted[(sorted.size() + 1) / 2 - 1];
  CHECK(s.rtt.p50.value() >= median);
  CHECK(static_cast<double>(s.rtt.p50->count()) <= 1.001 * static_cast<double>(median.count()));
  CHECK(s.jitter_rfc3550 == Duration{std::llround(expected.jitter_ns)});
  REQUIRE_FALSE(expected.variations.empty());
  CHECK(s.rtt_variation.max ==
        *std::max_element(expected.variations.begin(), expected.variations.end()));
}

void check_counts(const Summary& s, const Expected& expected) {
  CHECK(s.scheduled_total == kCount);
  CHECK(s.sent_total == expected.sent);
  CHECK(s.received_total == expected.received);
  CHECK(s.timeout_total == expected.timeout);
  CHECK(s.mismatch_total == expected.mismatch);
  CHECK(s.refused_total == expected.refused);
  CHECK(s.unreachable_total == expected.unreachable);
  CHECK(s.send_error_total == expected.send_error);
  CHECK(s.late_total == expected.late);
  CHECK(s.duplicate_total == expected.duplicate);
  CHECK(s.reordered_total == expected.reordered);
  CHECK(s.lost_forward_total == expected.forward);
  CHECK(s.lost_reverse_total == expected.reverse);
  REQUIRE(s.loss_runs.has_value());
  CHECK(s.loss_runs->count == expected.runs);
  CHECK(s.loss_runs->longest == expected.longest_run);
  const std::uint64_t lost =
      expected.timeout + expected.mismatch + expected.refused + expected.unreachable;
  CHECK(s.unanswered_total == lost + expected.send_error);
  CHECK(s.unanswered_total == kCount - expected.received);
  CHECK(s.unanswered_ratio.value() ==
        Approx(static_cast<double>(kCount - expected.received) / static_cast<double>(kCount)));
  std::vector<Duration> outages;
  std::uint64_t probes = 0;
  for (const Outage& outage : s.outages) {
    outages.push_back(outage.duration);
    probes += outage.probes;
  }
  CHECK(outages == expected.outages);
  CHECK(probes == expected.outage_probes);
}

/// One final status a sequence; late copies and duplicates are extra.
void check_replies(const EventCollector& events, const Summary& s) {
  std::set<std::uint64_t> settled;
  std::uint64_t extra = 0;
  for (const ReplyEvent& reply : events.replies()) {
    if (reply.status == ReplyStatus::late || reply.status == ReplyStatus::duplicate) {
      ++extra;
    } else {
      CHECK(settled.insert(reply.sequence).second);
    }
  }
  CHECK(settled.size() == s.scheduled_total);
  CHECK(extra == s.late_total + s.duplicate_total);
}

/// One run whose every figure is known beforehand. Wall clocks are stepped in between: nothing of
/// it may show.
void check_seed(std::uint64_t seed) {
  CAPTURE(seed);
  SplitMix64 random{seed};
  SimNetwork net;
  EventCollector events;
  SimLink* link = nullptr;
  std::vector<ProbeTarget> targets;
  targets.push_back(
      target_over(net.make_port({.one_way_delay = kOneWay, .server = SimServer::stamping}, link)));
  std::vector<Fate> fates;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    fates.push_back(random_fate(random, seed % 2 == 0));
    link->fates[i] = fates.back();
  }
  for (int i = 0; i < 3; ++i) {
    const Duration when = up_to(random, kInterval * kCount);
    net.step_wall_clock_at(when, up_to(random, 2h) - Duration{1h});
  }
  if (seed % 3 == 0) net.spin_before_deadlines(50us);
  ProbeOptions options;
  options.count = kCount;
  options.interval = kInterval;
  options.timeout = kTimeout;
  const auto all = probe_over(net, std::move(targets), options, events, seed);
  REQUIRE_FALSE(net.stuck());
  const Summary& s = all.at(0);
  CHECK(s.scheduled_total == s.sent_total + s.send_error_total + s.skipped_total);
  CHECK(s.sent_total == s.received_total + s.lost_total + s.outstanding_total);
  CHECK(s.lost_total == s.timeout_total + s.mismatch_total + s.refused_total + s.unreachable_total);
  const Expected expected = expect(fates);
  check_counts(s, expected);
  check_latencies(s, expected);
  check_replies(events, s);
}

/// 10,000 in all, in parts that run side by side; a failure names its seed. Where sanitizers make
/// it five times slower, a fifth of each part: what they look for is in every seed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSeedsInPart = 500;
#else
constexpr std::uint64_t kSeedsInPart = 2500;
#endif

void check_seeds(std::uint64_t first) {
  for (std::uint64_t seed = first; seed < first + kSeedsInPart; ++seed) check_seed(seed);
}

}  // namespace

TEST_CASE("prober: counts what an oracle counts, whatever the network does", "[prober][sim]") {
  check_seeds(1);
}
TEST_CASE("prober: counts what an oracle counts, seeds from 2501 on", "[prober][sim]") {
  check_seeds(2501);
}
TEST_CASE("prober: counts what an oracle counts, seeds from 5001 on", "[prober][sim]") {
  check_seeds(5001);
}
TEST_CASE("prober: counts what an oracle counts, seeds from 7501 on", "[prober][sim]") {
  check_seeds(7501);
}
