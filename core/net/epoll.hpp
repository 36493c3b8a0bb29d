#pragma once

/// \file
/// An epoll set that waits to the nanosecond where the kernel can.

#include <sys/epoll.h>

#include <cstdint>
#include <ctime>
#include <optional>
#include <span>

#include "core/base/unique_fd.hpp"
#include "core/base/units.hpp"

namespace netecho {

[[nodiscard]] timespec to_timespec(Duration duration) noexcept;

class Epoll {
 public:
  Epoll();

  /// `data` comes back as epoll_event::data.ptr. Throws SysError.
  void add(int fd, std::uint32_t events, void* data);
  /// REQUIRES: `fd` was added. Anything else is a bug that would hang silently: it aborts.
  void modify(int fd, std::uint32_t events, void* data) noexcept;
  void remove(int fd) noexcept;

  /// Waits at most `timeout` (none: forever), and returns how many events came. It is 0 before the
  /// time is over if a signal ended the wait, or a failure that may pass. Throws SysError if the
  /// failure does not pass.
  [[nodiscard]] int wait(std::span<epoll_event> events, std::optional<Duration> timeout);

  /// The kernel counts waits in units of this, and may end them so much later than asked: zero, or
  /// a millisecond where epoll_pwait2(2) is missing (it came with Linux 5.11).
  [[nodiscard]] Duration granularity() const noexcept;

 private:
  [[nodiscard]] int wait_once(std::span<epoll_event> events,
                              std::optional<Duration> timeout) noexcept;

  UniqueFd fd_;
  bool has_nanosecond_wait_;
  int failures_ = 0;  ///< In a row.
};

}  // namespace netecho
