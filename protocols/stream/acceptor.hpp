#pragma once

/// \file
/// A listening socket of tcp or unix, and what becomes of accept(2)'s many errors.

#include "core/transport.hpp"

namespace netecho {

/// Accepted sockets take the listener's options over (Linux copies them), so accept() sets none.
class StreamAcceptor : public Acceptor {
 public:
  explicit StreamAcceptor(UniqueFd listener) noexcept : listener_{std::move(listener)} {}
  AcceptResult accept(UniqueFd& out) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return listener_.get(); }

 private:
  UniqueFd listener_;
  bool has_accept4_ = true;
};

/// What the errno of a failed accept() means for the listener.
[[nodiscard]] AcceptStatus classify_accept_error(int error) noexcept;

}  // namespace netecho
