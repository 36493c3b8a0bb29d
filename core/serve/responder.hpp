#pragma once

/// \file
/// A responder answers a wire format: it decides of each message whether it is answered, and makes
/// the answer in its place. A wire format is a responder and its row in responder.cpp.

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "core/seam/batch.hpp"
#include "core/seam/features.hpp"
#include "core/serve/server_shared.hpp"

namespace netecho {

/// The messages of a batch came in here.
struct MessageSource {
  ServerShared& shared;
  EndpointStats& endpoint;
  const Senders* senders;  ///< Their port names them by it; null: it cannot.

  /// Who sent slot `index` of the batch. Allocates.
  [[nodiscard]] std::optional<SocketDescription> sender(std::size_t index) const {
    return senders != nullptr ? senders->sender(index) : std::nullopt;
  }
};

class Responder {
 public:
  virtual ~Responder() = default;
  /// Called once per batch: marks what is not to be answered (of a train, takes it out), makes the
  /// answers of the rest in place, and counts all of it: received = answered + dropped.
  virtual void prepare(Batch& batch, const MessageSource& source) noexcept = 0;
};

/// An endpoint's handlers are given this; all of it outlives them.
struct ServedEndpoint {
  ServerShared& shared;
  EndpointStats& stats;
  Responder& responder;
};

/// Makes the responder of `wire_format` for one loop; the plain one where the options ask for that.
/// REQUIRES: `wire_format` has a row.
[[nodiscard]] std::unique_ptr<Responder> make_responder(std::string_view wire_format,
                                                        ServerShared& shared);

/// Counts (and traces) a message that gets no answer.
void drop_message(const Slot& slot, std::size_t index, DropReason reason,
                  const MessageSource& source) noexcept;

}  // namespace netecho
