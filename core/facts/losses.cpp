#include "core/facts/losses.hpp"

#include "core/base/error.hpp"

namespace netecho {

std::vector<SendError> send_errors(const std::vector<FailureReason>& reasons) {
  std::vector<SendError> out;
  for (const FailureReason& each : reasons) {
    if (each.status != ReplyStatus::send_error) continue;
    out.push_back({each.error_number != 0 ? errno_name(each.error_number) : "other", each.count});
  }
  return out;
}

}  // namespace netecho
