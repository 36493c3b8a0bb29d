#include "core/host/sandbox.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "core/base/unique_fd.hpp"
#include "core/host/seccomp_filter.hpp"
#include "tests/core/host/child.hpp"

namespace netecho {
namespace {

namespace fs = std::filesystem;

/// What `report` returned in a child process: the sandbox is for good.
template <typename Report>
std::string said_by_child(Report&& report) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const UniqueFd from{ends[0]};
  UniqueFd to{ends[1]};
  const bool alive = testing::holds_in_child([&] {
    const std::string text = report();
    return ::write(to.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  });
  to.reset();
  if (!alive) return "the child died";
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(from.get(), buffer.data(), buffer.size());
  return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

/// "ok", or the name of the error.
std::string outcome(long result) {
  return result >= 0 ? "ok" : errno_name(errno);
}

class Folder {
 public:
  Folder() : path_{(fs::temp_directory_path() / "netecho-XXXXXX").string()} {
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }

  /// A file in it that exists.
  [[nodiscard]] std::string file(const std::string& name) const {
    const std::string path = path_ + "/" + name;
    REQUIRE(UniqueFd{::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)}.valid());
    return path;
  }

 private:
  std::string path_;
};

/// A peer under an abstract name, whose socket is made before the sandbox.
struct AbstractPeer {
  AbstractPeer() : fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un any{};
    any.sun_family = AF_UNIX;
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof(sa_family_t)) == 0);
    REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  }
  [[nodiscard]] std::string reply(int from) const {
    return outcome(::sendto(from, "x", 1, 0, reinterpret_cast<const sockaddr*>(&address), size));
  }

  UniqueFd fd;
  sockaddr_un address{};
  socklen_t size = sizeof address;
};

bool has_landlock() {
  return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) > 0;
}

// Sanitizers make calls of their own, above all when a process ends badly.
#if !defined(NETECHO_INSTRUMENTED)

std::string seccomp_only(std::string (*tried)()) {
  return said_by_child([&] {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
    enter_seccomp_filter({}, FilterReach::this_thread);
    return tried();
  });
}

TEST_CASE("sandbox: what a server never does is refused with EPERM, and ends nothing",
          "[host][unit]") {
  CHECK(seccomp_only([] { return outcome(::execl("/bin/true", "true", nullptr)); }) == "EPERM");
  CHECK(seccomp_only([] { return outcome(::open("/etc/passwd", O_RDONLY)); }) == "EPERM");
  CHECK(seccomp_only([] { return outcome(::open("/dev/null", O_WRONLY)); }) == "EPERM");
  CHECK(seccomp_only([] { return outcome(::socket(AF_INET, SOCK_STREAM, 0)); }) == "EPERM");
  CHECK(seccomp_only([] { return outcome(::socket(AF_UNIX, SOCK_DGRAM, 0)); }) == "EPERM");
  CHECK(seccomp_only([] { return outcome(::connect(0, nullptr, 0)); }) == "EPERM");
  CHECK(seccomp_only([] { return outcome(::bind(0, nullptr, 0)); }) == "EPERM");
  CHECK(seccomp_only([] { return outcome(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }) ==
        "EPERM");
  CHECK(seccomp_only([] { return outcome(::fork()); }) == "EPERM");
  CHECK(seccomp_only([] { return outcome(::kill(::getpid(), 0)); }) == "EPERM");
  CHECK(seccomp_only([] { return outcome(::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0)); }) ==
        "EPERM");
  CHECK(seccomp_only([] { return outcome(::setuid(0)); }) == "EPERM");
  CHECK(seccomp_only([] { return outcome(::chdir("/")); }) == "EPERM");
  CHECK(seccomp_only([] { return outcome(::unlink("/nonexistent")); }) == "EPERM");
  CHECK(seccomp_only([] { return outcome(::fcntl(0, F_DUPFD, 0)); }) == "EPERM");
  CHECK(seccomp_only([] { return outcome(::ioctl(0, TIOCSTI, "x")); }) == "EPERM");
}

TEST_CASE("sandbox: calls that nobody knows, and those of other machines, are refused as well",
          "[host][unit]") {
  CHECK(seccomp_only([] { return outcome(::syscall(9999)); }) == "EPERM");
#if defined(__x86_64__)
  constexpr long kX32 = 0x40000000;  // Another ABI of the same processor.
  CHECK(seccomp_only([] { return outcome(::syscall(kX32 + SYS_getpid)); }) == "EPERM");
#endif
}

TEST_CASE("sandbox: memory becomes no code", "[host][unit]") {
  const auto map = [](int protection) {
    return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  };
  static const auto mapped = map;
  CHECK(seccomp_only([] {
          return mapped(PROT_READ | PROT_WRITE | PROT_EXEC) == MAP_FAILED ? errno_name(errno)
                                                                          : "ok";
        }) == "EPERM");
  CHECK(seccomp_only([] {
          return outcome(::mprotect(mapped(PROT_READ | PROT_WRITE), 4096, PROT_READ | PROT_EXEC));
        }) == "EPERM");
  CHECK(seccomp_only([] {
          return outcome(::mprotect(mapped(PROT_NONE), 4096, PROT_READ | PROT_WRITE));
        }) == "ok");
}

TEST_CASE("sandbox: threads can be started in it, and it holds for those that were there before",
          "[host][unit]") {
  CHECK(said_by_child([] {
          std::atomic<bool> stands = false;
          std::string before;
          std::string after;
          std::thread old{[&] {
            stands.wait(false);
            before = outcome(::open("/dev/null", O_RDONLY));
          }};
          const SandboxState state = enter_sandbox({});
          stands = true;
          stands.notify_all();
          old.join();
          std::thread{[&] { after = outcome(::open("/dev/null", O_RDONLY)); }}.join();
          return before + " " + after + " " + outcome(::open("/dev/null", O_RDONLY));
        }) == "EPERM EPERM EPERM");
}

TEST_CASE("sandbox: the addresses of this host can be read again, over no other socket",
          "[host][unit]") {
  CHECK(seccomp_only([] {
          ifaddrs* all = nullptr;
          return outcome(::getifaddrs(&all));
        }) == "ok");
  CHECK(seccomp_only([] { return outcome(::socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)); }) ==
        "EPERM");
}

TEST_CASE("sandbox: it says what is in force", "[host][unit]") {
  const std::string said = said_by_child([] {
    const SandboxState state = enter_sandbox({});
    std::string out;
    for (const std::string& layer : state.in_force) out += layer.substr(0, layer.find(' ')) + ";";
    return out + std::to_string(state.missing.size());
  });
  CHECK((said == "no_new_privs;Landlock;seccomp;0" || (!has_landlock() && said.back() == '1')));
}

TEST_CASE("sandbox: a rehearsal says the same and changes nothing", "[host][unit]") {
  CHECK(said_by_child([] {
          const SandboxState rehearsed = rehearse_sandbox({});
          std::string out = outcome(::open("/dev/null", O_RDONLY)) + " " +
                            std::to_string(::prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L));
          const SandboxState entered = enter_sandbox({});
          out += rehearsed.in_force == entered.in_force ? " same" : " different";
          return out + " " + outcome(::open("/dev/null", O_RDONLY));
        }) == "ok 0 same EPERM");
}

/// In a child: a sandbox outside of ours in which `number` fails with `error`.
void outer_sandbox(int number, int error) {
  const scmp_filter_ctx outer = ::seccomp_init(SCMP_ACT_ALLOW);
  if (::seccomp_rule_add(outer, SCMP_ACT_ERRNO(static_cast<unsigned>(error)), number, 0) != 0 ||
      ::seccomp_load(outer) != 0) {
    ::_exit(3);
  }
}

std::string missing_layers() {
  std::string out;
  const SandboxState state = enter_sandbox({});
  for (const MissingLayer& each : state.missing) out += each.layer + ": " + each.error.what() + ";";
  return out;
}

TEST_CASE("sandbox: a layer that cannot be had is named, and the others stand", "[host][unit]") {
  CHECK(said_by_child([] {
          outer_sandbox(SCMP_SYS(landlock_create_ruleset), ENOSYS);
          const std::string missing = missing_layers();
          return missing + outcome(::open("/dev/null", O_RDONLY));
        }) == "Landlock: landlock_create_ruleset: Function not implemented (ENOSYS);EPERM");
  CHECK(said_by_child([] {
          outer_sandbox(SCMP_SYS(landlock_restrict_self), EPERM);
          const std::string missing = missing_layers();
          return missing + outcome(::open("/dev/null", O_RDONLY));
        }) == "Landlock: landlock_restrict_self: Operation not permitted (EPERM);EPERM");
}

TEST_CASE("sandbox: a filter that cannot be loaded is named", "[host][unit]") {
  CHECK(said_by_child([] {
          outer_sandbox(SCMP_SYS(seccomp), EPERM);
          const std::string missing = missing_layers();
          return missing.find("seccomp: ") != std::string::npos ? "named" : missing;
        }) == "named");
}

TEST_CASE("sandbox: what is to be removed can be, there and nowhere else", "[host][unit]") {
  const Folder ours;
  const Folder theirs;
  const std::string file = ours.file("socket");
  const std::string other = theirs.file("other");
  const std::string expected = has_landlock() ? "ok ok EACCES" : "ok ok ok";
  CHECK(said_by_child([&] {
          static_cast<void>(enter_sandbox({.files_to_remove = {file}}));
          struct stat status {};
          std::string out = outcome(::lstat(file.c_str(), &status));
          out += " " + outcome(::unlink(file.c_str()));
          return out + " " + outcome(::unlink(other.c_str()));
        }) == expected);
  CHECK_FALSE(fs::exists(file));
}

TEST_CASE("sandbox: only who answers scrapes reads again what is open", "[host][unit]") {
  const bool metrics = GENERATE(false, true);
  CHECK(said_by_child([&] {
          const int folder = ::open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
          static_cast<void>(enter_sandbox({.metrics = metrics}));
          char room[1024];
          std::string out = outcome(::pread(folder, room, 0, 0));
          out += " " + outcome(::lseek(folder, 0, SEEK_SET));
          out += " " + outcome(::getdents64(folder, room, sizeof room));
          return out + " " + outcome(::open("/proc/self/stat", O_RDONLY));
        }) == (metrics ? "EISDIR ok ok EPERM" : "EPERM EPERM EPERM EPERM"));
}

#endif

TEST_CASE("landlock: a file system out of reach", "[host][unit]") {
  if (!has_landlock()) {
    WARN("this kernel has no Landlock");
    return;
  }
  const Folder folder;
  const std::string file = folder.file("here");
  CHECK(said_by_child([&] {
          ::prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
          const UniqueFd open_before{::open(file.c_str(), O_RDWR)};
          enter_landlock({});
          std::string out = outcome(::write(open_before.get(), "x", 1));
          out += " " + outcome(::open(file.c_str(), O_RDONLY));
          out += " " + outcome(::open((file + "2").c_str(), O_WRONLY | O_CREAT, 0600));
          out += " " + outcome(::open("/", O_RDONLY | O_DIRECTORY));
          out += " " + outcome(::truncate(file.c_str(), 0));
          out += " " + outcome(::unlink(file.c_str()));
          out += " " + outcome(::mkdir((file + "3").c_str(), 0700));
          return out + " " + outcome(::execl("/bin/true", "true", nullptr));
        }) == "ok EACCES EACCES EACCES EACCES EACCES EACCES EACCES");
}

TEST_CASE("landlock: where a file may be removed nothing else may be done", "[host][unit]") {
  if (!has_landlock()) {
    WARN("this kernel has no Landlock");
    return;
  }
  const Folder folder;
  const std::string file = folder.file("socket");
  CHECK(said_by_child([&] {
          ::prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
          enter_landlock({.files_to_remove = {file}});
          std::string out = outcome(::open(file.c_str(), O_RDONLY));
          out += " " + outcome(::open(file.c_str(), O_WRONLY));
          out += " " + outcome(::mknod((file + "2").c_str(), S_IFREG | 0600, 0));
          out += " " + outcome(::mknod((file + "3").c_str(), S_IFSOCK | 0600, 0));
          out += " " + outcome(::mkdir((file + "4").c_str(), 0700));
          out += " " + outcome(::symlink("/", (file + "5").c_str()));
          return out + " " + outcome(::unlink(file.c_str()));
        }) == "EACCES EACCES EACCES EACCES EACCES EACCES ok");
}

TEST_CASE("landlock: abstract peers can be answered only where that is needed", "[host][unit]") {
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) < 6) {
    {
      WARN("this kernel's Landlock knows no scopes");
      return;
    }
  }
  const AbstractPeer peer;
  const auto reply = [&](AbstractPeers peers) {
    return said_by_child([&] {
      ::prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
      const UniqueFd from{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
      enter_landlock({.files_to_remove = {}, .peers = peers});
      return peer.reply(from.get());
    });
  };
  CHECK(reply(AbstractPeers::none) == "EPERM");
  CHECK(reply(AbstractPeers::any) == "ok");
}

TEST_CASE("landlock: a folder that is not there costs nothing but its removals", "[host][unit]") {
  if (!has_landlock()) {
    WARN("this kernel has no Landlock");
    return;
  }
  CHECK(said_by_child([] {
          ::prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
          return enter_landlock({.files_to_remove = {"/nonexistent/folder/socket"}}) > 0 ? "ok"
                                                                                         : "";
        }) == "ok");
}

}  // namespace
}  // namespace netecho
