#include "core/host/seccomp_filter.hpp"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <initializer_list>
#include <memory>
#include <set>
#include <span>

#include "core/base/error.hpp"

namespace netecho {
namespace {

// Calls that the machine at hand does not have (the variants with 64-bit times are those of 32-bit
// machines) cost nothing. None of these reaches what the process does not hold already.

constexpr std::array kEvents{SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),    SCMP_SYS(epoll_wait),
                             SCMP_SYS(epoll_pwait),   SCMP_SYS(epoll_pwait2), SCMP_SYS(eventfd2),
                             SCMP_SYS(signalfd4),     SCMP_SYS(poll),         SCMP_SYS(ppoll),
                             SCMP_SYS(ppoll_time64)};

constexpr std::array kBytes{SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
                            SCMP_SYS(close)};

// Addresses in sendmsg() and the like cannot be filtered, and replies to datagrams need them.
constexpr std::array kSockets{
    SCMP_SYS(accept),      SCMP_SYS(accept4),        SCMP_SYS(recvfrom),   SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),    SCMP_SYS(sendto),         SCMP_SYS(sendmsg),    SCMP_SYS(sendmmsg),
    SCMP_SYS(shutdown),    SCMP_SYS(getsockopt),     SCMP_SYS(setsockopt), SCMP_SYS(getsockname),
    SCMP_SYS(getpeername), SCMP_SYS(recvmmsg_time64)};

constexpr std::array kMemory{SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise)};

// glibc makes these calls when a thread starts, waits and ends, and to count processors.
constexpr std::array kThreads{
    SCMP_SYS(futex), SCMP_SYS(futex_time64),      SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(exit),  SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield)};

// Clocks come from the vDSO where it can read them, and sleeping restarts after SIGSTOP.
constexpr std::array kTime{SCMP_SYS(clock_gettime),
                           SCMP_SYS(clock_gettime64),
                           SCMP_SYS(clock_nanosleep),
                           SCMP_SYS(clock_nanosleep_time64),
                           SCMP_SYS(nanosleep),
                           SCMP_SYS(gettimeofday),
                           SCMP_SYS(time),
                           SCMP_SYS(restart_syscall)};

constexpr std::array kProcess{
    SCMP_SYS(getpid),         SCMP_SYS(gettid),       SCMP_SYS(getrandom),
    SCMP_SYS(rt_sigaction),   SCMP_SYS(rt_sigreturn), SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(geteuid),      SCMP_SYS(geteuid32)};

// These are allowed only if there is a file to remove; Landlock says where.
constexpr std::array kRemoval{SCMP_SYS(unlink),  SCMP_SYS(unlinkat),   SCMP_SYS(lstat),
                              SCMP_SYS(lstat64), SCMP_SYS(newfstatat), SCMP_SYS(fstatat64)};

// What reads /proc/self again, where it is open. Without it files could not be read at all.
constexpr std::array kReadAgain{SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(_llseek),
                                SCMP_SYS(getdents64)};

// What looks names up, and reads a list of targets anew. Landlock says which files there are.
constexpr std::array kReading{SCMP_SYS(fstat),   SCMP_SYS(fstat64),    SCMP_SYS(stat),
                              SCMP_SYS(stat64),  SCMP_SYS(newfstatat), SCMP_SYS(fstatat64),
                              SCMP_SYS(statx),   SCMP_SYS(readlink),   SCMP_SYS(readlinkat),
                              SCMP_SYS(access),  SCMP_SYS(faccessat),  SCMP_SYS(inotify_add_watch),
                              SCMP_SYS(uname),   SCMP_SYS(connect),    SCMP_SYS(bind),
                              SCMP_SYS(sysinfo), SCMP_SYS(prlimit64)};

class Filter {
 public:
  Filter() : context_{::seccomp_init(SCMP_ACT_ERRNO(EPERM))} {
    if (!context_) throw SysError{"seccomp_init", "", ENOMEM};
    set(SCMP_FLTATR_API_SYSRAWRC, 1);  // So that load() tells what the kernel said.
    set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));  // Its default is to kill.
    set(SCMP_FLTATR_CTL_NNP, 0);                          // Not its business.
    // Kernels before 5.16 make all of a filtered process slower, for the sake of processes that run
    // foreign code. This one does not.
    set(SCMP_FLTATR_CTL_SSB, 1);
    set(SCMP_FLTATR_CTL_OPTIMIZE, 2);  // A tree, not one comparison after the other.
  }

  /// This is asked in any case, so that a rehearsal tells that the kernel cannot do it (before
  /// 3.17).
  void reach(FilterReach reach) {
    check("seccomp_attr_set TSYNC", ::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
    if (reach == FilterReach::this_thread) set(SCMP_FLTATR_CTL_TSYNC, 0);
  }

  void allow(std::span<const int> calls) {
    for (const int number : calls) add(SCMP_ACT_ALLOW, number, {});
  }

  void allow_if(int number, std::initializer_list<scmp_arg_cmp> conditions) {
    add(SCMP_ACT_ALLOW, number, conditions);
  }

  void refuse(int number, int error) {
    check("seccomp_rule_add",
          ::seccomp_rule_add(context_.get(), SCMP_ACT_ERRNO(static_cast<unsigned>(error)), number,
                             0));
  }

  void load() { check("seccomp", ::seccomp_load(context_.get())); }

  [[nodiscard]] std::size_t calls() const noexcept { return calls_.size(); }

 private:
  struct Release {
    void operator()(void* context) const noexcept { ::seccomp_release(context); }
  };

  static void check(const char* call, int result) {
    if (result < 0) throw SysError{call, "", -result};
  }

  /// This is best effort: a call that an old kernel does not have is not needed there.
  void set(scmp_filter_attr attribute, std::uint32_t value) noexcept {
    static_cast<void>(::seccomp_attr_set(context_.get(), attribute, value));
  }

  void add(std::uint32_t action, int number, std::initializer_list<scmp_arg_cmp> conditions) {
    check("seccomp_rule_add",
          ::seccomp_rule_add_array(context_.get(), action, number,
                                   static_cast<unsigned>(conditions.size()), conditions.begin()));
    if (number >= 0) calls_.insert(number);  // Below 0: this machine does not have it.
  }

  std::unique_ptr<void, Release> context_;
  std::set<int> calls_;
};

/// The call is allowed if the bits `mask` of the argument are `value`.
scmp_arg_cmp masked(unsigned argument, std::uint64_t mask, std::uint64_t value) noexcept {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}
scmp_arg_cmp equal(unsigned argument, std::uint64_t value) noexcept {
  return {argument, SCMP_CMP_EQ, value, 0};
}

void allow_some_uses(Filter& filter) {
  // Nothing becomes executable that is not.
  for (const int number : {SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)}) {
    filter.allow_if(number, {masked(2, PROT_EXEC, 0)});
  }
  // Threads may start, processes may not. clone3() has its flags in memory, where a filter cannot
  // see them: ENOSYS makes glibc take clone().
  filter.allow_if(SCMP_SYS(clone), {masked(0, CLONE_THREAD, CLONE_THREAD)});
  filter.refuse(SCMP_SYS(clone3), ENOSYS);
  // Without accept4() this sets what accept4() sets at once.
  for (const int number : {SCMP_SYS(fcntl), SCMP_SYS(fcntl64)}) {
    for (const int command : {F_GETFD, F_SETFD, F_GETFL, F_SETFL}) {
      filter.allow_if(number, {equal(1, static_cast<std::uint64_t>(command))});
    }
  }
  // getifaddrs(3) reads this host's addresses anew when they change.
  filter.allow_if(SCMP_SYS(socket), {equal(0, AF_NETLINK), equal(2, NETLINK_ROUTE)});
  filter.allow_if(SCMP_SYS(bind), {equal(2, sizeof(sockaddr_nl))});
  // abort() sends a signal to the process itself.
  filter.allow_if(SCMP_SYS(tgkill), {equal(0, static_cast<std::uint64_t>(::getpid()))});
  // These ask for the interface name of a link-local peer, whether the log's stderr is a terminal,
  // and how much a peer that does not read has still to take.
  for (const unsigned long command :
       {static_cast<unsigned long>(SIOCGIFNAME), static_cast<unsigned long>(TCGETS),
        static_cast<unsigned long>(SIOCOUTQ)}) {
    filter.allow_if(SCMP_SYS(ioctl), {equal(1, command)});
  }
}

/// Beside what answering HTTP takes.
void allow_watching(Filter& filter) {
  filter.allow(kReading);
  // Files are opened to be read.
  constexpr std::uint64_t kWriting = O_ACCMODE | O_CREAT | O_TRUNC;
  filter.allow_if(SCMP_SYS(open), {masked(1, kWriting, O_RDONLY)});
  filter.allow_if(SCMP_SYS(openat), {masked(2, kWriting, O_RDONLY)});
  for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_PACKET, AF_IPX}) {
    filter.allow_if(SCMP_SYS(socket), {equal(0, static_cast<std::uint64_t>(family))});
  }
  // An interface by its name, and what it is like.
  for (const unsigned long command :
       {static_cast<unsigned long>(SIOCGIFINDEX), static_cast<unsigned long>(SIOCGIFMTU),
        static_cast<unsigned long>(SIOCGIFFLAGS), static_cast<unsigned long>(SIOCGIFHWADDR)}) {
    filter.allow_if(SCMP_SYS(ioctl), {equal(1, command)});
  }
  // Sleeps that are to end in time.
  filter.allow_if(SCMP_SYS(prctl), {equal(0, PR_SET_TIMERSLACK)});
}

}  // namespace

std::size_t enter_seccomp_filter(const SandboxNeeds& needs, FilterReach reach) {
  Filter filter;
  for (const std::span<const int> group :
       {std::span<const int>{kEvents}, std::span<const int>{kBytes}, std::span<const int>{kSockets},
        std::span<const int>{kMemory}, std::span<const int>{kThreads}, std::span<const int>{kTime},
        std::span<const int>{kProcess}}) {
    filter.allow(group);
  }
  allow_some_uses(filter);
  if (!needs.files_to_remove.empty()) filter.allow(kRemoval);
  if (needs.metrics) {
    filter.allow(kReadAgain);
    filter.allow_if(SCMP_SYS(ioctl), {equal(1, FIONREAD)});  // libevent asks how much came in.
  }
  if (needs.watches) allow_watching(filter);
  filter.reach(reach);
  filter.load();
  return filter.calls();
}

}  // namespace netecho
