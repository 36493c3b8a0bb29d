#pragma once

/// \file
/// Files that others read at any time: they are written whole or not at all.

#include <cstdint>
#include <string>
#include <string_view>

namespace netecho {

/// What is to be left of a file that was written just before the machine fails.
enum class AfterPowerLoss : std::uint8_t {
  nothing,     ///< It says something of processes, which are gone, too.
  old_or_new,  ///< All of what it had before, or all of this: waits for the disk.
};

/// Replaces the file, so that a reader sees what it had before or all of `text`. Its mode is what
/// the umask leaves. A pipe, a device or a link stays what it is and is written into (as root, a
/// rename would replace even /dev/stderr), without waiting for a pipe's reader. Throws Error (io).
void write_whole_file(const std::string& path, std::string_view text, AfterPowerLoss left);

/// Throws the Error (io) that write_whole_file() would throw because no file can be made there. For
/// who wants to know before hours of work; leaves nothing behind.
void expect_whole_file(const std::string& path);

}  // namespace netecho
