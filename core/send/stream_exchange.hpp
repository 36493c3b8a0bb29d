#pragma once

/// \file
/// One exchange over a byte stream reads while it writes, so that no amount of data deadlocks.

#include "core/send/exchange.hpp"

namespace netecho {

[[nodiscard]] ExchangeResult exchange_stream(ByteChannel& channel, PayloadSource& payload,
                                             const ExchangeOptions& options);

}  // namespace netecho
