#include "cmd/run/watch_file.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "cmd/run/log.hpp"
#include "cmd/run/watch_list.hpp"
#include "core/base/clock.hpp"

namespace netecho {
namespace {

/// What happens in a folder when a file in it is written, replaced or removed, or a link of a
/// mounted ConfigMap is.
constexpr std::uint32_t kFolderEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                                        IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                        IN_ONLYDIR;
/// Several events of one change come together.
constexpr int kSettleMs = 50;
/// A folder that is gone is looked for again so often, and with it the file.
constexpr int kMissingFolderMs = 1000;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

UniqueFd make_stop() {
  return UniqueFd{checked("eventfd", "", [] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); })};
}

std::string count_of(std::size_t targets) {
  return std::to_string(targets) + (targets == 1 ? " target" : " targets");
}

}  // namespace

WatchFile::WatchFile(const WatchJob& job, WatchInbox& inbox, Interrupt& hangup,
                     const ServiceManager& manager)
    : job_{job},
      inbox_{inbox},
      hangup_{hangup},
      manager_{manager},
      folder_{folder_of(job.targets_path)},
      stop_{make_stop()} {
  if (!changes(job)) return;
  events_.reset(checked("inotify_init1", job.targets_path,
                        [] { return ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }));
  watch_folder();
}

WatchFile::~WatchFile() {
  ::eventfd_write(stop_.get(), 1);
  if (thread_.joinable()) thread_.join();
}

void WatchFile::watch_folder() noexcept {
  folder_watch_ = ::inotify_add_watch(events_.get(), folder_.c_str(), kFolderEvents);
}

std::string WatchFile::look() const {
  struct stat status {};
  if (::stat(job_.targets_path.c_str(), &status) != 0) return {};
  std::string out;
  for (const auto number :
       {static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino),
        static_cast<std::int64_t>(status.st_mode), static_cast<std::int64_t>(status.st_size),
        status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
        status.st_ctim.tv_nsec}) {
    out += std::to_string(number) + " ";
  }
  return out;
}

std::vector<WatchTarget> WatchFile::load() {
  if (changes(job_)) looked_ = look();
  std::vector<WatchTarget> targets = read_watch_list(job_);
  inbox_.put(diff_.replace(targets));
  const std::scoped_lock lock{mutex_};
  state_ = {true, realtime_now()};
  return targets;
}

WatchReload WatchFile::state() const {
  const std::scoped_lock lock{mutex_};
  return state_;
}

void WatchFile::start() {
  if (!changes(job_)) return;
  thread_ = std::thread{[this] { run(); }};
}

/// A broken list is refused whole, and the one that is in force stays.
void WatchFile::reload() try {
  const std::size_t targets = load().size();
  log_info(job_.targets_path + ": " + count_of(targets));
} catch (const std::exception& error) {
  {
    const std::scoped_lock lock{mutex_};
    state_.successful = false;
  }
  log_warning(std::string{error.what()} + "; the targets stay as they are");
}

/// Returns whether anything happened in the folder.
bool WatchFile::take_events() noexcept {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  bool some = false;
  while (::read(events_.get(), buffer.data(), buffer.size()) > 0) some = true;
  return some;
}

void WatchFile::run() {
  std::array<pollfd, 3> waits{{{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                               {.fd = hangup_.fd(), .events = POLLIN, .revents = 0},
                               {.fd = events_.get(), .events = POLLIN, .revents = 0}}};
  while (true) {
    const bool folder_lost = folder_watch_ < 0;
    ::poll(waits.data(), waits.size(), folder_lost ? kMissingFolderMs : -1);
    if (waits[0].revents != 0) return;
    bool asked = false;
    while (hangup_.take()) asked = true;
    if (take_events()) {
      ::poll(waits.data(), 1, kSettleMs);
      static_cast<void>(take_events());
    }
    watch_folder();  // A folder that was replaced is another one; the same one stays watched.
    if (asked) {
      const auto now =
          std::chrono::duration_cast<std::chrono::microseconds>(monotonic_now().time_since_epoch());
      manager_.notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
    }
    if (asked || look() != looked_) reload();
    if (asked) manager_.notify("READY=1");
  }
}

}  // namespace netecho
