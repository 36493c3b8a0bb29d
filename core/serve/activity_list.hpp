#pragma once

/// \file
/// Connections are in the order of their last activity, so that one timer finds the idle ones. For
/// each message, moving one to the back takes four pointer writes, no system call and no
/// allocation.

#include "core/base/units.hpp"

namespace netecho {

/// A member is in at most one `ActivityList`.
struct ActivityLink {
  ActivityLink* previous = nullptr;
  ActivityLink* next = nullptr;
  Instant last_active{};
};

/// The list is intrusive, has the oldest first, and owns nothing.
class ActivityList {
 public:
  ActivityList() noexcept { root_.previous = root_.next = &root_; }
  ActivityList(const ActivityList&) = delete;
  ActivityList& operator=(const ActivityList&) = delete;

  [[nodiscard]] bool empty() const noexcept { return root_.next == &root_; }
  [[nodiscard]] ActivityLink* oldest() noexcept { return after(root_); }
  /// Returns the next younger one; null at the end.
  [[nodiscard]] ActivityLink* after(ActivityLink& link) noexcept {
    return link.next == &root_ ? nullptr : link.next;
  }

  void add(ActivityLink& link, Instant now) noexcept {
    link.last_active = now;
    link.previous = root_.previous;
    link.next = &root_;
    root_.previous->next = &link;
    root_.previous = &link;
  }
  static void remove(ActivityLink& link) noexcept {
    link.previous->next = link.next;
    link.next->previous = link.previous;
  }
  void touch(ActivityLink& link, Instant now) noexcept {
    remove(link);
    add(link, now);
  }

 private:
  ActivityLink root_;
};

}  // namespace netecho
