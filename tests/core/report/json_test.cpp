#include "core/report/json.hpp"

#include <cerrno>
#include <limits>

#include "core/net/connect_errors.hpp"
#include "core/report/json_text.hpp"
#include "tests/core/report/samples.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::string_literals;

const std::string kCommon = R"("time":"2026-11-23T06:21:40.123456789Z",)";
const std::string kServer =
    R"({"uri":"tcp4://127.0.0.1:12345","transport":"tcp","socket_type":"stream","family":"ipv4",)"
    R"("address":"127.0.0.1","port":12345,"path":null,"path_base64":null,"abstract":null,"interface":null})";
const std::string kPeer =
    R"({"uri":"tcp4://127.0.0.1:40000","transport":"tcp","socket_type":"stream","family":"ipv4",)"
    R"("address":"127.0.0.1","port":40000,"path":null,"path_base64":null,"abstract":null,"interface":null})";

std::string json(EventBody body) {
  return to_json(Event{samples::some_time(), std::move(body)});
}

std::string head(const std::string& type) {
  return R"({"schema":"netecho/1","type":")" + type + R"(",)" + kCommon;
}

/// The `payload` object of a datagram with these bytes.
std::string payload_json(PayloadSample payload) {
  DatagramEvent event{.endpoint = {}, .peer = {}, .dropped = {}, .payload = std::move(payload)};
  const std::string line = json(std::move(event));
  const std::string key = R"("payload":)";
  const std::size_t start = line.find(key) + key.size();
  return line.substr(start, line.size() - start - 1);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("json: listening says what was bound", "[report][unit]") {
  CHECK(json(ListeningEvent{samples::tcp_end(), false, 4711}) ==
        head("listening") + R"("endpoint":)" + kServer + R"(,"inherited":false,"pid":4711})");
}

TEST_CASE("json: open and close carry the connection's number and both ends", "[report][unit]") {
  CHECK(json(OpenEvent{3, samples::tcp_end(), samples::tcp_end(40000)}) ==
        head("open") + R"("connection":3,"endpoint":)" + kServer + R"(,"peer":)" + kPeer + "}");

  const CloseEvent close{3,
                         samples::tcp_end(),
                         std::nullopt,
                         CloseReason::stalled,
                         10,
                         9,
                         std::chrono::milliseconds{1500},
                         samples::some_error()};
  CHECK(
      json(close) ==
      head("close") + R"("connection":3,"endpoint":)" + kServer +
          R"(,"peer":null,"reason":"stalled","rx_bytes":10,"tx_bytes":9,"duration_ns":1500000000,)"
          R"("error":{"operation":"connect","endpoint":"tcp://localhost:7","category":"connect",)"
          R"("errno_name":"ECONNREFUSED","errno":111,)"
          R"_("message":"connect tcp://localhost:7: Connection refused (ECONNREFUSED)",)_"
          R"("exit_code":4,"icmp":null}})");
}

TEST_CASE("json: a datagram was echoed, or dropped for a reason", "[report][unit]") {
  DatagramEvent event{samples::tcp_end(), samples::tcp_end(40000), 5, std::nullopt, std::nullopt};
  CHECK(json(event) == head("datagram") + R"("endpoint":)" + kServer + R"(,"peer":)" + kPeer +
                           R"(,"rx_bytes":5,"action":"echoed","reason":null,"payload":null})");
  event.dropped = DropReason::peer_queue_full;
  CHECK(contains(json(event), R"("action":"dropped","reason":"peer_queue_full")"));
}

TEST_CASE("json: stats list every drop reason, zero or not", "[report][unit]") {
  const std::string endpoint =
      R"({"endpoint":)" + kServer +
      R"(,"connections_open":1,"accepted_total":2,"rejected_total":3,"rx_bytes_total":4,)"
      R"("tx_bytes_total":5,"rx_messages_total":6,"tx_messages_total":7,"frames_stamped_total":8,)"
      R"("framing_lost_total":9,"stalled_bytes":21,"dropped_total":{"source_port":0,"loop":1,"multicast":2,"rate":3,)"
      R"("auth":4,"truncated":5,"ttl":6,"no_return_address":7,"peer_queue_full":8,"send_error":9,)"
      R"("not_allowed":10,"impaired":11},"kernel_drop_buffers_total":10,)"
      R"("impaired_total":{"loss":11,"dup":12,"reorder":13,"corrupt":14,"delayed":15}})";
  const StatsEvent stats{std::chrono::seconds{90}, 5, {samples::full_endpoint_stats()}, 22};
  CHECK(
      json(stats) ==
      head("stats") +
          R"("uptime_ns":90000000000,"reason":null,"events_dropped_total":5,"stalled_bytes":22,)" +
          R"("endpoints":[)" + endpoint + "]}");
  CHECK(
      json(StoppedEvent{stats, StopReason::max_accepts}) ==
      head("stopped") +
          R"("uptime_ns":90000000000,"reason":"max_accepts","events_dropped_total":5,"stalled_bytes":22,)" +
          R"("endpoints":[)" + endpoint + "]}");
}

TEST_CASE("json: a reply shows its figures in whole nanoseconds and its text as it is",
          "[report][unit]") {
  CHECK(contains(json(samples::full_reply()),
                 R"("flow":1,"sequence":3,"status":"ok","rtt_ns":41200,"response_ns":43000,)"
                 R"("size_bytes":64,"timestamp_source":"kernel","server_residence_ns":900,)"
                 R"("payload":{"encoding":"utf8","data":"안녕하세요","size_bytes":15,)"
                 R"("truncated":false},"errno_name":"EHOSTUNREACH",)"
                 R"("icmp":{"from":"192.0.2.1","type":3,"code":13,"name":"prohibited"},)"
                 R"("peer":null,"hop_limit":57})"));
}

TEST_CASE("json: what a summary did not measure is null, but rtt_ns is always an object",
          "[report][unit]") {
  const std::string nothing =
      R"({"min":null,"mean":null,"stddev":null,"p25":null,"p50":null,"p75":null,"p90":null,)"
      R"("p95":null,"p99":null,"p999":null,"p9999":null,"max":null})";
  const std::string end =
      R"({"uri":"tcp://example:7","transport":"tcp","socket_type":"stream","family":null,)"
      R"("address":null,"port":null,"path":null,"path_base64":null,"abstract":null,"interface":null})";
  CHECK(
      json(SummaryEvent{samples::bare_summary()}) ==
      head("summary") + R"("target":)" + end +
          R"(,"peer":null,"local":null,"flow":null,"mode":"echo","wait":null,"schedule":null,)"
          R"("size_bytes":0,"timestamp_source":"user","stamped":null,"authenticated":null,)"
          R"("connect_ns":null,"started":"1970-01-01T00:00:00.000000000Z","duration_ns":0,"interrupted":false,"scheduled_total":0,)"
          R"("sent_total":0,"received_total":0,"lost_total":0,"outstanding_total":0,)"
          R"("skipped_total":0,"send_error_total":0,"timeout_total":0,"mismatch_total":0,)"
          R"("refused_total":0,"unreachable_total":0,"late_total":0,"duplicate_total":0,)"
          R"("reordered_total":0,"no_connection_total":0,"unanswered_total":0,)"
          R"("loss_ratio":null,"unanswered_ratio":null,"lost_forward_total":null,)"
          R"("lost_reverse_total":null,"achieved_per_second":null,"tx_bytes_total":0,)"
          R"("rx_bytes_total":0,"rtt_ns":)" +
          nothing + R"(,"response_ns":)" + nothing +
          R"(,"rtt_variation_ns":null,"jitter_rfc3550_ns":null,"connect_time_ns":null,)"
          R"("rtt_kernel_ns":null,"server_residence_ns":null,"one_way_ns":null,"loss_runs":null,)"
          R"("send_errors":[],"foreign_reply":null,"outages":[],"tcp_info":null,"mptcp":null,"path_mtu_bytes":null,"path":null,"stations":null,"instrument":{"send_lateness_ns":)"
          R"({"mean":null,"p50":null,"p99":null,"max":null},"send_call_ns":{"mean":null,)"
          R"("p50":null,"p99":null,"max":null},"clock_read_ns":null,"wake_up_ns":{"mean":null,"p50":null,)"
          R"("p99":null,"max":null},"floor_ns":null,"discarded_total":0,)"
          R"("events_dropped_total":0},)"
          R"("thresholds":[],"error":null,"exit_code":0})");
}

TEST_CASE("json: a full summary has each figure under its own key", "[report][unit]") {
  const std::string line = json(IntervalEvent{samples::full_summary()});
  const std::string latencies =
      R"({"min":10000,"mean":20000,"stddev":3000,"p25":15000,"p50":19000,"p75":25000,"p90":30000,)"
      R"("p95":35000,"p99":40000,"p999":45000,"p9999":48000,"max":50000})";
  CHECK(contains(line, R"("type":"interval")"));
  CHECK(contains(
      line,
      R"("flow":0,"mode":"echo","wait":"spin","schedule":"periodic",)"
      R"("size_bytes":64,"timestamp_source":"user","stamped":true,)"
      R"("authenticated":false,"connect_ns":80000,)"
      R"("started":"2026-11-28T08:13:28.000000001Z","duration_ns":11000000000,)"
      R"("interrupted":true,"scheduled_total":115,"sent_total":112,)"
      R"("received_total":100,"lost_total":10,"outstanding_total":2,)"
      R"("skipped_total":2,"send_error_total":1,"timeout_total":4,)"
      R"("mismatch_total":3,"refused_total":2,"unreachable_total":1,)"
      R"("late_total":5,"duplicate_total":6,"reordered_total":7,)"
      R"("no_connection_total":1,"unanswered_total":12,)"
      R"("loss_ratio":0.0625,"unanswered_ratio":0.125,"lost_forward_total":8,"lost_reverse_total":1,)"
      R"("achieved_per_second":9.75,"tx_bytes_total":7168,"rx_bytes_total":6400,)"
      R"("rtt_ns":)"));
  CHECK(contains(line, R"("rtt_variation_ns":{"mean":1000,"p50":2000,"p95":3000,"p99":4000,)"
                       R"("max":5000},"jitter_rfc3550_ns":1234,"connect_time_ns":)" +
                           latencies + R"(,"rtt_kernel_ns":)" + latencies +
                           R"(,"server_residence_ns":{"min":1000,"mean":2000,"p50":3000,)"
                           R"("p99":4000,"max":5000},"one_way_ns":{"forward":)" +
                           latencies + R"(,"reverse":)" + latencies + "}"));
  CHECK(contains(
      line,
      R"("loss_runs":{"count":2,"longest":7,"longest_ns":700000000},)"
      R"("send_errors":[{"errno_name":"EMSGSIZE","count":1}],)"
      R"("foreign_reply":{"encoding":"utf8","data":"SSH-2.0-","size_bytes":8,)"
      R"("truncated":false},)"
      R"("outages":[{"start":"2026-11-23T06:21:40.123456789Z",)"
      R"("duration_ns":3000000000,"probes":30}],)"
      R"("tcp_info":{"rtt_ns":21000,"rttvar_ns":4000,"retransmits_total":1,)"
      R"("cwnd":10,"mss_bytes":32741,"path_mtu_bytes":65535},)"
      R"("mptcp":{"fallback":false,"subflows":2},)"
      R"("path_mtu_bytes":1500,)"
      R"("path":{"reply_hop_limit":{"min":57,"max":61,"changes_total":3}},)"
      R"("stations":null,"instrument":{"send_lateness_ns":{"mean":1000,)"
      R"("p50":2000,"p99":3000,"max":4000},"send_call_ns":{"mean":5000,)"
      R"("p50":6000,"p99":7000,"max":8000},"clock_read_ns":25,)"
      R"("wake_up_ns":{"mean":51000,"p50":50000,"p99":90000,"max":120000},)"
      R"("floor_ns":27000,)"
      R"("discarded_total":9,"events_dropped_total":11},"thresholds":[{"expression":"rtt.p99>500us",)"
      R"("value":40000.0,"held":true,"why":null},{"expression":)"
      R"("rtt.p9999>1ms","value":null,"held":false,)"
      R"("why":"p9999 needs 10000 samples"}])"));
}

TEST_CASE("json: an error without an errno and an endpoint says so with null", "[report][unit]") {
  const Error error{ErrorCategory::usage, "probe", "", "no endpoint"};
  CHECK(json(error_event(error)) ==
        head("error") +
            R"("operation":"probe","endpoint":null,"category":"usage","errno_name":null,)"
            R"("errno":null,"message":"probe: no endpoint","exit_code":2,"icmp":null})");
}

TEST_CASE("json: an error says what the network said, as a reply does", "[report][unit]") {
  const UnreachableError error{"connect", "tcp://192.0.2.2:7", EHOSTUNREACH, samples::some_icmp()};
  const std::string icmp = R"("icmp":{"from":"192.0.2.1","type":3,"code":13,"name":"prohibited"})";
  CHECK(json(error_event(error)).ends_with(R"("exit_code":4,)" + icmp + "}"));
  CHECK(contains(json(samples::full_reply()), icmp));
  // Whoever catches it by its base tells the same.
  const Error& base = error;
  CHECK(error_event(base).icmp == samples::some_icmp());
}

TEST_CASE("json: the result holds whole events; replies are null but for send", "[report][unit]") {
  const WallTime time = samples::some_time();
  CHECK(to_json(ResultEvent{time, "probe", {}, std::nullopt, {}, 0}) ==
        head("result") + R"("command":"probe","targets":[],"replies":null,"errors":[],)"
                         R"("exit_code":0})");

  const ReplyEvent reply = samples::full_reply();
  const ErrorEvent error = samples::some_error();
  const Summary summary = samples::full_summary();
  CHECK(to_json(ResultEvent{time, "send", {summary}, std::vector{reply}, {error}, 4}) ==
        head("result") + R"("command":"send","targets":[)" + json(SummaryEvent{summary}) +
            R"(],"replies":[)" + json(reply) + R"(],"errors":[)" + json(error) +
            R"(],"exit_code":4})");
}

TEST_CASE("json: integers stay within what every reader holds exactly", "[report][unit]") {
  OpenEvent open{.connection = 9007199254740991, .endpoint = {}, .peer = {}};
  CHECK(contains(json(open), R"("connection":9007199254740991,)"));
  open.connection = 9007199254740992;
  CHECK(contains(json(open), R"("connection":9007199254740991,)"));
  open.connection = std::numeric_limits<std::uint64_t>::max();
  CHECK(contains(json(open), R"("connection":9007199254740991,)"));

  ReplyEvent reply;
  reply.rtt = Duration::max();
  reply.response = Duration::min();
  CHECK(contains(json(reply), R"("rtt_ns":9007199254740991,"response_ns":-9007199254740991,)"));
}

TEST_CASE("json: what is no finite number is null", "[report][unit]") {
  Summary summary = samples::bare_summary();
  summary.loss_ratio = std::numeric_limits<double>::quiet_NaN();
  summary.achieved_per_second = std::numeric_limits<double>::infinity();
  const std::string line = json(SummaryEvent{summary});
  CHECK(contains(line, R"("loss_ratio":null,)"));
  CHECK(contains(line, R"("achieved_per_second":null,)"));
}

TEST_CASE("json: a payload is text when its bytes are UTF-8, and base64 when not",
          "[report][unit]") {
  CHECK(payload_json({"", 0, false}) ==
        R"({"encoding":"utf8","data":"","size_bytes":0,"truncated":false})");
  CHECK(payload_json({"\xff\0"s, 2, false}) ==
        R"({"encoding":"base64","data":"/wA=","size_bytes":2,"truncated":false})");
  // A surrogate and an overlong slash: not UTF-8, whatever some decoders think.
  CHECK(payload_json({"\xed\xa0\x80", 3, false}) ==
        R"({"encoding":"base64","data":"7aCA","size_bytes":3,"truncated":false})");
  CHECK(payload_json({"\xc0\xaf", 2, false}) ==
        R"({"encoding":"base64","data":"wK8=","size_bytes":2,"truncated":false})");
}

TEST_CASE("json: text that a limit cuts inside a character stays text", "[report][unit]") {
  CHECK(payload_json({"안\xeb\x85", 6, true}) ==
        R"({"encoding":"utf8","data":"안","size_bytes":6,"truncated":true})");
  CHECK(payload_json({"\xf0\x9f\x91", 4, true}) ==
        R"({"encoding":"utf8","data":"","size_bytes":4,"truncated":true})");
  // Not cut: these bytes are all there is.
  CHECK(payload_json({"a\xeb\x85", 3, false}) ==
        R"({"encoding":"base64","data":"YeuF","size_bytes":3,"truncated":false})");
  // Broken before the cut, and a last byte that starts no character.
  CHECK(payload_json({"\xff\xeb", 6, true}) ==
        R"({"encoding":"base64","data":"/+s=","size_bytes":6,"truncated":true})");
  CHECK(payload_json({"a\xff", 6, true}) ==
        R"({"encoding":"base64","data":"Yf8=","size_bytes":6,"truncated":true})");
}

TEST_CASE("json: control characters are escaped, readable text is not", "[report][unit]") {
  CHECK(
      payload_json({"\0\x1b\x7f\n\"\\"s, 6, false}) ==
      R"({"encoding":"utf8","data":"\u0000\u001b\u007f\n\"\\","size_bytes":6,"truncated":false})");
  // U+009B, U+2028, U+202E, U+061C: one starts a terminal's control sequence, one ends a line for
  // some readers, two turn the direction of what follows.
  CHECK(payload_json({"\xc2\x9b\xe2\x80\xa8\xe2\x80\xae\xd8\x9c", 10, false}) ==
        R"({"encoding":"utf8","data":"\u009b\u2028\u202e\u061c","size_bytes":10,)"
        R"("truncated":false})");
  CHECK(payload_json({"é안👋", 9, false}) ==
        R"({"encoding":"utf8","data":"é안👋","size_bytes":9,"truncated":false})");
}

TEST_CASE("json: a path that is not UTF-8 comes in base64 beside a lossy one", "[report][unit]") {
  CHECK(contains(json(ListeningEvent{samples::unix_end("/run/\xff"), false, 1}),
                 "\"endpoint\":{\"uri\":\"unixgram:///run/\uFFFD\",\"transport\":\"unix\","
                 "\"socket_type\":\"datagram\",\"family\":\"unix\",\"address\":null,\"port\":null,"
                 "\"path\":\"/run/\uFFFD\",\"path_base64\":\"L3J1bi//"
                 "\",\"abstract\":false,\"interface\":null}"));
  SocketDescription abstract = samples::unix_end("a\0b"s);
  abstract.abstract = true;
  CHECK(contains(json(ListeningEvent{abstract, false, 1}),
                 R"("path":"a\u0000b","path_base64":null,"abstract":true,"interface":null})"));
}

TEST_CASE("json: escaping leaves what isn't JSON's business alone", "[report][unit]") {
  CHECK(escape_json_line("").empty());
  CHECK(escape_json_line("{\"a\\\\x1b\":1}") == "{\"a\\\\x1b\":1}");
  CHECK(escape_json_line("\"\x7f é\"") == "\"\\u007f é\"");
  CHECK(without_cut_character("").empty());
  CHECK(without_cut_character("\xe2\x82") == "");
  CHECK(without_cut_character("€") == "€");
}

}  // namespace netecho
