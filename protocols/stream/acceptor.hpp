#pragma once

/// \file
/// This is a listening socket of tcp, mptcp or unix, and what becomes of accept(2)'s many errors.

#include <fcntl.h>

#include "core/base/error.hpp"
#include "core/net/source_rules.hpp"
#include "core/seam/acceptor.hpp"
#include "core/seam/served.hpp"
#include "protocols/registry.hpp"

namespace netecho {

/// Accepted sockets take the listener's options over (Linux copies them), so accept() sets none.
class StreamAcceptor : public Acceptor {
 public:
  /// REQUIRES: `listener` is bound.
  StreamAcceptor(UniqueFd listener, SourceRules rules);
  AcceptResult accept(UniqueFd& out) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return listener_.get(); }

 private:
  enum class Kind : std::uint8_t { tcp, mptcp, unix_domain };
  [[nodiscard]] int take(sockaddr_storage& peer) noexcept;
  [[nodiscard]] AcceptResult admit(const sockaddr_storage& peer, UniqueFd& connection) noexcept;

  UniqueFd listener_;
  SourceRules rules_;
  Kind kind_;
  UserRule users_;
  bool has_accept4_ = true;
};

/// Adds to `served`, whose socket accepts from `listener`, what further threads need to accept from
/// the same socket. `make` makes such an acceptor of a descriptor. Throws SysError.
template <typename Make>
void share_listener(Served& served, int listener, const ServeOptions& options, const Make& make) {
  while (served.siblings.size() + 1 < options.threads) {
    const int fd =
        checked("fcntl", "F_DUPFD_CLOEXEC", [&] { return ::fcntl(listener, F_DUPFD_CLOEXEC, 0); });
    served.siblings.emplace_back(make(UniqueFd{fd}));
  }
}

/// Says what the errno of a failed accept() means for the listener.
[[nodiscard]] AcceptStatus classify_accept_error(int error) noexcept;

}  // namespace netecho
