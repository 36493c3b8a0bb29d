#include "core/facts/reply.hpp"

#include <array>

namespace netecho {
namespace {

constexpr std::array<FixedText<15>, 9> kReplyStatuses{"ok",          "timeout",    "late",
                                                      "duplicate",   "mismatch",   "refused",
                                                      "unreachable", "send_error", "skipped"};
constexpr std::array<FixedText<15>, 2> kTimestampSources{"user", "kernel"};

}  // namespace

std::string_view to_string(ReplyStatus status) noexcept {
  return name_in(kReplyStatuses, status);
}
std::string_view to_string(TimestampSource source) noexcept {
  return name_in(kTimestampSources, source);
}

}  // namespace netecho
