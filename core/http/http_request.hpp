#pragma once

/// \file
/// Reads what libevent's parser made of a request, and says what is refused whatever is asked for.

#include "core/http/http_message.hpp"

struct evhttp_request;

namespace netecho {

class SocketAddress;

/// Returns the answer if the request is refused, otherwise fills in `out`: another method (405), a
/// body (413), a query that is none or a repeated Host (400), or on a loopback listener a Host
/// other than its own (421).
[[nodiscard]] std::optional<HttpAnswer> read_request(evhttp_request* request,
                                                     const SocketAddress& listener,
                                                     HttpRequest& out);

/// Whether a Host header may name a listener: any may, unless that is a loopback address, where
/// only its number and localhost do, with any port. A page of a stranger may have its own name
/// resolve to such an address, but its browser tells that name.
[[nodiscard]] bool host_allowed(std::string_view host, const SocketAddress& listener);

}  // namespace netecho
