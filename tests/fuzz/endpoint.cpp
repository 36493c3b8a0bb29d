// The endpoint grammar: what is taken is written canonically and read again as the same; what is
// not is refused in words.

#include "core/base/error.hpp"
#include "protocols/registry.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netecho::fuzz {
namespace {

void parse(std::string_view text, Role role) {
  try {
    const Endpoint endpoint = parse_endpoint(text, role);
    const std::string canonical = endpoint.uri();
    const Endpoint again = parse_endpoint(canonical, role);
    require(again.uri() == canonical, "the canonical form parses to itself");
    require(again.scheme == endpoint.scheme && again.rest == endpoint.rest, "and means the same");
    static_cast<void>(backend_of(endpoint).describe(endpoint));
  } catch (const Error& error) {
    require(error.category() == ErrorCategory::usage, "a mistake is the user's");
    require(error.what() != std::string_view{}, "and is told");
  }
}

}  // namespace

void fuzz_one(std::span<const std::byte> input) {
  const std::string_view text = text_of(input);
  parse(text, Role::serve);
  parse(text, Role::client);
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return;
  if (const auto hint = host_port_hint(text.substr(0, space), text.substr(space + 1))) {
    static_cast<void>(parse_endpoint(*hint, Role::client));  // A hint that is wrong helps nobody.
  }
}

}  // namespace netecho::fuzz
