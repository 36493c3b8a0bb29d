#pragma once

/// \file
/// What `/probe` says of one short run by the names that the blackbox exporter has, so that rules
/// and dashboards made for it go on.

#include <optional>
#include <string>

#include "core/base/units.hpp"
#include "core/net/endpoint.hpp"
#include "core/report/prometheus_text.hpp"

namespace netecho {

struct PageProbeFigures {
  bool success = false;
  Duration took{};                        ///< All of it, the look-up included.
  std::optional<Duration> lookup{};       ///< None: the address was typed.
  std::optional<AddressFamily> family{};  ///< The probed address's; none: there was none.
};

void append_page_probe(std::string& out, const PageProbeFigures& figures, Exposition exposition);

}  // namespace netecho
