#include "core/report/page/page.hpp"

#include "core/report/page/parts.hpp"
#include "core/report/page/plots.hpp"
#include "core/report/result_reader.hpp"
#include "tests/core/report/samples.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

PageRun run_of(Summary summary) {
  summary.flow.reset();  // All flows together.
  return page_run({.time = samples::some_time(),
                   .command = "probe",
                   .targets = {std::move(summary)},
                   .replies = {},
                   .errors = {},
                   .exit_code = 0},
                  {});
}

PageRun run_with_series() {
  PageRun run = run_of(samples::full_summary());
  const auto series = std::make_shared<Series>();
  for (int i = 0; i < 1000; ++i) {
    const bool gone = i % 50 == 7;
    series->record(i * 10ms, gone ? ReplyStatus::timeout : ReplyStatus::ok,
                   gone ? std::nullopt : std::optional<Duration>{(100 + i % 17) * 1us});
  }
  series->zero = samples::some_time();
  run.targets[0].series = series;
  return run;
}

std::string page_of(std::vector<PageRun> runs, PageLanguage language = PageLanguage::en) {
  return render_page({.language = language, .version = "1.2.3", .runs = std::move(runs)});
}

std::size_t times(const std::string& text, std::string_view part) {
  std::size_t out = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++out;
  }
  return out;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::vector<PageRun> one(PageRun run) {
  std::vector<PageRun> out;
  out.push_back(std::move(run));
  return out;
}

}  // namespace

TEST_CASE("page: says what was measured, when, how, and by which version", "[report][unit]") {
  PageRun run = run_with_series();
  run.version = "1.2.3";
  const std::string page = page_of(one(std::move(run)));
  CHECK(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
  CHECK(has(page, "Measured by netecho 1.2.3."));
  CHECK(has(page, "2026-11-23"));
  CHECK(has(page, "Round trips over time"));
  CHECK(has(page, "Percentiles"));
  CHECK(has(page, "Distribution"));
  CHECK(has(page, "The instrument&#39;s own share"));
}

TEST_CASE("page: asks nobody for anything and runs nothing", "[report][unit]") {
  const std::string page = page_of(one(run_with_series()));
  CHECK(has(page,
            "default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:; "
            "base-uri &#39;none&#39;; form-action &#39;none&#39;"));
  CHECK(times(page, "<script") == 1);
  CHECK(has(page, "<script type=\"application/json\" id=\"netecho-result-1\">"));
  CHECK(times(page, " href=") == 1);
  CHECK(has(page, " href=\"data:,\""));
  for (const char* part : {" src=", "@import", "url(", "http://", "https://", "javascript:"}) {
    CAPTURE(part);
    CHECK_FALSE(has(page, part));
  }
}

TEST_CASE("page: each picture has a name, a description and a table", "[report][unit]") {
  const std::string page = page_of(one(run_with_series()));
  CHECK(times(page, "<svg ") == 3);
  CHECK(times(page, "role=\"img\"") == 3);
  CHECK(times(page, "<desc ") == 3);
  CHECK(times(page, "As a table") == 3);
}

TEST_CASE("page: hostile names, messages and labels stay text", "[report][unit]") {
  Summary summary = samples::full_summary();
  const std::string evil = "udp://\"><script>alert(1)</script>" + samples::hostile_bytes();
  summary.target.uri = evil;
  summary.peer->uri = evil;
  summary.thresholds = {{.expression = evil, .value = 1.0, .held = false, .why = evil}};
  summary.error = samples::some_error();
  summary.error->message = evil;
  summary.stations = {{.address = evil, .received_total = 1, .duplicate_total = 0, .rtt = {}}};
  PageRun run = run_of(summary);
  run.name = evil;
  run.errors.push_back(evil);
  for (const PageLanguage language : {PageLanguage::en, PageLanguage::ko}) {
    PageRun again = run;
    std::vector<PageRun> two = one(run);
    two.push_back(std::move(again));
    const std::string page = page_of(std::move(two), language);
    CHECK(times(page, "<script") == 2);  // The data of both runs.
    CHECK_FALSE(has(page, "<script>"));
    for (const char c : page) {
      CHECK_FALSE((static_cast<unsigned char>(c) < 0x20 && c != '\n'));
    }
  }
}

TEST_CASE("page: without single probes a sentence stands for the plots", "[report][unit]") {
  const std::string page = page_of(one(run_of(samples::full_summary())));
  CHECK(times(page, "<svg ") == 0);
  CHECK(has(page, "Single probes are not in this output"));
}

TEST_CASE("page: a run of which nothing is known is a page, too", "[report][unit]") {
  CHECK_NOTHROW(page_of(one(run_of(samples::bare_summary()))));
  PageRun empty;
  empty.json = "{}";
  CHECK_NOTHROW(page_of(one(std::move(empty))));
  PageRun silent = run_of(samples::full_summary());
  silent.targets[0].series = std::make_shared<Series>();
  silent.targets[0].series->record(1s, ReplyStatus::timeout, {});
  const std::string page = page_of(one(std::move(silent)));
  CHECK(has(page, "There were no replies"));
}

TEST_CASE("page: two runs stand beside each other, with their difference", "[report][unit]") {
  std::vector<PageRun> runs = one(run_with_series());
  runs.push_back(run_with_series());
  runs[0].targets[0].set("rtt_ns.p50", 100'000);
  runs[1].targets[0].set("rtt_ns.p50", 150'000);
  const std::string page = page_of(std::move(runs));
  CHECK(has(page, "<td>100 µs</td>\n<td>150 µs</td>\n<td>+50.0 µs (+50%)</td>"));
  CHECK(has(page, "id=\"netecho-result-2\">"));
  CHECK(times(page, "<svg ") == 4);  // Two time lines; one curve and one histogram for both.
  CHECK(times(page, "class=\"other\"") == 4);
}

TEST_CASE("page: what the second of two runs tells has a place", "[report][unit]") {
  std::vector<PageRun> runs = one(run_with_series());
  runs.push_back(run_with_series());
  runs[1].targets[0].outages = {{.start = samples::some_time(), .duration = 3s, .probes = 4711}};
  CHECK(has(page_of(runs), "Outages: Second run"));
  CHECK(has(page_of(runs), "<td>4711</td>"));
  runs[1].targets[0].series->timed = false;
  const std::string page = page_of(std::move(runs));
  CHECK(times(page, "there is no time line") == 1);
  CHECK(times(page, "<svg ") == 3);
}

TEST_CASE("page: an instrument of which nothing is known has no table", "[report][unit]") {
  CHECK(has(page_of(one(run_with_series())), "own share"));
  CHECK_FALSE(has(page_of(one(run_of(samples::bare_summary()))), "own share"));
}

TEST_CASE("page: of many targets it is said once that probes were not sent", "[report][unit]") {
  PageRun run = run_with_series();
  run.targets[0].set("scheduled_total", 100);
  run.targets[0].set("skipped_total", 10);
  run.targets[0].set("send_error_total", 0);
  run.targets.resize(5, run.targets[0]);
  const std::string page = page_of(one(std::move(run)));
  CHECK(has(page, "5 targets: 50 of 500 probes were not sent"));
  CHECK(times(page, "probes were not sent") == 1);
}

TEST_CASE("page: axes count in whole steps and name shares in percent", "[report][unit]") {
  const auto labels = [](const std::vector<Tick>& ticks) {
    std::string out;
    for (const Tick& tick : ticks) out += tick.label + " ";
    return out;
  };
  CHECK(labels(count_ticks({AxisKind::linear, 0, 3, 0, 1})) == "0 1 2 3 ");
  CHECK(labels(count_ticks({AxisKind::linear, 0, 610, 0, 1})) == "0 100 200 300 400 500 600 ");
  CHECK(labels(count_ticks({AxisKind::linear, 0, 2e6, 0, 1})) == "0 k 500 k 1000 k 1500 k 2000 k ");
  CHECK(labels(share_ticks({AxisKind::linear, 0, 0.25, 0, 1})) == "0% 5% 10% 15% 20% 25% ");
}

TEST_CASE("page: a thousand targets with long names are within 16 MiB", "[report][unit]") {
  PageRun run;
  run.json = "{}";
  const PageRun model = run_with_series();
  for (std::size_t i = 0; i < kMaxPageTargets; ++i) {
    PageTarget target = model.targets[0];
    target.uri = std::to_string(i) + std::string(1'000, '<');  // It is cut.
    target.error = target.uri;
    target.thresholds.assign(
        kMaxPageEntries, {.expression = target.uri, .value = {}, .held = false, .why = target.uri});
    if (i >= SeriesSet::kMost) target.series = nullptr;
    run.targets.push_back(std::move(target));
  }
  std::vector<PageRun> runs = one(run);
  runs.push_back(std::move(run));
  constexpr std::size_t kRoomForData = 2 * kMaxPageData;
  CHECK(page_of(std::move(runs)).size() + kRoomForData <= 16 * 1024 * 1024);
}

TEST_CASE("page: speaks the language of the locale, if it is one of its own", "[report][unit]") {
  CHECK(language_of_locale("ko_KR.UTF-8") == PageLanguage::ko);
  CHECK(language_of_locale("ko") == PageLanguage::ko);
  CHECK(language_of_locale("kok_IN") == PageLanguage::en);
  CHECK(language_of_locale("C") == PageLanguage::en);
  const std::string page = page_of(one(run_with_series()), PageLanguage::ko);
  CHECK(has(page, "<html lang=\"ko\">"));
  CHECK(has(page, "시간에 따른 왕복 시간"));
  CHECK_FALSE(has(page, "Round trips"));
}

TEST_CASE("page: every sentence has a place for each of its values in both languages",
          "[report][unit]") {
  for (std::size_t i = 0; i < static_cast<std::size_t>(Word::count); ++i) {
    const auto word = static_cast<Word>(i);
    const std::string en{say(PageLanguage::en, word)};
    const std::string ko{say(PageLanguage::ko, word)};
    CAPTURE(en, ko);
    CHECK_FALSE(en.empty());
    CHECK_FALSE(ko.empty());
    CHECK(times(en, "{}") == times(ko, "{}"));
  }
}

TEST_CASE("page: bars count every sample once", "[report][unit]") {
  Histogram latency;
  for (int i = 1; i <= 1000; ++i) latency.record(i * 1us);
  for (const Duration least : {1us, 900us}) {
    const Axis axis = latency_axis(least, 1000us, 0, 1, AxisStart::at_least);
    const auto bars = histogram_bars(latency, axis, 20);
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < bars.size(); ++i) {
      all += bars[i].count;
      CHECK(bars[i].from < bars[i].to);
      if (i > 0) CHECK(bars[i].from == bars[i - 1].to);
    }
    CHECK(all == 1000);
  }
}

TEST_CASE("page: the percentile curve goes from the shortest to the longest", "[report][unit]") {
  Histogram latency;
  for (int i = 1; i <= 100; ++i) latency.record(i * 1us);
  const auto points = curve_points(latency, 300);
  CHECK(points.front().value == 1us);
  CHECK(points.back().value == 100us);
  CHECK(points.back().share == 1);
  for (std::size_t i = 1; i < points.size(); ++i) CHECK(points[i].share > points[i - 1].share);
  CHECK(curve_points(latency, 10).size() <= 12);
  CHECK(curve_points(Histogram{}, 10).empty());
}

}  // namespace netecho
