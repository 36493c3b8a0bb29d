#include "core/net/endpoint.hpp"

#include <algorithm>

namespace netecho {
namespace {

/// Families of addresses have these names, and so have schemes, of which this file knows nothing.
constexpr std::string_view kUnixFamilyName = "unix";
constexpr std::string_view kPacketFamilyName = "packet";
constexpr std::string_view kIpxFamilyName = "ipx";

std::string to_lower(std::string_view text) {
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

/// Paths, abstract names and bracketed addresses may contain ':' without having a scheme.
bool may_start_scheme(char first) noexcept {
  return first != '/' && first != '.' && first != '@' && first != '[';
}

}  // namespace

std::string_view to_string(SocketType type) noexcept {
  switch (type) {
    case SocketType::stream:
      return "stream";
    case SocketType::datagram:
      return "datagram";
    case SocketType::seqpacket:
      return "seqpacket";
  }
  return "";
}

std::string_view to_string(AddressFamily family) noexcept {
  switch (family) {
    case AddressFamily::ipv4:
      return "ipv4";
    case AddressFamily::ipv6:
      return "ipv6";
    case AddressFamily::unix_domain:
      return kUnixFamilyName;
    case AddressFamily::packet:
      return kPacketFamilyName;
    case AddressFamily::ipx:
      return kIpxFamilyName;
  }
  return "";
}

SplitEndpoint split_scheme(std::string_view text, bool (*is_scheme)(std::string_view lower_case)) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !may_start_scheme(text.front())) {
    return {{}, text, false};
  }
  const std::string_view head = text.substr(0, colon);
  const std::string_view tail = text.substr(colon + 1);
  const bool has_slashes = tail.substr(0, 2) == "//";
  // A '/' before the colon makes it a path that forgot its "./", not a scheme.
  if (has_slashes && head.find('/') == std::string_view::npos) {
    return {to_lower(head), tail.substr(2), true};
  }
  std::string scheme = to_lower(head);
  if (!is_scheme(scheme)) return {{}, text, false};
  return {std::move(scheme), tail, false};
}

}  // namespace netecho
