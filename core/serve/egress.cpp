#include "core/serve/egress.hpp"

#include <utility>

#include "core/serve/impaired_records.hpp"
#include "core/serve/impaired_stream.hpp"
#include "core/serve/record_echo.hpp"
#include "core/serve/stream_echo.hpp"

namespace netecho {
namespace {

class DirectEgress final : public Egress {
 public:
  explicit DirectEgress(const ServedEndpoint& endpoint) : endpoint_{endpoint} {}

  std::unique_ptr<DatagramEndpoint> serve_datagrams(std::unique_ptr<MessagePort> port) override {
    return direct_datagrams(endpoint_, std::move(port));
  }
  void serve_stream(ConnectionPermit permit, ByteChannel channel) override {
    new StreamConnection{endpoint_, std::move(permit), std::move(channel)};
  }
  void serve_records(ConnectionPermit permit, std::unique_ptr<MessagePort> port) override {
    new DirectRecords{endpoint_, std::move(permit), std::move(port)};
  }

 private:
  ServedEndpoint endpoint_;
};

class ImpairedEgress final : public Egress {
 public:
  ImpairedEgress(const ServedEndpoint& endpoint, const EndpointImpairment& impairment)
      : endpoint_{endpoint}, impairment_{impairment} {}

  std::unique_ptr<DatagramEndpoint> serve_datagrams(std::unique_ptr<MessagePort> port) override {
    return impaired_datagrams(endpoint_, impairment_, std::move(port));
  }
  void serve_stream(ConnectionPermit permit, ByteChannel channel) override {
    ImpairedStream::start(endpoint_, impairment_, std::move(permit), std::move(channel));
  }
  void serve_records(ConnectionPermit permit, std::unique_ptr<MessagePort> port) override {
    ImpairedRecords::start(endpoint_, impairment_, std::move(permit), std::move(port));
  }

 private:
  ServedEndpoint endpoint_;
  const EndpointImpairment& impairment_;
};

}  // namespace

std::unique_ptr<Egress> direct_egress(const ServedEndpoint& endpoint) {
  return std::make_unique<DirectEgress>(endpoint);
}

std::unique_ptr<Egress> impaired_egress(const ServedEndpoint& endpoint,
                                        const EndpointImpairment& impairment) {
  return std::make_unique<ImpairedEgress>(endpoint, impairment);
}

}  // namespace netecho
