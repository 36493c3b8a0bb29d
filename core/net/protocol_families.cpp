#include "core/net/protocol_families.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "core/base/unique_fd.hpp"

namespace netecho {
namespace {

// Protocols of <linux/pfkeyv2.h> and <linux/can.h>: without one there is no such socket.
constexpr int kKeysVersion2 = 2;
constexpr int kCanRaw = 1;
constexpr int kCanBroadcastManager = 2;

// IPPROTO_RAW only sends, so that nothing of others comes in while it is open.
constexpr std::array kOfIp{SocketTry{KernelType::stream}, SocketTry{KernelType::datagram},
                           SocketTry{KernelType::raw, IPPROTO_RAW}};
constexpr std::array kOfLocal{SocketTry{KernelType::stream}, SocketTry{KernelType::datagram},
                              SocketTry{KernelType::seqpacket}};
// Protocol 0: such a socket receives no frame.
constexpr std::array kOfPacket{SocketTry{KernelType::datagram}, SocketTry{KernelType::raw}};
constexpr std::array kOfIpx{SocketTry{KernelType::datagram}};
constexpr std::array kOfKeys{SocketTry{KernelType::raw, kKeysVersion2}};
constexpr std::array kOfCan{SocketTry{KernelType::datagram, kCanBroadcastManager},
                            SocketTry{KernelType::raw, kCanRaw}};
constexpr std::array kOfRxrpc{SocketTry{KernelType::datagram, PF_INET}};
constexpr std::array kEvery{SocketTry{KernelType::stream}, SocketTry{KernelType::datagram},
                            SocketTry{KernelType::raw}, SocketTry{KernelType::rdm},
                            SocketTry{KernelType::seqpacket}};

constexpr std::string_view kRawPackets = "CAP_NET_RAW";
constexpr std::string_view kAdministration = "CAP_NET_ADMIN";
constexpr std::string_view kModems = "CAP_SYS_ADMIN or CAP_NET_ADMIN";

// Its number and its name.
#define NETECHO_FAMILY(family) .number = PF_##family, .name = #family

constexpr ProtocolFamily kFamilies[] = {
    {NETECHO_FAMILY(INET), .description = "IPv4", .tries = SocketTries::ip,
     .addresses = AddressFamily::ipv4},
    {NETECHO_FAMILY(INET6), .description = "IPv6", .tries = SocketTries::ip,
     .addresses = AddressFamily::ipv6},
    {NETECHO_FAMILY(LOCAL), .description = "this host alone, by path or name (PF_UNIX)",
     .tries = SocketTries::local, .addresses = AddressFamily::unix_domain},
    {NETECHO_FAMILY(PACKET), .description = "frames of an interface, below IP",
     .privilege = kRawPackets, .tries = SocketTries::packet, .addresses = AddressFamily::packet},
    {NETECHO_FAMILY(IPX), .description = "Novell's IPX, in user space over PF_PACKET",
     .privilege = kRawPackets, .tries = SocketTries::ipx, .addresses = AddressFamily::ipx,
     .carrier = PF_PACKET},
    {NETECHO_FAMILY(AX25), .description = "AX.25, amateur radio"},
    {NETECHO_FAMILY(APPLETALK), .description = "AppleTalk (DDP)"},
    {NETECHO_FAMILY(NETROM), .description = "NET/ROM, amateur radio"},
    {NETECHO_FAMILY(BRIDGE), .description = "bridges (PF_NETLINK)"},
    {NETECHO_FAMILY(ATMPVC), .description = "ATM permanent circuits"},
    {NETECHO_FAMILY(X25), .description = "X.25 packet layer"},
    {NETECHO_FAMILY(ROSE), .description = "X.25 of amateur radio"},
    {NETECHO_FAMILY(DECnet), .description = "DECnet, dropped by Linux"},
    {NETECHO_FAMILY(NETBEUI), .description = "reserved for NetBEUI"},
    {NETECHO_FAMILY(SECURITY), .description = "a number only"},
    {NETECHO_FAMILY(KEY), .description = "keys of IPsec (RFC 2367)", .privilege = kAdministration,
     .tries = SocketTries::keys},
    {NETECHO_FAMILY(NETLINK), .description = "the kernel (PF_ROUTE)"},
    {NETECHO_FAMILY(ASH), .description = "a number only"},
    {NETECHO_FAMILY(ECONET), .description = "Acorn Econet, dropped by Linux"},
    {NETECHO_FAMILY(ATMSVC), .description = "ATM switched circuits"},
    {NETECHO_FAMILY(RDS), .description = "reliable datagrams"},
    {NETECHO_FAMILY(SNA), .description = "IBM SNA, a number only"},
    {NETECHO_FAMILY(IRDA), .description = "infrared, dropped by Linux"},
    {NETECHO_FAMILY(PPPOX), .description = "PPP over Ethernet"},
    {NETECHO_FAMILY(WANPIPE), .description = "Wanpipe cards, dropped by Linux"},
    {NETECHO_FAMILY(LLC), .description = "IEEE 802.2 LLC", .privilege = kRawPackets},
    {NETECHO_FAMILY(IB), .description = "InfiniBand addresses"},
    {NETECHO_FAMILY(MPLS), .description = "MPLS routes"},
    {NETECHO_FAMILY(CAN), .description = "CAN, a bus of vehicles", .tries = SocketTries::can},
    {NETECHO_FAMILY(TIPC), .description = "messages of a cluster"},
    {NETECHO_FAMILY(BLUETOOTH), .description = "Bluetooth"},
    {NETECHO_FAMILY(IUCV), .description = "guests of z/VM"},
    {NETECHO_FAMILY(RXRPC), .description = "remote calls of AFS", .tries = SocketTries::rxrpc},
    {NETECHO_FAMILY(ISDN), .description = "modular ISDN", .privilege = kRawPackets},
    {NETECHO_FAMILY(PHONET), .description = "Nokia's modems", .privilege = "CAP_SYS_ADMIN"},
    {NETECHO_FAMILY(IEEE802154), .description = "low-power radio"},
    {NETECHO_FAMILY(CAIF), .description = "ST-Ericsson's modems", .privilege = kModems},
    {NETECHO_FAMILY(ALG), .description = "ciphers of the kernel"},
    {NETECHO_FAMILY(NFC), .description = "near-field radio"},
    {NETECHO_FAMILY(VSOCK), .description = "virtual machines"},
    {NETECHO_FAMILY(KCM), .description = "messages over TCP"},
    {NETECHO_FAMILY(QIPCRTR), .description = "Qualcomm's processors"},
    {NETECHO_FAMILY(SMC), .description = "TCP by shared memory"},
    {NETECHO_FAMILY(XDP), .description = "frames in shared rings", .privilege = kRawPackets},
    {NETECHO_FAMILY(MCTP), .description = "component management"},
};
#undef NETECHO_FAMILY

int native_type(KernelType type) noexcept {
  constexpr std::array kNatives{SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET};
  return kNatives[static_cast<std::size_t>(type)];
}

}  // namespace

std::string_view to_string(KernelType type) noexcept {
  constexpr std::array<std::string_view, 5> kNames{"stream", "datagram", "raw", "rdm", "seqpacket"};
  const auto index = static_cast<std::size_t>(type);
  return index < kNames.size() ? kNames[index] : std::string_view{};
}

std::span<const SocketTry> calls_of(SocketTries tries) noexcept {
  switch (tries) {
    case SocketTries::ip:
      return kOfIp;
    case SocketTries::local:
      return kOfLocal;
    case SocketTries::packet:
      return kOfPacket;
    case SocketTries::ipx:
      return kOfIpx;
    case SocketTries::keys:
      return kOfKeys;
    case SocketTries::can:
      return kOfCan;
    case SocketTries::rxrpc:
      return kOfRxrpc;
    case SocketTries::every:
      break;
  }
  return kEvery;
}

std::span<const ProtocolFamily> protocol_families() noexcept {
  return kFamilies;
}

int try_socket(int family, const SocketTry& attempt) noexcept {
  const UniqueFd fd{::socket(family, native_type(attempt.type) | SOCK_CLOEXEC, attempt.protocol)};
  return fd.valid() ? 0 : errno;
}

}  // namespace netecho
