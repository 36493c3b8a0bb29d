#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "cmd/run/log.hpp"
#include "cmd/run/reply_printer.hpp"
#include "cmd/run/send_job.hpp"
#include "cmd/run/send_report.hpp"
#include "core/base/clock.hpp"
#include "core/host/interrupt.hpp"
#include "core/net/deadline.hpp"
#include "core/net/pause.hpp"
#include "core/send/payload.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFirstBackOff = 100ms;
constexpr Duration kMaxBackOff = 5s;
/// Standard input may hold so much when it is to be sent more than once.
constexpr std::size_t kMaxRepeatedBytes = 64U << 20U;

class Sender {
 public:
  explicit Sender(const SendJob& job)
      : job_{job},
        endpoint_{parse_endpoints({job.endpoint}, Role::client, job.common).front()},
        deadline_{job.deadline ? deadline_after(monotonic_now(), *job.deadline) : kNever},
        report_{job, backend_of(endpoint_).describe(endpoint_)} {
    if (job.half_close && messages()) {
      throw usage_error("option", "--half-close",
                        "is for streams: " + endpoint_.typed + " has no end to be closed");
    }
    if (const auto asks_many = backend_of(endpoint_).asks_many;
        asks_many != nullptr && asks_many(endpoint_)) {
      throw usage_error("endpoint", endpoint_.typed,
                        "send wants one station to compare with: name its address; netecho probe " +
                            endpoint_.typed + " lists those that answer");
    }
  }

  int run();

 private:
  [[nodiscard]] std::unique_ptr<PayloadSource> open_source() const;
  [[nodiscard]] std::string whole(PayloadSource& source, std::size_t limit,
                                  const std::string& hint) const;
  [[nodiscard]] std::size_t message_limit() const {
    return netecho::message_limit(endpoint_, job_.common.socket);
  }
  [[nodiscard]] bool messages() const { return backend_of(endpoint_).capabilities.boundaries; }
  /// Throws Error (timeout) once it has passed.
  void check_deadline(const char* operation) const;
  /// Connects, again and again where the retries allow it.
  void connect();
  /// Pauses before another attempt after a failure that may pass; false if there is none.
  [[nodiscard]] bool try_again(const Error& error);
  [[nodiscard]] bool try_again(const ExchangeResult& result);
  /// Returns the descriptor of a connection that the peer can end; -1 where there is none.
  [[nodiscard]] int connection_fd() const;
  void send_payload();
  void send_lines();
  /// Returns false if that was not ok, so that nothing more is sent.
  [[nodiscard]] bool exchange_once(PayloadSource& payload, bool last, bool ends_line = false);
  [[nodiscard]] ExchangeResult attempt(PayloadSource& payload, bool last, bool ends_line);
  [[nodiscard]] ExchangeOptions exchange_options(bool last);

  const SendJob& job_;
  Endpoint endpoint_;
  Instant deadline_;
  Interrupt interrupt_{SIGINT, SIGTERM, SIGHUP};
  SendReport report_;
  std::optional<Connection> connection_;
  std::uint64_t retries_left_ = job_.retries;  ///< So many are left until the next success.
  Duration back_off_ = kFirstBackOff;
};

std::unique_ptr<PayloadSource> Sender::open_source() const {
  switch (job_.origin) {
    case PayloadOrigin::literal:
      return literal_payload(job_.data);
    case PayloadOrigin::file:
      return file_payload(job_.data);
    case PayloadOrigin::standard_input:
      break;
  }
  return fd_payload(STDIN_FILENO, "standard input");
}

/// Reads all of a source, for messages and repeats.
std::string Sender::whole(PayloadSource& source, std::size_t limit, const std::string& hint) const {
  std::string bytes;
  std::vector<std::byte> chunk(256 * 1024);
  while (true) {
    if (source.fd() >= 0) wait_readable(source.fd(), deadline_, interrupt_.fd());
    check_deadline("send");
    const std::size_t got = source.read(chunk);
    if (got == 0) return bytes;
    bytes.append(reinterpret_cast<const char*>(chunk.data()), got);
    if (bytes.size() > limit) {
      throw usage_error("send", endpoint_.typed,
                        "the payload is larger than " + std::to_string(limit) + " bytes; " + hint);
    }
  }
}

void Sender::check_deadline(const char* operation) const {
  if (monotonic_now() < deadline_) return;
  throw Error{ErrorCategory::timeout, operation, endpoint_.typed, "the deadline has passed"};
}

void Sender::connect() {
  while (true) {
    try {
      check_deadline("connect");
      const Duration left = std::min(job_.connect_timeout, deadline_ - monotonic_now());
      connection_ = backend_of(endpoint_).connect(
          endpoint_, connect_options(job_.common, left, interrupt_.fd()));
      return report_.connected(*connection_);
    } catch (const Error& error) {
      const bool passing =
          error.category() == ErrorCategory::connect || error.category() == ErrorCategory::resolve;
      if (!passing || !try_again(error)) throw;
    }
  }
}

bool Sender::try_again(const Error& error) {
  if (retries_left_ == 0) return false;
  --retries_left_;
  log_info(std::string(error.what()) + "; again in " + format_duration(back_off_));
  pause_until(std::min(deadline_, deadline_after(monotonic_now(), back_off_)), interrupt_.fd());
  back_off_ = std::min(back_off_ * 2, kMaxBackOff);
  return monotonic_now() < deadline_;
}

/// What came back has been printed, and is a result: only silence and failures may pass.
bool Sender::try_again(const ExchangeResult& result) {
  if (result.answered || result.status == ExchangeStatus::interrupted) return false;
  if (result.status == ExchangeStatus::not_sent && result.error == EMSGSIZE) return false;
  const Error error = error_of(result, job_.endpoint, job_.timeout);
  return error.category() != ErrorCategory::permission && try_again(error);
}

ExchangeOptions Sender::exchange_options(bool last) {
  ExchangeOptions options;
  options.expect = job_.expect;
  options.timeout = job_.timeout;
  options.deadline = deadline_;
  options.half_close = job_.half_close && last;
  options.interrupt_fd = interrupt_.fd();
  options.last = last;
  options.on_reply = [this](std::span<const std::byte> piece) { report_.reply_piece(piece); };
  if (obeys_escapes(STDERR_FILENO) && !job_.common.quiet) {
    options.on_progress = [this](std::uint64_t sent, std::uint64_t received) {
      report_.progress(sent, received);
    };
  }
  return options;
}

ExchangeResult Sender::attempt(PayloadSource& payload, bool last, bool ends_line) {
  report_.begin_exchange(payload.size());
  ExchangeResult result = exchange(*connection_, payload, exchange_options(last));
  if (const auto* port = std::get_if<std::unique_ptr<MessagePort>>(&connection_->socket)) {
    report_.answered_over(**port);  // Another address of the name may have taken over.
  } else {
    report_.went_over(std::get<ByteChannel>(connection_->socket));
  }
  if (ends_line && result.status == ExchangeStatus::ok) report_.end_line();
  report_.end_exchange(result);
  return result;
}

bool Sender::exchange_once(PayloadSource& payload, bool last, bool ends_line) {
  ExchangeResult result = attempt(payload, last, ends_line);
  while (result.status != ExchangeStatus::ok) {
    // What is piped in is gone once it was sent.
    if (!payload.size() || !try_again(result)) {
      report_.end_failed(result);
      return false;
    }
    connect();  // A late reply to the last attempt goes to the old socket.
    result = attempt(*repeated_payload(payload), last, ends_line);
  }
  retries_left_ = job_.retries;
  back_off_ = kFirstBackOff;
  return true;
}

void Sender::send_payload() {
  std::unique_ptr<PayloadSource> source = open_source();
  std::optional<std::string> bytes;  // Kept where the source can't be opened again.
  if (messages()) {
    bytes = whole(*source, message_limit(), "each line as a message of its own: --lines");
  } else if (job_.count > 1 && job_.origin == PayloadOrigin::standard_input) {
    bytes = whole(*source, kMaxRepeatedBytes, "a file can be sent repeatedly");
  }
  connect();
  Instant next = monotonic_now();
  for (std::uint64_t i = 0; i < job_.count; ++i) {
    if (i > 0) {
      next = std::max(deadline_after(next, job_.interval), monotonic_now());
      pause_until(next, interrupt_.fd());
    }
    if (bytes) {
      source = literal_payload(*bytes);
    } else if (i > 0) {
      source = open_source();
    }
    if (!exchange_once(*source, i + 1 == job_.count)) return;
  }
}

int Sender::connection_fd() const {
  if (!connection_) return -1;
  if (const auto* channel = std::get_if<ByteChannel>(&connection_->socket)) return channel->fd();
  if (!backend_of(endpoint_).capabilities.connects) return -1;
  return std::get<std::unique_ptr<MessagePort>>(connection_->socket)->fd();
}

void Sender::send_lines() {
  const std::unique_ptr<PayloadSource> source = open_source();
  LineReader lines{*source};
  connect();
  while (!lines.at_end()) {
    std::optional<std::string> line = lines.next();
    if (!line) {
      if (source->fd() >= 0 &&
          wait_readable_or_ended(source->fd(), connection_fd(), deadline_, interrupt_.fd())) {
        if (job_.retries == 0) return report_.ended_by_peer(job_.expect);
        log_info(std::string(ended_error(job_).what()) + "; again with the next line");
        connection_.reset();
      } else {
        check_deadline("send");
        lines.fill();
      }
      continue;
    }
    const bool ended = line->ends_with('\n');
    if (messages()) {
      if (ended) line->pop_back();
      if (line->size() > message_limit()) {
        throw usage_error("send", endpoint_.typed,
                          "a line is larger than " + std::to_string(message_limit()) + " bytes");
      }
    }
    const std::unique_ptr<PayloadSource> payload = literal_payload(std::move(*line));
    if (!connection_) connect();
    if (!exchange_once(*payload, false, messages())) return;
  }
}

int Sender::run() {
  try {
    if (job_.lines) {
      send_lines();
    } else {
      send_payload();
    }
  } catch (const Interrupted&) {
    report_.interrupted();
  } catch (const Error& error) {
    report_.failed(error);
  }
  if (const auto signal = interrupt_.take()) return report_.finish(128 + *signal);
  return report_.finish(std::nullopt);
}

}  // namespace

int run_send(const SendJob& job) {
  return Sender{job}.run();
}

}  // namespace netecho
