#pragma once

/// \file
/// Where one probe asks many, this is what each station that answered came to.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/facts/distributions.hpp"
#include "core/facts/fields.hpp"

namespace netecho {

struct StationFigures {
  std::string address;
  std::uint64_t received_total = 0;   ///< Probes that it answered in time.
  std::uint64_t duplicate_total = 0;  ///< Further answers to the same probes.
  LatencyFigures rtt{};
};

template <>
struct Fields<StationFigures> {
  static void visit(auto&& v, auto&... s) {
    v("address", s.address...);
    v("received_total", s.received_total...);
    v("duplicate_total", s.duplicate_total...);
    v("rtt_ns", s.rtt...);
  }
};

}  // namespace netecho
