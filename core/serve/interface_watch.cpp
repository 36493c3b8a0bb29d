#include "core/serve/interface_watch.hpp"

#include <cerrno>
#include <utility>

#include "core/net/bound_interface.hpp"

namespace netecho {
namespace {

constexpr Duration kBetweenLooks = std::chrono::milliseconds{500};

/// Says that the interface, or its address, is not there yet.
bool is_early(int error) noexcept {
  return error == ENODEV || error == EADDRNOTAVAIL || error == ENXIO || error == EAFNOSUPPORT;
}

}  // namespace

InterfaceWatch::InterfaceWatch(Reactor& reactor, const ServerOptions& options, Owner owner)
    : options_{options}, owner_{std::move(owner)}, timer_{reactor.make_timer([this] { look(); })} {}

void InterfaceWatch::add(const ListeningEvent& listening, const Served& served,
                         std::size_t endpoint) {
  if (served.interface.empty()) return;
  watched_.push_back({.endpoint = endpoint,
                      .listening = listening,
                      .interface = served.interface,
                      .bind_again = served.bind_again});
}

void InterfaceWatch::start() {
  if (!watched_.empty()) timer_->set(monotonic_now() + kBetweenLooks);
}

void InterfaceWatch::look() {
  const std::size_t before = given_up_;
  start();
  for (Watched& one : watched_) look_at(one);
  if (given_up_ != before) owner_.given_up();
}

void InterfaceWatch::look_at(Watched& one) {
  if (one.state == State::given_up) return;
  const int fd = owner_.fd(one.endpoint);
  if (fd < 0) {
    one.state = State::given_up;  // There was another reason, which has been told.
    ++given_up_;
    return;
  }
  const bool lost = lost_interface(fd);
  if (lost && one.state == State::bound) on_lost(one);
  if (one.state != State::waiting) return;
  // It may also be the same interface, which is back from another network namespace.
  lost ? try_again(one) : on_back(one);
}

void InterfaceWatch::on_lost(Watched& one) {
  const std::string gone = "the interface " + one.interface + " is gone";
  if (one.bind_again && options_.bind_again == BindAgain::possible) {
    one.state = State::waiting;
    one.told = false;
    return warn(one, gone + "; this endpoint is bound again when there is one of that name");
  }
  const std::string remedy =
      one.listening.inherited
          ? "; whoever opened this socket has to make another"
          : ", and under the sandbox nothing can be bound again: restart netecho, or start it with "
            "--sandbox off";
  give_up(one,
          {ErrorCategory::connect, "serve", one.listening.endpoint.uri, gone + remedy, ENODEV});
}

void InterfaceWatch::try_again(Watched& one) {
  try {
    Served again = one.bind_again();
    one.listening.endpoint = again.endpoint;  // The new interface may have another address.
    owner_.replace(one.endpoint, std::move(again));
  } catch (const Error& error) {
    return on_failure(one, error);
  }
  on_back(one);
}

void InterfaceWatch::on_failure(Watched& one, const Error& error) {
  if (is_early(error.error_number())) return;
  const Error told{error.category(), error.operation(), one.listening.endpoint.uri,
                   "the interface " + one.interface + " is back, but: " + error.reason(),
                   error.error_number()};
  // That does not change. But a port that somebody else has may come free.
  if (error.category() == ErrorCategory::permission) return give_up(one, told);
  if (!std::exchange(one.told, true)) owner_.emit(error_event(told));
}

void InterfaceWatch::on_back(Watched& one) {
  one.state = State::bound;
  warn(one, "the interface " + one.interface + " is back; this endpoint is served again");
  owner_.emit(one.listening);
}

void InterfaceWatch::give_up(Watched& one, const Error& error) {
  one.state = State::given_up;
  ++given_up_;
  owner_.emit(error_event(error));
}

void InterfaceWatch::warn(const Watched& one, const std::string& what) const {
  if (options_.warn != nullptr) options_.warn(one.listening.endpoint.uri + ": " + what);
}

}  // namespace netecho
