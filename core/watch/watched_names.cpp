#include "core/watch/watched_names.hpp"

#include <algorithm>

namespace netecho {
namespace {

/// A name that stands for nothing yet is asked for again after this.
constexpr Duration kUnknownAgain = std::chrono::seconds{5};

bool same_addresses(const std::vector<SocketAddress>& a, const std::vector<SocketAddress>& b) {
  return std::is_permutation(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

std::vector<SocketAddress> WatchedName::addresses() const {
  const std::scoped_lock lock{mutex_};
  return addresses_;
}

std::optional<Error> WatchedName::error() const {
  const std::scoped_lock lock{mutex_};
  return addresses_.empty() ? error_ : std::nullopt;
}

WatchedNames::WatchedNames(Workers& workers, Duration interval)
    : workers_{workers}, interval_{interval} {}

std::shared_ptr<WatchedName> WatchedNames::watch(NameQuestion question, Instant now) {
  std::weak_ptr<WatchedName>& known = names_[question.key];
  if (auto name = known.lock()) return name;
  auto name = std::make_shared<WatchedName>(std::move(question));
  known = name;
  due_.emplace(now, Due{name->question_, name});
  return name;
}

/// On a worker's thread.
void WatchedNames::ask(Shared& shared, const std::shared_ptr<WatchedName>& name) {
  bool changed = false;
  bool failed = false;
  try {
    std::vector<SocketAddress> found = name->question_.look_up();
    const std::scoped_lock lock{name->mutex_};
    changed = !same_addresses(found, name->addresses_);
    name->addresses_ = std::move(found);
  } catch (const Error& error) {
    failed = true;
    const std::scoped_lock lock{name->mutex_};
    name->error_ = error;
  } catch (const Interrupted&) {
    return;  // The program ends.
  }
  const std::scoped_lock lock{shared.mutex};
  if (failed) ++shared.failures[name->question_.host];
  if (changed) shared.changed.push_back(name);
  shared.asked.push_back(name);
}

void WatchedNames::begin(const std::shared_ptr<WatchedName>& name) {
  workers_.run([shared = shared_, weak = std::weak_ptr{name}] {
    if (const auto wanted = weak.lock()) ask(*shared, wanted);
  });
}

/// Nobody wants the name any more, unless somebody does again.
void WatchedNames::forget(const NameQuestion& question) {
  const auto known = names_.find(question.key);
  if (known != names_.end() && known->second.expired()) names_.erase(known);
  const bool other = std::ranges::any_of(names_, [&](const auto& each) {
    const auto name = each.second.lock();
    return name != nullptr && name->question_.host == question.host;
  });
  if (other) return;
  const std::scoped_lock lock{shared_->mutex};
  shared_->failures.erase(question.host);
}

std::vector<std::shared_ptr<WatchedName>> WatchedNames::poll(Instant now) {
  std::vector<std::shared_ptr<WatchedName>> asked;
  std::vector<std::shared_ptr<WatchedName>> changed;
  {
    const std::scoped_lock lock{shared_->mutex};
    asked.swap(shared_->asked);
    changed.swap(shared_->changed);
  }
  for (const auto& name : asked) {
    const bool known = !name->addresses().empty();
    due_.emplace(now + (known ? interval_ : std::min(interval_, kUnknownAgain)),
                 Due{name->question_, name});
  }
  while (!due_.empty() && due_.begin()->first <= now) {
    const Due due = std::move(due_.begin()->second);
    due_.erase(due_.begin());
    const auto name = due.name.lock();
    name != nullptr ? begin(name) : forget(due.question);
  }
  return changed;
}

std::map<std::string, std::uint64_t> WatchedNames::failures() const {
  const std::scoped_lock lock{shared_->mutex};
  return shared_->failures;
}

}  // namespace netecho
