#include "cmd/run/send_report.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "core/base/clock.hpp"
#include "core/base/escape.hpp"
#include "core/net/path_info.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxShownBytes = 4096;
/// A transfer that is over sooner needs no progress bar.
constexpr Duration kQuietTime = 1s;

/// Stderr is a terminal: the cursor goes back to the line's start, and the rest is cleared.
constexpr const char* kClearLine = "\r\x1b[K";

PrintMode print_mode(const SendJob& job) {
  return ::isatty(STDOUT_FILENO) == 1 && !job.raw ? PrintMode::escaped : PrintMode::raw;
}

ReplyStatus status_of(ExchangeStatus status) {
  switch (status) {
    case ExchangeStatus::ok:
      return ReplyStatus::ok;
    case ExchangeStatus::timeout:
      return ReplyStatus::timeout;
    case ExchangeStatus::refused:
      return ReplyStatus::refused;
    case ExchangeStatus::mismatch:
    case ExchangeStatus::too_short:
    case ExchangeStatus::too_long:
      return ReplyStatus::mismatch;
    case ExchangeStatus::interrupted:
      return ReplyStatus::skipped;
    case ExchangeStatus::failed:
      return ReplyStatus::unreachable;
    case ExchangeStatus::not_sent:
      return ReplyStatus::send_error;
  }
  return ReplyStatus::mismatch;
}

std::string came_back(const ExchangeResult& result) {
  return std::to_string(result.received_bytes) + " of " + std::to_string(result.sent_bytes) +
         " bytes came back";
}

}  // namespace

Error error_of(const ExchangeResult& result, const std::string& where, Duration timeout) {
  switch (result.status) {
    case ExchangeStatus::timeout:
      return {ErrorCategory::timeout, "echo", where,
              "nothing more within " + format_duration(timeout) + "; " + came_back(result)};
    case ExchangeStatus::mismatch:
      return {ErrorCategory::mismatch, "echo", where,
              "differs from what was sent at offset " + std::to_string(result.offset)};
    case ExchangeStatus::too_short:
      return {ErrorCategory::mismatch, "echo", where, "is too short: " + came_back(result),
              result.error};
    case ExchangeStatus::too_long:
      return {ErrorCategory::mismatch, "echo", where,
              "is too long: more than the " + std::to_string(result.sent_bytes) +
                  " bytes that were sent"};
    default:
      // A router that prohibits it is a peer out of reach, whatever errno the kernel makes of it.
      if (result.icmp) {
        return {ErrorCategory::connect, "send", where, plain_reason(result.error, result.icmp),
                result.error};
      }
      return SysError{"send", where, result.error};
  }
}

Error ended_error(const SendJob& job) {
  return {ErrorCategory::mismatch, "echo", job.endpoint, "the other end has closed the connection"};
}

/// Many replies are best told one by one, unless the whole was asked for by its name.
Wanted wanted(const SendJob& job) {
  const Format* typed = job.common.format;
  const bool whole = typed != nullptr && typed->kind == FormatKind::document;
  return job.lines && !whole ? Wanted::stream : Wanted::document;
}

SendReport::SendReport(const SendJob& job, SocketDescription target)
    : job_{job},
      format_{chosen_format(job.common, wanted(job))},
      output_{STDOUT_FILENO, "stdout"},
      printer_{output_, print_mode(job)},
      started_{monotonic_now()} {
  summary_.started = realtime_now();
  summary_.target = std::move(target);
}

void SendReport::connected(const Connection& connection) {
  summary_.peer = connection.peer;
  summary_.local = connection.local;
  summary_.connect = connection.connect_time;
  summary_.mptcp.reset();
  if (const auto* channel = std::get_if<ByteChannel>(&connection.socket)) went_over(*channel);
}

void SendReport::went_over(const ByteChannel& channel) {
  auto now = path_info(channel.fd()).mptcp;
  if (!now) return;
  if (summary_.mptcp) now->subflows = std::max(now->subflows, summary_.mptcp->subflows);
  summary_.mptcp = now;
}

void SendReport::answered_over(MessagePort& port) {
  const Path* const path = port.features().path;
  if (path == nullptr) return;
  if (auto peer = path->peer()) summary_.peer = std::move(peer);
  if (auto local = path->local()) summary_.local = std::move(local);
}

void SendReport::begin_exchange(std::optional<std::uint64_t> size) {
  exchange_started_ = monotonic_now();
  exchange_size_ = size;
  sample_ = {};
}

void SendReport::reply_piece(std::span<const std::byte> piece) {
  if (format_.kind == FormatKind::words) return printer_.print(piece);
  sample_.size_bytes += piece.size();
  const std::size_t room = kMaxShownBytes - sample_.data.size();
  sample_.data.append(reinterpret_cast<const char*>(piece.data()), std::min(room, piece.size()));
  sample_.truncated = sample_.data.size() < sample_.size_bytes;
}

void SendReport::progress(std::uint64_t sent, std::uint64_t received) {
  const Duration took = monotonic_now() - exchange_started_;
  if (took < kQuietTime) return;
  std::string line = format_size(received) + " echoed";
  if (exchange_size_ && *exchange_size_ != 0) {
    line =
        std::to_string(received * 100 / *exchange_size_) + "% of " + format_size(*exchange_size_);
  } else {
    line += " of " + format_size(sent) + " sent";
  }
  const double seconds = static_cast<double>(took.count()) / 1e9;
  line += ", " + format_size(static_cast<std::uint64_t>(static_cast<double>(received) / seconds)) +
          "/s";
  Output{STDERR_FILENO, "stderr"}.write(kClearLine + line);
  progress_shown_ = true;
}

void SendReport::end_line() {
  if (format_.kind == FormatKind::words && output_.usable()) {
    const std::string_view newline = "\n";
    reply_piece(std::as_bytes(std::span{newline}));
  }
}

void SendReport::count(const ExchangeResult& result, ReplyStatus status) {
  ++summary_.scheduled_total;
  const bool known = status == ReplyStatus::send_error || status == ReplyStatus::refused ||
                     status == ReplyStatus::unreachable;
  if (known) reasons_.count(status, result.error, result.icmp ? &*result.icmp : nullptr);
  if (status == ReplyStatus::send_error) {
    ++summary_.send_error_total;
    return;
  }
  ++summary_.sent_total;
  summary_.size_bytes = result.sent_bytes;
  summary_.tx_bytes_total += result.sent_bytes;
  summary_.rx_bytes_total += result.received_bytes;
  if (result.status == ExchangeStatus::interrupted) {
    ++summary_.outstanding_total;
    return;
  }
  if (status == ReplyStatus::ok) {
    ++summary_.received_total;
    rtts_.record(result.rtt);
    return;
  }
  ++summary_.lost_total;
  if (status == ReplyStatus::timeout) ++summary_.timeout_total;
  if (status == ReplyStatus::mismatch) ++summary_.mismatch_total;
  if (status == ReplyStatus::refused) ++summary_.refused_total;
  if (status == ReplyStatus::unreachable) ++summary_.unreachable_total;
}

void SendReport::end_exchange(const ExchangeResult& result) {
  if (std::exchange(progress_shown_, false)) Output{STDERR_FILENO, "stderr"}.write(kClearLine);
  const bool ok = result.status == ExchangeStatus::ok;
  if (format_.kind == FormatKind::words && output_.usable()) printer_.finish();
  const ReplyStatus status = status_of(result.status);
  if (format_.kind != FormatKind::words && result.status != ExchangeStatus::interrupted) {
    ReplyEvent reply{.target = summary_.target,
                     .flow = 0,
                     .sequence = summary_.scheduled_total,
                     .status = status,
                     .rtt = ok ? std::optional{result.rtt} : std::nullopt,
                     .response = {},
                     .size_bytes = result.received_bytes,
                     .timestamp_source = TimestampSource::user,
                     .server_residence = {},
                     .payload = sample_,
                     .error_number = result.error,
                     .icmp = result.icmp,
                     .peer = result.received_bytes > 0 || ok ? summary_.peer : std::nullopt,
                     .hop_limit = result.hop_limit,
                     .elsewhere = result.elsewhere.has_value()};
    if (result.elsewhere) reply.peer = result.elsewhere;
    if (format_.kind == FormatKind::document) replies_.push_back(reply);
    emit(std::move(reply));
  }
  count(result, status);
  if (ok && job_.common.verbosity > 0) {
    print_note(
        job_.common,
        escape_for_terminal(job_.endpoint) + ": " +
            (summary_.connect ? "connected in " + format_duration(*summary_.connect) + ", " : "") +
            "rtt " + format_duration(result.rtt) + ", " + std::to_string(result.received_bytes) +
            " bytes");
  }
}

void SendReport::end_failed(const ExchangeResult& result) {
  if (result.status == ExchangeStatus::interrupted) return;
  ErrorEvent event = error_event(error_of(result, job_.endpoint, job_.timeout));
  event.icmp = result.icmp;
  failed(std::move(event));
}

void SendReport::failed(const Error& error) {
  failed(error_event(error));
}

void SendReport::failed(ErrorEvent event) {
  print_error(event.message);
  errors_.push_back(event);
  if (!summary_.error) summary_.error = event;
  emit(std::move(event));
}

void SendReport::ended_by_peer(Expect expect) {
  const Error error = ended_error(job_);
  if (expect == Expect::echo) return failed(error);
  print_note(job_.common, error.what());
}

void SendReport::emit(EventBody body) {
  if (format_.kind != FormatKind::stream) return;
  output_.write(format_.event({realtime_now(), std::move(body)}, {}));
}

void SendReport::fill_figures() {
  summary_.duration = monotonic_now() - started_;
  summary_.rtt = latency_figures(rtts_);
  fill_ratios(summary_);
  summary_.reasons = reasons_.list();
}

int SendReport::finish(std::optional<int> signal_code) {
  fill_figures();
  int code = summary_.error ? summary_.error->exit_code : 0;
  if (signal_code) {
    code = *signal_code;
    summary_.interrupted = true;
  }
  summary_.exit_code = code;
  if (format_.kind == FormatKind::stream) emit(SummaryEvent{summary_});
  if (format_.kind == FormatKind::document) {
    output_.write(format_.result({.time = realtime_now(),
                                  .command = "send",
                                  .targets = {summary_},
                                  .replies = replies_,
                                  .errors = errors_,
                                  .exit_code = code}));
  }
  if (const auto error = output_.error(); error && !summary_.error) {
    print_error(error->what());
    return exit_code(error->category());
  }
  return code;
}

}  // namespace netecho
