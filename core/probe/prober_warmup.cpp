#include "core/probe/prober_warmup.hpp"

#include <utility>

#include "core/measure/schedule.hpp"

namespace netecho {

WarmUp::WarmUp(MessagePort& port, const ProbeOptions& options, std::unique_ptr<ProbeFormat> format,
               ProberBuffers& buffers)
    : port_{port},
      options_{options},
      format_{std::move(format)},
      outgoing_{buffers.outgoing},
      incoming_{buffers.incoming} {}

void WarmUp::on_time(Instant now) {
  if (waiting_ && now < expires_) return;
  if (std::exchange(waiting_, false)) ++lost_;
  if (now < next_send_) return;
  if (sent_ == options_.warmup) {
    finished_ = true;
    return;
  }
  sequence_ = {sent_++};
  outgoing_.slots()[0] = message_of(sequence_, format_->encode(sequence_, 1));
  outgoing_.count = 1;
  outgoing_.next = 0;
  waiting_ = port_.send(outgoing_).status == IoStatus::ok;
  if (waiting_) ++left_;
  expires_ = saturating_add(now, options_.timeout);
  const bool floods = options_.schedule == ScheduleKind::flood;
  next_send_ = floods && waiting_ ? now : saturating_add(now, options_.interval);
}

void WarmUp::on_ready() {
  const BatchResult result = port_.receive(incoming_);
  if (result.status == IoStatus::closed || result.status == IoStatus::failed) {
    finished_ = true;  // The measurement meets the same end, and reports it.
    return;
  }
  for (const Slot& slot : incoming_.filled()) {
    Reading reading;
    const Answerable answerable{sequence_, {sequence_.value + 1}};
    if (slot.error != 0) {
      reading = format_->read_quote(slot, answerable);
    } else {  // One probe is out at a time: what comes behind an answer is a further copy.
      format_->read(slot.first_message(), answerable, {&reading, 1});
    }
    const bool unproven = reading.kind == ReadingKind::unproven;
    if (reading.sequence == sequence_ && !unproven) waiting_ = false;
  }
}

}  // namespace netecho
