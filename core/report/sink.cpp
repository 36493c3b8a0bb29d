#include "core/report/sink.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "core/base/unique_fd.hpp"
#include "core/report/json.hpp"

namespace netecho {
namespace {

/// Bytes that may be waiting for an event like this to be taken; see QueueSink.
std::size_t limit_for(const EventBody& body) noexcept {
  if (std::holds_alternative<DatagramEvent>(body) || std::holds_alternative<OpenEvent>(body) ||
      std::holds_alternative<CloseEvent>(body) || std::holds_alternative<ReplyEvent>(body)) {
    return QueueSink::kMaxQueuedBytes;
  }
  if (std::holds_alternative<StatsEvent>(body) || std::holds_alternative<IntervalEvent>(body)) {
    return QueueSink::kMaxQueuedBytes + QueueSink::kReservedBytes;
  }
  return std::numeric_limits<std::size_t>::max();
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
  explicit Shared(const Output& target) : output{target} {}

  void write_until_closed();
  void write_pieces(std::string_view lines, std::unique_lock<std::mutex>& lock);
  [[nodiscard]] bool idle() const noexcept { return queued.empty() && !writing; }

  std::mutex mutex;
  std::condition_variable changed;
  std::string queued;    ///< Whole lines.
  bool running = false;  ///< The thread has been started.
  bool writing = false;  ///< It is at work on lines that are no longer in `queued`.
  bool closed = false;
  std::uint64_t pieces_total = 0;   ///< Written, to see whether anything moves.
  std::atomic<bool> quiet = false;  ///< The output has failed: nobody gets to see any more.
  std::atomic<std::uint64_t> dropped = 0;
  const UniqueFd gone{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};  ///< As `quiet`, to wait for.
  /// The thread's own until it is idle: the sink's target may be gone while the thread is stuck.
  Output output;
};

void QueueSink::Shared::write_pieces(std::string_view lines, std::unique_lock<std::mutex>& lock) {
  constexpr std::size_t kPieceBytes = 64 * 1024;
  while (!lines.empty()) {
    const std::string_view piece = lines.substr(0, kPieceBytes);
    lock.unlock();
    if (!output.write(piece) && !quiet.exchange(true)) ::eventfd_write(gone.get(), 1);
    lock.lock();
    lines.remove_prefix(piece.size());
    ++pieces_total;
    changed.notify_all();
  }
}

void QueueSink::Shared::write_until_closed() {
  std::string lines;
  std::unique_lock lock{mutex};
  while (true) {
    changed.wait(lock, [this] { return closed || !queued.empty(); });
    if (queued.empty()) return;
    lines.swap(queued);
    writing = true;
    write_pieces(lines, lock);
    lines.clear();
    writing = false;
    changed.notify_all();
  }
}

QueueSink::QueueSink(Output& output, OutputFormat format, const TextStyle& style)
    : shared_{std::make_shared<Shared>(output)}, output_{output}, format_{format}, style_{style} {}

QueueSink::~QueueSink() {
  const std::lock_guard lock{shared_->mutex};
  shared_->closed = true;
  shared_->changed.notify_all();
}

void QueueSink::emit(Event event) {
  if (shared_->quiet) return;
  const std::size_t limit = limit_for(event.body);
  {
    const std::lock_guard lock{shared_->mutex};
    if (shared_->queued.size() >= limit) {
      ++shared_->dropped;
      return;
    }
  }
  const std::string line = render(event, format_, style_);
  if (line.empty()) return;
  const std::lock_guard lock{shared_->mutex};
  if (line.size() > limit - std::min(limit, shared_->queued.size())) {
    ++shared_->dropped;
    return;
  }
  shared_->queued += line;
  if (!std::exchange(shared_->running, true)) {
    start_without_signals([shared = shared_] { shared->write_until_closed(); });
  }
  shared_->changed.notify_all();
}

std::uint64_t QueueSink::dropped_total() const noexcept {
  return shared_->dropped.load();
}

bool QueueSink::gone() const noexcept {
  return shared_->quiet;
}

int QueueSink::gone_fd() const noexcept {
  return shared_->gone.get();
}

bool QueueSink::flush(Duration patience) {
  const auto end = std::chrono::steady_clock::now() + 8 * patience;
  std::unique_lock lock{shared_->mutex};
  while (!shared_->idle()) {
    const std::uint64_t before = shared_->pieces_total;
    const auto give_up = std::min(end, std::chrono::steady_clock::now() + patience);
    const bool moved = shared_->changed.wait_until(
        lock, give_up, [&] { return shared_->idle() || shared_->pieces_total != before; });
    if (!moved) return false;
  }
  output_ = shared_->output;
  return true;
}

}  // namespace netecho
