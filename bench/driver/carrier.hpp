/// \file
/// A message that is no datagram of a port travels in something: an ICMP echo, a frame of Ethernet.
/// The sockets have the options, and the filters in the kernel, that netecho's clients have.
#pragma once

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common.hpp"

namespace bench {

/// A socket, and the head that each message on it has.
class Carrier {
 public:
  static constexpr std::size_t kMostHeadBytes = 32;
  using Head = std::array<char, kMostHeadBytes>;

  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;
  virtual ~Carrier() = default;

  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// Where each message goes; of no size if the socket is connected.
  [[nodiscard]] const sockaddr_storage& to() const noexcept { return to_; }
  [[nodiscard]] socklen_t to_size() const noexcept { return to_size_; }
  /// Bytes in front of what is sent, and of what comes back.
  [[nodiscard]] std::size_t head_bytes() const noexcept { return head_bytes_; }
  [[nodiscard]] std::size_t answer_head_bytes() const noexcept { return answer_head_bytes_; }

  virtual void write_head(char* head, std::uint64_t sequence, const char* message,
                          std::size_t size) const noexcept = 0;
  /// Whether this head is of the answer to message number `sequence`.
  [[nodiscard]] virtual bool is_answer(const char* head, std::uint64_t sequence) const noexcept = 0;

 protected:
  Carrier(int fd, std::size_t head_bytes, std::size_t answer_head_bytes) noexcept
      : fd_{fd}, head_bytes_{head_bytes}, answer_head_bytes_{answer_head_bytes} {}
  template <typename Address>
  void send_to(const Address& address) noexcept {
    reinterpret_cast<Address&>(to_) = address;
    to_size_ = sizeof address;
  }

 private:
  int fd_;
  std::size_t head_bytes_;
  std::size_t answer_head_bytes_;
  sockaddr_storage to_{};
  socklen_t to_size_ = 0;
};

/// packet://INTERFACE/MAC and ipx://INTERFACE/MAC, of an interface whose name begins with nb;
/// icmp://ADDRESS (a ping socket) and icmp-raw://ADDRESS, of 198.18.0.0/15.
[[nodiscard]] bool carries(const std::string& scheme) noexcept;
/// REQUIRES: carries(scheme).
[[nodiscard]] std::unique_ptr<Carrier> carry(const std::string& scheme, const std::string& rest);

/// An answer in two pieces: its head, and the message behind it.
struct Answer {
  Carrier::Head head;
  /// Room for what the kernel tells of a message: a hop limit, a VLAN, a count of drops.
  alignas(cmsghdr) std::array<char, 256> control;
  sockaddr_storage from;
};
/// What a call of recvmsg(2) needs for it; `into` has two pieces, the second for the message.
void prepare(msghdr& header, const Carrier& carrier, Answer& answer, iovec* into) noexcept;

// What carry() knows.
enum class IcmpAccess : std::uint8_t { ping, raw };
std::unique_ptr<Carrier> carry_by_icmp(const std::string& host, IcmpAccess access);
std::unique_ptr<Carrier> carry_by_ctp(const std::string& rest);
std::unique_ptr<Carrier> carry_by_ipx(const std::string& rest);

// What they have in common.
template <typename T>
void set(int fd, int level, int name, const T& value, const char* what) {
  if (::setsockopt(fd, level, name, &value, sizeof value) != 0) fail_errno(what);
}
void make_room(int fd) noexcept;
void attach(int fd, std::vector<sock_filter>& code);
constexpr sock_filter statement(unsigned code, std::uint32_t value) {
  return {static_cast<std::uint16_t>(code), 0, 0, value};
}
/// Skips so many statements where the value is this one, and where it is another.
constexpr sock_filter jump_if(std::uint32_t value, unsigned char same, unsigned char other) {
  return {BPF_JMP | BPF_JEQ | BPF_K, same, other, value};
}

}  // namespace bench
