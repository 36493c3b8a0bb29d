#include "cmd/run/version.hpp"

#include <gnu/libc-version.h>

#include "core/base/build_info.hpp"
#include "protocols/registry.hpp"

namespace netecho {
namespace {

// CMake defines NETECHO_LIBRARIES, NETECHO_LINKED and NETECHO_INSTRUMENTS.
#ifdef __clang__
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "GCC " __VERSION__;
#endif

std::string features() {
  std::string out;
  for (const std::string_view name : transport_names()) out.append(name).append(" ");
  out += "hmac-sha256 hdr seccomp landlock " NETECHO_LINKED;
  const std::string_view instruments = NETECHO_INSTRUMENTS;
  if (!instruments.empty()) out.append(" ").append(instruments);
  return out;
}

}  // namespace

std::string version_text(VersionAmount amount) {
  const BuildInfo build = build_info();
  std::string out = "netecho " + std::string{build.version} + "\n";
  out += "commit:    " + std::string{build.commit} + "\n";
  out += "compiler:  " + std::string{kCompiler} + "\n";
  out += "features:  " + features() + "\n";
  if (amount == VersionAmount::usual) return out;
  return out + "libraries: glibc " + ::gnu_get_libc_version() + ", " NETECHO_LIBRARIES "\n";
}

}  // namespace netecho
