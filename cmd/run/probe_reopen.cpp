#include "cmd/run/probe_reopen.hpp"

#include <sys/eventfd.h>

#include <csignal>
#include <future>
#include <system_error>
#include <utility>

#include "core/base/error.hpp"

namespace netecho {
namespace {

/// Says how connections of one target are made.
struct Recipe {
  Endpoint endpoint;
  ConnectOptions options;
  ProbeMode mode = ProbeMode::echo;
  std::size_t message_bytes = 0;

  [[nodiscard]] ProbeConnection make(const ConnectOptions& with) const {
    const Backend& backend = backend_of(endpoint);
    ProbeConnection out;
    if (mode == ProbeMode::connect) {  // check_probe() has seen that there is one.
      out.port = backend.connect_port(endpoint, with);
      return out;
    }
    Connection connection = backend.connect(endpoint, with);
    out.peer = connection.peer;
    out.local = connection.local;
    out.connect_time = connection.connect_time;
    out.port = port_of(std::move(connection), message_bytes);
    return out;
  }
};

/// Makes a connection on a thread; destruction makes it give up at once.
class InBackground final : public Reopening {
 public:
  explicit InBackground(Recipe recipe)
      : stop_{checked("eventfd", "", [] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); })} {
    const std::string subject = recipe.endpoint.typed;
    recipe.options.interrupt_fd = stop_.get();
    try {
      // Signals are for the main thread, which has blocked them already: a thread inherits that.
      made_ = std::async(std::launch::async,
                         [recipe = std::move(recipe)] { return recipe.make(recipe.options); });
    } catch (const std::system_error& error) {
      throw SysError{"thread", subject, error.code().value()};
    }
  }
  ~InBackground() override { ::eventfd_write(stop_.get(), 1); }
  InBackground(const InBackground&) = delete;
  InBackground& operator=(const InBackground&) = delete;

  ProbeConnection poll() override {
    if (made_.wait_for(std::chrono::seconds{0}) != std::future_status::ready) return {};
    return made_.get();
  }

 private:
  UniqueFd stop_;
  std::future<ProbeConnection> made_;  ///< Its destruction waits for the thread.
};

/// A datagram socket waits for nobody, unless a name has to be looked up: that takes a thread.
class Datagrams final : public Reopening {
 public:
  explicit Datagrams(Recipe recipe) : recipe_{std::move(recipe)} {}

  ProbeConnection poll() override {
    if (looked_up_) return looked_up_->poll();
    ConnectOptions without_names = recipe_.options;
    without_names.lookup.numeric_only = true;
    try {
      return recipe_.make(without_names);
    } catch (const Error& error) {
      if (error.category() != ErrorCategory::resolve) throw;
    }
    looked_up_ = std::make_unique<InBackground>(recipe_);
    return looked_up_->poll();
  }

 private:
  Recipe recipe_;
  std::unique_ptr<InBackground> looked_up_;
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
  // In the middle of a run a signal is the waiter's to see. An attempt that is followed by another
  // need not wait longer than for a reply.
  const bool again = job.probe.reconnect == Reconnect::yes || job.probe.mode == ProbeMode::connect;
  const Duration patience =
      again ? std::min(job.connect_timeout, job.probe.timeout) : job.connect_timeout;
  Recipe recipe{.endpoint = endpoint,
                .options = connect_options(job.common, job.connect_timeout, -1),
                .mode = job.probe.mode,
                .message_bytes = job.probe.size_bytes};
  recipe.options.connect_timeout = patience;
  if (job.probe.mode == ProbeMode::connect) recipe.options.connect_timeout = job.probe.timeout;
  const bool waits = backend_of(endpoint).capabilities.connects;
  return [recipe, waits]() -> std::unique_ptr<Reopening> {
    if (waits) return std::make_unique<InBackground>(recipe);
    return std::make_unique<Datagrams>(recipe);
  };
}

}  // namespace netecho
