#pragma once

/// \file
/// A network in which time only moves when the prober waits: clock, waiter and ports of one
/// simulation, with the fate of every message in a script. Nothing is random here, so each figure
/// of a test is exact.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/units.hpp"
#include "core/facts/event_sink.hpp"
#include "core/probe/probe_events.hpp"
#include "core/probe/prober.hpp"
#include "core/probe/waiter.hpp"
#include "core/seam/message_port.hpp"
#include "core/serve/impaired_queue.hpp"

namespace netecho::test {

enum class SimServer : std::uint8_t { plain, stamping };
/// Whether the client's kernel lets several messages leave as one.
enum class SimTrains : std::uint8_t { none, taken, refused };

/// What becomes of one message that a port sends.
struct Fate {
  struct Copy {
    Duration extra{};      ///< Beyond the link's delay.
    bool corrupt = false;  ///< Its last byte is changed (an empty one gets a byte).
    int station = 0;       ///< Which of those that are asked sends it.
  };
  int send_error = 0;        ///< The send call fails; nothing leaves.
  bool send_blocks = false;  ///< The send call takes nothing this once.
  bool request_lost = false;
  Duration request_extra{};
  int icmp_error = 0;               ///< The network answers with this error and quotes the message.
  std::optional<IcmpError> icmp{};  ///< What it says with that.
  std::vector<Copy> replies = {Copy{}};
};

struct LinkOptions {
  Duration one_way_delay = std::chrono::milliseconds{5};
  SimServer server = SimServer::plain;
  SimTrains trains = SimTrains::none;
  Duration residence{};                   ///< Between the server's receiving and its sending.
  Duration send_call{};                   ///< How long a send call takes.
  bool asks_many = false;                 ///< A message reaches several stations.
  std::size_t most_a_receive = SIZE_MAX;  ///< Messages that a receiving call takes.
};

/// What `serve --impair` does, on simulated time.
struct SimImpairment {
  explicit SimImpairment(const ImpairmentSpec& what) : spec{what}, queue{spec, totals, bytes} {}
  ImpairmentSpec spec;
  ImpairedTotals totals;
  std::size_t bytes = 0;
  ImpairedQueue queue;
  std::uint64_t ordinal = 0;
  Instant wake = kNever;  ///< When the queue is looked at next.
};

/// One port and the server behind it.
struct SimLink {
  LinkOptions options;
  std::map<std::uint64_t, Fate> fates;  ///< By number of the message on this port, from 0.
  std::vector<std::string> sent;        ///< Messages that left, in order.
  std::vector<Instant> sent_at;
  std::uint64_t attempts = 0;
  std::vector<std::size_t> trains;  ///< Messages of each train that was to be sent, in order.

  struct Arrival {
    std::string bytes;
    int error = 0;
    WallTime wall{};  ///< When it reached the host, as its kernel stamps it.
    std::optional<IcmpError> icmp{};
    std::uint32_t segment_size = 0;  ///< A train of such messages; 0: one message.
    int station = 0;
  };
  std::deque<Arrival> inbox;
  bool closed = false;  ///< The peer has ended the connection.
  int failure = 0;      ///< The socket has failed for good with this errno.
  /// Then `fates` say nothing of replies: the spec does.
  std::unique_ptr<SimImpairment> impaired;
  /// Messages carry Slot::number beside them, as two bytes of `sent` before each.
  bool numbered = false;
  std::vector<std::uint8_t> hop_limits;  ///< What arrives has these, in turn; may be empty.
  std::set<std::uint64_t> strangers;     ///< Arrivals, from 0, that another host sent.
  std::uint64_t arrivals = 0;
  bool kernel_stamps = false;
  std::vector<WallTime> kernel_sent;  ///< With kernel_stamps: of each message that left.
  std::map<std::uint64_t, std::set<std::uint64_t>> sessions;  ///< Sequences the server has seen.
};

class SimNetwork final : public Clock, public Waiter {
 public:
  /// A port to a server of its own; `link` lets the test write its script. Both outlive the port.
  [[nodiscard]] std::unique_ptr<MessagePort> make_port(LinkOptions options, SimLink*& link);

  [[nodiscard]] Instant now() const noexcept override { return now_; }
  [[nodiscard]] WallTime wall_now() const noexcept override;
  void watch(MessagePort& port, std::uint32_t id) override;
  void unwatch(MessagePort& port) override;
  Wake wait(WakeTime wake_time, WaitMode mode) noexcept override;

  /// Since the simulation began.
  [[nodiscard]] Duration elapsed() const noexcept { return now_ - kStart; }
  void at(Duration when, std::function<void()> action) {
    events_.emplace(kStart + when, std::move(action));
  }
  void interrupt_at(Duration when);
  void ask_for_report_at(Duration when);
  /// The prober's wall clock is set; that of the servers is not.
  void step_wall_clock_at(Duration when, Duration by) {
    at(when, [this, by] { wall_offset_ += by; });
  }
  /// The first wait that ends at `when` or later ends so much later still.
  void oversleep_at(Duration when, Duration by) { oversleep_ = {kStart + when, by}; }
  /// Each wait ends so long before its deadline once, and names all ports, as one does that spins
  /// on few of them.
  void spin_before_deadlines(Duration by) { spin_ = by; }
  void close_at(Duration when, SimLink& link, int failure = 0);
  /// Messages that are on their way and actions that are to come.
  [[nodiscard]] std::size_t pending() const noexcept { return events_.size(); }
  /// The prober waited for ever for nothing.
  [[nodiscard]] bool stuck() const noexcept { return stuck_; }
  [[nodiscard]] std::size_t watched() const noexcept { return watched_.size(); }

 private:
  friend class SimPort;
  static constexpr Instant kStart{std::chrono::hours{1}};

  [[nodiscard]] WallTime server_wall() const noexcept;
  void carry(SimLink& link, const std::string& bytes, const Fate& fate);
  void answer(SimLink& link, std::string bytes, const Fate& fate);
  void send_impaired(SimLink& link);
  void reply(SimLink& link, std::string bytes, Duration extra, int station = 0);
  void advance_to(Instant when);
  void wait_until(Instant deadline);
  [[nodiscard]] bool collect_ready();

  Instant now_ = kStart;
  Duration wall_offset_{};
  std::multimap<Instant, std::function<void()>> events_;
  std::vector<std::unique_ptr<SimLink>> links_;
  std::map<MessagePort*, std::pair<std::uint32_t, SimLink*>> watched_;
  std::vector<std::uint32_t> ready_;
  std::optional<std::pair<Instant, Duration>> oversleep_;
  std::optional<Duration> spin_;
  bool interrupted_ = false;
  bool report_requested_ = false;
  bool stuck_ = false;
};

/// Keeps all that is told of a run on one network, as events.
class EventCollector final : public EventSink {
 public:
  void emit(Event event) override { events.push_back(std::move(event)); }
  /// An observer that tells this collector of every outcome and interval.
  [[nodiscard]] ProbeEvents observer(const SimNetwork& net, const ProbeOptions& options) {
    return ProbeEvents{*this,
                       net,
                       {.replies = true,
                        .mode = options.mode,
                        .size_bytes = options.size_bytes,
                        .show_payload_bytes = show_payload_bytes,
                        .timestamps = options.timestamps}};
  }
  [[nodiscard]] std::vector<ReplyEvent> replies() const;
  /// "0 ok, 1 timeout": sequence and status of each reply event, in order.
  [[nodiscard]] std::string story() const;

  std::deque<Event> events;  ///< An event is large: it stays where it is.
  std::size_t show_payload_bytes = 0;
};

/// A target of one flow.
[[nodiscard]] ProbeTarget target_over(std::unique_ptr<MessagePort> port, std::string uri = {});

/// Probes on `net`; what happens goes to `events`.
[[nodiscard]] std::vector<Summary> probe_over(SimNetwork& net, std::vector<ProbeTarget> targets,
                                              const ProbeOptions& options, EventCollector& events,
                                              std::uint64_t seed);

/// A connection that is made again at once.
[[nodiscard]] std::unique_ptr<Reopening> reopened(std::unique_ptr<MessagePort> port);

}  // namespace netecho::test
