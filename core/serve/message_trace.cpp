#include "core/serve/message_trace.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <string>

#include "core/base/mac_address.hpp"

namespace netecho {
namespace {

DatagramEvent datagram_event(const Slot& slot, std::size_t index, std::optional<DropReason> dropped,
                             const MessageSource& source) {
  DatagramEvent event{.endpoint = source.endpoint.endpoint,
                      .peer = source.sender(index),
                      .rx_bytes = slot.size,
                      .dropped = dropped,
                      .payload = {}};
  if (const std::size_t limit = source.shared.options.show_payload_bytes; limit != 0) {
    const std::size_t shown = std::min<std::size_t>(limit, slot.size);
    std::string data(shown, '\0');
    if (shown != 0) std::memcpy(data.data(), slot.data, shown);
    event.payload = PayloadSample{std::move(data), slot.size, shown < slot.size};
  }
  return event;
}

/// Whose messages share the rate: a station of a link, or a network.
std::string limited_source(const Slot& slot, std::size_t index, const MessageSource& source) {
  if ((slot.source_prefix & kStationPrefix) != 0) {
    return to_string(MacAddress::of_number(slot.source_prefix));
  }
  const auto peer = source.sender(index);
  const bool v6 = peer && peer->family == AddressFamily::ipv6;
  return (v6 ? "the /56 of " : "the /24 of ") + (peer ? peer->address.value_or("?") : "?");
}

}  // namespace

void trace_message(const Slot& slot, std::size_t index, std::optional<DropReason> dropped,
                   const MessageSource& source) noexcept {
  source.shared.emit([&] { return datagram_event(slot, index, dropped, source); });
}

void tell_of_rate(const Slot& slot, std::size_t index, const MessageSource& source) noexcept try {
  const ServerOptions& options = source.shared.options;
  if (options.warn == nullptr) return;
  if (!source.shared.limits.tells_of_rate(slot.source_prefix, slot.at)) return;
  const std::int64_t rate = std::chrono::nanoseconds{std::chrono::seconds{1}} /
                            std::max<Duration>(options.reply_interval, Duration{1});
  options.warn(source.endpoint.endpoint.uri + ": drops what " +
               limited_source(slot, index, source) + " sends beyond " + std::to_string(rate) +
               " a second (--udp-max-rate)");
} catch (const std::exception&) {  // No memory for it: it is counted all the same.
}

}  // namespace netecho
