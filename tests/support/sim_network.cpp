#include "tests/support/sim_network.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "core/codec/frame.hpp"

namespace netecho::test {

using namespace std::chrono_literals;

namespace {

constexpr WallTime kWallStart{std::chrono::seconds{1'700'000'000}};

std::span<std::byte> bytes_of(std::string& text) {
  return std::as_writable_bytes(std::span{text});
}

std::uint64_t unix_ns(WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

}  // namespace

class SimPort final : public MessagePort,
                      public Trains,
                      public Timestamping,
                      public Senders,
                      public Stations {
 public:
  SimPort(SimNetwork& network, SimLink& link, int number)
      : network_{network}, link_{link}, number_{number} {}

  BatchResult send(Batch& batch) noexcept override {
    std::size_t sent = 0;
    if (batch.slots()[batch.next].is_train()) return send_train(batch);
    for (; batch.next < batch.count; ++batch.next) {
      Slot& slot = batch.slots()[batch.next];
      if (slot.skip) continue;
      if (link_.closed || link_.failure != 0) return {IoStatus::failed, sent, EPIPE};
      const auto found = link_.fates.find(link_.attempts);
      const Fate fate = found == link_.fates.end() ? Fate{} : found->second;
      if (fate.send_blocks) {
        found->second.send_blocks = false;
        return {sent > 0 ? IoStatus::ok : IoStatus::would_block, sent, 0};
      }
      if (fate.send_error != 0 && sent > 0) break;
      ++link_.attempts;
      if (fate.send_error != 0) return {IoStatus::failed, 0, fate.send_error};
      slot.at = network_.now();
      ++sent;
      carry(slot, fate);
    }
    network_.advance_to(network_.now() + link_.options.send_call);
    return {IoStatus::ok, sent, 0};
  }

  BatchResult receive(Batch& batch) noexcept override {
    batch.count = 0;
    batch.next = 0;
    const std::size_t most = std::min(batch.slots().size(), link_.options.most_a_receive);
    while (!link_.inbox.empty() && batch.count < most) {
      const SimLink::Arrival arrival = std::move(link_.inbox.front());
      link_.inbox.pop_front();
      Slot& slot = batch.slots()[batch.count];
      slot = {};
      slot.data = batch.storage(batch.count++);
      const auto bytes = mark(slot, std::as_bytes(std::span{arrival.bytes}));
      const std::size_t size = std::min(bytes.size(), batch.slot_bytes());
      std::copy_n(bytes.begin(), size, slot.data);
      slot.size = static_cast<std::uint32_t>(size);
      slot.truncated = size < bytes.size();
      slot.error = arrival.error;
      slot.segment_size = arrival.segment_size;
      if (arrival.icmp) slot.icmp = &(said_.at(batch.count - 1) = *arrival.icmp);
      slot.at = network_.now();
      if (link_.kernel_stamps) slot.kernel_at = arrival.wall;
      stations_.at(batch.count - 1) = static_cast<std::byte>(arrival.station);
    }
    if (batch.count > 0) return {IoStatus::ok, batch.count, 0};
    if (link_.failure != 0) return {IoStatus::failed, 0, link_.failure};
    return {link_.closed ? IoStatus::closed : IoStatus::would_block, 0, 0};
  }

  [[nodiscard]] Features features() noexcept override {
    const bool has_trains = link_.options.trains != SimTrains::none;
    return {.trains = has_trains ? this : nullptr,
            .timestamping = this,
            .senders = this,
            .stations = link_.options.asks_many ? this : nullptr};
  }
  [[nodiscard]] std::optional<SocketDescription> sender(std::size_t /*index*/) const override {
    SocketDescription stranger;
    stranger.uri = "icmp4://192.0.2.9";
    return stranger;
  }
  [[nodiscard]] PeerRef station(std::size_t index) const noexcept override {
    return {std::span{stations_}.subspan(index, 1), {}};
  }
  [[nodiscard]] SocketDescription description(const PeerRef& station) const override {
    SocketDescription out;
    out.address = "station " + std::to_string(std::to_integer<int>(station.address()[0]));
    return out;
  }
  bool accept_trains() noexcept override { return true; }
  [[nodiscard]] bool takes_trains(Instant /*now*/) const noexcept override {
    return link_.options.trains != SimTrains::refused || link_.trains.empty();
  }

  void stamp_by_kernel(std::size_t /*kept*/) override { link_.kernel_stamps = true; }
  [[nodiscard]] std::optional<WallTime> kernel_sent(std::uint64_t ordinal) const noexcept override {
    if (ordinal >= link_.kernel_sent.size()) return std::nullopt;
    return link_.kernel_sent[ordinal];
  }
  [[nodiscard]] int fd() const noexcept override { return number_; }
  [[nodiscard]] SimLink& link() const noexcept { return link_; }

 private:
  /// Notes what a message has beside its bytes, and returns these.
  std::span<const std::byte> mark(Slot& slot, std::span<const std::byte> bytes) {
    const std::uint64_t arrival = link_.arrivals++;
    slot.elsewhere = link_.strangers.contains(arrival);
    if (!link_.hop_limits.empty()) {
      slot.hop_limit = link_.hop_limits[arrival % link_.hop_limits.size()];
    }
    if (!link_.numbered) return bytes;
    slot.number = static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[0]) << 8U |
                                             std::to_integer<unsigned>(bytes[1]));
    return bytes.subspan(2);
  }

  void carry(const Slot& slot, const Fate& fate) {
    std::string message{reinterpret_cast<const char*>(slot.data), slot.size};
    if (link_.numbered) {
      const unsigned number = slot.number.value();
      message.insert(0, {static_cast<char>(number >> 8U), static_cast<char>(number & 0xFFU)});
    }
    link_.sent.push_back(message);
    link_.sent_at.push_back(slot.at);
    if (link_.kernel_stamps) link_.kernel_sent.push_back(network_.wall_now());
    network_.carry(link_, message, fate);
  }

  BatchResult send_train(Batch& batch) noexcept {
    Slot& train = batch.slots()[batch.next];
    link_.trains.push_back(train.segments());
    if (link_.options.trains == SimTrains::refused) return {IoStatus::ok, 0, 0};
    train.at = network_.now();
    for (Slot rest = train; rest.size != 0;) {
      const Slot each = rest.first_message();
      rest.cut_front(each.size);
      const auto found = link_.fates.find(link_.attempts++);
      carry(each, found == link_.fates.end() ? Fate{} : found->second);
    }
    ++batch.next;
    return {IoStatus::ok, train.segments(), 0};
  }

  SimNetwork& network_;
  SimLink& link_;
  int number_;
  std::array<IcmpError, 64> said_{};
  std::array<std::byte, 64> stations_{};  ///< Who sent each slot of the last batch.
};

std::unique_ptr<MessagePort> SimNetwork::make_port(LinkOptions options, SimLink*& link) {
  links_.push_back(std::make_unique<SimLink>());
  link = links_.back().get();
  link->options = options;
  return std::make_unique<SimPort>(*this, *link, static_cast<int>(links_.size()));
}

WallTime SimNetwork::wall_now() const noexcept {
  return server_wall() + wall_offset_;
}

WallTime SimNetwork::server_wall() const noexcept {
  return kWallStart + elapsed();
}

void SimNetwork::watch(MessagePort& port, std::uint32_t id) {
  watched_[&port] = {id, &dynamic_cast<SimPort&>(port).link()};
}

void SimNetwork::unwatch(MessagePort& port) {
  watched_.erase(&port);
}

void SimNetwork::interrupt_at(Duration when) {
  at(when, [this] { interrupted_ = true; });
}

void SimNetwork::ask_for_report_at(Duration when) {
  at(when, [this] { report_requested_ = true; });
}

void SimNetwork::close_at(Duration when, SimLink& link, int failure) {
  at(when, [&link, failure] {
    link.closed = failure == 0;
    link.failure = failure;
  });
}

void SimNetwork::carry(SimLink& link, const std::string& bytes, const Fate& fate) {
  const Duration delay = link.options.one_way_delay;
  if (fate.icmp_error != 0) {
    events_.emplace(now_ + 2 * delay, [this, &link, bytes, fate] {
      link.inbox.push_back({bytes, fate.icmp_error, wall_now(), fate.icmp});
    });
    return;
  }
  if (fate.request_lost) return;
  events_.emplace(now_ + delay + fate.request_extra,
                  [this, &link, bytes, fate] { answer(link, bytes, fate); });
}

/// The request is at the server.
void SimNetwork::answer(SimLink& link, std::string bytes, const Fate& fate) {
  const Duration residence = link.options.residence;
  FramePrefix prefix;
  if (link.options.server == SimServer::stamping &&
      decode_prefix(bytes_of(bytes), prefix) == DecodeStatus::ok && prefix.stamped) {
    const FrameKey key = read_frame_key(bytes_of(bytes));
    auto& seen = link.sessions[key.session];
    seen.insert(key.sequence.value);
    stamp_frame(bytes_of(bytes), prefix.length,
                {.received_unix_ns = unix_ns(server_wall()),
                 .sent_unix_ns = unix_ns(server_wall() + residence),
                 .count = seen.size()});
  }
  if (link.impaired != nullptr) {
    SimImpairment& with = *link.impaired;
    static_cast<void>(
        with.queue.push(bytes_of(bytes), {}, now_, netecho::fate(with.spec, 0, with.ordinal++)));
    return send_impaired(link);
  }
  for (const Fate::Copy& copy : fate.replies) {
    std::string copied = bytes;
    if (copy.corrupt && copied.empty()) {
      copied.push_back('!');
    } else if (copy.corrupt) {
      copied.back() = static_cast<char>(copied.back() ^ 1);
    }
    reply(link, std::move(copied), copy.extra, copy.station);
  }
}

void SimNetwork::reply(SimLink& link, std::string bytes, Duration extra, int station) {
  events_.emplace(
      now_ + link.options.residence + link.options.one_way_delay + extra,
      [this, &link, reply = std::move(bytes), station] {
        link.inbox.push_back({.bytes = reply, .error = 0, .wall = wall_now(), .station = station});
      });
}

void SimNetwork::send_impaired(SimLink& link) {
  SimImpairment& with = *link.impaired;
  while (ImpairedMessage* const message = with.queue.due(now_)) {
    const std::span<const std::byte> bytes = message->bytes();
    reply(link, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, {});
    with.queue.gone(ImpairedQueue::Outcome::sent);
  }
  const Instant next = with.queue.next_event();
  if (next == with.wake || next == kNever) return;
  with.wake = next;
  events_.emplace(next, [this, &link] { send_impaired(link); });
}

/// Lets happen all that happens up to then.
void SimNetwork::advance_to(Instant when) {
  while (!events_.empty() && events_.begin()->first <= when) {
    now_ = std::max(now_, events_.begin()->first);
    const auto action = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    action();
  }
  now_ = std::max(now_, when);
}

bool SimNetwork::collect_ready() {
  ready_.clear();
  for (const auto& [port, entry] : watched_) {
    const SimLink& link = *entry.second;
    if (!link.inbox.empty() || link.closed || link.failure != 0) ready_.push_back(entry.first);
  }
  return !ready_.empty() || interrupted_ || report_requested_;
}

void SimNetwork::wait_until(Instant deadline) {
  while (!collect_ready() && now_ < deadline) {
    if (events_.empty() && deadline == kNever) {
      stuck_ = interrupted_ = true;
      break;
    }
    const Instant next = events_.empty() ? deadline : std::min(deadline, events_.begin()->first);
    advance_to(next);
  }
}

Wake SimNetwork::wait(WakeTime wake_time, WaitMode /*mode*/) noexcept {
  const bool spins = spin_ && wake_time.at != kNever && now_ < wake_time.at - *spin_;
  wait_until(spins ? wake_time.at - *spin_ : wake_time.at);
  if (spins && ready_.empty()) {
    for (const auto& [port, entry] : watched_) ready_.push_back(entry.first);
  }
  if (oversleep_ && now_ >= oversleep_->first) {
    const Duration by = oversleep_->second;
    oversleep_.reset();
    advance_to(now_ + by);
    static_cast<void>(collect_ready());
  }
  Wake wake;
  wake.ready = ready_;
  wake.interrupted = std::exchange(interrupted_, false);
  wake.report_requested = std::exchange(report_requested_, false);
  return wake;
}

std::vector<ReplyEvent> EventCollector::replies() const {
  std::vector<ReplyEvent> all;
  for (const Event& event : events) {
    if (const auto* reply = std::get_if<ReplyEvent>(&event.body)) all.push_back(*reply);
  }
  return all;
}

std::string EventCollector::story() const {
  std::string story;
  for (const ReplyEvent& reply : replies()) {
    if (!story.empty()) story += ", ";
    story += std::to_string(reply.sequence) + ' ' + std::string{to_string(reply.status)};
  }
  return story;
}

ProbeTarget target_over(std::unique_ptr<MessagePort> port, std::string uri) {
  ProbeTarget target;
  target.target.uri = std::move(uri);
  target.flows.emplace_back().port = std::move(port);
  return target;
}

std::vector<Summary> probe_over(SimNetwork& net, std::vector<ProbeTarget> targets,
                                const ProbeOptions& options, EventCollector& events,
                                std::uint64_t seed) {
  ProbeEvents observer = events.observer(net, options);
  std::vector<Summary> summaries;
  for (ProbeResult& result : run_prober(std::move(targets), options, net, net, observer, seed)) {
    summaries.push_back(std::move(result.summary));
  }
  return summaries;
}

namespace {

class ReadyPort final : public Reopening {
 public:
  explicit ReadyPort(std::unique_ptr<MessagePort> port) : port_{std::move(port)} {}
  ProbeConnection poll() override {
    return {.port = std::move(port_), .peer = {}, .local = {}, .connect_time = {}};
  }

 private:
  std::unique_ptr<MessagePort> port_;
};

}  // namespace

std::unique_ptr<Reopening> reopened(std::unique_ptr<MessagePort> port) {
  return std::make_unique<ReadyPort>(std::move(port));
}

}  // namespace netecho::test
