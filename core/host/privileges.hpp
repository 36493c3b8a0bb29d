#pragma once

/// \file
/// A process becomes another user for good: a port below 1024 or a key file may take root, serving
/// does not.

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace netecho {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;  ///< Its own group.
};

/// Finds the user of this name, or else of this number, in the system's user database. Throws a
/// usage Error if there is none.
[[nodiscard]] User find_user(const std::string& name);

/// Whether this process is that user already, and can be no other one without privileges.
[[nodiscard]] bool is_user(const User& user) noexcept;

/// What of root's rights goes along.
enum class KeptRights : std::uint8_t {
  none,
  raw_sockets,  ///< CAP_NET_RAW: frames, and pings where the system gives them to nobody else.
};

/// Takes the user's identity and group in all threads, leaves every other group and gives up all
/// capabilities but those of `kept`; these stay with this thread and those that it starts. Does
/// nothing if is_user(). Throws Error (permission) if that is not allowed, or if
/// there would be a way back.
void become_user(const User& user, KeptRights kept = KeptRights::none);

/// Whether this process may remove the file at `path`: the folder must be writable to it, and where
/// only owners may remove (the sticky bit of /tmp), it must own the file or the folder.
[[nodiscard]] bool may_remove(const std::string& path);

}  // namespace netecho
