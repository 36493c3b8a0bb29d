// Events with whatever bytes in them: valid JSON that says the same, and text without a control
// character.

#include <nlohmann/json.hpp>

#include "core/base/base64.hpp"
#include "core/report/json.hpp"
#include "core/report/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netecho::fuzz {
namespace {

std::string some_text(Input& in) {
  return std::string{text_of(in.take(in.byte()))};
}

SocketDescription some_socket(Input& in) {
  SocketDescription out;
  out.transport = "unix";
  out.socket_type = SocketType::datagram;
  out.family = AddressFamily::unix_domain;
  const std::string name = some_text(in);
  out.uri = "unixgram://" + name;
  out.path = name;
  out.abstract = in.flag();
  return out;
}

PayloadSample some_payload(Input& in) {
  std::string data = some_text(in);
  const std::uint64_t size = data.size();
  return {std::move(data), size, false};
}

Event some_event(Input& in) {
  switch (in.byte() % 3) {
    case 0:
      return {{},
              DatagramEvent{.endpoint = some_socket(in),
                            .peer = some_socket(in),
                            .rx_bytes = in.number(6),
                            .dropped = std::nullopt,
                            .payload = some_payload(in)}};
    case 1:
      return {{},
              ErrorEvent{.operation = some_text(in),
                         .endpoint = some_text(in),
                         .error_number = in.byte(),
                         .message = some_text(in)}};
    default:
      return {{},
              CloseEvent{.connection = in.number(6),
                         .endpoint = some_socket(in),
                         .peer = some_socket(in),
                         .error = {}}};
  }
}

void payload_comes_back(const nlohmann::json& shown, const PayloadSample& payload) {
  const std::string data = shown.at("data").get<std::string>();
  const bool utf8 = shown.at("encoding") == "utf8";
  require((utf8 ? data : from_base64(data).value_or("?")) == payload.data, "a payload comes back");
}

}  // namespace

void fuzz_one(std::span<const std::byte> input) {
  Input in{input};
  const Event event = some_event(in);
  const std::string line = to_json(event);
  require(line.find('\n') == std::string::npos, "an event is one line");
  const nlohmann::json parsed = nlohmann::json::parse(line, nullptr, false);
  require(!parsed.is_discarded() && parsed.at("schema") == "netecho/1", "it is JSON");
  require(parsed.dump() == nlohmann::json::parse(parsed.dump()).dump(), "and valid UTF-8");
  if (const auto* datagram = std::get_if<DatagramEvent>(&event.body)) {
    payload_comes_back(parsed.at("payload"), *datagram->payload);
  }
  for (const char c : to_text(event, TextStyle{})) {
    require(c == '\n' || static_cast<unsigned char>(c) >= 0x20, "text has no control character");
    require(c != 0x7F, "nor a delete");
  }
}

}  // namespace netecho::fuzz
