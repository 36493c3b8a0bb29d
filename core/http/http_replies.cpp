#include "core/http/http_replies.hpp"

#include <sys/eventfd.h>

#include "core/base/error.hpp"

namespace netecho {

HttpReplies::HttpReplies()
    : wake_{checked("eventfd", "", [] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); })} {}

void HttpReplies::push(std::uint64_t connection, HttpAnswer answer) {
  const std::scoped_lock lock{mutex_};
  if (stopped_) return;
  waiting_.emplace_back(connection, std::move(answer));
  wake();
}

void HttpReplies::stop() noexcept {
  const std::scoped_lock lock{mutex_};
  stopped_ = true;
  wake();
}

std::pair<std::vector<HttpReplies::Numbered>, bool> HttpReplies::take() {
  const std::scoped_lock lock{mutex_};
  eventfd_t count = 0;
  static_cast<void>(::eventfd_read(wake_.get(), &count));
  return {std::exchange(waiting_, {}), stopped_};
}

void HttpReplies::wake() noexcept {
  static_cast<void>(::eventfd_write(wake_.get(), 1));
}

}  // namespace netecho
