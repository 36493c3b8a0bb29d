#include "core/report/sink.hpp"

#include <sys/eventfd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

#include "core/base/unique_fd.hpp"
#include "core/report/json.hpp"

namespace netecho {
namespace {

bool may_be_dropped(const EventBody& body) noexcept {
  return std::holds_alternative<DatagramEvent>(body) || std::holds_alternative<OpenEvent>(body) ||
         std::holds_alternative<CloseEvent>(body) || std::holds_alternative<ReplyEvent>(body);
}

/// A thread that gets no signal: those are the main thread's.
template <typename Function>
void start_without_signals(Function function) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  std::thread{std::move(function)}.detach();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

std::string render(const Event& event, OutputFormat format, const TextStyle& style) {
  switch (format) {
    case OutputFormat::text:
      return to_text(event, style);
    case OutputFormat::jsonl:
      return to_json(event) + "\n";
    case OutputFormat::json:
      return {};
  }
  return {};
}

void DirectSink::emit(Event event) {
  if (output_.usable()) output_.write(render(event, format_, style_));
}

struct QueueSink::Shared {
  explicit Shared(Output& target) : output{target} {}

  void write_until_closed();

  std::mutex mutex;
  std::condition_variable changed;
  std::string queued;    ///< Whole lines.
  bool running = false;  ///< The thread has been started.
  bool writing = false;  ///< It is at work on lines that are no longer in `queued`.
  bool closed = false;
  std::uint64_t written_total = 0;  ///< Bytes, to see whether anything moves.
  std::atomic<std::uint64_t> dropped = 0;
  Output& output;
  const UniqueFd gone{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

void QueueSink::Shared::write_until_closed() {
  constexpr std::size_t kBite = 64 * 1024;
  std::string lines;
  std::unique_lock lock{mutex};
  while (true) {
    changed.wait(lock, [this] { return closed || !queued.empty(); });
    if (queued.empty()) return;
    lines.swap(queued);
    writing = true;
    for (std::string_view left = lines; !left.empty();
         left.remove_prefix(std::min(kBite, left.size()))) {
      lock.unlock();
      if (!output.write(left.substr(0, kBite))) ::eventfd_write(gone.get(), 1);
      lock.lock();
      written_total += std::min(kBite, left.size());
      changed.notify_all();
    }
    lines.clear();
    writing = false;
    changed.notify_all();
  }
}

QueueSink::QueueSink(Output& output, OutputFormat format, const TextStyle& style)
    : shared_{std::make_shared<Shared>(output)}, format_{format}, style_{style} {}

QueueSink::~QueueSink() {
  const std::lock_guard lock{shared_->mutex};
  shared_->closed = true;
  shared_->changed.notify_all();
}

void QueueSink::emit(Event event) {
  const bool droppable = may_be_dropped(event.body);
  std::unique_lock lock{shared_->mutex};
  if (droppable && shared_->queued.size() >= kMaxQueuedBytes) {
    ++shared_->dropped;
    return;
  }
  lock.unlock();
  const std::string line = render(event, format_, style_);
  lock.lock();
  if (droppable && shared_->queued.size() + line.size() > kMaxQueuedBytes) {
    ++shared_->dropped;
    return;
  }
  shared_->queued += line;
  if (!std::exchange(shared_->running, true)) {
    start_without_signals([shared = shared_] { shared->write_until_closed(); });
  }
  shared_->changed.notify_all();
}

int QueueSink::gone_fd() const noexcept {
  return shared_->gone.get();
}

std::uint64_t QueueSink::dropped_total() const noexcept {
  return shared_->dropped.load();
}

bool QueueSink::flush(Duration patience) {
  std::unique_lock lock{shared_->mutex};
  const auto done = [this] { return shared_->queued.empty() && !shared_->writing; };
  while (!done()) {
    const std::uint64_t before = shared_->written_total;
    const bool moved = shared_->changed.wait_for(
        lock, patience, [&] { return done() || shared_->written_total != before; });
    if (!moved) return false;
  }
  return true;
}

}  // namespace netecho
