#include "core/host/landlock.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"

namespace netecho {
namespace {

/// This is struct landlock_ruleset_attr as of ABI 6, which the headers at hand may not know. A
/// kernel that knows less takes it as long as what it does not know is 0.
struct RulesetAttributes {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
  std::uint64_t scoped = 0;
};

/// Each row is what an ABI added. An access that is handled is denied unless a rule allows it.
struct Step {
  int abi;
  RulesetAttributes adds;
};

constexpr std::uint64_t bit(unsigned number) noexcept {
  return std::uint64_t{1} << number;
}

constexpr std::uint64_t kAbstractUnixSocket = bit(0);
constexpr std::array<Step, 6> kSteps{{
    {1, {.handled_access_fs = bit(13) - 1}},        // Everything from EXECUTE to MAKE_SYM.
    {2, {.handled_access_fs = bit(13)}},            // REFER
    {3, {.handled_access_fs = bit(14)}},            // TRUNCATE
    {4, {.handled_access_net = bit(0) | bit(1)}},   // BIND_TCP, CONNECT_TCP
    {5, {.handled_access_fs = bit(15)}},            // IOCTL_DEV
    {6, {.scoped = kAbstractUnixSocket | bit(1)}},  // and SIGNAL
}};

RulesetAttributes attributes_for(int abi, const SandboxNeeds& needs) noexcept {
  RulesetAttributes out;
  for (const Step& step : kSteps) {
    if (step.abi > abi) break;
    out.handled_access_fs |= step.adds.handled_access_fs;
    out.handled_access_net |= step.adds.handled_access_net;
    out.scoped |= step.adds.scoped;
  }
  if (needs.peers == AbstractPeers::any || needs.watches) out.scoped &= ~kAbstractUnixSocket;
  if (needs.watches) out.handled_access_net = 0;
  return out;
}

int call(long number, auto... arguments) noexcept {
  return static_cast<int>(::syscall(number, arguments...));
}

void allow(int ruleset, const UniqueFd& fd, std::uint64_t access, const std::string& subject) {
  landlock_path_beneath_attr rule{};
  rule.allowed_access = access;
  rule.parent_fd = fd.get();
  checked("landlock_add_rule", subject, [&] {
    return call(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  });
}

/// The folder may be one that this user cannot even enter; then there is nothing to allow.
void allow_removal(int ruleset, const std::string& file) {
  const std::size_t slash = file.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : file.substr(0, slash + 1);
  const UniqueFd fd{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (fd.valid()) allow(ruleset, fd, LANDLOCK_ACCESS_FS_REMOVE_FILE, file);
}

/// What is not there is not read.
void allow_reading(int ruleset, const std::string& path) {
  const UniqueFd fd{::open(path.c_str(), O_PATH | O_CLOEXEC)};
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return;
  std::uint64_t access = LANDLOCK_ACCESS_FS_READ_FILE;
  if (S_ISDIR(status.st_mode)) access |= LANDLOCK_ACCESS_FS_READ_DIR;
  allow(ruleset, fd, access, path);
}

}  // namespace

int enter_landlock(const SandboxNeeds& needs) {
  const int abi = checked("landlock_create_ruleset", "", [] {
    return call(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  });
  const RulesetAttributes attributes = attributes_for(abi, needs);
  const UniqueFd ruleset{checked("landlock_create_ruleset", "", [&] {
    return call(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  })};
  for (const std::string& file : needs.files_to_remove) allow_removal(ruleset.get(), file);
  for (const std::string& path : needs.readable) allow_reading(ruleset.get(), path);
  checked("landlock_restrict_self", "",
          [&] { return call(SYS_landlock_restrict_self, ruleset.get(), 0); });
  return abi;
}

}  // namespace netecho
