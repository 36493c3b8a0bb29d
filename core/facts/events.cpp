#include "core/facts/events.hpp"

#include <array>

namespace netecho {
namespace {

constexpr std::array<FixedText<15>, 8> kCloseReasons{"eof",   "reset", "idle", "stalled",
                                                     "drain", "limit", "auth", "error"};
constexpr std::array<FixedText<15>, 2> kDatagramActions{"echoed", "dropped"};

}  // namespace

std::string_view to_string(CloseReason reason) noexcept {
  return name_in(kCloseReasons, reason);
}
std::string_view to_string(DatagramAction action) noexcept {
  return name_in(kDatagramActions, action);
}

}  // namespace netecho
