#pragma once

/// \file
/// A client socket's trains of datagrams, by control messages of the test's own (udp(7)).

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace netecho::test {

/// What one receive call gave: `segment` is 0 if it was a single datagram.
struct ReceivedTrain {
  std::string bytes;
  std::size_t segment = 0;
};

/// From now on trains come in whole.
inline void accept_trains(int fd) {
  const int on = 1;
  REQUIRE(::setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) == 0);
}

inline void send_train(int fd, const std::string& bytes, std::size_t segment) {
  const auto size = static_cast<std::uint16_t>(segment);
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof size)> control{};
  iovec payload{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &payload;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr& detail = *CMSG_FIRSTHDR(&header);
  detail.cmsg_level = IPPROTO_UDP;
  detail.cmsg_type = UDP_SEGMENT;
  detail.cmsg_len = CMSG_LEN(sizeof size);
  std::memcpy(CMSG_DATA(&detail), &size, sizeof size);
  REQUIRE(::sendmsg(fd, &header, 0) == static_cast<ssize_t>(bytes.size()));
}

inline ReceivedTrain receive_train(int fd) {
  ReceivedTrain out;
  out.bytes.resize(65'536);
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
  iovec payload{out.bytes.data(), out.bytes.size()};
  msghdr header{};
  header.msg_iov = &payload;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t got = ::recvmsg(fd, &header, 0);
  REQUIRE(got >= 0);
  out.bytes.resize(static_cast<std::size_t>(got));
  const cmsghdr* const detail = CMSG_FIRSTHDR(&header);
  if (detail != nullptr && detail->cmsg_type == UDP_GRO) {
    int size = 0;
    std::memcpy(&size, CMSG_DATA(detail), sizeof size);
    out.segment = static_cast<std::size_t>(size);
  }
  return out;
}

/// The messages of a train of equal segments, the last of which may be shorter.
inline std::vector<std::string> messages_of(const ReceivedTrain& train) {
  std::vector<std::string> out;
  const std::size_t step = train.segment != 0 ? train.segment : train.bytes.size();
  for (std::size_t at = 0; at < train.bytes.size(); at += step) {
    out.push_back(train.bytes.substr(at, step));
  }
  return out;
}

/// As many messages as that, in however many calls.
inline std::vector<std::string> receive_messages(int fd, std::size_t count) {
  std::vector<std::string> out;
  while (out.size() < count) {
    for (std::string& each : messages_of(receive_train(fd))) out.push_back(std::move(each));
  }
  return out;
}

}  // namespace netecho::test
