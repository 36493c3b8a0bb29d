#include "core/report/queued_writer.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace netecho {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPieceBytes = 64 * 1024;
/// The thread lets lines gather for so long. Nobody sees that a line is so much later.
constexpr auto kNap = 5ms;

/// Starts a thread that gets no signal: those are the main thread's.
template <typename Function>
void start_without_signals(Function function) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  try {
    std::thread{std::move(function)}.detach();
  } catch (const std::exception&) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

/// Keeps bytes in pieces: one long string would be copied as a whole each time it grows.
class QueuedWriter::Pieces {
 public:
  Pieces() { spare_.reserve(kMostSpare); }

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  void add(std::string_view bytes) {
    if (pieces_.empty() || pieces_.back().size() + bytes.size() > kPieceBytes) {
      pieces_.push_back(spare_.empty() ? std::string{} : std::move(spare_.back()));
      if (!spare_.empty()) spare_.pop_back();
      pieces_.back().reserve(std::max(kPieceBytes, bytes.size()));
    }
    pieces_.back() += bytes;
    bytes_ += bytes.size();
  }
  /// REQUIRES: there are some.
  [[nodiscard]] std::string take() {
    std::string piece = std::move(pieces_.front());
    pieces_.pop_front();
    bytes_ -= piece.size();
    return piece;
  }
  /// Memory that was taken and can be used again.
  void give_back(std::string piece) noexcept {
    piece.clear();
    if (spare_.size() < kMostSpare) spare_.push_back(std::move(piece));
  }

 private:
  static constexpr std::size_t kMostSpare = 4;
  std::deque<std::string> pieces_;
  std::vector<std::string> spare_;
  std::size_t bytes_ = 0;
};

struct QueuedWriter::Shared {
  Shared(const Output& target, UniqueFd owned) : descriptor{std::move(owned)}, output{target} {}

  void write_until_closed();
  void write_pieces(std::string_view lines, std::unique_lock<std::mutex>& lock);
  [[nodiscard]] bool idle() const noexcept { return queued.bytes() == 0 && !writing; }

  std::mutex mutex;
  std::condition_variable changed;
  Pieces queued;
  bool running = false;  ///< The thread has been started.
  bool waiting = false;  ///< It sleeps until it is woken.
  bool writing = false;  ///< It is at work on lines that are no longer in `queued`.
  bool closed = false;
  bool hurried = false;             ///< Somebody waits in flush().
  std::uint64_t pieces_total = 0;   ///< Written, to see whether anything moves.
  std::atomic<bool> quiet = false;  ///< The output has failed: nobody gets to see any more.
  const UniqueFd gone{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};  ///< As `quiet`, to wait for.
  const UniqueFd descriptor;
  Output output;  ///< The thread's own until it is idle.
};

void QueuedWriter::Shared::write_pieces(std::string_view lines,
                                        std::unique_lock<std::mutex>& lock) {
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

void QueuedWriter::Shared::write_until_closed() {
  std::unique_lock lock{mutex};
  while (true) {
    waiting = true;
    changed.wait(lock, [this] { return closed || queued.bytes() > 0; });
    waiting = false;
    if (queued.bytes() == 0) return;
    while (queued.bytes() > 0) {
      writing = true;
      std::string lines = queued.take();
      write_pieces(lines, lock);
      queued.give_back(std::move(lines));
      writing = false;
      changed.notify_all();
      changed.wait_for(lock, kNap,
                       [this] { return closed || hurried || queued.bytes() > kPieceBytes; });
    }
  }
}

QueuedWriter::QueuedWriter(const Output& output, UniqueFd owned)
    : shared_{std::make_shared<Shared>(output, std::move(owned))} {}

QueuedWriter::~QueuedWriter() {
  const std::lock_guard lock{shared_->mutex};
  shared_->closed = true;
  shared_->changed.notify_all();
}

bool QueuedWriter::has_room(std::size_t limit) const {
  const std::lock_guard lock{shared_->mutex};
  return shared_->queued.bytes() < limit;
}

bool QueuedWriter::push(std::string_view bytes, std::size_t limit) {
  if (bytes.empty() || gone()) return true;
  const std::lock_guard lock{shared_->mutex};
  if (bytes.size() > limit - std::min(limit, shared_->queued.bytes())) return false;
  if (!shared_->running) {  // Where no thread can be had, the next push tries again.
    start_without_signals([shared = shared_] { shared->write_until_closed(); });
    shared_->running = true;
  }
  shared_->queued.add(bytes);
  if (shared_->waiting) shared_->changed.notify_all();
  return true;
}

bool QueuedWriter::idle() const {
  const std::lock_guard lock{shared_->mutex};
  return shared_->idle();
}

bool QueuedWriter::gone() const noexcept {
  return shared_->quiet;
}

int QueuedWriter::gone_fd() const noexcept {
  return shared_->gone.get();
}

std::optional<Output> QueuedWriter::flush(Duration patience) {
  const auto end = std::chrono::steady_clock::now() + 8 * patience;
  std::unique_lock lock{shared_->mutex};
  shared_->hurried = true;
  shared_->changed.notify_all();
  bool moved = true;
  while (moved && !shared_->idle()) {
    const std::uint64_t before = shared_->pieces_total;
    const auto give_up = std::min(end, std::chrono::steady_clock::now() + patience);
    moved = shared_->changed.wait_until(
        lock, give_up, [&] { return shared_->idle() || shared_->pieces_total != before; });
  }
  shared_->hurried = false;
  return shared_->idle() ? std::optional{shared_->output} : std::nullopt;
}

Output QueuedWriter::drain() {
  std::unique_lock lock{shared_->mutex};
  shared_->hurried = true;
  shared_->changed.notify_all();
  shared_->changed.wait(lock, [&] { return shared_->idle(); });
  shared_->hurried = false;
  return shared_->output;
}

}  // namespace netecho
