// A program of its own: its operator new has only so much to give.

#include <malloc.h>

#include <cerrno>
#include <cstdlib>
#include <new>

#include "core/report/json.hpp"
#include "core/report/json_room.hpp"
#include "tests/core/report/samples.hpp"
#include "tests/support/catch.hpp"

namespace {

std::size_t given = 0;
std::size_t most = SIZE_MAX;

}  // namespace

void* operator new(std::size_t size) {
  while (true) {
    void* const memory = given + size <= most ? std::malloc(size) : nullptr;
    if (memory != nullptr) {
      given += ::malloc_usable_size(memory);
      return memory;
    }
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc{};
    handler();
  }
}
// All kinds: sanitizers see to it that memory goes back to where it came from.
void* operator new[](std::size_t size) {
  return ::operator new(size);
}
void* operator new(std::size_t size, const std::nothrow_t& /*kind*/) noexcept {
  try {
    return ::operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new[](std::size_t size, const std::nothrow_t& kind) noexcept {
  return ::operator new(size, kind);
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) given -= ::malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  ::operator delete(memory);
}
void operator delete[](void* memory) noexcept {
  ::operator delete(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  ::operator delete(memory);
}

namespace netecho {
namespace {

/// What `make()` returns where there is only so much memory; nothing if it says that there is none.
template <typename Make>
std::string with_no_more_than(std::size_t bytes, const Make& make) {
  std::string out;
  most = given + bytes;
  try {
    out = make();
  } catch (const std::bad_alloc&) {
  }
  most = SIZE_MAX;
  return out;
}

/// `told` is told whole with the memory that is set aside for it, and with less not at all.
template <typename Told>
void check_room(const Told& told, std::size_t room) {
  const std::string wanted = to_json(told);
  const auto make = [&] { return to_json(told); };
  const std::string whole = with_no_more_than(room + 64, make);
  CAPTURE(room, whole.size(), wanted.size());
  CHECK((whole == wanted));
  CHECK(with_no_more_than(room - 64, make).size() == 0);
}

void check_room(EventBody body) {
  const std::size_t room = room_for(body);
  check_room(Event{samples::some_time(), std::move(body)}, room);
}

PayloadSample payload(std::size_t size, char byte) {
  return {std::string(size, byte), size, false};
}

TEST_CASE("json: what there was room for is told though there is no memory left",
          "[report][unit]") {
  const std::size_t many = GENERATE(0U, 1U, 30U, 300U);
  CAPTURE(many);
  EndpointStats endpoint;
  endpoint.endpoint = samples::tcp_end();
  endpoint.endpoint.uri += std::string(200, 'x');
  endpoint.rx_messages_total = endpoint.tx_messages_total = endpoint.kernel_drop_buffers_total = 1;
  endpoint.impaired_total.emplace();
  const StatsEvent stats{.endpoints = {many, endpoint}};
  check_room(stats);
  check_room(StoppedEvent{stats, StopReason::signal});

  FamilyFacts family{.number = 45,
                     .pf = "PF_IEEE802154",
                     .af = "AF_IEEE802154",
                     .description = std::string(100, 'x'),
                     .socket_types = {},
                     .schemes = {},
                     .privilege = "CAP_SYS_ADMIN or CAP_NET_ADMIN",
                     .usable = false};
  family.socket_types.resize(5, {KernelType::seqpacket, false, EPROTONOSUPPORT});
  family.schemes.resize(20, "unixpacket-and-more");
  check_room(FamiliesEvent{.families = {many, family}});

  Summary summary;
  summary.target = samples::tcp_end();
  summary.outages.resize(many);
  summary.reasons.resize(many);
  summary.thresholds.resize(many, {.expression = "rtt.p99>1ms", .value = 1.0, .why = "because"});
  check_room(SummaryEvent{summary});
  const std::vector<Summary> targets(many / 10, summary);
  const ResultEvent result{.command = "probe", .targets = targets, .replies = {}, .errors = {}};
  check_room(result, room_for(result));
}

TEST_CASE("json: so are payloads of any bytes", "[report][unit]") {
  const char byte = GENERATE('a', '\x01', '\xFF');
  const std::size_t size = GENERATE(0U, 100U, 65'507U);
  CAPTURE(size);
  DatagramEvent datagram;
  datagram.endpoint = samples::tcp_end();
  datagram.payload = payload(size, byte);
  check_room(datagram);
  ReplyEvent reply;
  reply.target = samples::tcp_end();
  reply.payload = payload(size, byte);
  check_room(reply);
  ResultEvent result;
  result.command = "send";
  result.replies.emplace(20, reply);
  check_room(result, room_for(result));
}

}  // namespace
}  // namespace netecho
