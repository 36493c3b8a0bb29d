#pragma once

/// \file
/// What a user is told whose endpoint does not parse.

#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "protocols/registry.hpp"
#include "tests/support/catch.hpp"

namespace netecho::test {

/// The whole line; empty if it parses.
inline std::string parse_refusal(std::string_view typed, Role role = Role::client) {
  try {
    static_cast<void>(parse_endpoint(typed, role));
    return {};
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::usage);
    return error.what();
  }
}

}  // namespace netecho::test
