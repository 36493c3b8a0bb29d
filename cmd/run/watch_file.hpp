#pragma once

/// \file
/// The list of targets of `watch`: read at the start, and again whenever its file changes.

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cmd/run/watch_job.hpp"
#include "core/base/unique_fd.hpp"
#include "core/host/interrupt.hpp"
#include "core/host/sd_notify.hpp"
#include "core/watch/watch_source.hpp"

namespace netecho {

/// How the last reading went.
struct WatchReload {
  bool successful = true;
  WallTime taken{};  ///< When a list was taken last.
};

class WatchFile {
 public:
  /// Opens what watches the folder of the file, if there is one: a sandbox may forbid that later.
  /// `hangup` has SIGHUP. All outlive it. Throws SysError.
  WatchFile(const WatchJob& job, WatchInbox& inbox, Interrupt& hangup,
            const ServiceManager& manager);
  /// Waits for its thread.
  ~WatchFile();
  WatchFile(const WatchFile&) = delete;
  WatchFile& operator=(const WatchFile&) = delete;

  /// Reads the list, and puts its targets into the inbox. Throws Error: io if it can't be read,
  /// usage if it is broken. Returns the targets.
  std::vector<WatchTarget> load();
  /// Watches the file from now on, on a thread: what changes goes to the inbox, what is broken to
  /// the log. Nothing to do where there is no file.
  void start();

  /// Whether there is a file that may change.
  [[nodiscard]] static bool changes(const WatchJob& job) noexcept {
    return !job.targets_path.empty() && job.targets_path != "-";
  }
  /// On any thread.
  [[nodiscard]] WatchReload state() const;

 private:
  void run();
  void watch_folder() noexcept;
  [[nodiscard]] bool take_events() noexcept;
  void reload();
  /// What tells one state of the file from the next; empty if there is none.
  [[nodiscard]] std::string look() const;

  const WatchJob& job_;
  WatchInbox& inbox_;
  Interrupt& hangup_;
  const ServiceManager& manager_;
  std::string folder_;
  UniqueFd stop_;
  UniqueFd events_;  ///< inotify.
  int folder_watch_ = -1;
  std::string looked_;  ///< What the file looked like when it was read.
  WatchDiff diff_;
  mutable std::mutex mutex_;
  WatchReload state_;
  std::thread thread_;
};

}  // namespace netecho
