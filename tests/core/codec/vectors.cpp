#include "tests/core/codec/vectors.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "core/base/random.hpp"

namespace netecho::test {
namespace {

Bytes parse_bytes(const std::string& text) {
  Bytes bytes;
  if (text == "-") return bytes;
  std::istringstream pieces{text};
  for (std::string piece; std::getline(pieces, piece, '+');) {
    const std::size_t star = piece.find('*');
    const std::size_t repeat = star == std::string::npos ? 1 : std::stoul(piece.substr(star + 1));
    const std::string hex = piece.substr(0, star);
    if (hex.size() % 2 != 0 || hex.find_first_not_of("0123456789abcdef") != std::string::npos) {
      throw std::runtime_error("bad piece " + piece);
    }
    for (std::size_t turn = 0; turn < repeat; ++turn) {
      for (std::size_t at = 0; at < hex.size(); at += 2) {
        bytes.push_back(static_cast<std::byte>(std::stoul(hex.substr(at, 2), nullptr, 16)));
      }
    }
  }
  return bytes;
}

}  // namespace

Bytes Vector::bytes(const std::string& key) const {
  return parse_bytes(text(key));
}

std::vector<Vector> vectors(const std::string& kind) {
  std::ifstream file{NETECHO_FRAME_VECTORS};
  std::vector<Vector> found;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line};
    Vector vector;
    words >> vector.kind >> vector.name;
    if (vector.kind != kind) continue;
    for (std::string field; words >> field;) {
      const std::size_t equals = field.find('=');
      if (equals == std::string::npos) throw std::runtime_error("bad field " + field);
      vector.fields[field.substr(0, equals)] = field.substr(equals + 1);
    }
    found.push_back(vector);
  }
  if (found.empty()) throw std::runtime_error("no vector of kind " + kind);
  return found;
}

Vector vector_named(const std::string& kind, const std::string& name) {
  for (const Vector& vector : vectors(kind)) {
    if (vector.name == name) return vector;
  }
  throw std::runtime_error("no vector " + name);
}

Bytes random_bytes(std::size_t size, std::uint64_t seed) {
  SplitMix64 random{seed};
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
  return bytes;
}

}  // namespace netecho::test
