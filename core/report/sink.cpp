#include "core/report/sink.hpp"

namespace netecho {

std::string render(const Event& event, const Format& format, const TextStyle& style) {
  return format.event != nullptr ? format.event(event, style) : std::string{};
}

void DirectSink::emit(Event event) {
  if (output_.usable()) output_.write(render(event, format_, style_));
}

QueueSink::QueueSink(Output& output, const Format& format, const TextStyle& style,
                     std::size_t max_queued_bytes)
    : writer_{output},
      output_{output},
      format_{format},
      style_{style},
      max_queued_bytes_{max_queued_bytes} {}

std::size_t QueueSink::limit_for(const EventBody& body) const noexcept {
  if (std::holds_alternative<DatagramEvent>(body) || std::holds_alternative<OpenEvent>(body) ||
      std::holds_alternative<CloseEvent>(body) || std::holds_alternative<ReplyEvent>(body)) {
    return max_queued_bytes_;
  }
  return std::holds_alternative<StatsEvent>(body) ? max_queued_bytes_ + kReservedBytes
                                                  : QueuedWriter::kNoLimit;
}

void QueueSink::emit(Event event) {
  if (writer_.gone()) return;
  const std::size_t limit = limit_for(event.body);
  if (!writer_.has_room(limit) || !writer_.push(render(event, format_, style_), limit)) ++dropped_;
}

bool QueueSink::flush(Duration patience) {
  const auto written = writer_.flush(patience);
  if (written) output_ = *written;
  return written.has_value();
}

void QueueSink::drain() {
  output_ = writer_.drain();
}

}  // namespace netecho
