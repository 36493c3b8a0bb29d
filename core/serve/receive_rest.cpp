#include "core/serve/receive_rest.hpp"

#include <utility>

#include "core/facts/common_fields.hpp"

namespace netecho {
namespace {

constexpr Duration kRest = std::chrono::milliseconds{200};

}  // namespace

ReceiveRest::ReceiveRest(ServerShared& shared, const EndpointStats& endpoint,
                         std::function<void()> on_over)
    : shared_{shared}, endpoint_{endpoint}, timer_{shared.reactor.make_timer(std::move(on_over))} {}

bool ReceiveRest::failed(int error) noexcept {
  if (++failures_ < kMaxFailuresInARow) return false;
  // Told once: after each rest the first failure is one too many again.
  if (failures_ == kMaxFailuresInARow) {
    shared_.emit([&] { return error_event(SysError{"receive", endpoint_.endpoint.uri, error}); });
  }
  failures_ = kMaxFailuresInARow;
  timer_->set(shared_.now() + kRest);
  return true;
}

}  // namespace netecho
