// What becomes of outcomes in the figures of a series.

#include "core/watch/series_figures.hpp"

#include <cerrno>

#include "core/watch/figure_table.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{100s};

ProbeOutcome outcome(ReplyStatus status, int error = 0) {
  return {
      .sequence = {}, .status = status, .intended = kStart, .sent = kStart + 1ms, .error = error};
}

ProbeOutcome answer(Duration rtt) {
  ProbeOutcome out = outcome(ReplyStatus::ok);
  out.received = *out.sent + rtt;
  out.rtt = rtt;
  out.response = rtt + 1ms;
  return out;
}

}  // namespace

TEST_CASE("watch: what was sent is what was received and what was lost", "[watch][unit]") {
  SeriesFigures figures{kUsualBounds};
  figures.record(answer(3ms));
  for (const ReplyStatus lost : {ReplyStatus::timeout, ReplyStatus::mismatch, ReplyStatus::refused,
                                 ReplyStatus::unreachable}) {
    figures.record(outcome(lost, ECONNREFUSED));
  }
  figures.record(outcome(ReplyStatus::late));
  figures.record(outcome(ReplyStatus::duplicate));
  CHECK(figures.sent == 5);
  CHECK(figures.received == 1);
  CHECK(figures.lost() == 4);
  CHECK(figures.late == 1);
  CHECK(figures.duplicate == 1);
  CHECK(figures.last_error == ECONNREFUSED);
  figures.record(answer(3ms));
  CHECK(figures.last_error == 0);
}

TEST_CASE("watch: what has no answer is in the last bucket and in no sum", "[watch][unit]") {
  SeriesFigures figures{kUsualBounds};
  figures.record(answer(3ms));
  figures.record(outcome(ReplyStatus::timeout));
  figures.record(outcome(ReplyStatus::send_error, EPERM));
  ProbeOutcome skipped = outcome(ReplyStatus::skipped);
  skipped.ticks = 7;
  figures.record(skipped);
  CHECK(figures.skipped == 7);
  CHECK(figures.send_errors == 1);
  CHECK(figures.rtt.counts().back() == 9);
  CHECK(figures.response.counts().back() == 9);
  CHECK(figures.rtt.sum() == Wide{3'000'000});
  CHECK(figures.response.sum() == Wide{4'000'000});
}

TEST_CASE("watch: ticks of a target whose socket is forbidden are sends that fail",
          "[watch][unit]") {
  SeriesFigures figures{kUsualBounds};
  figures.denied = true;
  figures.record(outcome(ReplyStatus::skipped));
  CHECK(figures.send_errors == 1);
  CHECK(figures.skipped == 0);
}

TEST_CASE("watch: a target is up for an interval and a time-out after a reply", "[watch][unit]") {
  SeriesFigures figures{kUsualBounds};
  figures.up_within = 2s;
  CHECK_FALSE(figures.up(kStart));
  figures.record(answer(3ms));
  const Instant reply = kStart + 4ms;
  CHECK(figures.up(reply));
  CHECK(figures.up(reply + 2s));
  CHECK_FALSE(figures.up(reply + 2s + 1ns));
}

TEST_CASE("watch: residence is there once a server stamps", "[watch][unit]") {
  SeriesFigures figures{kUsualBounds};
  figures.record(answer(3ms));
  CHECK_FALSE(figures.server_residence);
  ProbeOutcome stamped = answer(3ms);
  stamped.server_residence = 20us;
  figures.record(stamped);
  REQUIRE(figures.server_residence);
  CHECK(figures.server_residence->sum() == Wide{20'000});
}

TEST_CASE("watch: a flow that begins anew goes on with the sums", "[watch][unit]") {
  SeriesFigures figures{kUsualBounds};
  const auto counted = [&](std::uint64_t sent_up_to, std::uint64_t seen) {
    ProbeOutcome out = answer(1ms);
    out.sent_up_to = sent_up_to;
    out.server_count = seen;
    figures.record(out);
  };
  counted(1, 1);
  figures.record(outcome(ReplyStatus::timeout));
  counted(3, 2);
  CHECK(figures.lost_forward() == 1);
  CHECK(figures.lost_reverse() == 0);
  figures.begin_flows();
  CHECK_FALSE(figures.lost_forward());  // Until the next server has told.
  counted(1, 1);
  CHECK(figures.lost_forward() == 1);
  CHECK(figures.received == 3);
}

TEST_CASE("watch: outcomes go to the series of their target, and lateness to that of all",
          "[watch][unit]") {
  FigureTable table{kUsualBounds};
  const auto series = std::make_shared<WatchSeries>("target=\"a\"", "a", table.bounds());
  table.attach(7, series);
  table.publish({series});
  ProbeOutcome mine = answer(3ms);
  mine.target = 7;
  table.outcome(mine);
  ProbeOutcome nobodys = answer(3ms);
  nobodys.target = 8;
  table.outcome(nobodys);
  const auto all = table.all();
  REQUIRE(all->size() == 1);
  std::vector<SeriesFigures> memory;
  CHECK(table.copy(*all, memory).front().received == 1);
  CHECK(table.send_lateness().sum() == Wide{1'000'000});
  table.detach(7);
  table.outcome(mine);
  CHECK(table.copy(*all, memory).front().received == 1);
}

}  // namespace netecho
