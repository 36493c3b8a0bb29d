#pragma once

/// \file
/// One connection of the HTTP server, from accept to close.

#include <cstdint>

#include "core/base/units.hpp"
#include "core/http/http_event.hpp"
#include "core/http/http_message.hpp"

namespace netecho {

/// The server keeps one for each connection of libevent's, at a place that does not move. Until
/// the request is whole libevent tells nobody that a connection is gone, so the server looks after
/// them: a reference to the bufferevent keeps the descriptor open meanwhile.
class HttpConnection {
 public:
  /// Makes the bufferevent of a connection that comes in; null for lack of memory.
  HttpConnection(event_base* base, std::uint64_t number, Instant deadline);

  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] bufferevent* buffer() const noexcept { return buffer_.get(); }
  [[nodiscard]] Instant deadline() const noexcept { return deadline_; }
  /// Whether libevent has dropped it.
  [[nodiscard]] bool gone() const noexcept;

  /// The request is whole, and is to be answered by `deadline`.
  void took(evhttp_request* request, Instant deadline) noexcept;
  [[nodiscard]] bool asked() const noexcept { return asked_; }  ///< There was a request.
  [[nodiscard]] bool owes_answer() const noexcept { return request_ != nullptr && !answering_; }
  /// Begins to answer. It may be destroyed by that. REQUIRES: owes_answer(), and no later().
  void answer(HttpAnswer answer);
  /// Has it cut when the server looks after it next.
  void expire() noexcept { deadline_ = {}; }
  /// Ends it, whatever it is at. It is destroyed by that, or gone() soon.
  void cut() noexcept;
  /// libevent is about to free its connection.
  void closing() noexcept;

 private:
  void go_on() noexcept;
  void send_piece();

  std::uint64_t number_;
  Instant deadline_;
  EventPtr<bufferevent> buffer_;
  evhttp_request* request_ = nullptr;  ///< While an answer is owed or not yet whole.
  bool asked_ = false;
  bool answering_ = false;
  HttpBody body_{};
};

}  // namespace netecho
