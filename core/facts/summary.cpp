#include "core/facts/summary.hpp"

#include <array>

namespace netecho {
namespace {

constexpr std::array<FixedText<15>, 2> kProbeModes{"echo", "connect"};
constexpr std::array<FixedText<15>, 2> kWaitModes{"block", "spin"};
constexpr std::array<FixedText<15>, 3> kScheduleKinds{"periodic", "poisson", "flood"};

}  // namespace

std::string_view to_string(ProbeMode mode) noexcept {
  return name_in(kProbeModes, mode);
}
std::string_view to_string(WaitMode mode) noexcept {
  return name_in(kWaitModes, mode);
}
std::string_view to_string(ScheduleKind kind) noexcept {
  return name_in(kScheduleKinds, kind);
}

void fill_ratios(Summary& s) noexcept {
  const auto share = [&](std::uint64_t part) -> std::optional<double> {
    const std::uint64_t decided = s.received_total + part;
    if (decided == 0) return std::nullopt;
    return static_cast<double>(part) / static_cast<double>(decided);
  };
  s.unanswered_total = s.lost_total + s.send_error_total + s.no_connection_total;
  s.loss_ratio = share(s.lost_total);
  s.unanswered_ratio = share(s.unanswered_total);
}

}  // namespace netecho
