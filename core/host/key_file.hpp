#pragma once

/// \file
/// Client and server share a key, which comes from a file that only its owner can have written.

#include <memory>
#include <string>

#include "core/codec/auth.hpp"

namespace netecho {

/// Reads the key: the bytes of the file less one final newline, 16 to 1024 of them. The open file
/// must be neither writable by its group nor accessible to others. Blocks on a pipe until its end.
/// Throws Error (io) with all that can be wrong with it. The bytes stay nowhere else.
[[nodiscard]] std::shared_ptr<const AuthKey> read_key_file(const std::string& path);

}  // namespace netecho
