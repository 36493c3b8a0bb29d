// A socket that is bound again takes the old one's place: no message goes uncounted.

#include <sys/eventfd.h>

#include <functional>

#include "core/serve/server_loop.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

/// Receives a batch of so many messages once, and is always ready.
class ScriptedPort : public MessagePort, public Drops {
 public:
  ScriptedPort(std::size_t messages, std::uint64_t drops) : messages_{messages}, drops_{drops} {}

  BatchResult receive(Batch& batch) noexcept override {
    batch.next = 0;
    batch.count = std::exchange(messages_, 0);
    for (Slot& slot : batch.filled()) slot = {.data = slot.data, .size = 5};
    return {batch.count != 0 ? IoStatus::ok : IoStatus::would_block, batch.count};
  }
  BatchResult send(Batch& batch) noexcept override { return on_send(batch); }
  [[nodiscard]] int fd() const noexcept override { return fd_.get(); }
  [[nodiscard]] Features features() noexcept override { return {.drops = this}; }
  [[nodiscard]] std::uint64_t kernel_drops() const noexcept override { return drops_; }

  [[nodiscard]] std::size_t messages() const { return messages_; }  ///< Still to come.

  std::function<BatchResult(Batch&)> on_send;

 private:
  UniqueFd fd_{::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)};
  std::size_t messages_;
  std::uint64_t drops_;
};

class Deaf final : public EventSink {
 public:
  void emit(Event /*event*/) override {}
};

}  // namespace

TEST_CASE("server: what a socket had not sent when it was replaced is counted as dropped",
          "[server][sim]") {
  Reactor reactor;
  ServerOptions options;
  const bool impaired = GENERATE(false, true);
  CAPTURE(impaired);
  if (impaired) options.impairment = parse_impairment("loss=0%").value;
  ServerLimits limits{options};
  Deaf events;
  ServerLoop::Peers alone;
  alone.stop_all = [](StopReason) {};
  ServerLoop loop{reactor, options, limits, events, std::move(alone)};

  auto fresh = std::make_unique<ScriptedPort>(1, 2);
  std::size_t answered = 0;
  fresh->on_send = [&, answers = fresh.get()](Batch& batch) {
    const std::size_t left = batch.count - batch.next;
    batch.next = batch.count;
    answered += left;
    if (answers->messages() == 0) loop.request(LoopRequest::stop);
    return BatchResult{IoStatus::ok, left, 0, left * 5};
  };
  auto old = std::make_unique<ScriptedPort>(2, 5);
  old->on_send = [&](Batch&) {
    if (fresh) loop.replace(0, std::move(fresh));
    return BatchResult{IoStatus::would_block};
  };
  Served what;
  what.endpoint.socket_type = SocketType::datagram;
  loop.serve(std::move(old), what, 0);
  loop.run();

  const EndpointStats& stats = loop.stats().front();
  CHECK(stats.rx_messages_total == 3);
  CHECK(stats.kernel_drop_buffers_total == 7);
  const auto dropped = stats.dropped_total[static_cast<std::size_t>(DropReason::send_error)];
  // What is held back on purpose belongs to no socket, and leaves by the new one.
  CHECK(dropped == (impaired ? 0 : 2));
  CHECK(stats.tx_messages_total == (impaired ? 3 : 1));
  CHECK(answered == stats.tx_messages_total);
}
