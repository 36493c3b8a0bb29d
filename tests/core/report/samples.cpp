#include "tests/core/report/samples.hpp"

#include <cerrno>
#include <limits>

namespace netecho::samples {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

PayloadSample payload(std::string data) {
  const std::uint64_t size = data.size();
  return {.data = std::move(data), .size_bytes = size, .truncated = false};
}

/// A name that was not looked up: as little as a description can hold.
SocketDescription bare_end() {
  SocketDescription end;
  end.uri = "tcp://example:7";
  end.transport = "tcp";
  return end;
}

EndpointStats bare_endpoint_stats() {
  EndpointStats stats;
  stats.endpoint = bare_end();
  return stats;
}

ReplyEvent bare_reply() {
  ReplyEvent reply;
  reply.target = bare_end();
  return reply;
}

Summary extreme_summary() {
  Summary s = full_summary();
  s.target = unix_end(hostile_bytes());
  s.sent_total = kHuge;
  s.loss_ratio = std::numeric_limits<double>::quiet_NaN();
  s.achieved_per_second = std::numeric_limits<double>::infinity();
  s.rtt.max = Duration::max();
  s.one_way.forward.min = Duration::min();
  s.one_way.reverse = {};
  s.thresholds = {{hostile_bytes(), std::numeric_limits<double>::infinity(), false, {}}};
  s.error = ErrorEvent{.operation = hostile_bytes(),
                       .endpoint = hostile_bytes(),
                       .category = ErrorCategory::internal,
                       .error_number = 0,
                       .message = hostile_bytes(),
                       .exit_code = 70};
  return s;
}

void add_server_events(std::vector<EventBody>& out) {
  out.push_back(ListeningEvent{bare_end(), false, 0});
  out.push_back(ListeningEvent{tcp_end(), true, std::numeric_limits<std::uint64_t>::max()});
  out.push_back(OpenEvent{1, tcp_end(), std::nullopt});
  out.push_back(OpenEvent{kHuge, tcp_end(), tcp_end(40000)});
  for (int i = 0; i <= static_cast<int>(CloseReason::error); ++i) {
    out.push_back(CloseEvent{3, tcp_end(), tcp_end(40000), static_cast<CloseReason>(i), 10, 9,
                             1500ms, some_error()});
  }
  out.push_back(CloseEvent{.endpoint = bare_end(), .peer = {}, .error = {}});
  out.push_back(DatagramEvent{bare_end(), std::nullopt, 0, std::nullopt, std::nullopt});
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    out.push_back(DatagramEvent{tcp_end(), unix_end(hostile_bytes()), 17,
                                static_cast<DropReason>(i), payload(hostile_bytes())});
  }
  out.push_back(StatsEvent{});
  out.push_back(StatsEvent{90s, kHuge, {full_endpoint_stats(), bare_endpoint_stats()}});
  for (int i = 0; i <= static_cast<int>(StopReason::error); ++i) {
    out.push_back(StoppedEvent{{90s, 5, {full_endpoint_stats()}}, static_cast<StopReason>(i)});
  }
}

}  // namespace

WallTime some_time() {
  return WallTime{Duration{1'795'414'900'123'456'789}};
}

SocketDescription tcp_end(std::uint16_t port) {
  return {.uri = "tcp4://127.0.0.1:" + std::to_string(port),
          .transport = "tcp",
          .socket_type = SocketType::stream,
          .family = AddressFamily::ipv4,
          .address = "127.0.0.1",
          .port = port,
          .path = {},
          .abstract = {}};
}

SocketDescription unix_end(const std::string& path) {
  return {.uri = "unixgram://" + path,
          .transport = "unix",
          .socket_type = SocketType::datagram,
          .family = AddressFamily::unix_domain,
          .address = {},
          .port = {},
          .path = path,
          .abstract = false};
}

LatencyFigures all_latencies() {
  return {.min = 10us,
          .mean = 20us,
          .stddev = 3us,
          .p25 = 15us,
          .p50 = 19us,
          .p75 = 25us,
          .p90 = 30us,
          .p95 = 35us,
          .p99 = 40us,
          .p999 = 45us,
          .p9999 = 48us,
          .max = 50us};
}

IcmpError some_icmp() {
  return {.from = IpNumber::of_v4(0xC0000201), .type = 3, .code = 13};
}

Summary bare_summary() {
  Summary s;
  s.target = bare_end();
  return s;
}

Summary full_summary() {
  Summary s;
  s.target = tcp_end(7);
  s.peer = tcp_end(7);
  s.local = tcp_end(40000);
  s.flow = 0;
  s.wait = WaitMode::spin;
  s.schedule = ScheduleKind::periodic;
  s.size_bytes = 64;
  s.stamped = true;
  s.authenticated = false;
  s.connect = 80us;
  s.started = WallTime{1'795'853'608s + 1ns};
  s.duration = 11s;
  s.interrupted = true;
  s.scheduled_total = 115;
  s.sent_total = 112;
  s.received_total = 100;
  s.lost_total = 10;
  s.outstanding_total = 2;
  s.skipped_total = 2;
  s.send_error_total = 1;
  s.timeout_total = 4;
  s.mismatch_total = 3;
  s.refused_total = 2;
  s.unreachable_total = 1;
  s.late_total = 5;
  s.duplicate_total = 6;
  s.reordered_total = 7;
  s.no_connection_total = 1;
  s.unanswered_total = 12;
  s.loss_ratio = 0.0625;
  s.unanswered_ratio = 0.125;
  s.lost_forward_total = 8;
  s.lost_reverse_total = 1;
  s.achieved_per_second = 9.75;
  s.tx_bytes_total = 7168;
  s.rx_bytes_total = 6400;
  s.rtt = s.response = s.connect_time = s.rtt_kernel = all_latencies();
  s.one_way.forward = s.one_way.reverse = all_latencies();
  s.rtt_variation = {.mean = 1us, .p50 = 2us, .p95 = 3us, .p99 = 4us, .max = 5us};
  s.jitter_rfc3550 = 1234ns;
  s.server_residence = {.min = 1us, .mean = 2us, .p50 = 3us, .p99 = 4us, .max = 5us};
  s.loss_runs = LossRuns{2, 7, 700ms};
  s.reasons = {{.status = ReplyStatus::send_error, .error_number = EMSGSIZE, .count = 1},
               {.status = ReplyStatus::unreachable,
                .error_number = EHOSTUNREACH,
                .icmp = some_icmp(),
                .count = 1}};
  s.foreign_reply = payload("SSH-2.0-");
  s.outages = {{some_time(), 3s, 30}};
  s.tcp_info = TcpInfo{21us, 4us, 1, 10, 32741, 65535};
  s.mptcp = MptcpInfo{.fallback = false, .subflows = 2};
  s.path_mtu_bytes = 1500;
  s.path = PathFigures{.reply_hop_limit = HopLimits{.min = 57, .max = 61, .changes_total = 3}};
  s.send_lateness = {.mean = 1us, .p50 = 2us, .p99 = 3us, .max = 4us};
  s.send_call = {.mean = 5us, .p50 = 6us, .p99 = 7us, .max = 8us};
  s.clock_read = 25ns;
  s.wake_up = {.mean = 51us, .p50 = 50us, .p99 = 90us, .max = 120us};
  s.floor = 27us;
  s.discarded_total = 9;
  s.events_dropped_total = 11;
  s.thresholds = {{"rtt.p99>500us", 40000.0, true, {}},
                  {"rtt.p9999>1ms", {}, false, "p9999 needs 10000 samples"}};
  s.error = some_error();
  s.exit_code = 1;
  return s;
}

ReplyEvent full_reply() {
  return {.target = tcp_end(7),
          .flow = 1,
          .sequence = 3,
          .status = ReplyStatus::ok,
          .rtt = 41200ns,
          .response = 43us,
          .size_bytes = 64,
          .timestamp_source = TimestampSource::kernel,
          .server_residence = 900ns,
          .payload = payload("안녕하세요"),
          .error_number = EHOSTUNREACH,
          .icmp = some_icmp(),
          .hop_limit = 57};
}

EndpointStats full_endpoint_stats() {
  EndpointStats stats;
  stats.endpoint = tcp_end();
  stats.connections_open = 1;
  stats.accepted_total = 2;
  stats.rejected_total = 3;
  stats.rx_bytes_total = 4;
  stats.tx_bytes_total = 5;
  stats.rx_messages_total = 6;
  stats.tx_messages_total = 7;
  stats.stalled_bytes = 21;
  stats.frames_stamped_total = 8;
  stats.framing_lost_total = 9;
  for (std::size_t i = 0; i < kDropReasonCount; ++i) stats.dropped_total[i] = i;
  stats.kernel_drop_buffers_total = 10;
  stats.impaired_total = ImpairedTotals{11, 12, 13, 14, 15};
  return stats;
}

ErrorEvent some_error() {
  return error_event(SysError{"connect", "tcp://localhost:7", ECONNREFUSED});
}

std::string hostile_bytes() {
  using namespace std::string_literals;
  return "a\0b\x1b[31m\x7f\xc2\x9b\xe2\x80\xa8\xe2\x80\xae\xed\xa0\x80\xc0\xaf\"\\\n\xff"s;
}

FamiliesEvent some_families() {
  const SocketTypeFacts stream{KernelType::stream, true, 0};
  const SocketTypeFacts datagram{KernelType::datagram, true, 0};
  return {{{.number = 2,
            .pf = "PF_INET",
            .af = "AF_INET",
            .description = "IPv4",
            .socket_types = {stream, datagram, {KernelType::raw, false, EPERM}},
            .schemes = {"tcp", "tcp4", "udp", "udp4"},
            .privilege = {},
            .usable = true},
           {.number = 17,
            .pf = "PF_PACKET",
            .af = "AF_PACKET",
            .description = "frames of an interface, below IP",
            .socket_types = {{KernelType::datagram, false, EPERM}, {KernelType::raw, false, EPERM}},
            .schemes = {"packet"},
            .privilege = "CAP_NET_RAW",
            .usable = false},
           {.number = 30,
            .pf = "PF_TIPC",
            .af = "AF_TIPC",
            .description = "messages of a cluster",
            .socket_types = {{KernelType::stream, false, ESOCKTNOSUPPORT},
                             {KernelType::datagram, false, EPROTONOSUPPORT},
                             {KernelType::rdm, false, ESOCKTNOSUPPORT}},
            .schemes = {},
            .privilege = {},
            .usable = false},
           {.number = 16,
            .pf = "PF_NETLINK",
            .af = "AF_NETLINK",
            .description = "the kernel (PF_ROUTE)",
            .socket_types = {{KernelType::raw, {}, 0}, {KernelType::seqpacket, {}, 0}},
            .schemes = {},
            .privilege = {},
            .usable = {}}}};
}

std::vector<Event> all_events() {
  std::vector<EventBody> bodies;
  add_server_events(bodies);
  bodies.push_back(bare_reply());
  for (int i = 0; i <= static_cast<int>(ReplyStatus::skipped); ++i) {
    ReplyEvent reply = full_reply();
    reply.status = static_cast<ReplyStatus>(i);
    bodies.push_back(std::move(reply));
  }
  for (const Summary& s : {bare_summary(), full_summary(), extreme_summary()}) {
    bodies.push_back(SummaryEvent{s});
    bodies.push_back(IntervalEvent{s});
  }
  bodies.push_back(FamiliesEvent{});
  bodies.push_back(some_families());
  bodies.push_back(ErrorEvent{});
  for (int i = 0; i <= static_cast<int>(ErrorCategory::internal); ++i) {
    ErrorEvent error = some_error();
    error.category = static_cast<ErrorCategory>(i);
    if (error.category == ErrorCategory::connect) error.icmp = some_icmp();
    bodies.push_back(std::move(error));
  }
  std::vector<Event> out;
  for (EventBody& body : bodies) out.push_back({some_time(), std::move(body)});
  return out;
}

std::vector<ResultEvent> all_results() {
  return {{.time = some_time(),
           .command = "probe",
           .targets = {},
           .replies = {},
           .errors = {},
           .exit_code = 0},
          {.time = some_time(),
           .command = "send",
           .targets = {full_summary(), extreme_summary()},
           .replies = std::vector{full_reply(), bare_reply()},
           .errors = {some_error()},
           .exit_code = 1}};
}

}  // namespace netecho::samples
