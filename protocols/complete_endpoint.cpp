#include "protocols/registry.hpp"

namespace netecho {
namespace {

bool has_backend(std::string_view scheme) {
  return find_backend(scheme) != nullptr;
}

bool may_be_path(std::string_view prefix) {
  return prefix.starts_with('/') || prefix.starts_with('.') || prefix.starts_with('@');
}

/// Adds how `before` and a partly typed rest go on.
void add_rests(std::vector<std::string>& out, const Backend& backend, Role role,
               std::string_view before, std::string_view rest) {
  const auto add = [&](std::vector<std::string> (*complete)(std::string_view)) {
    if (complete == nullptr || !backend.has_side(role)) return;
    for (const std::string& word : complete(rest)) out.push_back(std::string{before} + word);
  };
  add(backend.complete);
  if (role == Role::client) add(backend.complete_peer);
}

void add_schemes(std::vector<std::string>& out, const Backend& backend, Role role,
                 std::string_view prefix) {
  if (!backend.has_side(role)) return;
  for (const Scheme& scheme : backend.schemes) {
    // Descriptors are written fd:3; every other scheme with its slashes.
    const char* end = backend.capabilities.inherited ? ":" : "://";
    std::string word = std::string{scheme.text} + end;
    if (word.starts_with(prefix)) out.push_back(std::move(word));
  }
}

}  // namespace

std::vector<std::string> complete_endpoint(std::string_view prefix, Role role) {
  std::vector<std::string> out;
  const SplitEndpoint split = split_scheme(prefix, has_backend);
  if (const Backend* backend = find_backend(split.scheme); backend != nullptr) {
    const std::string_view before = prefix.substr(0, prefix.size() - split.rest.size());
    add_rests(out, *backend, role, before, split.rest);
    return out;
  }
  for (const Backend& backend : backends()) add_schemes(out, backend, role, prefix);
  if (may_be_path(prefix)) add_rests(out, *find_backend("unix"), role, {}, prefix);
  return out;
}

}  // namespace netecho
