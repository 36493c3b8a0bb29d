#include "core/facts/server_stats.hpp"

namespace netecho {
namespace {

constexpr std::array<FixedText<31>, kDropReasonCount> kDropReasons{"source_port",
                                                                   "loop",
                                                                   "multicast",
                                                                   "rate",
                                                                   "auth",
                                                                   "truncated",
                                                                   "ttl",
                                                                   "no_return_address",
                                                                   "peer_queue_full",
                                                                   "send_error",
                                                                   "not_allowed",
                                                                   "impaired"};
constexpr std::array<FixedText<31>, 3> kStopReasons{"signal", "max_accepts", "error"};

}  // namespace

std::string_view to_string(DropReason reason) noexcept {
  return name_in(kDropReasons, reason);
}
std::string_view to_string(StopReason reason) noexcept {
  return name_in(kStopReasons, reason);
}

}  // namespace netecho
