// A message longer than its slot, which the memory of no kernel can be relied on to deliver: a port
// says so of those that begin with "cut".

#include <cstring>

#include "core/measure/impairment.hpp"
#include "core/serve/server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/running_server.hpp"

using namespace netecho;
using namespace netecho::testing;

namespace {

class CuttingPort final : public MessagePort {
 public:
  explicit CuttingPort(std::unique_ptr<MessagePort> port) : port_{std::move(port)} {}

  BatchResult receive(Batch& batch) noexcept override {
    const BatchResult result = port_->receive(batch);
    for (Slot& slot : batch.filled()) {
      slot.truncated = slot.size >= 3 && std::memcmp(slot.data, "cut", 3) == 0;
    }
    return result;
  }
  BatchResult send(Batch& batch) noexcept override { return port_->send(batch); }
  [[nodiscard]] int fd() const noexcept override { return port_->fd(); }
  [[nodiscard]] Features features() noexcept override { return port_->features(); }

 private:
  std::unique_ptr<MessagePort> port_;
};

std::vector<Served> cutting_server() {
  const Endpoint endpoint = parse_endpoint("udp4://127.0.0.1:0", Role::serve);
  std::vector<Served> served = backend_of(endpoint).serve(endpoint, {});
  auto& port = std::get<std::unique_ptr<MessagePort>>(served.front().socket);
  port = std::make_unique<CuttingPort>(std::move(port));
  return served;
}

}  // namespace

TEST_CASE("server: a message that did not fit its slot is counted and never answered",
          "[loopback]") {
  ServerOptions options;
  if (GENERATE(false, true)) options.impairment = parse_impairment("loss=0%").value;
  RunningServer server{cutting_server(), options};
  const UniqueFd client = server.connect();
  for (const std::string each : {"cut short", "whole", "cut", "last"}) {
    REQUIRE(::send(client.get(), each.data(), each.size(), 0) > 0);
  }
  for (const std::string each : {"whole", "last"}) {
    std::string back(64, '\0');
    const ssize_t size = ::recv(client.get(), back.data(), back.size(), 0);
    REQUIRE(size >= 0);
    CHECK(back.substr(0, static_cast<std::size_t>(size)) == each);
  }
  const EndpointStats stats = server.drain().stats.endpoints.front();
  CHECK(stats.rx_messages_total == 4);
  CHECK(stats.tx_messages_total == 2);
  CHECK(stats.dropped_total[static_cast<std::size_t>(DropReason::truncated)] == 2);
}
