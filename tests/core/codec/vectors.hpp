#pragma once

/// \file
/// Reads frame-vectors.txt (its own head describes the line format).

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace netecho::test {

using Bytes = std::vector<std::byte>;

/// One line: its kind, its name and its fields.
struct Vector {
  std::string kind;
  std::string name;
  std::map<std::string, std::string> fields;

  [[nodiscard]] const std::string& text(const std::string& key) const { return fields.at(key); }
  [[nodiscard]] std::uint64_t number(const std::string& key, int base = 10) const {
    return std::stoull(fields.at(key), nullptr, base);
  }
  [[nodiscard]] Bytes bytes(const std::string& key) const;
};

/// The lines of one kind; throws when there is none, or when a line cannot be read.
[[nodiscard]] std::vector<Vector> vectors(const std::string& kind);

/// The one of that kind with that name.
[[nodiscard]] Vector vector_named(const std::string& kind, const std::string& name);

/// `size` reproducible bytes.
[[nodiscard]] Bytes random_bytes(std::size_t size, std::uint64_t seed);

}  // namespace netecho::test
