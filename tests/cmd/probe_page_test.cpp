#include <utility>

#include "cmd/run/probe_page_request.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

TargetRules usual_rules() {
  TargetRules out;
  for (const char* each : {"192.0.2.0/24", "127.0.0.0/8", "2001:db8::/32", "*.example.com"}) {
    REQUIRE(out.add(each));
  }
  return out;
}

HttpRequest asking(std::vector<HttpField> query, std::vector<HttpField> headers = {}) {
  return {.path = "/probe", .query = std::move(query), .headers = std::move(headers)};
}

/// 0 if it is not refused.
int status_of(const HttpRequest& request) {
  const auto read = read_page_probe(request, usual_rules());
  const auto* refused = std::get_if<HttpAnswer>(&read);
  return refused == nullptr ? 0 : refused->status;
}

PageProbe read_of(const HttpRequest& request) {
  return std::get<PageProbe>(read_page_probe(request, usual_rules()));
}

int status_of_target(const char* target) {
  return status_of(asking({{"target", target}}));
}

}  // namespace

TEST_CASE("/probe: targets that the rules allow", "[cmd][unit]") {
  for (const char* target : {"udp://192.0.2.1:7", "tcp://192.0.2.255:7", "mptcp://127.0.0.1:7",
                             "icmp://192.0.2.1", "udp4://127.1.2.3:7", "udp6://[2001:db8::1]:7",
                             "udp://a.example.com:7", "icmp://A.EXAMPLE.COM"}) {
    CAPTURE(target);
    CHECK(status_of_target(target) == 0);
  }
}

TEST_CASE("/probe: targets that no rule allows, and other transports", "[cmd][unit]") {
  for (const char* target : {"udp://192.0.3.1:7", "udp://[::1]:7", "udp://example.com:7",
                             "udp://localhost:7", "udp://a.example.com.evil:7", "icmp://10.0.0.1",
                             "tcp://:7", "unix:/run/x", "unixgram:@x", "packet://lo"}) {
    CAPTURE(target);
    CHECK(status_of_target(target) == 403);
  }
}

TEST_CASE("/probe: what is no target is told apart", "[cmd][unit]") {
  for (const char* target : {"", "udp://192.0.2.1", "udp://192.0.2.1:99999", "nothing://x", "fd:3",
                             "udp://192.0.2.1:7?x", "udp://192.0.2.1:7\n"}) {
    CAPTURE(target);
    CHECK(status_of_target(target) == 400);
  }
}

TEST_CASE("/probe: parameters are target, once, and debug", "[cmd][unit]") {
  const HttpField target{"target", "udp://192.0.2.1:7"};
  CHECK(status_of(asking({})) == 400);
  CHECK(status_of(asking({{"debug", "true"}})) == 400);
  CHECK(status_of(asking({target, target})) == 400);
  CHECK(status_of(asking({target, {"debug", "true"}, {"debug", "true"}})) == 400);
  CHECK(status_of(asking({target, {"debug", "1"}})) == 400);
  CHECK(status_of(asking({target, {"module", "icmp"}})) == 400);
  CHECK(status_of(asking({target, {"Target", "x"}})) == 400);
  CHECK_FALSE(read_of(asking({target})).debug);
  CHECK_FALSE(read_of(asking({target, {"debug", "false"}})).debug);
  CHECK(read_of(asking({{"debug", "true"}, target})).debug);
}

TEST_CASE("/probe: a page of another site may not ask", "[cmd][unit]") {
  const HttpField target{"target", "udp://192.0.2.1:7"};
  CHECK(status_of(asking({target}, {{"sec-fetch-site", "cross-site"}})) == 403);
  for (const char* site : {"same-origin", "same-site", "none"}) {
    CHECK(status_of(asking({target}, {{"Sec-Fetch-Site", site}})) == 0);
  }
}

TEST_CASE("/probe: a run ends half a second before its reader gives up", "[cmd][unit]") {
  const auto budget = [](const char* seconds) {
    return read_of(asking({{"target", "udp://192.0.2.1:7"}},
                          {{"X-Prometheus-Scrape-Timeout-Seconds", seconds}}))
        .budget;
  };
  CHECK(budget("5") == 4500ms);
  CHECK(budget("2.25") == 1750ms);
  CHECK(budget("0.5") == 100ms);
  CHECK(budget("1e300") == 29s);
  CHECK(read_of(asking({{"target", "udp://192.0.2.1:7"}})).budget == 9500ms);
  for (const char* none : {"", "x", "5s", "0", "-1", "nan", "inf"}) {
    CAPTURE(none);
    CHECK(status_of(asking({{"target", "udp://192.0.2.1:7"}},
                           {{"X-Prometheus-Scrape-Timeout-Seconds", none}})) == 400);
  }
}
