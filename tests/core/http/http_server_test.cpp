#include "core/http/http_server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

UniqueFd listening() {
  const SocketAddress address = *SocketAddress::from_ip("127.0.0.1", 0);
  UniqueFd fd{
      checked("socket", "", [] { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); })};
  checked("bind", "", [&] { return ::bind(fd.get(), address.data(), address.size()); });
  checked("listen", "", [&] { return ::listen(fd.get(), 128); });
  return fd;
}

UniqueFd client_of(const HttpServer& server) {
  const SocketAddress& address = server.address();
  UniqueFd fd{
      checked("socket", "", [] { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); })};
  checked("connect", "", [&] { return ::connect(fd.get(), address.data(), address.size()); });
  return fd;
}

void send_to(const UniqueFd& fd, std::string_view text) {
  REQUIRE(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) == std::ssize(text));
}

/// Reads until the server closes.
std::string rest_of(const UniqueFd& fd) {
  std::string out;
  char room[4096];
  ssize_t size = 0;
  while ((size = ::recv(fd.get(), room, sizeof room, 0)) > 0) {
    out.append(room, static_cast<std::size_t>(size));
  }
  return out;
}

std::string get(const HttpServer& server, const std::string& path) {
  const UniqueFd fd = client_of(server);
  send_to(fd, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return rest_of(fd);
}

}  // namespace

TEST_CASE("http: a request is handed on as it was meant", "[http][loopback]") {
  HttpServer server{listening(), [](const HttpRequest& request) {
                      std::string text = request.path;
                      for (const HttpField& each : request.query) {
                        text += " " + each.name + "=" + each.value;
                      }
                      return text_answer(200,
                                         text + " " + std::string{request.header("x").value()});
                    }};
  server.start();
  const UniqueFd fd = client_of(server);
  send_to(fd, "GET /a%20b?c=d%26+e&c=f HTTP/1.1\r\nHost: localhost\r\nX: y\r\n\r\n");
  CHECK(rest_of(fd).ends_with("\r\n\r\n14\r\n/a%20b c=d& e c=f y\n\r\n0\r\n\r\n"));
  CHECK(get(server, "/").starts_with("HTTP/1.1 500 "));  // It has no x: the handler throws.
}

TEST_CASE("http: an answer that another thread promised comes when it is there",
          "[http][loopback]") {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<HttpReply> promised;
  auto server = std::make_unique<HttpServer>(listening(), [&](const HttpRequest& request) {
    if (request.path != "/later") return text_answer(200, "now");
    HttpAnswer answer;
    answer.later = [&](HttpReply reply) {
      const std::scoped_lock lock{mutex};
      promised.push_back(std::move(reply));
      changed.notify_all();
    };
    return answer;
  });
  server->start();
  const UniqueFd waits = client_of(*server);
  const UniqueFd leaves = client_of(*server);
  send_to(waits, "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
  send_to(leaves, "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::unique_lock lock{mutex};
  changed.wait(lock, [&] { return promised.size() == 2; });
  CHECK(get(*server, "/").ends_with("\r\n4\r\nnow\n\r\n0\r\n\r\n"));  // Others do not wait.
  promised[0](text_answer(200, "late"));
  promised[1](text_answer(200, "late"));
  CHECK(rest_of(waits).ends_with("\r\n5\r\nlate\n\r\n0\r\n\r\n"));
  promised[0](text_answer(200, "again"));
  server.reset();
  promised[1](text_answer(200, "nobody is there"));
}

TEST_CASE("http: a body is made as its reader takes it, and never whole", "[http][loopback]") {
  std::atomic<std::size_t> made = 0;
  std::promise<void> gone;
  std::shared_ptr<void> kept{&gone,
                             [](void* its) { static_cast<std::promise<void>*>(its)->set_value(); }};
  HttpServer server{listening(), [&made, kept = std::move(kept)](const HttpRequest&) mutable {
                      return HttpAnswer{.body = [&made, its = std::move(kept)](std::string& out) {
                        out.append(16'384, 'x');
                        made += 16'384;
                        return true;  // It would go on for ever.
                      }};
                    }};
  server.start();
  UniqueFd fd = client_of(server);
  send_to(fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::string piece(std::size_t{1} << 20U, '\0');
  REQUIRE(::recv(fd.get(), piece.data(), piece.size(), MSG_WAITALL) == std::ssize(piece));
  CHECK(made >= piece.size());
  CHECK(made < std::size_t{64} << 20U);  // What the buffers of both sockets hold.
  fd.reset();
  gone.get_future().wait();  // The reader left, and the body went.
}

TEST_CASE("http: a body that throws is cut, so that nobody takes it for whole",
          "[http][loopback]") {
  HttpServer server{listening(), [](const HttpRequest&) {
                      return HttpAnswer{.body = [sent = false](std::string& out) mutable {
                        if (std::exchange(sent, true)) throw std::runtime_error{"no more"};
                        out += "begun";
                        return true;
                      }};
                    }};
  server.start();
  CHECK(get(server, "/").ends_with("\r\n5\r\nbegun\r\n"));
}

TEST_CASE("http: time is short for requests and for answers, in all", "[http][loopback]") {
  HttpServer server{listening(),
                    [](const HttpRequest&) {
                      HttpAnswer never;
                      never.later = [](const HttpReply&) {};
                      return never;
                    },
                    {.request = 300ms, .answer = 300ms}};
  server.start();
  const UniqueFd idle = client_of(server);
  const UniqueFd begun = client_of(server);
  send_to(begun, "GET / HTTP/1.1\r\n");
  CHECK(rest_of(idle).empty());
  CHECK(rest_of(begun).empty());
  CHECK(get(server, "/").empty());
}

TEST_CASE("http: connections that ask for nothing give way to those that wait",
          "[http][loopback]") {
  HttpServer server{listening(),
                    [](const HttpRequest&) { return text_answer(200, "here"); },
                    {.request = 1h, .connections = 3}};
  server.start();
  std::vector<UniqueFd> idle;
  for (int i = 0; i < 10; ++i) idle.push_back(client_of(server));
  CHECK(get(server, "/").ends_with("\r\n5\r\nhere\n\r\n0\r\n\r\n"));
  CHECK(rest_of(idle.front()).empty());
}
