#pragma once

/// \file
/// What is asked of `/probe`, checked before anything is looked up or sent.

#include <variant>

#include "core/http/http_message.hpp"
#include "core/net/target_rules.hpp"
#include "core/report/prometheus_text.hpp"
#include "protocols/grammar/ip_rest.hpp"
#include "protocols/registry.hpp"

namespace netecho {

struct PageProbe {
  Endpoint endpoint;
  IpRest host;
  Duration budget{};  ///< All of it has to be done within.
  Exposition exposition = Exposition::text;
  bool debug = false;  ///< Answer by the summary in words.
};

/// Returns what to do, or the answer to a request that is refused: 400 for parameters that are
/// none, 403 for a target that the rules do not allow and for a page of another site.
[[nodiscard]] std::variant<PageProbe, HttpAnswer> read_page_probe(const HttpRequest& request,
                                                                  const TargetRules& allowed);

}  // namespace netecho
