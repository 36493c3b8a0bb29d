#include "core/send/exchange.hpp"

#include "core/send/message_exchange.hpp"
#include "core/send/stream_exchange.hpp"

namespace netecho {

ExchangeResult exchange(Connection& connection, PayloadSource& payload,
                        const ExchangeOptions& options) {
  if (auto* channel = std::get_if<ByteChannel>(&connection.socket)) {
    ExchangeResult result = exchange_stream(*channel, payload, options);
    result.answered = result.received_bytes != 0;
    return result;
  }
  return exchange_message(*std::get<std::unique_ptr<MessagePort>>(connection.socket), payload,
                          options);
}

}  // namespace netecho
