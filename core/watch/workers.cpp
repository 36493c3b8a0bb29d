#include "core/watch/workers.hpp"

#include <system_error>
#include <utility>

#include "core/base/error.hpp"

namespace netecho {

Workers::~Workers() {
  std::deque<std::function<void()>> dropped;
  {
    const std::scoped_lock lock{mutex_};
    ended_ = true;
    dropped.swap(waiting_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::run(std::function<void()> work) {
  const std::scoped_lock lock{mutex_};
  if (idle_ <= waiting_.size() && threads_.size() < most_) start_thread();
  waiting_.push_back(std::move(work));
  wake_.notify_one();
}

/// Without another thread those that there are do the work.
void Workers::start_thread() try {
  threads_.emplace_back([this] { serve(); });
} catch (const std::system_error& error) {
  if (threads_.empty()) throw SysError{"thread", "", error.code().value()};
}

void Workers::serve() {
  std::unique_lock lock{mutex_};
  while (true) {
    ++idle_;
    wake_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
    --idle_;
    if (ended_) return;
    {
      const std::function<void()> work = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      work();
    }  // What it holds is freed without the lock.
    lock.lock();
  }
}

}  // namespace netecho
