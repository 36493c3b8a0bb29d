#include "core/report/result_reader.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/base/escape.hpp"
#include "core/report/json.hpp"
#include "core/report/json_facts.hpp"
#include "core/report/json_pieces.hpp"
#include "core/report/sample_reader.hpp"
#include "core/report/summary_figures.hpp"
#include "tests/core/report/samples.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// A file with this text, removed in the end.
class TextFile {
 public:
  explicit TextFile(const std::string& text) {
    char name[] = "/tmp/netecho-report-XXXXXX";
    ::close(::mkstemp(name));
    path_ = name;
    std::ofstream{path_} << text;
  }
  ~TextFile() { std::filesystem::remove(path_); }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Read {
  ReadResult result;
  SeriesSet series;

  [[nodiscard]] std::uint64_t notes(PageNote note) const {
    for (const PageNoteCount& each : result.run.notes) {
      if (each.note == note) return each.count;
    }
    return 0;
  }
};

Read read(const std::string& text) {
  const TextFile file{text};
  Read out;
  out.result = read_result(file.path(), ReplyUse::plots, out.series);
  attach_series(out.result.run, out.series);
  return out;
}

ReadSamples read_text(const std::string& text, SeriesSet& series) {
  const TextFile file{text};
  return read_samples(file.path(), series);
}

/// A summary of all flows together.
Summary whole_summary() {
  Summary summary = samples::full_summary();
  summary.flow.reset();
  return summary;
}

std::string result_text() {
  return to_json(ResultEvent{.time = samples::some_time(),
                             .command = "probe",
                             .targets = {whole_summary(), samples::bare_summary()},
                             .replies = {},
                             .errors = {samples::some_error()},
                             .exit_code = 1});
}

std::string reply_text(std::uint64_t sequence) {
  ReplyEvent reply = samples::full_reply();
  reply.sequence = sequence;
  reply.status = ReplyStatus::ok;
  reply.rtt = 1ms;
  return to_json(Event{samples::some_time() + static_cast<std::int64_t>(sequence) * 10ms, reply});
}

}  // namespace

TEST_CASE("report: every figure of a summary is read again", "[report][unit]") {
  const Read got = read(result_text());
  REQUIRE(got.result.readable);
  REQUIRE(got.result.run.targets.size() == 2);
  const Summary full = whole_summary();
  const PageTarget& target = got.result.run.targets[0];
  CHECK(target.uri == to_lossy_utf8(full.target.uri));
  CHECK(target.started == full.started);
  CHECK(target.outages.size() == full.outages.size());
  CHECK(target.thresholds.size() == full.thresholds.size());
  for (const SummaryFigure& figure : summary_figures()) {
    CAPTURE(figure.path);
    const auto value = read_figure(figure, full).value;
    CHECK(target.figure(figure.path).has_value() == value.has_value());
    if (value && *value < 0x1p53) CHECK(target.figure(figure.path) == value);
  }
  CHECK(got.result.run.errors.size() == 1);
  CHECK(got.result.run.notes.empty());
}

TEST_CASE("report: a document comes through as it was, with no markup in it", "[report][unit]") {
  const std::string text = result_text();
  const Read got = read(text);
  CHECK(got.result.run.json.find('<') == std::string::npos);
  CHECK(nlohmann::json::parse(got.result.run.json) == nlohmann::json::parse(text));
  CHECK(page_json("</script>") == R"("\u003c/script>")");
}

TEST_CASE("report: what is whole is read wherever the output breaks off", "[report][unit]") {
  const std::string text = reply_text(0) + "\n" + reply_text(1) + "\n" + reply_text(2) + "\n";
  const std::size_t first = reply_text(0).size() + 1;
  for (std::size_t cut = 0; cut < text.size(); cut += 7) {
    CAPTURE(cut);
    const Read got = read(text.substr(0, cut));
    CHECK(got.result.readable == (cut >= first - 1));
    if (cut >= first - 1) CHECK(got.notes(PageNote::no_summary) == 1);
  }
  // What is broken in the middle ends where the next event begins.
  const Read got = read(text.substr(0, first - 30) + "\n" + text.substr(first));
  CHECK(got.notes(PageNote::cut) == 1);
  REQUIRE(got.result.run.targets.size() == 1);
  CHECK(got.result.run.targets[0].count("received_total") == 2);
  CHECK(got.result.run.targets[0].time("rtt_ns.p50") == 1ms);
}

TEST_CASE("report: other versions and other schemas are told apart", "[report][unit]") {
  const Read older =
      read(R"({"schema":"netecho/1","type":"summary","target":{"uri":"udp://h:7"}})");
  CHECK(older.result.readable);
  REQUIRE(older.result.run.targets.size() == 1);
  CHECK_FALSE(older.result.run.targets[0].figure("sent_total"));
  const Read newer = read(
      R"({"schema":"netecho/1","type":"summary","new":[1],"sent_total":3,"rtt_ns":{"p50":"x"}})");
  CHECK(newer.result.run.targets.at(0).count("sent_total") == 3);
  CHECK_FALSE(newer.result.run.targets.at(0).time("rtt_ns.p50"));
  const Read later = read(result_text() + "\n" + R"({"schema":"netecho/1","type":"hop"})");
  CHECK(later.notes(PageNote::unknown) == 1);
  const Read other = read(R"({"schema":"other/1","type":"summary"})");
  CHECK_FALSE(other.result.readable);
  CHECK(other.notes(PageNote::foreign) == 1);
}

TEST_CASE("report: hostile input takes neither memory nor time", "[report][unit]") {
  const auto many = [](const char* text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
  };
  CHECK_FALSE(read(many("[", 1'000'000)).result.readable);
  CHECK_FALSE(read(R"({"schema":"netecho/1","targets":[)" + many("{},", 100'000)).result.readable);
  CHECK_FALSE(read("{\"a\":\"" + many("x", 3'000'000)).result.readable);
  CHECK_FALSE(read("{\"a\":" + many("1", 1'000'000)).result.readable);
  CHECK_FALSE(read("{\"a\":[" + many("null,", 500'000)).result.readable);
  CHECK(read(many(" ", 1'000'000) + result_text()).result.readable);
  for (const Event& event : samples::all_events()) {
    CHECK_NOTHROW(read(to_json(event) + "\n"));
  }
}

TEST_CASE("report: times are read as they are written", "[report][unit]") {
  CHECK(parse_rfc3339(format_rfc3339(samples::some_time())) == samples::some_time());
  CHECK(parse_rfc3339("1970-01-01T00:00:01Z") == WallTime{1s});
  CHECK(parse_rfc3339("1970-01-01T00:00:00.5Z") == WallTime{500ms});
  for (const char* bad : {"", "1970-01-01", "1970-13-01T00:00:00Z", "9999-01-01T00:00:00Z",
                          "1970-01-01T00:00:00", "1970-01-01T00:00:00.Z", "1970-1-01T00:00:00Z"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_rfc3339(bad));
  }
}

TEST_CASE("report: samples of targets that are not in the output are left out", "[report][unit]") {
  const auto with_series_of = [](const char* uri) {
    Read got = read(result_text());
    SeriesSet series;
    series.add({.target = uri, .at = 0s, .rtt = 1ms});
    attach_series(got.result.run, series);
    return got;
  };
  const Read other = with_series_of("udp://other:7");
  CHECK(other.notes(PageNote::other_samples) == 1);
  CHECK(other.notes(PageNote::no_summary) == 0);
  CHECK(other.result.run.targets.size() == 2);
  const std::string uri = read(result_text()).result.run.targets[0].uri;
  const Read same = with_series_of(uri.c_str());
  CHECK(same.notes(PageNote::other_samples) == 0);
  CHECK(same.result.run.targets[0].series);
}

TEST_CASE("report: samples are read from CSV and from JSON Lines", "[report][unit]") {
  SeriesSet csv;
  const ReadSamples rows = read_text(
      "target,flow,sequence,status,intended_ns,sent_ns,received_ns,rtt_ns,response_ns,"
      "server_residence_ns,size_bytes,errno_name,time\n"
      "\"unix:///a,\"\"b\",0,0,ok,0,10,1010,1000,1010,,64,,1970-01-01T00:00:01.000000000Z\n"
      "\"unix:///a,\"\"b\",0,1,timeout,1000000,1000010,,,,,64,,1970-01-01T00:00:01.001000000Z\n"
      "\"unix:///a,\"\"b\",0,2,o",
      csv);
  CHECK(rows.records == 2);
  CHECK(rows.bad_lines == 1);
  const auto series = csv.find("unix:///a,\"b", 0, 1);
  REQUIRE(series);
  CHECK(series->count(ReplyStatus::ok) == 1);
  CHECK(series->count(ReplyStatus::timeout) == 1);
  CHECK(series->line.length() == 1'000'010ns);

  SeriesSet lines;
  const ReadSamples objects = read_text(
      R"({"target":"udp://h:7","flow":0,"sequence":0,"status":"ok","sent_ns":5,"rtt_ns":7})"
      "\n{\"target\":\"udp://h:7\",\"flow\":0,\"seq",
      lines);
  CHECK(objects.records == 1);
  CHECK(objects.bad_lines == 1);
  CHECK(lines.find("udp://h:7", 0, 1));
  SeriesSet none;
  CHECK(read_text("", none).records == 0);
  CHECK(read_text("a,b\n1,2\n", none).bad_lines == 1);
}

}  // namespace netecho
