#pragma once

/// \file
/// Sends what a responder has made of a batch, and counts exactly what is answered and what is
/// dropped for which reason: received = echoed + dropped.

#include "core/serve/responder.hpp"

namespace netecho {

/// How far sending got.
enum class Sending : std::uint8_t {
  caught_up,    ///< All that may leave has left, or was dropped.
  socket_full,  ///< The rest waits until the socket is writable.
  closed,       ///< The peer is gone.
};

/// Sends what is left of `batch`; a message that cannot be sent is dropped and counted. After
/// `closed` all of them are.
[[nodiscard]] Sending send_answers(Batch& batch, MessagePort& port,
                                   const MessageSource& source) noexcept;
/// Drops and counts what is left of `batch`: it was received and will never be sent.
void drop_unsent(Batch& batch, DropReason reason, const MessageSource& source) noexcept;

/// Counts what has left, and traces it: slots [first, next), except those marked.
void count_answers(const BatchResult& sent, Batch& batch, std::size_t first,
                   const MessageSource& source) noexcept;
/// Says why a message whose send failed was dropped.
[[nodiscard]] DropReason send_drop_reason(int error) noexcept;

}  // namespace netecho
