#pragma once

/// \file
/// What a connect port waits for: sockets under way, the turn of a next address, and news that it
/// has for its caller. All of it makes one descriptor readable.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/base/unique_fd.hpp"
#include "core/base/units.hpp"

namespace netecho {

class ConnectEvents {
 public:
  static constexpr std::size_t kAtOnce = 64;
  enum class Turns : std::uint8_t { none, of_addresses };

  /// Turns::none has no timer: set_turn() must not be called. Throws SysError with `subject`.
  ConnectEvents(Turns turns, const std::string& subject);

  [[nodiscard]] int fd() const noexcept { return epoll_.get(); }
  /// Has poll() tell `id` once, when the connection of `fd` stands or has failed. 0 or an errno.
  [[nodiscard]] int watch(int fd, std::uint64_t id) noexcept;
  struct Ended {
    std::uint64_t id = 0;
    bool has_error = false;  ///< Or there is something in its error queue.
  };
  /// Connections that are over, at most kAtOnce, and when that was seen; valid until the next call.
  struct Over {
    std::span<const Ended> connections;
    Instant at;
  };
  [[nodiscard]] Over poll() noexcept;

  /// fd() is readable from then on; kNever: not for that.
  void set_turn(Instant when) noexcept;
  [[nodiscard]] Instant turn() const noexcept { return turn_; }

  /// There is news: fd() is readable until …
  void tell() noexcept;
  /// … all of it was taken.
  void told() noexcept;

 private:
  void watch_own(int fd, const std::string& subject) const;

  UniqueFd epoll_;
  UniqueFd news_;
  UniqueFd timer_;
  Instant turn_ = kNever;
  bool has_news_ = false;
  std::array<Ended, kAtOnce> over_{};
};

}  // namespace netecho
