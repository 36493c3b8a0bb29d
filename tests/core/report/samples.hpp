#pragma once

/// \file
/// One of everything that netecho reports: each type with nothing measured, and with everything.

#include <string>
#include <vector>

#include "core/facts/events.hpp"

namespace netecho::samples {

/// 2026-11-23T06:21:40.123456789Z.
[[nodiscard]] WallTime some_time();
[[nodiscard]] SocketDescription tcp_end(std::uint16_t port = 12345);
[[nodiscard]] SocketDescription unix_end(const std::string& path);
[[nodiscard]] LatencyFigures all_latencies();
/// Administratively prohibited, from 192.0.2.1.
[[nodiscard]] IcmpError some_icmp();
[[nodiscard]] Summary bare_summary();
[[nodiscard]] Summary full_summary();
[[nodiscard]] ReplyEvent full_reply();
[[nodiscard]] EndpointStats full_endpoint_stats();
[[nodiscard]] ErrorEvent some_error();
/// Families that are there, refused to this user, lacking, and not tried.
[[nodiscard]] FamiliesEvent some_families();

/// Bytes that no reader should meet as they are: NUL, ESC, DEL, a C1 control, a line separator, a
/// bidirectional override, a surrogate in UTF-8's clothes, an overlong slash, a lone lead byte.
[[nodiscard]] std::string hostile_bytes();

/// Every type, bare and full, and extreme: hostile text, the largest integers, no finite numbers.
[[nodiscard]] std::vector<Event> all_events();
[[nodiscard]] std::vector<ResultEvent> all_results();

}  // namespace netecho::samples
