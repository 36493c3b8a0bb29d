#pragma once

/// \file
/// What a client of datagrams does when send() fails: the error may be one that an earlier message
/// brought on.

#include <cerrno>
#include <optional>
#include <utility>

#include "core/seam/message_port.hpp"

namespace netecho {

/// One is made for each message, or batch of them, that is to be sent.
class FailedSend {
 public:
  /// `errors_pending` is set where the socket's error queue may say more. Null: it has no such
  /// queue, so that no error is about another message.
  explicit FailedSend(bool* errors_pending) noexcept : errors_pending_{errors_pending} {}

  /// Returns what it has come to; none: try again.
  [[nodiscard]] std::optional<BatchResult> then(int error) noexcept {
    if (error == EINTR) return std::nullopt;
    if (error == EAGAIN) return BatchResult{IoStatus::would_block, 0, 0};
    const BatchResult failed{IoStatus::failed, 0, error};
    // This host's own firewall dropped this very message: a second one would belie its rules.
    if (error == EPERM || errors_pending_ == nullptr) return failed;
    *errors_pending_ = true;
    // An error that an earlier message brought on was reported instead of sending this one.
    if (std::exchange(again_, false)) return std::nullopt;
    return failed;
  }

 private:
  bool* errors_pending_;
  bool again_ = true;
};

}  // namespace netecho
