#include "core/report/text.hpp"

#include <algorithm>

#include "core/report/text_figures.hpp"
#include "core/report/unicode.hpp"
#include "tests/core/report/samples.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

std::string text(EventBody body, const TextStyle& style = {}) {
  return to_text(Event{samples::some_time(), std::move(body)}, style);
}

/// `text` without its SGR sequences.
std::string without_colour(std::string text) {
  for (std::size_t at = text.find("\x1b["); at != std::string::npos; at = text.find("\x1b[")) {
    text.erase(at, text.find('m', at) - at + 1);
  }
  return text;
}

Summary ten_probes() {
  Summary s;
  s.target = samples::tcp_end(7);
  s.peer = samples::tcp_end(7);
  s.size_bytes = 64;
  s.stamped = false;
  s.duration = 902ms;
  s.scheduled_total = s.sent_total = s.received_total = 10;
  s.loss_ratio = 0.0;
  s.rtt = s.response = samples::all_latencies();
  for (LatencyFigures* each : {&s.rtt, &s.response}) each->p99 = each->p999 = each->p9999 = {};
  s.achieved_per_second = 10.0;
  s.tx_bytes_total = s.rx_bytes_total = 640;
  s.send_call.p50 = 6us;
  return s;
}

/// What a terminal would act upon.
bool has_controls(const std::string& line) {
  return std::any_of(line.begin(), line.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\n') || byte == 0x7F;
  });
}

}  // namespace

TEST_CASE("text: serve says what it does, an event a line", "[report][unit]") {
  const SocketDescription server = samples::tcp_end();
  const SocketDescription peer = samples::tcp_end(40000);
  CHECK(text(ListeningEvent{server, false, 1}) == "listening tcp4://127.0.0.1:12345\n");
  CHECK(text(ListeningEvent{server, true, 1}) == "listening tcp4://127.0.0.1:12345 (inherited)\n");
  CHECK(text(OpenEvent{3, server, peer}) ==
        "open #3 tcp4://127.0.0.1:12345 from tcp4://127.0.0.1:40000\n");
  CHECK(text(OpenEvent{3, server, {}}) ==
        "open #3 tcp4://127.0.0.1:12345 from an unnamed socket\n");
  CHECK(text(CloseEvent{3, server, peer, CloseReason::idle, 2048, 5, 1500ms, {}}) ==
        "close #3 tcp4://127.0.0.1:12345 idle, 2.00 KiB in, 5 B out, 1.50 s\n");
  CHECK(text(CloseEvent{3, server, peer, CloseReason::error, 0, 0, 0ns, samples::some_error()}) ==
        "close #3 tcp4://127.0.0.1:12345 error, 0 B in, 0 B out, 0 ns: "
        "connect tcp://localhost:7: Connection refused (ECONNREFUSED)\n");
  CHECK(text(DatagramEvent{server, peer, 5, {}, {}}) ==
        "datagram tcp4://127.0.0.1:12345 from tcp4://127.0.0.1:40000 5 B echoed\n");
  CHECK(text(DatagramEvent{server, peer, 5, DropReason::loop, PayloadSample{"a\x1b", 5, true}}) ==
        "datagram tcp4://127.0.0.1:12345 from tcp4://127.0.0.1:40000 5 B dropped (loop) "
        "\"a\\x1b\"…\n");
  CHECK(text(samples::some_error()) ==
        "error connect tcp://localhost:7: Connection refused (ECONNREFUSED)\n");
}

TEST_CASE("text: stats name what was dropped, and only that", "[report][unit]") {
  EndpointStats streams;
  streams.endpoint = samples::tcp_end();
  streams.accepted_total = 2;
  streams.connections_open = 1;
  streams.rx_bytes_total = streams.tx_bytes_total = 10;
  EndpointStats messages = streams;
  messages.rx_messages_total = 9;
  messages.tx_messages_total = 7;
  messages.dropped_total[static_cast<std::size_t>(DropReason::rate)] = 2;
  messages.impaired_total = ImpairedTotals{.dup = 3, .corrupt = 4};
  messages.kernel_drop_buffers_total = 6;
  EndpointStats full = streams;
  full.rejected_total = 8;
  full.kernel_drop_buffers_total = 0;
  const StatsEvent stats{90s, 5, {streams, messages, full}};
  const std::string lines =
      " after 90.0 s\n"
      "  tcp4://127.0.0.1:12345: 2 accepted, 1 open, 10 B in, 10 B out\n"
      "  tcp4://127.0.0.1:12345: 9 received, 7 echoed, 10 B in, 10 B out, 2 dropped (rate), "
      "at least 6 dropped by the kernel, 3 duplicated (impaired), 4 corrupted (impaired)\n"
      "  tcp4://127.0.0.1:12345: 2 accepted, 1 open, 8 rejected, 10 B in, 10 B out\n"
      "  5 events dropped: their reader is slow\n";
  CHECK(text(stats, {.time = TimeOfDay::none}) == "stats" + lines);
  CHECK(text(StoppedEvent{stats, StopReason::signal}) == "stopped (signal)" + lines);
}

TEST_CASE("text: the time of day is before each line, as it was asked for", "[report][unit]") {
  const OpenEvent open{1, samples::tcp_end(), {}};
  const std::string plain = "open #1 tcp4://127.0.0.1:12345 from an unnamed socket\n";
  CHECK(text(open) == plain);
  CHECK(text(open, {.time = TimeOfDay::utc}) == "2026-11-23T06:21:40.123Z " + plain);
  CHECK(text(open, {.time = TimeOfDay::epoch}) == "[1795414900.123456] " + plain);
  const StatsEvent stats{90s, 5, {}};
  CHECK(text(stats, {.time = TimeOfDay::utc}) ==
        "2026-11-23T06:21:40.123Z stats after 90.0 s\n"
        "2026-11-23T06:21:40.123Z   5 events dropped: their reader is slow\n");
  // By itself only what nobody waits for has it.
  CHECK(text(stats) == text(stats, {.time = TimeOfDay::local}));
  CHECK(text(stats) != text(stats, {.time = TimeOfDay::none}));
  // Error lines never do.
  CHECK(text(samples::some_error(), {.time = TimeOfDay::utc}) == text(samples::some_error()));
  // An empty line stays one; a time before the epoch counts up, too.
  CHECK(with_time_of_day("\na\n", WallTime{-1ns}, TimeOfDay::utc) ==
        "\n1969-12-31T23:59:59.999Z a\n");
}

TEST_CASE("text: a reply is one line, with its target where there are several", "[report][unit]") {
  ReplyEvent reply{.target = samples::tcp_end(7),
                   .sequence = 3,
                   .rtt = 41200ns,
                   .response = {},
                   .size_bytes = 64,
                   .server_residence = {},
                   .payload = {}};
  CHECK(text(reply) == "seq=3 64 B rtt=41.2 µs\n");
  CHECK(text(reply, {.name_target = true}) == "tcp4://127.0.0.1:7 seq=3 64 B rtt=41.2 µs\n");
  reply.server_residence = 900ns;
  CHECK(text(reply) == "seq=3 64 B rtt=41.2 µs server=900 ns\n");
  reply.hop_limit = 57;
  reply.peer = samples::tcp_end(8);
  CHECK(text(reply) == "seq=3 64 B rtt=41.2 µs server=900 ns hop_limit=57\n");
  reply.elsewhere = true;
  CHECK(text(reply) ==
        "seq=3 64 B rtt=41.2 µs server=900 ns hop_limit=57 from tcp4://127.0.0.1:8\n");
  reply.status = ReplyStatus::late;
  CHECK(text(reply) == "seq=3 late rtt=41.2 µs\n");
  reply.status = ReplyStatus::timeout;
  reply.rtt = {};
  CHECK(text(reply) == "seq=3 timeout\n");
}

TEST_CASE("text: a summary says why a percentile is missing", "[report][unit]") {
  CHECK(text(SummaryEvent{ten_probes()}) ==
        "tcp4://127.0.0.1:7, 64 B, plain echo\n"
        "  10 sent, 10 received, 0% lost, in 902 ms\n"
        "  10 sent per second, 640 B out, 640 B in\n"
        "  rtt min/mean/max 10.0 µs / 20.0 µs / 50.0 µs, stddev 3.00 µs\n"
        "      p50 19.0 µs, p90 30.0 µs, p99 - (p99 needs 100 samples; there are 10)\n"
        "  response p50 19.0 µs, p90 30.0 µs, p99 -, max 50.0 µs\n"
        "  instrument: send call p50 6.00 µs\n");
  Summary few = ten_probes();
  few.sent_total = few.scheduled_total = 12;
  few.received_total = 9;
  few.lost_total = few.timeout_total = 3;
  few.loss_ratio = 0.25;
  few.rtt.p90 = {};
  few.response.p50 = few.response.p90 = few.response.max = {};
  CHECK(text(SummaryEvent{few}) ==
        "tcp4://127.0.0.1:7, 64 B, plain echo\n"
        "  12 sent, 9 received, 25% lost, 3 timed out, in 902 ms\n"
        "  10 sent per second, 640 B out, 640 B in\n"
        "  rtt min/mean/max 10.0 µs / 20.0 µs / 50.0 µs, stddev 3.00 µs\n"
        "      p50 19.0 µs, p90 -, p99 - (p90 needs 10 samples, p99 100; there are 9)\n"
        "  response p50 -, p90 -, p99 -, max - (lost and skipped probes count as infinite)\n"
        "  instrument: send call p50 6.00 µs\n");
}

TEST_CASE("text: a full summary leaves nothing out", "[report][unit]") {
  Summary s = samples::full_summary();
  s.peer->uri = "tcp4://127.0.0.1:8";
  CHECK(text(SummaryEvent{s}) ==
        "tcp4://127.0.0.1:7 (tcp4://127.0.0.1:8), flow 0, 64 B, stamping server, interrupted\n"
        "  connect tcp://localhost:7: Connection refused (ECONNREFUSED)\n"
        "  112 sent, 100 received, 6.25% lost, 4 timed out, 2 refused, 1 unreachable, "
        "3 mismatched, 2 outstanding, 5 late, 6 duplicate, 7 reordered, 1 skipped, "
        "1 without a connection, 1 not sent: 12.5% unanswered (8 forward, 1 reverse, "
        "of which 1 came late), in 11.0 s\n"
        "  1 not sent: message too long (EMSGSIZE)\n"
        "  1 unreachable: administratively prohibited, from 192.0.2.1 (EHOSTUNREACH)\n"
        "  9.75 sent per second, 7.00 KiB out, 6.25 KiB in\n"
        "  note: what came is no echo: 8 B, \"SSH-2.0-\"; --mode connect measures any service\n"
        "  rtt min/mean/max 10.0 µs / 20.0 µs / 50.0 µs, stddev 3.00 µs\n"
        "      p50 19.0 µs, p90 30.0 µs, p99 40.0 µs, p99.9 45.0 µs, p99.99 48.0 µs\n"
        "  connect min/mean/max 10.0 µs / 20.0 µs / 50.0 µs, stddev 3.00 µs\n"
        "          p50 19.0 µs, p90 30.0 µs, p99 40.0 µs, p99.9 45.0 µs, p99.99 48.0 µs\n"
        "  response p50 19.0 µs, p90 30.0 µs, p99 40.0 µs, p99.9 45.0 µs, p99.99 48.0 µs, max 50.0 "
        "µs\n"
        "  rtt by kernel stamps p50 19.0 µs, p90 30.0 µs, p99 40.0 µs, p99.9 45.0 µs, p99.99 48.0 "
        "µs, "
        "max 50.0 µs; this process adds p50 0 ns\n"
        "  server residence p50 3.00 µs, p99 4.00 µs, max 5.00 µs\n"
        "  one way forward min 10.0 µs, p50 19.0 µs, p90 30.0 µs, p99 40.0 µs, p99.9 45.0 µs, "
        "p99.99 48.0 µs, "
        "max 50.0 µs\n"
        "  one way reverse min 10.0 µs, p50 19.0 µs, p90 30.0 µs, p99 40.0 µs, p99.9 45.0 µs, "
        "p99.99 48.0 µs, "
        "max 50.0 µs\n"
        "  variation p50 2.00 µs, p95 3.00 µs, max 5.00 µs; jitter (RFC 3550) 1.23 µs\n"
        "  losses in 2 runs, the longest 7 probes (700 ms)\n"
        "  outage of 3.00 s from 2026-11-23T06:21:40.123456789Z on: 30 probes unanswered\n"
        "  tcp rtt 21.0 µs ± 4.00 µs, 1 retransmit, cwnd 10, mss 32741 B, mptcp over 2 subflows, "
        "path MTU 1500 B, replies arrived with hop limit 57 to 61, 3 changes\n"
        "  instrument: sent late by p50 2.00 µs, p99 3.00 µs, max 4.00 µs; send call p50 6.00 µs, "
        "wake-up p50 50.0 µs, clock read 25 ns, 9 samples discarded "
        "(a clock was stepped, or a one-way delay was negative: the clocks differ)\n"
        "  note: this machine's own floor for it is 27.0 µs: a large part of this RTT is the "
        "instrument's own\n");
}

TEST_CASE("text: where many were asked, each station that answered has a line", "[report][unit]") {
  Summary s = ten_probes();
  CHECK(text(SummaryEvent{s}).find("answered") == std::string::npos);
  s.stations.emplace();
  CHECK(text(SummaryEvent{s}).find("\n  0 stations answered\n") != std::string::npos);
  StationFigures one{.address = "02:00:00:00:00:01", .received_total = 10, .duplicate_total = 2};
  one.rtt.min = one.rtt.mean = one.rtt.max = 41us;
  s.stations->push_back(one);
  CHECK(
      text(SummaryEvent{s})
          .find(
              "\n  1 station answered\n"
              "  02:00:00:00:00:01: 10 received, 2 duplicate, rtt min/mean/max 41.0 µs / 41.0 µs / "
              "41.0 µs\n") != std::string::npos);
  ReplyEvent reply = samples::full_reply();
  reply.target.address.reset();
  reply.peer = reply.target;
  reply.peer->address = "02:00:00:00:00:01";
  CHECK(text(reply).find("02:00:00:00:00:01") == std::string::npos);
  reply.peer->interface = "eth0";
  CHECK(text(reply).find(" from 02:00:00:00:00:01") != std::string::npos);
}

TEST_CASE("text: reverse losses that look like a server's own limit are said to",
          "[report][unit]") {
  const auto has_note = [](const Summary& s) {
    return text(SummaryEvent{s}).find("serve --udp-max-rate") != std::string::npos;
  };
  Summary s = ten_probes();
  s.target.socket_type = SocketType::datagram;
  s.target.address = "192.0.2.1";
  s.peer = s.target;
  s.stamped = true;
  s.duration = std::chrono::seconds{3};
  s.achieved_per_second = 3000;
  s.scheduled_total = s.sent_total = 9000;
  s.received_total = 3100;
  s.lost_total = s.timeout_total = 5900;
  s.lost_forward_total = 0;
  s.lost_reverse_total = 5900;
  CHECK(has_note(s));
  const auto without = [&](auto change) {
    Summary other = s;
    change(other);
    return !has_note(other);
  };
  CHECK(without([](Summary& o) { o.stamped = false; }));
  CHECK(without([](Summary& o) { o.authenticated = true; }));
  CHECK(without([](Summary& o) { o.peer->address = "127.0.0.1"; }));
  CHECK(without([](Summary& o) { o.peer->socket_type = SocketType::stream; }));
  CHECK(without([](Summary& o) { o.peer->port.reset(); }));
  CHECK(without([](Summary& o) { o.achieved_per_second = 900; }));
  CHECK(without([](Summary& o) { o.received_total = 1000; }));
  CHECK(without([](Summary& o) { o.late_total = 5900; }));
  CHECK(without([](Summary& o) { std::swap(o.lost_forward_total, o.lost_reverse_total); }));
  CHECK(without([](Summary& o) { o.lost_forward_total = o.lost_reverse_total = {}; }));
}

TEST_CASE("text: a target that could not be probed has its error and no figures",
          "[report][unit]") {
  Summary s = samples::bare_summary();
  s.error = samples::some_error();
  CHECK(text(SummaryEvent{s}) ==
        "tcp://example:7\n  connect tcp://localhost:7: Connection refused (ECONNREFUSED)\n");
}

TEST_CASE("text: colour repeats what the words say", "[report][unit]") {
  const TextStyle colours{.colour = Colour::on};
  Summary s = samples::full_summary();
  for (const EventBody& body :
       {EventBody{SummaryEvent{s}}, EventBody{samples::some_error()},
        EventBody{DatagramEvent{samples::tcp_end(), {}, 5, DropReason::rate, {}}}}) {
    CHECK(text(body, colours) != text(body));
    CHECK(without_colour(text(body, colours)) == text(body));
  }
  const std::vector<Summary> list{ten_probes()};
  CHECK(without_colour(comparison_table(list, colours)) == comparison_table(list, {}));
}

TEST_CASE("text: nothing that a peer sends acts on the terminal", "[report][unit]") {
  for (const Event& event : samples::all_events()) {
    const std::string shown = to_text(event, {});
    CAPTURE(shown);
    CHECK_FALSE(has_controls(shown));
    CHECK(shown.find("\xc2\x9b") == std::string::npos);
    CHECK(shown.find("\xe2\x80\xa8") == std::string::npos);
    CHECK(shown.find("\xe2\x80\xae") == std::string::npos);
  }
  // A peer that sends the escape of a character isn't taken for one that sends the character.
  CHECK(message_text("a\\x1b\x1b[0m") == "a\\x1b\\x1b[0m");
}

TEST_CASE("text: the table's columns line up, whatever the names", "[report][unit]") {
  Summary tcp = ten_probes();
  Summary korean = ten_probes();
  korean.target = samples::unix_end("/한글");
  korean.loss_ratio = 1.0 / 3;
  korean.server_residence.p50 = 900ns;
  Summary failed = samples::bare_summary();
  failed.error = samples::some_error();
  const std::vector<Summary> rows{tcp, korean, failed};
  CHECK(comparison_table(rows, {}) ==
        "target              sent   lost  rtt min      p50      p90  p99      max  server\n"
        "tcp4://127.0.0.1:7    10     0%  10.0 µs  19.0 µs  30.0 µs    -  50.0 µs       -\n"
        "unixgram:///한글      10  33.3%  10.0 µs  19.0 µs  30.0 µs    -  50.0 µs  900 ns\n"
        "tcp://example:7  connect tcp://localhost:7: Connection refused (ECONNREFUSED)\n");
}

TEST_CASE("text: what could not be sent shows beside the losses", "[report][unit]") {
  Summary s = ten_probes();
  s.scheduled_total = 50;
  s.send_error_total = 40;
  fill_ratios(s);
  const std::string line = text(SummaryEvent{s});
  CHECK(line.find("  10 sent, 10 received, 0% lost, 40 not sent: 80% unanswered, in 902 ms\n") !=
        std::string::npos);
  Summary whole = ten_probes();
  fill_ratios(whole);
  const std::vector<Summary> rows{whole, s};
  CHECK(comparison_table(rows, {}) ==
        "target              sent  lost  unanswered  rtt min      p50      p90  p99      max  "
        "server\n"
        "tcp4://127.0.0.1:7    10    0%          0%  10.0 µs  19.0 µs  30.0 µs    -  50.0 µs       "
        "-\n"
        "tcp4://127.0.0.1:7    10    0%         80%  10.0 µs  19.0 µs  30.0 µs    -  50.0 µs       "
        "-\n");
}

TEST_CASE("text: the table names the sizes of a sweep", "[report][unit]") {
  Summary small = ten_probes();
  Summary large = ten_probes();
  large.size_bytes = 1024;
  const std::vector<Summary> rows{small, large};
  const std::string table = comparison_table(rows, {});
  CHECK(table.find("\ntcp4://127.0.0.1:7, 64 B        10") != std::string::npos);
  CHECK(table.find("\ntcp4://127.0.0.1:7, 1.00 KiB    10") != std::string::npos);
}

TEST_CASE("text: widths are those of a terminal", "[report][unit]") {
  CHECK(columns_of("") == 0);
  CHECK(columns_of("41.2 µs") == 7);
  CHECK(columns_of("한글") == 4);
  CHECK(columns_of("👋") == 2);
  CHECK(columns_of("e\xcc\x81") == 1);  // A combining accent.
  CHECK(columns_of("\xff") == 1);
}

TEST_CASE("text: 100 % is said only of all", "[report][unit]") {
  CHECK(percent_text(0) == "0%");
  CHECK(percent_text(0.00001) == "0.001%");
  CHECK(percent_text(0.0625) == "6.25%");
  CHECK(percent_text(0.999) == "99.9%");
  CHECK(percent_text(0.99999) == ">99.9%");
  CHECK(percent_text(1) == "100%");
}

}  // namespace netecho
