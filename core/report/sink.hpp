#pragma once

/// \file
/// Where events go: rendered at once (send, probe), or through a bounded queue to a thread of its
/// own, so that a reader of stdout that stalls never stalls the echo (serve).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/output.hpp"
#include "core/report/events.hpp"
#include "core/report/text.hpp"

namespace netecho {

enum class OutputFormat : std::uint8_t {
  text,
  json,   ///< One object at the end: events are not written.
  jsonl,  ///< One event a line.
};

/// What an event looks like in `format`, with its newline; empty for `json`.
[[nodiscard]] std::string render(const Event& event, OutputFormat format, const TextStyle& style);

/// Renders and writes in the caller's thread; waits for the reader.
class DirectSink final : public EventSink {
 public:
  DirectSink(Output& output, OutputFormat format, const TextStyle& style)
      : output_{output}, format_{format}, style_{style} {}
  void emit(Event event) override;
  [[nodiscard]] bool gone() const noexcept override { return !output_.usable(); }

 private:
  Output& output_;
  OutputFormat format_;
  TextStyle style_;
};

/// Never waits for the reader: lines go through a bounded queue to a thread, which starts with the
/// first event and gets no signals.
///
/// Beyond kMaxQueuedBytes that the thread has not taken yet, `datagram`, `open`, `close` and
/// `reply` events are dropped and counted; `stats` and `interval`, which say all again the next
/// time, have kReservedBytes more; the others come a few a run and are never dropped. Events are
/// rendered by the caller, so that the bound is one of bytes and exact; what is dropped anyway, or
/// goes nowhere because the output has failed, is not rendered.
class QueueSink final : public EventSink {
 public:
  static constexpr std::size_t kMaxQueuedBytes = 1024 * 1024;
  static constexpr std::size_t kReservedBytes = 64 * 1024;

  /// `output` learns of failures in flush(); until then it is left alone.
  QueueSink(Output& output, OutputFormat format, const TextStyle& style);
  ~QueueSink() override;  ///< Waits for nothing: see flush().
  QueueSink(const QueueSink&) = delete;
  QueueSink& operator=(const QueueSink&) = delete;

  void emit(Event event) override;
  [[nodiscard]] std::uint64_t dropped_total() const noexcept override;
  [[nodiscard]] bool gone() const noexcept override;
  [[nodiscard]] int gone_fd() const noexcept override;
  /// Waits until all is written, but no longer than `patience` for the next 64 KiB to go and 8
  /// times that in all. False: the reader is stuck and something is left.
  bool flush(Duration patience);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  ///< With the thread, which a stuck reader can keep for good.
  Output& output_;
  OutputFormat format_;
  TextStyle style_;
};

}  // namespace netecho
