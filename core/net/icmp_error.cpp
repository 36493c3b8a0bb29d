#include "core/net/icmp_error.hpp"

// In front of <linux/icmp.h>, which otherwise brings <linux/if.h> and <linux/in6.h>: the program
// would have two definitions of one type.
#include <net/if.h>
#include <netinet/in.h>

#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/error.hpp"
#include "core/base/fixed_text.hpp"

namespace netecho {
namespace {

constexpr std::array<FixedText<31>, 9> kNamesOfKinds{
    "net-unreachable",      "host-unreachable", "port-unreachable",
    "fragmentation-needed", "prohibited",       "time-exceeded",
    "parameter-problem",    "packet-too-big",   "other"};
constexpr std::array<FixedText<31>, 9> kPhrases{"network unreachable",
                                                "host unreachable",
                                                "port unreachable",
                                                "fragmentation needed",
                                                "administratively prohibited",
                                                "time exceeded",
                                                "parameter problem",
                                                "packet too big",
                                                "ICMP error"};

/// Follows RFC 792 and the codes that RFC 1122 (3.2.2.1) and RFC 1812 (5.2.7.1) added.
IcmpName unreachable_v4(std::uint8_t code) noexcept {
  switch (code) {
    case ICMP_NET_UNREACH:
    case ICMP_NET_UNKNOWN:
    case ICMP_NET_UNR_TOS:
      return IcmpName::net_unreachable;
    case ICMP_HOST_UNREACH:
    case ICMP_HOST_UNKNOWN:
    case ICMP_HOST_ISOLATED:
    case ICMP_HOST_UNR_TOS:
      return IcmpName::host_unreachable;
    case ICMP_PORT_UNREACH:
      return IcmpName::port_unreachable;
    case ICMP_FRAG_NEEDED:
      return IcmpName::fragmentation_needed;
    case ICMP_NET_ANO:
    case ICMP_HOST_ANO:
    case ICMP_PKT_FILTERED:
    case ICMP_PREC_VIOLATION:
    case ICMP_PREC_CUTOFF:
      return IcmpName::prohibited;
    default:
      return IcmpName::other;
  }
}

/// Follows RFC 4443, section 3.1. Codes 5 (ingress or egress policy) and 6 (reject route) are
/// subsets of 1.
IcmpName unreachable_v6(std::uint8_t code) noexcept {
  switch (code) {
    case ICMPV6_NOROUTE:
      return IcmpName::net_unreachable;
    case ICMPV6_ADM_PROHIBITED:
    case ICMPV6_POLICY_FAIL:
    case ICMPV6_REJECT_ROUTE:
      return IcmpName::prohibited;
    case ICMPV6_ADDR_UNREACH:
      return IcmpName::host_unreachable;
    case ICMPV6_PORT_UNREACH:
      return IcmpName::port_unreachable;
    default:
      return IcmpName::other;
  }
}

/// Makes "Message too long" fit within a sentence; what begins with an abbreviation stays.
std::string within_sentence(std::string text) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && is_lower(text[1]))
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

}  // namespace

std::string_view to_string(IcmpName name) noexcept {
  const auto index = static_cast<std::size_t>(name);
  return index < kNamesOfKinds.size() ? std::string_view{kNamesOfKinds[index]} : std::string_view{};
}

IcmpName name_of(const IcmpError& error) noexcept {
  if (error.version == IcmpVersion::v4) {
    switch (error.type) {
      case ICMP_DEST_UNREACH:
        return unreachable_v4(error.code);
      case ICMP_TIME_EXCEEDED:
        return IcmpName::time_exceeded;
      case ICMP_PARAMETERPROB:
        return IcmpName::parameter_problem;
      default:
        return IcmpName::other;
    }
  }
  switch (error.type) {
    case ICMPV6_DEST_UNREACH:
      return unreachable_v6(error.code);
    case ICMPV6_PKT_TOOBIG:
      return IcmpName::packet_too_big;
    case ICMPV6_TIME_EXCEED:
      return IcmpName::time_exceeded;
    case ICMPV6_PARAMPROB:
      return IcmpName::parameter_problem;
    default:
      return IcmpName::other;
  }
}

bool tells_of_loss(const IcmpError& error) noexcept {
  constexpr std::uint8_t kRedirectV6 = 137;  // RFC 4861, section 4.5.
  if (error.version == IcmpVersion::v6) return error.type != kRedirectV6;
  return error.type != ICMP_REDIRECT && error.type != ICMP_SOURCE_QUENCH;
}

std::string_view phrase_of(const IcmpError& error) noexcept {
  return kPhrases[static_cast<std::size_t>(name_of(error))];
}

QueuedError queued_error(msghdr& header) noexcept {
  QueuedError out;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    const bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
    const bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
    // The offender's address lies behind the detail, as SO_EE_OFFENDER has it.
    struct {
      sock_extended_err detail;
      sockaddr_in6 offender;  ///< Room for IPv4's, too.
    } entry{};
    const std::size_t size = c->cmsg_len - CMSG_LEN(0);
    if ((!v4 && !v6) || size < sizeof entry.detail) continue;
    std::memcpy(&entry, CMSG_DATA(c), std::min(size, sizeof entry));
    const sock_extended_err& detail = entry.detail;
    out.error = static_cast<int>(detail.ee_errno);
    if (detail.ee_origin != SO_EE_ORIGIN_ICMP && detail.ee_origin != SO_EE_ORIGIN_ICMP6) continue;
    const bool is_v6 = detail.ee_origin == SO_EE_ORIGIN_ICMP6;
    out.icmp = IcmpError{.from = ip_number(reinterpret_cast<const sockaddr&>(entry.offender)),
                         .type = detail.ee_type,
                         .code = detail.ee_code,
                         .version = is_v6 ? IcmpVersion::v6 : IcmpVersion::v4};
  }
  return out;
}

std::string plain_reason(int error, const std::optional<IcmpError>& icmp) {
  if (!icmp) return within_sentence(errno_text(error));
  return std::string(phrase_of(*icmp)) + ", from " + numeric(icmp->from);
}

std::string reason_text(int error, const std::optional<IcmpError>& icmp) {
  return plain_reason(error, icmp) + " (" + errno_name(error) + ")";
}

}  // namespace netecho
