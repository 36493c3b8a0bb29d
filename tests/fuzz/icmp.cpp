// What a raw or ping socket may bring: read in two pieces, it is what it is in one, and nothing
// beyond its end is touched.

#include "protocols/icmp/echo_message.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netecho::fuzz {
namespace {

void read_reply(const EchoSocket& socket, std::span<const std::byte> input, MessageCut cut) {
  std::vector<std::byte> message = copy_of(input);
  const std::size_t in_head = std::min(message.size(), head_bytes(socket));
  const std::vector<std::byte> head{message.begin(),
                                    message.begin() + static_cast<std::ptrdiff_t>(in_head)};
  std::vector<std::byte> rest{message.begin() + static_cast<std::ptrdiff_t>(in_head),
                              message.end()};
  const auto reply = read_echo_reply(socket, head, rest, cut);
  if (!reply) return;
  require(reply->bytes <= rest.size(), "its data is within what came");
  std::size_t start = 0;
  if (socket.sees_ip_header())
    start = std::size_t{std::to_integer<unsigned>(message[0]) & 0xFU} * 4;
  const auto echo = std::span{message}.subspan(start);
  require(echo.size() == kEchoHeaderBytes + reply->bytes, "and is all of it");
  require(std::ranges::equal(echo.subspan(kEchoHeaderBytes), std::span{rest}.first(reply->bytes)),
          "as it came");
  require(echo[6] == static_cast<std::byte>(reply->number >> 8U) &&
              echo[7] == static_cast<std::byte>(reply->number & 0xFFU),
          "with the number that it carries");
}

/// The request that an error would quote is ours, and its checksum is right.
void write_request(const EchoSocket& socket, std::span<const std::byte> data) {
  const auto number = static_cast<std::uint16_t>(data.size() * 31);
  const EchoHeader header = echo_request(socket, number, data);
  require(read_echo_quote(socket, header) == number, "a request is told by its number");
}

}  // namespace

void fuzz_one(std::span<const std::byte> input) {
  for (const IcmpVersion version : {IcmpVersion::v4, IcmpVersion::v6}) {
    for (const IcmpAccess access : {IcmpAccess::ping, IcmpAccess::raw}) {
      const EchoSocket socket{version, access, 0x1234};
      for (const MessageCut cut : {MessageCut::no, MessageCut::yes}) read_reply(socket, input, cut);
      static_cast<void>(read_echo_quote(socket, input));
      write_request(socket, input);
    }
  }
}

}  // namespace netecho::fuzz
