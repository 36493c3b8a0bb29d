/// \file
/// The connection of a flow as it comes, is warmed up, and goes.

#include <utility>

#include "core/probe/prober_flow.hpp"

namespace netecho {

void ProbeFlow::install(ProbeConnection connection) {
  link_.prepare(*connection.port, 2 * matcher_.tracker().capacity());
  stop_watching();
  // The time that counts is that of the first connection.
  if (pacer_.begun()) connection.connect_time = link_.connect_time();
  link_.install(std::move(connection), matcher_.tracker().sent_total());
  incoming_ = link_.has_trains() ? &*context_.buffers.trains : &context_.buffers.incoming;
  takes_several_ = !context_.tells_outcomes && link_.stations() == nullptr &&
                   context_.options.timestamps == TimestampSource::user;
  if (link_.stations() != nullptr && !stations_) stations_.emplace();
}

void ProbeFlow::stop_watching() {
  recorder_.cut_off(link_.unfinished());
  link_.stop_watching();
}

void ProbeFlow::start_warm_up() {
  const ProbeOptions& options = context_.options;
  if (options.warmup == 0 || warmed_up_) {
    return start_schedule(pacer_.first_tick_after(context_.clock.now()));
  }
  warm_up_ = std::make_unique<WarmUp>(link_.port(), options,
                                      make_format(identity_.warm_up_session, 1), context_.buffers);
}

void ProbeFlow::end_warm_up(Instant now) {
  link_.note_warm_ups(warm_up_->sent_total());
  const bool some_lost = warm_up_->lost_total() > 0;
  warm_up_.reset();
  warmed_up_ = true;
  if (!some_lost || format_->names_session() || !link_.can_reopen()) {
    return start_schedule(pacer_.first_tick_after(now));
  }
  // A late reply to it would pass for one to a probe: these have a connection of their own.
  replace_connection(now);
}

void ProbeFlow::replace_connection(Instant now) {
  stop_watching();
  link_.reopen_at(now);
}

void ProbeFlow::reopen(Instant now) try {
  if (link_.gives_way()) stop_watching();
  ProbeConnection made = link_.look(now);
  if (made.port == nullptr) return;
  install(std::move(made));
  if (pacer_.planned() && !pacer_.begun()) start_warm_up();
} catch (const Error& error) {
  const bool begun = pacer_.begun();
  if (!begun && error.category() == ErrorCategory::usage) throw;
  const bool ends = begun ? !link_.reconnects() : context_.options.reconnect == Reconnect::no;
  if (ends) return end(error);
  if (!recorder_.answered_once()) error_ = error_event(error);  // Should there never be a reply.
  link_.reopen_later(context_.clock.now());
}

void ProbeFlow::drop(const char* reason, int error_number) {
  const Instant now = context_.clock.now();
  if (!link_.reconnects() || all_sent()) {
    const std::string when =
        all_sent() ? "" : ", " + format_duration(now - pacer_.started_at()) + " into its schedule";
    return end(
        Error{ErrorCategory::connect, "probe", target_.target.uri, reason + when, error_number});
  }
  stop_watching();
  lose_outstanding();
  pacer_.retry_now();
  link_.reopen_later(context_.clock.now());
}

void ProbeFlow::lose_outstanding() {
  while (const auto lost = matcher_.disconnected()) lose(*lost);
}

void ProbeFlow::end(const Error& error) {
  stop_watching();
  if (finished()) return;
  const bool early = !all_sent();
  ended_ = true;
  pacer_.retry_now();
  link_.look_no_more();
  warm_up_.reset();
  if (early || !recorder_.answered_once()) {  // Else it only cost the probes that were out.
    error_ = error_event(error);
    context_.observer.failed(identity_.target, *error_);
  }
  lose_outstanding();
  settle(context_.clock.now());
}

void ProbeFlow::release() {
  if (!retired_ || !finished() || !link_.has_port()) return;
  stop_watching();
  link_.close();
}

}  // namespace netecho
