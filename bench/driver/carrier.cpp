#include "carrier.hpp"

#include "common.hpp"

namespace bench {

void make_room(int fd) noexcept {
  const int room = 4 << 20;  // A full receive buffer would drop what the server did return.
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
}

void attach(int fd, std::vector<sock_filter>& code) {
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  set(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, "SO_ATTACH_FILTER");
}

bool carries(const std::string& scheme) noexcept {
  return scheme == "icmp" || scheme == "icmp-raw" || scheme == "packet" || scheme == "ipx";
}

std::unique_ptr<Carrier> carry(const std::string& scheme, const std::string& rest) {
  if (scheme == "icmp") return carry_by_icmp(rest, IcmpAccess::ping);
  if (scheme == "icmp-raw") return carry_by_icmp(rest, IcmpAccess::raw);
  if (scheme == "packet") return carry_by_ctp(rest);
  return carry_by_ipx(rest);
}

void prepare(msghdr& header, const Carrier& carrier, Answer& answer, iovec* into) noexcept {
  into[0] = {answer.head.data(), carrier.answer_head_bytes()};
  header = {};
  header.msg_name = &answer.from;
  header.msg_namelen = sizeof answer.from;
  header.msg_iov = into;
  header.msg_iovlen = 2;
  header.msg_control = answer.control.data();
  header.msg_controllen = answer.control.size();
}

}  // namespace bench
