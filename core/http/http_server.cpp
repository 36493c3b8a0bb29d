#include "core/http/http_server.hpp"

#include <event2/listener.h>
#include <event2/util.h>
#include <signal.h>

#include <algorithm>
#include <list>
#include <thread>
#include <utility>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/http/http_connection.hpp"
#include "core/http/http_replies.hpp"
#include "core/http/http_request.hpp"

namespace netecho {
namespace {

constexpr ev_ssize_t kLargestRequest = ev_ssize_t{8} * 1024;
/// When there is no place left, a connection that has not asked after so long gives way.
constexpr Duration kHurry = std::chrono::milliseconds{200};
constexpr timeval kLookAgain{.tv_sec = 0, .tv_usec = 100'000};
/// All of them come to the handler, so that it says which are answered.
constexpr ev_uint16_t kEveryMethod = EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                     EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                                     EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH;

template <typename Thing>
EventPtr<Thing> made(Thing* thing, const char* what) {
  if (thing == nullptr) throw Error{ErrorCategory::internal, what, "HTTP", "no memory for it"};
  return EventPtr<Thing>{thing};
}

EventPtr<event_base> make_base() {
  ::event_set_log_callback([](int, const char*) {});  // It would write to stderr.
  const auto config = made(::event_config_new(), "event_config_new");
  ::event_config_set_flag(config.get(), EVENT_BASE_FLAG_IGNORE_ENV | EVENT_BASE_FLAG_NOLOCK);
  return made(::event_base_new_with_config(config.get()), "event_base_new");
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(UniqueFd listener, const SocketAddress& address, HttpHandler handler, HttpLimits limits)
      : address_{address}, handler_{std::move(handler)}, limits_{limits} {
    ::evhttp_set_max_headers_size(http_.get(), kLargestRequest);
    ::evhttp_set_max_body_size(http_.get(), kLargestRequest);
    ::evhttp_set_allowed_methods(http_.get(), kEveryMethod);
    ::evhttp_set_default_content_type(http_.get(), nullptr);
    ::evhttp_set_bevcb(
        http_.get(), [](event_base*, void* self) { return of(self).accepted(); }, this);
    ::evhttp_set_gencb(
        http_.get(), [](evhttp_request* request, void* self) { of(self).asked(request); }, this);
    listen(std::move(listener));
    ::event_add(wake_.get(), nullptr);
  }

  ~Impl() {
    replies_->stop();
    if (thread_.joinable()) thread_.join();
    listener_ = nullptr;  // It goes first, and there are calls for each connection still.
    http_.reset();
    connections_.clear();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start() {
    sigset_t all{};
    sigset_t before{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      thread_ = std::thread{[this] { ::event_base_dispatch(base_.get()); }};
    } catch (const std::system_error& error) {
      ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
      throw Error{ErrorCategory::internal, "start", "HTTP", "no thread for it",
                  error.code().value()};
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

 private:
  static Impl& of(void* self) noexcept { return *static_cast<Impl*>(self); }

  void listen(UniqueFd fd) {
    checked("fcntl", "O_NONBLOCK", [&] { return ::evutil_make_socket_nonblocking(fd.get()); });
    listener_ = ::evconnlistener_new(base_.get(), nullptr, nullptr,
                                     LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd.get());
    if (listener_ == nullptr || ::evhttp_bind_listener(http_.get(), listener_) == nullptr) {
      throw Error{ErrorCategory::internal, "listen", "HTTP", "no memory for it"};
    }
    static_cast<void>(fd.release());
    // No descriptor is left: after a while there may be one.
    ::evconnlistener_set_error_cb(listener_, [](evconnlistener*, void* self) { of(self).pause(); });
  }

  void pause() noexcept {
    ::evconnlistener_disable(listener_);
    ::event_add(look_.get(), &kLookAgain);
  }

  /// A connection comes in: its bufferevent is asked for.
  bufferevent* accepted() noexcept try {
    HttpConnection& each =
        connections_.emplace_back(base_.get(), ++last_number_, monotonic_now() + limits_.request);
    if (full()) ::evconnlistener_disable(listener_);
    if (connections_.size() == 1) ::event_add(look_.get(), &kLookAgain);
    return each.buffer();
  } catch (...) {
    return nullptr;
  }

  void asked(evhttp_request* request) noexcept {
    evhttp_connection* connection = ::evhttp_request_get_connection(request);
    const bufferevent* buffer = ::evhttp_connection_get_bufferevent(connection);
    const auto found = std::ranges::find(connections_, buffer, &HttpConnection::buffer);
    if (found == connections_.end()) {  // There was no memory for it.
      ::evhttp_send_error(request, HTTP_SERVUNAVAIL, nullptr);
      return;
    }
    ::evhttp_connection_set_closecb(
        connection, [](evhttp_connection* closed, void* self) { of(self).closed(closed); }, this);
    found->took(request, monotonic_now() + limits_.answer);
    answer(*found, request);
  }

  void answer(HttpConnection& each, evhttp_request* from) noexcept {
    try {
      HttpRequest request;
      auto refused = read_request(from, address_, request);
      HttpAnswer answer = refused ? std::move(*refused) : handler_(request);
      if (!answer.later) {
        each.answer(std::move(answer));
        return;
      }
      answer.later([replies = replies_, number = each.number()](HttpAnswer promised) {
        replies->push(number, std::move(promised));
      });
    } catch (...) {
      fail(each);
    }
  }

  static void fail(HttpConnection& each) noexcept {
    try {
      if (each.owes_answer()) {
        // The analyzer can't see that std::function frees what it owns.
        // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks)
        each.answer(text_answer(500, "The answer failed."));
      } else {
        each.expire();
      }
    } catch (...) {
      each.expire();
    }
  }

  /// Another thread has an answer, or asks for the end.
  void woken() noexcept {
    auto [answers, stop] = replies_->take();
    for (auto& [number, promised] : answers) {
      const auto found = std::ranges::find(connections_, number, &HttpConnection::number);
      if (found == connections_.end() || !found->owes_answer()) continue;
      try {
        found->answer(std::move(promised));
      } catch (...) {
        fail(*found);
      }
    }
    if (stop) ::event_base_loopbreak(base_.get());
  }

  /// Forgets connections that are gone, and cuts those whose time is over.
  void look() noexcept {
    const Instant now = monotonic_now();
    const Instant hurried = full() ? now + limits_.request - kHurry : now;
    for (auto next = connections_.begin(); next != connections_.end();) {
      const auto each = next++;
      if (each->gone()) {
        connections_.erase(each);
      } else if (each->deadline() <= (each->asked() ? now : hurried)) {
        each->cut();
      }
    }
    make_room();
  }

  /// libevent closes a connection that had a request.
  void closed(evhttp_connection* connection) noexcept {
    const bufferevent* buffer = ::evhttp_connection_get_bufferevent(connection);
    const auto found = std::ranges::find(connections_, buffer, &HttpConnection::buffer);
    if (found == connections_.end()) return;
    found->closing();
    connections_.erase(found);
    make_room();
  }

  [[nodiscard]] bool full() const noexcept {
    return std::ssize(connections_) >= limits_.connections;
  }

  void make_room() noexcept {
    if (listener_ != nullptr && !full()) ::evconnlistener_enable(listener_);
    if (connections_.empty()) ::event_del(look_.get());
  }

  SocketAddress address_;
  HttpHandler handler_;
  HttpLimits limits_;
  std::shared_ptr<HttpReplies> replies_ = std::make_shared<HttpReplies>();
  EventPtr<event_base> base_ = make_base();
  EventPtr<event> wake_ =
      made(::event_new(
               base_.get(), replies_->fd(), EV_READ | EV_PERSIST,
               [](evutil_socket_t, short, void* self) { of(self).woken(); }, this),
           "event_new");
  EventPtr<event> look_ =
      made(::event_new(
               base_.get(), -1, EV_PERSIST,
               [](evutil_socket_t, short, void* self) { of(self).look(); }, this),
           "event_new");
  std::list<HttpConnection> connections_{};
  std::uint64_t last_number_ = 0;
  EventPtr<evhttp> http_ = made(::evhttp_new(base_.get()), "evhttp_new");
  evconnlistener* listener_ = nullptr;  ///< http_'s.
  std::thread thread_{};
};

HttpServer::HttpServer(UniqueFd listener, HttpHandler handler, HttpLimits limits)
    : address_{local_address(listener.get())},
      impl_{std::make_unique<Impl>(std::move(listener), address_, std::move(handler), limits)} {}

HttpServer::~HttpServer() = default;

void HttpServer::start() {
  impl_->start();
}

}  // namespace netecho
