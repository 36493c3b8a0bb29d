#pragma once

/// \file
/// Two things are told of single messages: `datagram` events where a trace asks for them, and the
/// warning that a network is limited.

#include <optional>

#include "core/serve/responder.hpp"

namespace netecho {

/// Emits an event for slot `index` of the last batch; `dropped`: why it gets no answer.
void trace_message(const Slot& slot, std::size_t index, std::optional<DropReason> dropped,
                   const MessageSource& source) noexcept;

/// Warns that the source of slot `index` is limited, when that is news: what is dropped here looks
/// like the network's loss to the peer. The warning names what shares the rate: a network, or on a
/// link the MAC address that frames come from.
void tell_of_rate(const Slot& slot, std::size_t index, const MessageSource& source) noexcept;

}  // namespace netecho
