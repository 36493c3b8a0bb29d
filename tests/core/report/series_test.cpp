#include "core/report/series.hpp"

#include "core/report/page/plot_text.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTarget = "udp://192.0.2.1:7";

SeriesProbe probe(std::uint64_t sequence, ReplyStatus status, std::optional<Duration> at,
                  std::optional<Duration> rtt) {
  return {.target = kTarget,
          .flow = 0,
          .sequence = sequence,
          .status = status,
          .at = at,
          .time = {},
          .rtt = rtt};
}

}  // namespace

TEST_CASE("rows: a quantile is within 1.6 % of its sample", "[report][unit]") {
  for (const Duration value : {600ns, 1234ns, 98'765ns, 12'345'678ns, 3'456'789'012ns}) {
    LatencyRows rows{2};
    rows.record(1, value);
    const Duration shown = *quantile(rows.row(1), 500);
    CAPTURE(value.count(), shown.count());
    CHECK(std::abs(static_cast<double>((shown - value).count())) <=
          0.016 * static_cast<double>(value.count()));
    CHECK_FALSE(quantile(rows.row(0), 500));
  }
  CHECK(LatencyRows::column_of(-5ns) == 0);
  CHECK(LatencyRows::column_of(Duration::max()) == LatencyRows::kColumns - 1);
}

TEST_CASE("rows: are added to each other", "[report][unit]") {
  LatencyRows rows{2};
  for (int i = 0; i < 9; ++i) rows.record(0, 1ms);
  rows.record(1, 100ms);
  rows.add(0, 1);
  CHECK(*quantile(rows.row(0), 900) < 2ms);
  CHECK(*quantile(rows.row(0), 901) > 90ms);
  rows.clear(0);
  CHECK_FALSE(quantile(rows.row(0), 500));
}

TEST_CASE("time line: whatever the length, its stretches add up to all probes", "[report][unit]") {
  TimeLine line;
  constexpr std::uint64_t kProbes = 100'000;
  for (std::uint64_t i = 0; i < kProbes; ++i) {
    const bool gone = i % 100 == 0;
    line.record(static_cast<std::int64_t>(i) * 10ms, gone ? ReplyStatus::timeout : ReplyStatus::ok,
                gone ? std::nullopt : std::optional<Duration>{1ms});
  }
  for (const std::size_t most : {1U, 7U, 60U, 512U}) {
    const auto bins = line.bins(most);
    CHECK(bins.size() <= most);
    std::uint64_t received = 0;
    std::uint64_t lost = 0;
    for (const TimeBin& bin : bins) {
      received += bin.received;
      lost += bin.lost;
      CHECK(bin.p50 == 1ms);  // Never outside of what was measured.
    }
    CHECK(lost == kProbes / 100);
    CHECK(received == kProbes - lost);
  }
  CHECK(line.bins(512).size() > 256);
}

TEST_CASE("time line: a probe before the start, or after all time, is told at the end",
          "[report][unit]") {
  TimeLine line;
  line.record(-5s, ReplyStatus::ok, 1ms);
  CHECK(line.bins(10).front().received == 1);
  line.record(Duration::max(), ReplyStatus::skipped, {});
  CHECK(line.bins(10).back().skipped == 1);
  CHECK(line.bins(10).front().received == 1);
}

TEST_CASE("series: a further run of a target begins where its sequence comes again",
          "[report][unit]") {
  SeriesSet set;
  for (int run = 0; run < 3; ++run) {
    for (std::uint64_t i = 0; i < 100; ++i) {
      set.add(probe(i, ReplyStatus::ok, run * 10s + static_cast<std::int64_t>(i) * 1ms, 1ms));
      // A further copy is no further probe.
      set.add(probe(i, ReplyStatus::duplicate, run * 10s, 1ms));
    }
  }
  CHECK(set.entries().size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto series = set.find(kTarget, i, 3);
    REQUIRE(series);
    CHECK(series->count(ReplyStatus::ok) == 100);
    CHECK(series->line.length() < 1s);
  }
  CHECK_FALSE(set.find(kTarget, 0, 2));  // Whose is the third?
  CHECK_FALSE(set.find("udp://192.0.2.2:7", 0, 1));
}

TEST_CASE("series: what was lost lies where its number says, not where its time-out ended",
          "[report][unit]") {
  SeriesSet set;
  const WallTime zero{1'000'000s};
  const auto add = [&](std::uint64_t sequence, Duration told, std::optional<Duration> rtt) {
    SeriesProbe each = probe(sequence, rtt ? ReplyStatus::ok : ReplyStatus::timeout, {}, rtt);
    each.time = zero + told;
    set.add(each);
  };
  for (std::uint64_t i = 0; i < 20; ++i) {
    if (i != 5) add(i, static_cast<std::int64_t>(i) * 100ms + 2ms, 2ms);
    if (i == 15) add(5, 1500ms, {});  // A second late.
  }
  const auto series = set.find(kTarget, 0, 1);
  REQUIRE(series);
  for (const TimeBin& bin : series->line.bins(19)) {
    if (bin.lost == 0) continue;
    CHECK(bin.start <= 500ms);
    CHECK(bin.start + bin.width > 490ms);
  }
  CHECK(series->zero == zero);
}

TEST_CASE("series: more targets than have plots are told", "[report][unit]") {
  SeriesSet set;
  for (std::size_t i = 0; i <= SeriesSet::kMost; ++i) {
    CHECK((set.begin("udp://" + std::to_string(i)) != nullptr) == (i < SeriesSet::kMost));
  }
  CHECK(set.left_out());
}

TEST_CASE("series: the distribution of a run that was measured is the run's own",
          "[report][unit]") {
  Series series;
  series.note(0s, ReplyStatus::ok, 1ms);
  CHECK(series.count(ReplyStatus::ok) == 1);
  CHECK(series.latency().count() == 0);
  const auto whole = std::make_shared<Histogram>();
  whole->record(2ms);
  series.take(whole);
  CHECK(&series.latency() == whole.get());
}

TEST_CASE("series: what is read again counts in its distribution", "[report][unit]") {
  Series series;
  series.record(0s, ReplyStatus::ok, 1ms);
  series.record(1s, ReplyStatus::late, 3ms);
  series.record(2s, ReplyStatus::timeout, {});
  CHECK(series.latency().count() == 1);
  CHECK(series.latency().max() == Duration{1ms});
}

TEST_CASE("plot text: the locale chooses its characters", "[report][unit]") {
  CHECK(characters_of_locale("en_US.UTF-8") == PlotCharacters::blocks);
  CHECK(characters_of_locale("ko_KR.utf8@x") == PlotCharacters::blocks);
  CHECK(characters_of_locale("C") == PlotCharacters::ascii);
  CHECK(characters_of_locale("ko_KR.EUC-KR") == PlotCharacters::ascii);
}

TEST_CASE("plot text: draws medians, losses and the distribution within its columns",
          "[report][unit]") {
  Series series;
  CHECK(plot_text(series, 40, PlotCharacters::ascii).empty());
  for (int i = 0; i < 100; ++i) {
    series.record(i * 10ms, i < 50 ? ReplyStatus::ok : ReplyStatus::timeout,
                  i < 50 ? std::optional<Duration>{i < 25 ? 1ms : 1800us} : std::nullopt);
  }
  const std::string text = plot_text(series, 40, PlotCharacters::ascii);
  CAPTURE(text);
  for (const char c : text) CHECK(static_cast<unsigned char>(c) < 0x80);
  CHECK(text.starts_with("   rtt p50\n"));
  CHECK(text.find("      lost ") != std::string::npos);
  CHECK(text.find("samples") != std::string::npos);
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    CHECK(end - begin <= 40);
    begin = end + 1;
  }
  CHECK(plot_text(series, 40, PlotCharacters::blocks).find("█") != std::string::npos);
}

TEST_CASE("plot text: zero has no unit, and without any reply there are losses alone",
          "[report][unit]") {
  Series wide;
  for (int i = 0; i < 100; ++i) wide.record(i * 10ms, ReplyStatus::ok, (1 + i % 9) * 1ms);
  CHECK(plot_text(wide, 80, PlotCharacters::ascii).find("\n         0  #") != std::string::npos);
  Series gone;
  for (int i = 0; i < 100; ++i) gone.record(i * 10ms, ReplyStatus::timeout, {});
  const std::string text = plot_text(gone, 80, PlotCharacters::ascii);
  CHECK(text.starts_with("      lost  xxx"));
  CHECK(text.find("rtt") == std::string::npos);
}

}  // namespace netecho
