#pragma once

/// \file
/// The events of `serve` go to stdout, and errors to stderr, too. Whoever reads neither of
/// them stalls neither the echo nor the other.

#include "cmd/run/context.hpp"
#include "core/report/sink.hpp"

namespace netecho {

class ServeEvents final : public EventSink {
 public:
  /// `output` is stdout and learns of its failures in flush().
  ServeEvents(Output& output, const CommonOptions& common);

  void emit(Event event) override;
  [[nodiscard]] std::uint64_t dropped_total() const noexcept override {
    return events_.dropped_total();
  }
  [[nodiscard]] bool gone() const noexcept override { return events_.gone(); }
  [[nodiscard]] int gone_fd() const noexcept override { return events_.gone_fd(); }
  /// Gives both readers time, as QueueSink does; returns false if the one of stdout is stuck.
  bool flush(Duration patience);

 private:
  const Format& format_;
  QueueSink events_;
  QueuedWriter errors_;
};

}  // namespace netecho
