#pragma once

/// \file
/// Where events go: rendered at once (send, probe), or through a bounded queue to a thread of its
/// own, so that a reader of stdout that stalls never stalls the echo (serve).

#include <memory>

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

 private:
  Output& output_;
  OutputFormat format_;
  TextStyle style_;
};

/// Never waits for the reader. Holds at most 1 MiB that is not being written yet: beyond that
/// `datagram`, `open`, `close` and `reply` events are dropped and counted, others never are.
/// Events are rendered by the caller, so that the bound is in bytes and exact; what would be
/// dropped is not rendered. The thread starts with the first event.
class QueueSink final : public EventSink {
 public:
  static constexpr std::size_t kMaxQueuedBytes = 1024 * 1024;

  QueueSink(Output& output, OutputFormat format, const TextStyle& style);
  ~QueueSink() override;  ///< Waits for nothing: see flush().
  QueueSink(const QueueSink&) = delete;
  QueueSink& operator=(const QueueSink&) = delete;

  void emit(Event event) override;
  [[nodiscard]] std::uint64_t dropped_total() const noexcept override;
  [[nodiscard]] int gone_fd() const noexcept override;
  /// Waits until all is written, or until nothing moved for `patience`. False: something is left,
  /// because the reader is stuck, and the output must not be touched any more.
  bool flush(Duration patience);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  ///< With the thread, which a stuck reader can keep for good.
  OutputFormat format_;
  TextStyle style_;
};

}  // namespace netecho
