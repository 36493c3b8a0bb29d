#pragma once

/// \file
/// Tells the observer of a run what became of each probe of a flow.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/units.hpp"
#include "core/probe/probe_observer.hpp"
#include "core/probe/prober_context.hpp"

namespace netecho {

/// Why a probe was not sent or not answered, as far as anybody said.
struct Reason {
  int error = 0;
  const IcmpError* icmp = nullptr;
};

/// A message that came, and who sent it.
struct Reply {
  const Slot* message = nullptr;              ///< Null: none came.
  const SocketDescription* sender = nullptr;  ///< Null where it is not known, or nobody is told.
};

class Teller {
 public:
  /// What an outcome tells beyond sequence and status.
  struct Detail {
    std::optional<Instant> sent{};  ///< When it was due, if it was not sent.
    Duration lateness{};
    std::optional<Duration> rtt{};
    std::optional<Duration> response{};
    std::optional<Duration> residence{};
    std::uint64_t ticks = 1;
    bool reordered = false;
    std::uint64_t sent_up_to = 0;
    std::optional<std::uint64_t> server_count{};
    Reply reply{};
    Reason reason{};
  };

  /// What `context` refers to outlives it.
  Teller(const ProberContext& context, const FlowIdentity& identity) noexcept
      : observer_{context.observer},
        target_{identity.target},
        flow_{identity.flow},
        tells_{context.tells_outcomes},
        floods_{context.options.floods()} {}

  /// Whether anybody wants to be told.
  [[nodiscard]] bool tells() const noexcept { return tells_; }
  void tell(Sequence sequence, ReplyStatus status, const Detail& detail) const;

 private:
  ProbeObserver& observer_;
  std::size_t target_;
  std::uint32_t flow_;
  bool tells_;
  bool floods_;
};

}  // namespace netecho
