#pragma once

/// \file
/// The replies of an endpoint leave at once, or over a network that is bad on purpose (--impair).
/// This is chosen once for each endpoint, and nothing else in the server knows which it is.

#include <memory>

#include "core/seam/byte_channel.hpp"
#include "core/seam/message_port.hpp"
#include "core/serve/datagram_endpoint.hpp"
#include "core/serve/server_limits.hpp"

namespace netecho {

struct EndpointImpairment;

/// All functions throw if there is no memory or epoll takes no more descriptors; then nothing is
/// served. A connection owns itself: its finish() deletes it.
class Egress {
 public:
  virtual ~Egress() = default;
  [[nodiscard]] virtual std::unique_ptr<DatagramEndpoint> serve_datagrams(
      std::unique_ptr<MessagePort> port) = 0;
  virtual void serve_stream(ConnectionPermit permit, ByteChannel channel) = 0;
  virtual void serve_records(ConnectionPermit permit, std::unique_ptr<MessagePort> port) = 0;
};

[[nodiscard]] std::unique_ptr<Egress> direct_egress(const ServedEndpoint& endpoint);
/// REQUIRES: `endpoint.stats.impaired_total` is there; `impairment` outlives the egress.
[[nodiscard]] std::unique_ptr<Egress> impaired_egress(const ServedEndpoint& endpoint,
                                                      const EndpointImpairment& impairment);

}  // namespace netecho
