#pragma once

/// \file
/// A few threads for what has to wait: look-ups of names and connections that are being made.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace netecho {

/// Runs what is given to it in that order, each piece on one of its threads. They are started when
/// there is work, and wait for more. They get no signals that whoever gives the first piece has
/// blocked.
class Workers {
 public:
  explicit Workers(std::size_t most) : most_{most} {}
  /// Drops what has not begun, and waits for what has.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// `work` must not throw. Throws SysError if it needs the first thread and there is none.
  void run(std::function<void()> work);

 private:
  void start_thread();
  void serve();

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  std::size_t idle_ = 0;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace netecho
