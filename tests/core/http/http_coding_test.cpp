#include "core/http/http_coding.hpp"

#include <string>

#include "tests/support/catch.hpp"

using namespace netecho;

TEST_CASE("http: a coding is taken only if it is asked for", "[http][unit]") {
  CHECK(asked_coding("gzip") == HttpCoding::gzip);
  CHECK(asked_coding("deflate, gzip;q=0.5") == HttpCoding::gzip);
  CHECK(asked_coding("br , deflate") == HttpCoding::deflate);
  CHECK(asked_coding("gzip;q=0, deflate;q=0.001") == HttpCoding::deflate);
  for (const char* none : {"", "identity", "br", "gzip;q=0", "gzip; q=0.000", "gzipped", ",,;", "*",
                           "x-gzip-like, gzip ; Q=0.0"}) {
    CAPTURE(none);
    CHECK_FALSE(asked_coding(none));
  }
}

TEST_CASE("http: a body is compressed piece by piece", "[http][unit]") {
  const HttpCoding coding = GENERATE(HttpCoding::gzip, HttpCoding::deflate);
  std::size_t asked = 0;
  HttpBody body = compressed(
      [&asked](std::string& out) {
        out.append(10'000, 'x');
        return ++asked < 100;
      },
      coding);
  std::string out;
  std::size_t pieces = 0;
  bool more = true;
  while (more) {
    more = body(out);
    CHECK(asked == ++pieces);  // Nothing is made before it is wanted.
  }
  CHECK(asked == 100);
  CHECK(out.size() < 20'000);
  CHECK((static_cast<unsigned char>(out.front()) == 0x1F) == (coding == HttpCoding::gzip));
}
