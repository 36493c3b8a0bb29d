#include "core/send/frame_payload.hpp"

#include <array>
#include <span>
#include <string>

#include "core/base/random.hpp"
#include "core/codec/frame.hpp"
#include "core/send/payload.hpp"

namespace netecho {

std::unique_ptr<PayloadSource> frame_payload(std::uint64_t session, std::uint64_t sequence) {
  std::array<std::byte, kFramePayloadBytes> frame{};
  SplitMix64 bits{session};
  for (std::byte& each : std::span{frame}.subspan(kFrameHeaderBytes)) {
    each = static_cast<std::byte>(bits.next() & 0xFFU);
  }
  FrameHeader header;
  header.length = kFramePayloadBytes;
  header.session = session;
  header.sequence = Sequence{sequence};
  encode_frame(header, frame);
  return literal_payload({reinterpret_cast<const char*>(frame.data()), frame.size()});
}

}  // namespace netecho
