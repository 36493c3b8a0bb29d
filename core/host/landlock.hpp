#pragma once

/// \file
/// By the kernel's Landlock (landlock(7)) a process gives up files, TCP ports and peers that it
/// does not need. No library is used: glibc has no wrappers, and each kernel knows more than its
/// headers.

#include <cstdint>
#include <string>
#include <vector>

namespace netecho {

/// Whom a server may have to answer.
enum class AbstractPeers : std::uint8_t {
  none,  ///< No unix datagrams are served.
  any,   ///< Replies go to abstract names outside of the sandbox.
};

/// What stays possible.
struct SandboxNeeds {
  std::vector<std::string> files_to_remove{};  ///< The socket files, at the end.
  AbstractPeers peers = AbstractPeers::none;
  /// It answers HTTP, by libevent, and reads what it has open of /proc/self again and again.
  bool metrics = false;
  /// It watches targets, and answers HTTP: makes and connects sockets at any time, looks names up,
  /// and reads these files, and all that is in these folders.
  bool watches = false;
  std::vector<std::string> readable{};
};

/// Restricts this thread, and those it starts from now on, as far as the running kernel can:
/// - opens no file, makes none, removes none but in the folders of `files_to_remove`;
/// - reads only what is `readable`;
/// - since ABI 4 binds and connects no TCP socket, unless it `watches`;
/// - since ABI 6 signals no process outside, and reaches abstract sockets outside only if `needs`.
/// What is open stays open. Returns the ABI. Throws SysError: ENOSYS where the kernel has no
/// Landlock, EOPNOTSUPP where it is switched off.
/// REQUIRES: no_new_privs (or CAP_SYS_ADMIN).
int enter_landlock(const SandboxNeeds& needs);

}  // namespace netecho
