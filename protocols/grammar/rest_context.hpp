#pragma once

/// \file
/// What a transport knows of an endpoint while it reads what stands behind the scheme.

#include <span>
#include <string_view>

#include "core/net/endpoint.hpp"

namespace netecho {

/// An endpoint that is being parsed.
struct RestContext {
  Scheme scheme;                    ///< As typed, or what a bare endpoint means.
  std::span<const Scheme> schemes;  ///< All of the transport, for hints.
  SocketKind kind;                  ///< The transport's.
  Role role = Role::client;
  std::string_view typed;  ///< The whole of it, for messages.
};

}  // namespace netecho
