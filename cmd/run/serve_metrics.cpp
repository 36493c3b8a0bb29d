#include "cmd/run/serve_metrics.hpp"

#include <utility>

#include "cmd/run/http_listener.hpp"
#include "cmd/run/http_metrics.hpp"
#include "cmd/run/log.hpp"
#include "core/base/error.hpp"
#include "core/report/prometheus_serve.hpp"

namespace netecho {
namespace {

constexpr int kScrapesAtOnce = 4;
constexpr std::uint64_t kServersOwn = 8;  // Its loop, what wakes it, and what it reads of /proc.

constexpr const char* kServePage =
    "<!doctype html>\n<html lang=\"en\"><title>netecho serve</title>\n"
    "<h1>netecho serve</h1>\n<ul>\n"
    "<li><a href=\"/metrics\">/metrics</a>: the counters, for Prometheus</li>\n"
    "<li><a href=\"/-/healthy\">/-/healthy</a>: whether the process answers</li>\n"
    "<li><a href=\"/-/ready\">/-/ready</a>: whether it serves</li>\n</ul>\n</html>\n";

/// The text is made on the thread of HTTP, not on that of a loop.
HttpBody serve_body(CounterSource::Counters counters, std::shared_ptr<const ProcessMetrics> process,
                    Exposition exposition) {
  return [=, rest = HttpBody{}](std::string& out) mutable {
    if (!rest) {
      std::string text;
      append_serve_metrics(text, counters, exposition);
      append_about_us(text, *process, exposition);
      append_end(text, exposition);
      rest = whole_body(std::move(text));
    }
    return rest(out);
  };
}

}  // namespace

ServeMetrics::ServeMetrics(const std::string& where)
    : scrapes_{kScrapesAtOnce},
      server_{open_http_listener(where, "--metrics"),
              [this](const HttpRequest& request) { return answer(request); }} {}

void ServeMetrics::start() {
  server_.start();
  log_info("metrics: http://" + url_host(server_.address()) + "/metrics");
}

std::uint64_t ServeMetrics::descriptors() noexcept {
  return kServersOwn + static_cast<std::uint64_t>(HttpLimits{}.connections);
}

HttpAnswer ServeMetrics::answer(const HttpRequest& request) const {
  if (auto health = answer_health(request, counters_->is_open())) return std::move(*health);
  if (request.path == "/metrics") return metrics(request);
  if (request.path != "/") return no_such_page();
  return {.content_type = "text/html; charset=utf-8", .body = whole_body(kServePage)};
}

/// The loops of the server tell their counters when they get to it.
HttpAnswer ServeMetrics::metrics(const HttpRequest& request) const {
  if (!request.query.empty()) return text_answer(400, "/metrics has no parameters.");
  auto place = scrapes_.take();
  if (!place) return busy_answer("Others are being answered.");
  HttpAnswer out;
  out.later = [counters = counters_, process = process_, place = std::move(place),
               exposition = asked_exposition(request)](const HttpReply& reply) {
    const bool asked = counters->ask([=](CounterSource::Counters now) {
      reply(exposition_answer(exposition,
                              in_place(place, serve_body(std::move(now), process, exposition))));
    });
    if (!asked) reply(busy_answer("The server starts or ends."));
  };
  return out;
}

}  // namespace netecho
