#pragma once

/// \file
/// One exchange over a message socket sends one message and awaits one back.

#include "core/send/exchange.hpp"

namespace netecho {

[[nodiscard]] ExchangeResult exchange_message(MessagePort& port, PayloadSource& payload,
                                              const ExchangeOptions& options);

}  // namespace netecho
