#include "cmd/run/http_metrics.hpp"

#include <utility>

#include "core/report/prometheus_text.hpp"

namespace netecho {

/// Scrapers that can read OpenMetrics name it first, with the greatest weight.
Exposition asked_exposition(const HttpRequest& request) {
  const std::string_view accept = request.header("Accept").value_or("");
  return accept.find("application/openmetrics-text") == std::string_view::npos
             ? Exposition::text
             : Exposition::open_metrics;
}

HttpAnswer exposition_answer(Exposition exposition, HttpBody body) {
  return {.content_type = std::string{content_type(exposition)}, .body = std::move(body)};
}

void append_about_us(std::string& out, const ProcessMetrics& process, Exposition exposition) {
  append_build_info(out, exposition);
  process.append(out, exposition);
}

std::optional<HttpAnswer> answer_health(const HttpRequest& request, bool ready) {
  if (request.path == "/-/healthy") return text_answer(200, "netecho is healthy.");
  if (request.path != "/-/ready") return std::nullopt;
  return ready ? text_answer(200, "netecho is ready.") : busy_answer("netecho is not ready.");
}

HttpAnswer no_such_page() {
  return text_answer(404, "There is no such page.");
}

}  // namespace netecho
