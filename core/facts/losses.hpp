#pragma once

/// \file
/// A summary says by these what was not sent or not answered.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.hpp"
#include "core/facts/fields.hpp"
#include "core/facts/reply.hpp"
#include "core/net/icmp_error.hpp"

namespace netecho {

struct LossRuns {
  std::uint64_t count = 0;
  std::uint64_t longest = 0;
  Duration longest_time{};
};

template <>
struct Fields<LossRuns> {
  static void visit(auto&& v, auto&... r) {
    v("count", r.count...);
    v("longest", r.longest...);
    v("longest_ns", r.longest_time...);
  }
};

struct Outage {
  WallTime start{};
  Duration duration{};
  std::uint64_t probes = 0;
};

template <>
struct Fields<Outage> {
  static void visit(auto&& v, auto&... o) {
    v("start", o.start...);
    v("duration_ns", o.duration...);
    v("probes", o.probes...);
  }
};

/// How often a probe was not sent or not answered for one reason.
struct FailureReason {
  ReplyStatus status = ReplyStatus::send_error;  ///< Or refused, unreachable.
  int error_number = 0;                          ///< 0: not known, or one of many.
  std::optional<IcmpError> icmp{};
  std::uint64_t count = 0;
  bool operator==(const FailureReason&) const = default;
};

/// Holds a reason for which probes could not be sent, and how many they were.
struct SendError {
  std::string errno_name;  ///< "other": not known, or one of many.
  std::uint64_t count = 0;
};

template <>
struct Fields<SendError> {
  static void visit(auto&& v, auto&... e) {
    v("errno_name", e.errno_name...);
    v("count", e.count...);
  }
};

[[nodiscard]] std::vector<SendError> send_errors(const std::vector<FailureReason>& reasons);

}  // namespace netecho
