#pragma once

/// \file
/// `serve --metrics`: the counters of the running server over HTTP.

#include <memory>
#include <span>
#include <string>

#include "core/http/http_places.hpp"
#include "core/http/http_server.hpp"
#include "core/report/prometheus_process.hpp"
#include "core/seam/served.hpp"
#include "core/serve/counter_source.hpp"

namespace netecho {

class ServeMetrics {
 public:
  /// Takes the socket of `where` (open_http_listener()), and throws as that does.
  explicit ServeMetrics(const std::string& where);
  ServeMetrics(const ServeMetrics&) = delete;
  ServeMetrics& operator=(const ServeMetrics&) = delete;

  /// Begins to answer, and logs where.
  void start();
  /// Where the server is to answer.
  [[nodiscard]] const std::shared_ptr<CounterSource>& counters() const noexcept {
    return counters_;
  }
  /// Descriptors that it may have at once, beside those of the process.
  [[nodiscard]] static std::uint64_t descriptors() noexcept;

 private:
  [[nodiscard]] HttpAnswer answer(const HttpRequest& request) const;
  [[nodiscard]] HttpAnswer metrics(const HttpRequest& request) const;

  std::shared_ptr<CounterSource> counters_ = std::make_shared<CounterSource>();
  std::shared_ptr<const ProcessMetrics> process_ = std::make_shared<const ProcessMetrics>();
  HttpPlaces scrapes_;
  HttpServer server_;
};

}  // namespace netecho
