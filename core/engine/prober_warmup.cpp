#include "core/engine/prober_warmup.hpp"

#include <algorithm>
#include <memory>

#include "core/base/random.hpp"
#include "core/engine/prober_content.hpp"
#include "core/measure/schedule.hpp"

namespace netecho {
namespace {

class WarmUpFlow {
 public:
  WarmUpFlow(MessagePort& port, Waiter& waiter, std::uint32_t id, std::uint32_t size_bytes,
             std::uint64_t session, const AuthKey* key)
      : port_{port},
        waiter_{waiter},
        content_{size_bytes, session, 1, key},
        outgoing_{1, 1},
        incoming_{16, std::size_t{size_bytes} + 1} {
    waiter_.watch(port_, id);
  }
  ~WarmUpFlow() { stop_watching(); }
  WarmUpFlow(const WarmUpFlow&) = delete;
  WarmUpFlow& operator=(const WarmUpFlow&) = delete;

  [[nodiscard]] bool waiting() const noexcept { return waiting_; }

  void send(Sequence sequence) {
    if (!watched_) return;
    const std::span<std::byte> probe = content_.encode(sequence);
    outgoing_.slots()[0] = {};
    outgoing_.slots()[0].data = probe.data();
    outgoing_.slots()[0].size = static_cast<std::uint32_t>(probe.size());
    outgoing_.count = 1;
    outgoing_.next = 0;
    sequence_ = sequence;
    waiting_ = port_.send(outgoing_).status == IoStatus::ok;
  }

  void receive() {
    const BatchResult result = port_.receive(incoming_);
    if (result.status == IoStatus::closed || result.status == IoStatus::failed) {
      // The measurement meets the same end, and reports it.
      stop_watching();
    }
    for (const Slot& slot : incoming_.filled()) {
      const std::span<const std::byte> bytes{slot.data, slot.size};
      const Reading reading = slot.error != 0
                                  ? content_.read_quote(bytes, sequence_)
                                  : content_.read(bytes, sequence_, {sequence_.value + 1});
      const bool unproven = reading.kind == ReadingKind::unproven;
      if (reading.sequence == sequence_ && !unproven) waiting_ = false;
    }
  }

 private:
  void stop_watching() {
    if (watched_) waiter_.unwatch(port_);
    watched_ = false;
    waiting_ = false;
  }

  MessagePort& port_;
  Waiter& waiter_;
  ProbeContent content_;
  Batch outgoing_;
  Batch incoming_;
  Sequence sequence_;
  bool waiting_ = false;
  bool watched_ = true;
};

class WarmUp {
 public:
  WarmUp(std::span<ProbeTarget> targets, const ProbeOptions& options, const Clock& clock,
         Waiter& waiter, SplitMix64 sessions)
      : options_{options}, clock_{clock}, waiter_{waiter} {
    const bool echo = options.mode == ProbeMode::echo;
    const auto size = echo ? options.size_bytes : static_cast<std::uint32_t>(kFrameHeaderBytes);
    const AuthKey* const key = echo ? options.key.get() : nullptr;
    for (ProbeTarget& target : targets) {
      for (ProbeConnection& connection : target.flows) {
        const auto id = static_cast<std::uint32_t>(flows_.size());
        flows_.push_back(
            std::make_unique<WarmUpFlow>(*connection.port, waiter, id, size, sessions.next(), key));
      }
    }
  }

  WarmUpEnd run() {
    WarmUpEnd end = WarmUpEnd::done;
    for (std::uint64_t i = 0; i < options_.warmup && end == WarmUpEnd::done; ++i) {
      const Instant start = clock_.now();
      for (const auto& flow : flows_) flow->send({i});
      end = wait_until(saturating_add(start, options_.timeout), Until::answered);
      if (end == WarmUpEnd::done && options_.schedule != ScheduleKind::flood) {
        end = wait_until(saturating_add(start, options_.interval), Until::then);
      }
    }
    return end;
  }

 private:
  enum class Until : std::uint8_t { then, answered };

  [[nodiscard]] bool all_answered() const {
    return std::ranges::none_of(flows_, [](const auto& flow) { return flow->waiting(); });
  }

  WarmUpEnd wait_until(Instant then, Until until) {
    while (until != Until::answered || !all_answered()) {
      const Instant now = clock_.now();
      if (now >= options_.deadline) return WarmUpEnd::deadline;
      if (now >= then) break;
      const Wake wake = waiter_.wait(std::min(then, options_.deadline), options_.wait);
      for (const std::uint32_t id : wake.ready) flows_[id]->receive();
      if (wake.interrupted) return WarmUpEnd::interrupted;
    }
    return WarmUpEnd::done;
  }

  const ProbeOptions& options_;
  const Clock& clock_;
  Waiter& waiter_;
  std::vector<std::unique_ptr<WarmUpFlow>> flows_;
};

}  // namespace

WarmUpEnd warm_up(std::span<ProbeTarget> targets, const ProbeOptions& options, const Clock& clock,
                  Waiter& waiter, std::uint64_t session_seed) {
  if (options.warmup == 0) return WarmUpEnd::done;
  return WarmUp{targets, options, clock, waiter, SplitMix64{session_seed}}.run();
}

}  // namespace netecho
