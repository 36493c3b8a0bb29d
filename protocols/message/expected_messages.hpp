#pragma once

/// \file
/// Whether the next call should ask for one message or for several: recvmmsg() looks for a second
/// message before it returns the first, and recvmsg() takes one of a thousand that wait.

#include <algorithm>

namespace netecho {

/// Told what each call found, it expects the same of the next ones. Who has one message outstanding
/// finds one each time, however many there were in a row: a call for several that finds one makes
/// the next such call come later, at most after `kMostPatience` single messages.
class ExpectedMessages {
 public:
  /// Whether one message is expected.
  [[nodiscard]] bool one() const noexcept { return singles_ < patience_; }

  void none_found() noexcept { singles_ = 0; }

  /// By a call for one message.
  void one_found() noexcept { ++singles_; }

  /// By a call for several.
  void found(int messages) noexcept {
    if (messages > 1) {
      patience_ = kLeastPatience;
      return;
    }
    singles_ = 0;
    if (messages == 1) patience_ = std::min(2 * patience_, kMostPatience);
  }

 private:
  static constexpr unsigned kLeastPatience = 2;
  static constexpr unsigned kMostPatience = 64;

  unsigned patience_ = kLeastPatience;
  unsigned singles_ = 0;  ///< Found by calls for one, since a call found none.
};

}  // namespace netecho
