#include "core/report/result_reader.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "core/report/json.hpp"
#include "core/report/json_facts.hpp"
#include "core/report/json_pieces.hpp"
#include "core/report/text_source.hpp"

namespace netecho {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "netecho/1";
constexpr std::array<std::string_view, 8> kKnownTypes{
    "listening", "open", "close", "datagram", "stats", "stopped", "interval", "families"};

/// Elements of a list as they are written into the page, as long as there is room.
class PageList {
 public:
  /// Returns false where there is none.
  bool add(const Json& element, std::size_t& room) {
    std::string text = page_json(element);
    if (full_ || text.size() + 1 > room) {
      full_ = true;
      return false;
    }
    room -= text.size() + 1;
    if (!text_.empty()) text_ += ',';
    text_ += text;
    return true;
  }
  [[nodiscard]] bool full() const noexcept { return full_; }
  [[nodiscard]] std::string text() const { return "[" + text_ + "]"; }

 private:
  std::string text_;
  bool full_ = false;
};

class ResultReader {
 public:
  ResultReader(ReplyUse use, SeriesSet& series) : use_{use}, series_{series} {}

  void read(TextSource& source) {
    const TakeJson take = [this](std::string_view list, Json&& value) { event(list, value); };
    while (source.next_piece()) {
      const PieceState state = read_piece(source, take);
      if (state == PieceState::broken) out_.run.note(PageNote::cut);
      if (state == PieceState::too_large) out_.run.note(PageNote::too_large);
    }
    if (source.cut_strings() != 0) out_.run.note(PageNote::too_large, source.cut_strings());
  }

  ReadResult result() {
    if (out_.run.command.empty()) out_.run.command = sends_ ? "send" : "probe";
    out_.run.json = document();
    return std::move(out_);
  }

 private:
  void event(std::string_view list, const Json& value) {
    if (text_at(value, "schema") != kSchema) return out_.run.note(PageNote::foreign);
    const std::string type = text_at(value, "type");
    if (type == "summary") return summary(value);
    if (type == "reply") return reply(value, !list.empty());
    if (type == "error") return error(value);
    if (type != "result") {
      // Those of a server and interim reports say nothing that a page shows.
      if (std::ranges::find(kKnownTypes, type) == kKnownTypes.end()) {
        out_.run.note(PageNote::unknown);
      }
      return;
    }
    header_ = value;
    out_.run.command = text_at(value, "command");
  }

  void summary(const Json& value) {
    PageTarget target = page_target(value);
    out_.readable = true;
    if (const auto time = date_at(value, "time")) last_ = time;
    auto& list = target.flow ? out_.run.flows : out_.run.targets;
    if (list.size() >= kMaxPageTargets) return out_.run.note(PageNote::more_targets);
    if (!targets_.add(value, room_)) out_.run.note(PageNote::data_left_out);
    // What `send` does has no schedule.
    sends_ = sends_ || target.schedule.empty();
    if (const auto code = count_at(value, "exit_code")) {
      exit_code_ = !exit_code_ || *exit_code_ == *code ? *code : 1;
    }
    list.push_back(std::move(target));
  }

  void reply(const Json& value, bool in_document) {
    const Json* target = member_at(value, "target");
    const auto status = parse_status(text_at(value, "status"));
    if (target == nullptr || !status) return;
    out_.readable = true;
    // Replies beside summaries are `send`'s: they belong to the document.
    if (in_document) replies_.add(value, room_);
    const auto time = date_at(value, "time");
    if (time) last_ = time;
    if (use_ == ReplyUse::nothing) return;
    const std::string uri = text_at(*target, "uri");
    // Events inside of a document have its time.
    series_.add({.target = uri,
                 .flow = static_cast<std::uint32_t>(count_at(value, "flow").value_or(0)),
                 .sequence = count_at(value, "sequence").value_or(0),
                 .status = *status,
                 .at = {},
                 .time = in_document ? std::nullopt : time,
                 .rtt = time_at(value, "rtt_ns")});
  }

  void error(const Json& value) {
    if (!errors_.add(value, room_)) out_.run.note(PageNote::data_left_out);
    if (out_.run.errors.size() < kMaxPageEntries) {
      out_.run.errors.push_back(text_at(value, "message"));
    }
  }

  /// The document as it was, or one that says the same as the events. Lists that have no room left
  /// are shorter, and `replies` null.
  [[nodiscard]] std::string document() const {
    Json header = header_;
    if (!header.is_object()) {
      header = {{"schema", kSchema},
                {"type", "result"},
                {"time", format_rfc3339(last_.value_or(WallTime{}))},
                {"command", sends_ ? "send" : "probe"},
                {"targets", Json::array()},
                {"replies", nullptr},
                {"errors", Json::array()},
                {"exit_code", exit_code_.value_or(0)}};
    }
    std::string out;
    for (const auto& [key, value] : header.items()) {
      out += (out.empty() ? "{" : ",") + page_json(key) + ":";
      if (key == "targets") {
        out += targets_.text();
      } else if (key == "errors") {
        out += errors_.text();
      } else if (key == "replies" && value.is_array()) {
        out += replies_.full() ? "null" : replies_.text();
      } else {
        out += page_json(value);
      }
    }
    return out + "}";
  }

  ReplyUse use_;
  SeriesSet& series_;
  ReadResult out_;
  Json header_;
  PageList targets_;
  PageList replies_;
  PageList errors_;
  std::size_t room_ = kMaxPageData;
  std::optional<WallTime> last_;  ///< The time of the last event.
  std::optional<std::uint64_t> exit_code_;
  bool sends_ = false;
};

/// The figures that replies alone can give.
PageTarget target_of(const std::string& uri, const Series& series) {
  PageTarget out;
  out.uri = uri;
  out.started = series.zero;
  const std::uint64_t received = series.count(ReplyStatus::ok);
  std::uint64_t lost = 0;
  for (const ReplyStatus status : {ReplyStatus::timeout, ReplyStatus::mismatch,
                                   ReplyStatus::refused, ReplyStatus::unreachable}) {
    lost += series.count(status);
    out.set(std::string(to_string(status)) + "_total", static_cast<double>(series.count(status)));
  }
  const auto set_count = [&](std::string_view path, std::uint64_t value) {
    out.set(path, static_cast<double>(value));
  };
  const auto set_time = [&](std::string_view path, std::optional<Duration> value) {
    if (value) out.set(path, static_cast<double>(value->count()));
  };
  set_count("sent_total", received + lost);
  set_count("received_total", received);
  set_count("lost_total", lost);
  set_count("skipped_total", series.count(ReplyStatus::skipped));
  set_count("send_error_total", series.count(ReplyStatus::send_error));
  if (received + lost != 0) {
    out.set("loss_ratio", static_cast<double>(lost) / static_cast<double>(received + lost));
  }
  // A single probe has a time, and no length.
  if (series.timed && series.line.length() > Duration{}) {
    set_time("duration_ns", series.line.length());
  }
  const Histogram& latency = series.latency();
  set_time("rtt_ns.min", latency.min());
  set_time("rtt_ns.mean", latency.mean());
  set_time("rtt_ns.max", latency.max());
  const std::pair<const char*, Percentile> shares[] = {
      {"rtt_ns.p25", kP25}, {"rtt_ns.p50", kP50}, {"rtt_ns.p75", kP75},   {"rtt_ns.p90", kP90},
      {"rtt_ns.p95", kP95}, {"rtt_ns.p99", kP99}, {"rtt_ns.p999", kP999}, {"rtt_ns.p9999", kP9999}};
  for (const auto& [path, share] : shares) set_time(path, latency.percentile(share));
  return out;
}

}  // namespace

ReadResult read_result(const std::string& path, ReplyUse use, SeriesSet& series) {
  TextSource source{path};
  ResultReader reader{use, series};
  reader.read(source);
  ReadResult out = reader.result();
  out.run.name = path;
  return out;
}

ReadResult read_result_text(std::string text, ReplyUse use, SeriesSet& series) {
  TextSource source = TextSource::of_text(std::move(text));
  ResultReader reader{use, series};
  reader.read(source);
  return reader.result();
}

/// Summaries come one by one, so that those of a thousand flows are never one text.
PageRun page_run(const ResultEvent& result, const std::vector<Summary>& flows) {
  SeriesSet unused;
  ResultReader reader{ReplyUse::nothing, unused};
  const auto add = [&reader](std::string text) {
    TextSource source = TextSource::of_text(std::move(text));
    reader.read(source);
  };
  const auto add_event = [&](EventBody body) { add(to_json(Event{result.time, std::move(body)})); };
  for (const Summary& each : result.targets) add_event(SummaryEvent{each});
  for (const Summary& each : flows) add_event(SummaryEvent{each});
  for (const ErrorEvent& each : result.errors) add_event(each);
  add(to_json(ResultEvent{.time = result.time,
                          .command = result.command,
                          .targets = {},
                          .replies = {},
                          .errors = {},
                          .exit_code = result.exit_code}));
  return reader.result().run;
}

void attach_series(PageRun& run, const SeriesSet& series) {
  std::map<std::string, std::size_t> runs_of;
  for (const PageTarget& target : run.targets) ++runs_of[target.uri];
  std::map<std::string, std::size_t> next;
  for (PageTarget& target : run.targets) {
    target.series = series.find(target.uri, next[target.uri]++, runs_of[target.uri]);
  }
  const auto& entries = series.entries();
  const auto is_known = [&](const SeriesSet::Entry& entry) { return runs_of.contains(entry.uri); };
  // Summaries come last, so that output that was cut may lack them: of all targets, or of some.
  if (!runs_of.empty() && std::ranges::none_of(entries, is_known)) {
    if (!entries.empty()) run.note(PageNote::other_samples, entries.size());
    return;
  }
  std::uint64_t made_up = 0;
  for (const SeriesSet::Entry& entry : entries) {
    if (is_known(entry)) continue;
    run.targets.push_back(target_of(entry.uri, *entry.series));
    run.targets.back().series = entry.series;
    ++made_up;
  }
  if (made_up != 0) run.note(PageNote::no_summary, made_up);
  if (series.left_out()) run.note(PageNote::more_drawn);
}

}  // namespace netecho
