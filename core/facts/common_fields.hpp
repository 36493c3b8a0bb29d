#pragma once

/// \file
/// Several events hold these: sockets, payloads, errors, what the network and the kernel said.
/// Types of other rooms have their fields here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/base64.hpp"
#include "core/base/error.hpp"
#include "core/base/escape.hpp"
#include "core/facts/fields.hpp"
#include "core/net/endpoint.hpp"
#include "core/net/icmp_error.hpp"
#include "core/net/path_info.hpp"

namespace netecho {

template <>
struct Fields<SocketDescription> {
  static constexpr std::string_view kName = "socket";
  /// A path that is no text has its bytes beside it.
  static std::optional<std::string> opaque_path(const SocketDescription& s) {
    return s.path && !is_utf8(*s.path) ? std::optional{to_base64(*s.path)} : std::nullopt;
  }
  static void visit(auto&& v, auto&... s) {
    v("uri", s.uri...);
    v("transport", GrowingName{s.transport}...);
    v("socket_type", s.socket_type...);
    v("family", s.family...);
    v("address", s.address...);
    v("port", s.port...);
    v("path", s.path...);
    v("path_base64", opaque_path(s)...);
    v("abstract", s.abstract...);
    v("interface", s.interface...);
  }
};

/// These are bytes to show, cut to the limit that the user set.
struct PayloadSample {
  std::string data;  ///< Raw; at most the limit.
  std::uint64_t size_bytes = 0;
  bool truncated = false;
};

/// A payload's bytes as text, or where they are none, in base64; and which of the two.
struct PayloadText {
  const PayloadSample* of = nullptr;
};
struct PayloadEncoding {
  const PayloadSample* of = nullptr;
};

template <>
struct Fields<PayloadSample> {
  static constexpr std::string_view kName = "payload";
  static void visit(auto&& v, auto&... s) {
    v("encoding", PayloadEncoding{&s}...);
    v("data", PayloadText{&s}...);
    v("size_bytes", s.size_bytes...);
    v("truncated", s.truncated...);
  }
};

struct ErrorEvent {
  std::string operation;
  std::string endpoint;  ///< As typed; may be empty.
  ErrorCategory category = ErrorCategory::internal;
  int error_number = 0;  ///< 0: errno and errno_name are null.
  std::string message;   ///< The whole line, as on stderr, without "netecho: ".
  int exit_code = 70;
  std::optional<IcmpError> icmp{};  ///< What the network said, if that is why.
};
[[nodiscard]] ErrorEvent error_event(const Error& error);

template <>
struct Fields<ErrorEvent> {
  static constexpr std::string_view kType = "error";
  static constexpr std::string_view kName = "error_fields";
  static void visit(auto&& v, auto&... e) {
    v("operation", e.operation...);
    v("endpoint", unless_empty(e.endpoint)...);
    v("category", e.category...);
    v("errno_name", ErrnoName{e.error_number}...);
    v("errno", ErrnoNumber{e.error_number}...);
    v("message", e.message...);
    v("exit_code", ExitCode{e.exit_code}...);
    v("icmp", e.icmp...);
  }
};

template <>
struct Fields<IcmpError> {
  static void visit(auto&& v, auto&... e) {
    v("from", numeric(e.from)...);
    v("type", e.type...);
    v("code", e.code...);
    v("name", name_of(e)...);
  }
};

template <>
struct Fields<TcpInfo> {
  static void visit(auto&& v, auto&... i) {
    v("rtt_ns", i.rtt...);
    v("rttvar_ns", i.rttvar...);
    v("retransmits_total", i.retransmits_total...);
    v("cwnd", i.cwnd...);
    v("mss_bytes", i.mss_bytes...);
    v("path_mtu_bytes", i.path_mtu_bytes...);
  }
};

template <>
struct Fields<MptcpInfo> {
  static void visit(auto&& v, auto&... i) {
    v("fallback", i.fallback...);
    v("subflows", i.subflows...);
  }
};

}  // namespace netecho
