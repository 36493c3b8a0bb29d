#include "core/host/privileges.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"
#include "tests/core/host/child.hpp"

namespace netecho {
namespace {

namespace fs = std::filesystem;

std::string complaint_about(const std::string& user) {
  try {
    static_cast<void>(find_user(user));
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::usage);
    return error.what();
  }
  return "";
}

TEST_CASE("privileges: a user is found by name and by number", "[host][unit]") {
  const User by_name = find_user("nobody");
  CHECK(by_name.uid == 65534);
  CHECK(by_name.gid != 0);
  const User by_number = find_user("65534");
  CHECK(by_number.uid == by_name.uid);
  CHECK(by_number.gid == by_name.gid);
  CHECK(find_user("0").uid == 0);
}

TEST_CASE("privileges: an unknown user is a usage error", "[host][unit]") {
  CHECK(complaint_about("no-such-user") ==
        "option --user: no user is called 'no-such-user', or has that number");
  for (const char* name : {"", "4294967295", "4294967296", "-1", "0x0", " 0", "0 ", "1e3"}) {
    CAPTURE(name);
    CHECK_FALSE(complaint_about(name).empty());
  }
}

TEST_CASE("privileges: a user is become for good, with its group alone", "[host][unit]") {
  if (::geteuid() != 0) {
    WARN("needs root");
    return;
  }
  const User nobody = find_user("nobody");
  CHECK(testing::holds_in_child([&] {
    const std::array<gid_t, 2> groups{0, 4};
    if (::setgroups(groups.size(), groups.data()) != 0) return false;
    become_user(nobody);
    uid_t u[3];
    gid_t g[3];
    ::getresuid(&u[0], &u[1], &u[2]);
    ::getresgid(&g[0], &g[1], &g[2]);
    const bool became = u[0] == nobody.uid && u[1] == nobody.uid && u[2] == nobody.uid &&
                        g[0] == nobody.gid && g[1] == nobody.gid && g[2] == nobody.gid;
    return became && ::getgroups(0, nullptr) == 0 && ::setuid(0) != 0 && is_user(nobody);
  }));
}

TEST_CASE("privileges: capabilities that would outlive root's identity are dropped",
          "[host][unit]") {
  if (::geteuid() != 0) {
    WARN("needs root");
    return;
  }
  const User nobody = find_user("nobody");
  CHECK(testing::holds_in_child([&] {
    if (::prctl(PR_SET_KEEPCAPS, 1L, 0L, 0L, 0L) != 0) return false;
    become_user(nobody);
    __user_cap_header_struct header{};
    header.version = _LINUX_CAPABILITY_VERSION_3;
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> held{};
    if (::syscall(SYS_capget, &header, held.data()) != 0) return false;
    return held[0].permitted == 0 && held[1].permitted == 0;
  }));
}

TEST_CASE("privileges: who is not root can become nobody else", "[host][unit]") {
  const User root = find_user("root");
  const User nobody = find_user("nobody");
  CHECK(testing::holds_in_child([&] {
    if (::geteuid() == 0) become_user(nobody);
    try {
      become_user(root);
    } catch (const Error& error) {
      return error.category() == ErrorCategory::permission &&
             std::string{error.what()} == "--user root: only root can become another user (EPERM)";
    }
    return false;
  }));
}

TEST_CASE("privileges: who is that user already has nothing to do", "[host][unit]") {
  if (::geteuid() != 0) {
    WARN("needs root");
    return;
  }
  const User nobody = find_user("nobody");
  CHECK(testing::holds_in_child([&] {
    become_user(nobody);
    become_user(nobody);
    return true;
  }));
}

TEST_CASE("privileges: half an identity is not that of the user", "[host][unit]") {
  if (::geteuid() != 0) {
    WARN("needs root");
    return;
  }
  const User nobody = find_user("nobody");
  CHECK(testing::holds_in_child([&] {
    // As a set-user-ID program: root is still there to be had.
    if (::setresuid(nobody.uid, nobody.uid, 0) != 0 || is_user(nobody)) return false;
    if (::setresuid(0, 0, 0) != 0) return false;
    become_user(nobody);
    return ::setresuid(0, 0, 0) != 0;
  }));
}

TEST_CASE("privileges: what may be removed follows the folder, and its sticky bit",
          "[host][unit]") {
  if (::geteuid() != 0) {
    WARN("needs root");
    return;
  }
  const User nobody = find_user("nobody");
  std::string folder = (fs::temp_directory_path() / "netecho-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string file = folder + "/socket";
  REQUIRE(UniqueFd{::open(file.c_str(), O_CREAT | O_WRONLY, 0600)}.valid());
  const auto may = [&](mode_t mode) {
    REQUIRE(::chmod(folder.c_str(), mode) == 0);
    return testing::holds_in_child([&] {
      become_user(nobody);
      return may_remove(file);
    });
  };
  CHECK_FALSE(may(0755));
  CHECK(may(0777));
  CHECK_FALSE(may(0776));   // It cannot even be entered.
  CHECK_FALSE(may(01777));  // Another one's file, another one's folder.
  CHECK(may_remove(file));  // We are root.
  REQUIRE(::chown(file.c_str(), nobody.uid, nobody.gid) == 0);
  CHECK(may(01777));
  REQUIRE(::chown(file.c_str(), 0, 0) == 0);
  REQUIRE(::chown(folder.c_str(), nobody.uid, nobody.gid) == 0);
  CHECK(may(01755));
  fs::remove_all(folder);
  CHECK_FALSE(may_remove(file));
}

}  // namespace
}  // namespace netecho
