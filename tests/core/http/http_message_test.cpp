#include "core/http/http_message.hpp"

#include "core/http/http_places.hpp"
#include "core/http/http_request.hpp"
#include "core/net/socket_address.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

SocketAddress listener(std::string_view ip) {
  return *SocketAddress::from_ip(ip, 9470);
}

}  // namespace

TEST_CASE("http: a header is found in whatever case, the first of its name", "[http][unit]") {
  HttpRequest request;
  request.headers = {{"accept", "a"}, {"ACCEPT", "b"}, {"Accept-X", "c"}};
  CHECK(request.header("Accept") == "a");
  CHECK_FALSE(request.header("Acc"));
}

TEST_CASE("http: a text is sent in pieces, to its last byte", "[http][unit]") {
  const std::string text(40'000, 't');
  HttpBody body = whole_body(text);
  std::string out;
  CHECK(body(out));
  CHECK(out.size() == 16 * 1024);
  CHECK(body(out));
  CHECK_FALSE(body(out));
  CHECK(out == text);
  std::string nothing;
  CHECK_FALSE(whole_body("")(nothing));
  CHECK(nothing.empty());
}

TEST_CASE("http: a loopback listener goes by its own names alone", "[http][unit]") {
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:9470", "127.0.0.1:", "localhost", "LocalHost:1"}) {
    CAPTURE(host);
    CHECK(host_allowed(host, listener("127.0.0.1")));
  }
  for (const char* host : {"", ":9470", "127.0.0.2", "127.0.0.10", "localhost.", "localhost:x",
                           "evil.example:9470", "[::1]", "::1", "2130706433"}) {
    CAPTURE(host);
    CHECK_FALSE(host_allowed(host, listener("127.0.0.1")));
  }
  CHECK(host_allowed("[::1]:9470", listener("::1")));
  CHECK_FALSE(host_allowed("127.0.0.1", listener("::1")));
}

TEST_CASE("http: elsewhere any name will do", "[http][unit]") {
  for (const char* ip : {"0.0.0.0", "192.0.2.1", "::", "2001:db8::1"}) {
    CAPTURE(ip);
    CHECK(host_allowed("any.example", listener(ip)));
  }
}

TEST_CASE("http: a place is free again when its last holder is gone", "[http][unit]") {
  const HttpPlaces places{2};
  auto first = places.take();
  HttpBody body = in_place(places.take(), whole_body("x"));
  CHECK(first);
  CHECK_FALSE(places.take());
  CHECK_FALSE(places.take());
  SECTION("it was kept by hand") {
    first.reset();
    CHECK(places.take());
  }
  SECTION("it was kept by a body") {
    const HttpBody copy = body;
    body = {};
    CHECK_FALSE(places.take());
  }
  body = {};
  CHECK(places.take());
}
