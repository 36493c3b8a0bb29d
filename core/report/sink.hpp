#pragma once

/// \file
/// Events are rendered at once, and written at once or by a thread behind a bounded queue, so that
/// a stalled reader of stdout stalls neither an echo (serve) nor a measurement (probe).

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/output.hpp"
#include "core/facts/event_sink.hpp"
#include "core/report/format.hpp"
#include "core/report/queued_writer.hpp"

namespace netecho {

/// Renders an event in `format`, with its newline; empty if that format has no events.
[[nodiscard]] std::string render(const Event& event, const Format& format, const TextStyle& style);

/// Renders and writes in the caller's thread, and waits for the reader.
class DirectSink final : public EventSink {
 public:
  DirectSink(Output& output, const Format& format, const TextStyle& style)
      : output_{output}, format_{format}, style_{style} {}
  void emit(Event event) override;
  [[nodiscard]] bool gone() const noexcept override { return !output_.usable(); }

 private:
  Output& output_;
  const Format& format_;
  TextStyle style_;
};

/// Never waits for the reader: lines go through a QueuedWriter.
///
/// Beyond `max_queued_bytes` that its thread has not taken yet, `datagram`, `open`, `close` and
/// `reply` events are dropped and counted; `stats`, which say all again the next time, have
/// kReservedBytes more; the others come a few a run and are never dropped. Events are rendered by
/// the caller, so that the bound is one of bytes and exact; what is dropped anyway, or goes nowhere
/// because the output has failed, is not rendered.
class QueueSink final : public EventSink {
 public:
  static constexpr std::size_t kMaxQueuedBytes = 1024 * 1024;
  static constexpr std::size_t kReservedBytes = 64 * 1024;

  /// `output` learns of failures in flush() and drain(); until then it is left alone.
  QueueSink(Output& output, const Format& format, const TextStyle& style,
            std::size_t max_queued_bytes = kMaxQueuedBytes);

  void emit(Event event) override;
  [[nodiscard]] std::uint64_t dropped_total() const noexcept override { return dropped_.load(); }
  [[nodiscard]] bool gone() const noexcept override { return writer_.gone(); }
  [[nodiscard]] int gone_fd() const noexcept override { return writer_.gone_fd(); }
  /// Waits until all is written, but no longer than `patience` for the next 64 KiB to go and 8
  /// times that in all. Returns false if the reader is stuck and something is left.
  bool flush(Duration patience);
  /// Waits until all is written, however long that takes.
  void drain();
  /// Writes what is no event, such as a line that is redrawn, in its order between events.
  [[nodiscard]] QueuedWriter& writer() noexcept { return writer_; }

 private:
  [[nodiscard]] std::size_t limit_for(const EventBody& body) const noexcept;

  QueuedWriter writer_;
  std::atomic<std::uint64_t> dropped_ = 0;
  Output& output_;
  const Format& format_;
  TextStyle style_;
  std::size_t max_queued_bytes_;
};

}  // namespace netecho
