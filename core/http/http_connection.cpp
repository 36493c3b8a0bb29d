#include "core/http/http_connection.hpp"

#include <sys/socket.h>

#include <array>
#include <string_view>
#include <utility>

#include "core/http/http_coding.hpp"

namespace netecho {
namespace {

/// What one connection may bring beyond the limits of libevent's parser, which reads on while an
/// answer is written.
constexpr std::size_t kMostUnread = std::size_t{16} * 1024;

/// Stands in every answer, those that libevent gives to broken requests included.
constexpr std::string_view kEveryAnswer =
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n";

constexpr std::string_view kStatusLine = "HTTP/1.";

/// Puts them behind the status line, which libevent adds by itself and to an empty buffer. So it
/// does with "100 Continue", which is two lines.
void add_headers(evbuffer* output, const evbuffer_cb_info* info, void* /*unused*/) {
  if (info->orig_size != 0 || info->n_added == 0) return;
  const evbuffer_ptr end =
      ::evbuffer_search_eol(output, nullptr, nullptr, EVBUFFER_EOL_CRLF_STRICT);
  if (end.pos < 0 || static_cast<std::size_t>(end.pos) + 2 != ::evbuffer_get_length(output)) return;
  std::array<char, kStatusLine.size()> begin{};
  ::evbuffer_copyout(output, begin.data(), begin.size());
  if (std::string_view{begin.data(), begin.size()} != kStatusLine) return;
  ::evbuffer_add(output, kEveryAnswer.data(), kEveryAnswer.size());
}

EventPtr<bufferevent> make_buffer(event_base* base) noexcept {
  bufferevent* buffer = ::bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
  if (buffer == nullptr) return nullptr;
  ::bufferevent_setwatermark(buffer, EV_READ, 0, kMostUnread);
  ::evbuffer_add_cb(::bufferevent_get_output(buffer), add_headers, nullptr);
  ::bufferevent_incref(buffer);
  return EventPtr<bufferevent>{buffer};
}

void add_header(evhttp_request* request, const char* name, const std::string& value) {
  ::evhttp_add_header(::evhttp_request_get_output_headers(request), name, value.c_str());
}

/// Has the body compressed if that is asked for.
HttpBody coded(HttpBody body, evhttp_request* request) {
  add_header(request, "Vary", "Accept, Accept-Encoding");
  const char* accepted =
      ::evhttp_find_header(::evhttp_request_get_input_headers(request), "Accept-Encoding");
  const auto coding = asked_coding(accepted == nullptr ? "" : accepted);
  if (!coding) return body;
  add_header(request, "Content-Encoding", std::string{to_string(*coding)});
  return compressed(std::move(body), *coding);
}

/// The reason that stands behind a status; libevent has the others.
const char* reason_of(int status) noexcept {
  return status == 421 ? "Misdirected Request" : nullptr;
}

}  // namespace

HttpConnection::HttpConnection(event_base* base, std::uint64_t number, Instant deadline)
    : number_{number}, deadline_{deadline}, buffer_{make_buffer(base)} {}

bool HttpConnection::gone() const noexcept {
  bufferevent_event_cb on_event = nullptr;
  ::bufferevent_getcb(buffer_.get(), nullptr, nullptr, &on_event, nullptr);
  return on_event == nullptr;  // libevent takes its callbacks away before it frees.
}

void HttpConnection::took(evhttp_request* request, Instant deadline) noexcept {
  request_ = request;
  answering_ = false;
  // Only behind CONNECT libevent takes another request, which has what is left of the time.
  if (!std::exchange(asked_, true)) deadline_ = deadline;
}

void HttpConnection::answer(HttpAnswer answer) {
  answering_ = true;
  if (!answer.content_type.empty()) add_header(request_, "Content-Type", answer.content_type);
  for (const HttpField& each : answer.headers) add_header(request_, each.name.c_str(), each.value);
  if (answer.body) body_ = coded(std::move(answer.body), request_);
  add_header(request_, "Connection", "close");
  // To a client of HTTP/1.0 that asks to keep it libevent would promise so, and a length of 0.
  ::evhttp_remove_header(::evhttp_request_get_input_headers(request_), "Connection");
  ::evhttp_send_reply_start(request_, answer.status, reason_of(answer.status));
  if (::evhttp_request_get_command(request_) == EVHTTP_REQ_HEAD) body_ = {};
  send_piece();
}

void HttpConnection::go_on() noexcept {
  try {
    send_piece();
  } catch (...) {  // An answer that has begun can only be cut.
    body_ = {};
    expire();
  }
}

void HttpConnection::send_piece() {
  std::string piece;
  bool more = static_cast<bool>(body_);
  while (more && piece.empty()) more = body_(piece);
  if (!more) body_ = {};
  if (!piece.empty()) {
    const EventPtr<evbuffer> chunk{::evbuffer_new()};
    ::evbuffer_add(chunk.get(), piece.data(), piece.size());
    ::evhttp_send_reply_chunk_with_cb(
        request_, chunk.get(),
        [](evhttp_connection*, void* self) { static_cast<HttpConnection*>(self)->go_on(); }, this);
  }
  if (more) return;
  // libevent may end the connection at once, which calls closing().
  ::evhttp_send_reply_end(std::exchange(request_, nullptr));
}

void HttpConnection::cut() noexcept {
  evhttp_connection* connection =
      request_ == nullptr ? nullptr : ::evhttp_request_get_connection(request_);
  if (connection != nullptr) {
    ::evhttp_connection_free(connection);
  } else {
    ::shutdown(::bufferevent_getfd(buffer_.get()),
               SHUT_RDWR);  // libevent reads or writes: it fails.
  }
}

void HttpConnection::closing() noexcept {
  body_ = {};
  evhttp_request* request = std::exchange(request_, nullptr);
  if (request == nullptr) return;
  // A request that lost its connection before its answer was whole is ours.
  if (::evhttp_request_get_connection(request) == nullptr) ::evhttp_request_free(request);
}

}  // namespace netecho
