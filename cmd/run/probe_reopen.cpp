#include "cmd/run/probe_reopen.hpp"

#include <sys/eventfd.h>

#include <csignal>
#include <future>
#include <system_error>
#include <utility>

#include "core/base/error.hpp"

namespace netecho {
namespace {

ProbeConnection make_connection(const ConnectionRecipe& recipe) {
  const Backend& backend = backend_of(recipe.endpoint);
  ProbeConnection out;
  if (recipe.mode == ProbeMode::connect) {  // check_probe() has seen that there is one.
    out.port = backend.connect_port(recipe.endpoint, recipe.options);
    return out;
  }
  Connection connection = backend.connect(recipe.endpoint, recipe.options);
  out.peer = connection.peer;
  out.local = connection.local;
  out.connect_time = connection.connect_time;
  out.port = port_of(std::move(connection), recipe.message_bytes);
  return out;
}

/// Has a connection made by somebody else; destruction makes that give up at once.
class InBackground final : public Reopening {
 public:
  InBackground(ConnectionRecipe recipe, const Launch& launch)
      : stop_{std::make_shared<const UniqueFd>(
            checked("eventfd", "", [] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }))} {
    recipe.options.interrupt_fd = stop_->get();
    const std::string subject = recipe.endpoint.typed;
    try {
      // Whoever makes it may do so later than this is gone.
      made_ =
          launch([recipe = std::move(recipe), stop = stop_] { return make_connection(recipe); });
    } catch (const std::system_error& error) {
      throw SysError{"thread", subject, error.code().value()};
    }
  }
  ~InBackground() override { ::eventfd_write(stop_->get(), 1); }
  InBackground(const InBackground&) = delete;
  InBackground& operator=(const InBackground&) = delete;

  ProbeConnection poll() override {
    if (made_.wait_for(std::chrono::seconds{0}) != std::future_status::ready) return {};
    return made_.get();
  }

 private:
  std::shared_ptr<const UniqueFd> stop_;
  std::future<ProbeConnection> made_;
};

/// A datagram socket waits for nobody, unless a name has to be looked up: that takes a thread.
class Datagrams final : public Reopening {
 public:
  Datagrams(ConnectionRecipe recipe, Launch launch)
      : recipe_{std::move(recipe)}, launch_{std::move(launch)} {}

  ProbeConnection poll() override {
    if (looked_up_) return looked_up_->poll();
    ConnectionRecipe without_names = recipe_;
    without_names.options.lookup.numeric_only = true;
    try {
      return make_connection(without_names);
    } catch (const Error& error) {
      if (error.category() != ErrorCategory::resolve) throw;
    }
    looked_up_ = std::make_unique<InBackground>(recipe_, launch_);
    return looked_up_->poll();
  }

 private:
  ConnectionRecipe recipe_;
  Launch launch_;
  std::unique_ptr<InBackground> looked_up_;
};

}  // namespace

std::unique_ptr<MessagePort> port_of(Connection connection, std::size_t message_bytes) {
  if (auto* channel = std::get_if<ByteChannel>(&connection.socket)) {
    return make_stream_port(std::move(*channel), message_bytes);
  }
  return std::get<std::unique_ptr<MessagePort>>(std::move(connection.socket));
}

ConnectionRecipe recipe_for(const Endpoint& endpoint, const ProbeJob& job) {
  // In the middle of a run a signal is the waiter's to see. An attempt that is followed by another
  // need not wait longer than for a reply.
  const bool again = job.probe.reconnect == Reconnect::yes || job.probe.mode == ProbeMode::connect;
  const Duration patience =
      again ? std::min(job.connect_timeout, job.probe.timeout) : job.connect_timeout;
  ConnectionRecipe recipe{.endpoint = endpoint,
                          .options = connect_options(job.common, job.connect_timeout, -1),
                          .mode = job.probe.mode,
                          .message_bytes = job.probe.size_bytes};
  recipe.options.connect_timeout = patience;
  if (job.probe.mode == ProbeMode::connect) recipe.options.connect_timeout = job.probe.timeout;
  return recipe;
}

std::future<ProbeConnection> on_own_thread(std::function<ProbeConnection()> make) {
  // Signals are for the main thread, which has blocked them already: a thread inherits that.
  return std::async(std::launch::async, std::move(make));
}

std::unique_ptr<Reopening> begin_connection(ConnectionRecipe recipe, const Launch& launch) {
  if (backend_of(recipe.endpoint).capabilities.connects) {
    return std::make_unique<InBackground>(std::move(recipe), launch);
  }
  return std::make_unique<Datagrams>(std::move(recipe), launch);
}

std::function<std::unique_ptr<Reopening>()> reopener(const Endpoint& endpoint,
                                                     const ProbeJob& job) {
  return [recipe = recipe_for(endpoint, job)] { return begin_connection(recipe, on_own_thread); };
}

}  // namespace netecho
