#pragma once

/// \file
/// `send` tells the reply on stdout, errors and progress on stderr, or JSON; the exit code follows
/// from it.

#include <optional>
#include <string>
#include <vector>

#include "cmd/run/reply_printer.hpp"
#include "cmd/run/send_job.hpp"
#include "core/facts/events.hpp"
#include "core/facts/figures.hpp"
#include "core/facts/reason_counts.hpp"

namespace netecho {

/// Returns what the user is told of an exchange with `where` that is not ok; a reply was awaited
/// for `timeout`.
[[nodiscard]] Error error_of(const ExchangeResult& result, const std::string& where,
                             Duration timeout);
/// Returns what the user is told of a peer that closed the connection while the next line was
/// awaited.
[[nodiscard]] Error ended_error(const SendJob& job);

class SendReport {
 public:
  SendReport(const SendJob& job, SocketDescription target);

  void connected(const Connection& connection);
  /// Notes what became of a connection that asked for MPTCP. Its subflows come while it lasts, and
  /// go when it ends: those are told that there were at most.
  void went_over(const ByteChannel& channel);
  /// Notes whom a message port talks to now, if it says so.
  void answered_over(MessagePort& port);
  void begin_exchange(std::optional<std::uint64_t> size);
  /// Throws Error (io) once stdout fails.
  void reply_piece(std::span<const std::byte> piece);
  void progress(std::uint64_t sent, std::uint64_t received);
  /// Counts and tells it. One that is not ok is no error yet: it may be tried again, or
  /// end_failed().
  void end_exchange(const ExchangeResult& result);
  void end_failed(const ExchangeResult& result);
  /// Ends a message's line with what a stream would have echoed itself.
  void end_line();
  void failed(const Error& error);
  /// The peer has closed the connection while the next line was awaited. Where its echo is expected
  /// that is as if the next had come back too short.
  void ended_by_peer(Expect expect);
  void interrupted() { summary_.interrupted = true; }

  /// Writes what is to come at the end; the result's own exit code unless a signal has one.
  [[nodiscard]] int finish(std::optional<int> signal_code);

 private:
  void count(const ExchangeResult& result, ReplyStatus status);
  void failed(ErrorEvent event);
  void emit(EventBody body);
  void fill_figures();

  const SendJob& job_;
  const Format& format_;
  Output output_;
  ReplyPrinter printer_;
  Summary summary_;
  Histogram rtts_;
  ReasonCounts reasons_;
  PayloadSample sample_;  ///< Holds the start of the reply in progress, for JSON.
  std::vector<ReplyEvent> replies_;
  std::vector<ErrorEvent> errors_;
  Instant started_;
  Instant exchange_started_{};
  std::optional<std::uint64_t> exchange_size_;
  bool progress_shown_ = false;
};

}  // namespace netecho
