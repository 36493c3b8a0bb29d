#pragma once

/// \file
/// One run of `/probe`, from the look-up to the answer.

#include "cmd/run/probe_page.hpp"
#include "cmd/run/probe_page_request.hpp"

namespace netecho {

/// Looks the host up once, has the rules judge its addresses, probes the first that they allow, and
/// returns the answer. Takes as long as the budget of `probe`, at most; gives up when `stop_fd`
/// becomes readable. REQUIRES: all signals are blocked in this thread.
[[nodiscard]] HttpAnswer run_page_probe(const PageProbe& probe, const ProbePageOptions& options,
                                        int stop_fd) noexcept;

}  // namespace netecho
