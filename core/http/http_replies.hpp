#pragma once

/// \file
/// Answers that other threads give later, on their way to the server's thread.

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "core/http/http_message.hpp"

namespace netecho {

/// Whoever has promised an answer shares this with the server and may outlive it.
class HttpReplies {
 public:
  using Numbered = std::pair<std::uint64_t, HttpAnswer>;  ///< The number of the connection.

  /// Throws SysError.
  HttpReplies();

  [[nodiscard]] int fd() const noexcept { return wake_.get(); }  ///< Readable: there is something.
  void push(std::uint64_t connection, HttpAnswer answer);
  void stop() noexcept;  ///< Asks the server's thread to end.
  /// Returns what was pushed, and whether the thread is to end.
  [[nodiscard]] std::pair<std::vector<Numbered>, bool> take();

 private:
  void wake() noexcept;

  UniqueFd wake_;
  std::mutex mutex_;
  std::vector<Numbered> waiting_;
  bool stopped_ = false;
};

}  // namespace netecho
