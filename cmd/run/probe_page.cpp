#include "cmd/run/probe_page.hpp"

#include <sys/eventfd.h>

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "cmd/run/probe_page_run.hpp"
#include "core/base/error.hpp"

namespace netecho {

/// Counts the threads, and tells them to end.
class ProbePage::Runs {
 public:
  Runs() : stop_{checked("eventfd", "", [] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); })} {}

  [[nodiscard]] int stop_fd() const noexcept { return stop_.get(); }

  void begin() {
    const std::scoped_lock lock{mutex_};
    ++running_;
  }
  void end() {
    const std::scoped_lock lock{mutex_};
    --running_;
    ended_.notify_all();
  }
  void stop_all() {
    ::eventfd_write(stop_.get(), 1);
    std::unique_lock lock{mutex_};
    ended_.wait(lock, [this] { return running_ == 0; });
  }

 private:
  UniqueFd stop_;  ///< Readable: all are to end.
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_ = 0;
};

ProbePage::ProbePage(ProbePageOptions options)
    : options_{std::make_shared<const ProbePageOptions>(std::move(options))},
      runs_{std::make_shared<Runs>()} {}

ProbePage::~ProbePage() {
  runs_->stop_all();
}

HttpAnswer ProbePage::answer(const HttpRequest& request) const {
  auto read = read_page_probe(request, options_->allowed);
  if (auto* refused = std::get_if<HttpAnswer>(&read)) return std::move(*refused);
  auto place = places_.take();
  if (!place) return busy_answer("Others are being probed.");
  if (options_->may_send && !options_->may_send(options_->count)) {
    return busy_answer("There are as many probes already as --max-rate allows.");
  }
  HttpAnswer out;
  out.later = [options = options_, runs = runs_, place = std::move(place),
               probe = std::get<PageProbe>(std::move(read))](const HttpReply& reply) {
    runs->begin();
    try {
      std::thread{[=, place = place] {  // The place is free when the run has ended.
        reply(run_page_probe(probe, *options, runs->stop_fd()));
        runs->end();
      }}
          .detach();
    } catch (const std::system_error&) {
      runs->end();
      reply(busy_answer("There is no thread for it."));
    }
  };
  return out;
}

}  // namespace netecho
