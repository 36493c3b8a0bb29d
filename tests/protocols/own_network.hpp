#pragma once

/// \file
/// A network with a cable in it, for transports whose two ends cannot be on one interface.

#include <stdexcept>

#include "core/base/unique_fd.hpp"

namespace netecho::test {

/// Why there is no such network here: it takes root, and the program `ip`.
class NoNetwork : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What this thread opens as long as it lives is in a network namespace of its own, where a cable
/// (veth) joins two interfaces that carry frames. Sockets stay in it when they outlive it.
class OwnNetwork {
 public:
  static constexpr const char* kServerWire = "wire0";
  static constexpr const char* kClientWire = "wire1";

  /// Throws NoNetwork.
  OwnNetwork();
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;
  ~OwnNetwork();

 private:
  explicit OwnNetwork(UniqueFd before) noexcept;

  UniqueFd before_;  ///< The network that this thread goes back to.
};

}  // namespace netecho::test
