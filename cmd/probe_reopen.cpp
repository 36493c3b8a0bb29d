#include "cmd/probe_reopen.hpp"

#include <sys/eventfd.h>

#include <csignal>
#include <future>

#include "core/base/error.hpp"

namespace netecho {
namespace {

/// Made where it is asked for: a datagram socket waits for nobody.
class AtOnce final : public Reopening {
 public:
  AtOnce(const Endpoint& endpoint, const ConnectOptions& options, std::size_t message_bytes)
      : endpoint_{endpoint}, options_{options}, message_bytes_{message_bytes} {}

  std::unique_ptr<MessagePort> poll() override {
    return port_of(backend_of(endpoint_).connect(endpoint_, options_), message_bytes_);
  }

 private:
  const Endpoint& endpoint_;
  const ConnectOptions& options_;
  std::size_t message_bytes_;
};

/// Made on a thread; destruction makes it give up at once.
class InBackground final : public Reopening {
 public:
  InBackground(Endpoint endpoint, ConnectOptions options, std::size_t message_bytes)
      : stop_{checked("eventfd", "", [] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); })} {
    options.interrupt_fd = stop_.get();
    // Signals are for the main thread, which has blocked them already: a thread inherits that.
    made_ =
        std::async(std::launch::async, [endpoint = std::move(endpoint), options, message_bytes] {
          return port_of(backend_of(endpoint).connect(endpoint, options), message_bytes);
        });
  }
  ~InBackground() override { ::eventfd_write(stop_.get(), 1); }
  InBackground(const InBackground&) = delete;
  InBackground& operator=(const InBackground&) = delete;

  std::unique_ptr<MessagePort> poll() override {
    if (made_.wait_for(std::chrono::seconds{0}) != std::future_status::ready) return nullptr;
    return made_.get();
  }

 private:
  UniqueFd stop_;
  std::future<std::unique_ptr<MessagePort>> made_;  ///< Its destruction waits for the thread.
};

}  // namespace

std::unique_ptr<MessagePort> port_of(Connection connection, std::size_t message_bytes) {
  if (auto* channel = std::get_if<ByteChannel>(&connection.socket)) {
    return make_stream_port(std::move(*channel), message_bytes);
  }
  return std::get<std::unique_ptr<MessagePort>>(std::move(connection.socket));
}

std::function<std::unique_ptr<Reopening>()> reopener(const Endpoint& endpoint,
                                                     const ProbeJob& job) {
  // Nobody waits longer than for a reply. In the middle of a run a signal is the waiter's to see.
  ConnectOptions options = connect_options(job.common, job.probe.timeout, -1);
  const bool waits = backend_of(endpoint).capabilities.connects;
  return [endpoint, options, waits, size = job.probe.size_bytes]() -> std::unique_ptr<Reopening> {
    if (waits) return std::make_unique<InBackground>(endpoint, options, size);
    return std::make_unique<AtOnce>(endpoint, options, size);
  };
}

}  // namespace netecho
