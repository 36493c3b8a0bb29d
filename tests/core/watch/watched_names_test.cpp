// Names that are looked up again and again.

#include "core/watch/watched_names.hpp"

#include <atomic>
#include <thread>

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

constexpr Instant kNamesStart{100s};

SocketAddress ip(const std::string& text) {
  return *SocketAddress::from_ip(text, 7);
}

/// A name whose look-ups give what it is told.
struct Answers {
  std::mutex mutex;
  std::vector<SocketAddress> found;  ///< Empty: the look-up fails.
  std::atomic<int> asked{0};

  NameQuestion question(const std::string& host) {
    return {host, host, [this] {
              ++asked;
              const std::scoped_lock lock{mutex};
              if (found.empty()) throw Error{ErrorCategory::resolve, "resolve", "h", "unknown"};
              return found;
            }};
  }
  void set(std::vector<SocketAddress> addresses) {
    const std::scoped_lock lock{mutex};
    found = std::move(addresses);
  }
};

/// Polls at `now` until `done` says so.
template <typename Done>
std::size_t poll_until(WatchedNames& names, Instant now, const Done& done) {
  std::size_t changed = 0;
  while (!done()) {
    changed += names.poll(now).size();
    std::this_thread::yield();
  }
  return changed;
}

}  // namespace

TEST_CASE("watch: a name is looked up at once, and again after the interval", "[watch][unit]") {
  Answers answers;
  answers.set({ip("10.0.0.1")});
  Workers workers{2};
  WatchedNames names{workers, 60s};
  const auto name = names.watch(answers.question("h"), kNamesStart);
  CHECK(names.watch(answers.question("h"), kNamesStart) == name);
  std::size_t changed = poll_until(names, kNamesStart, [&] { return !name->addresses().empty(); });
  changed += names.poll(kNamesStart + 1s).size();
  CHECK(changed == 1);
  CHECK(names.poll(kNamesStart + 60s).empty());
  CHECK(answers.asked == 1);
  answers.set({ip("10.0.0.2")});
  changed = poll_until(names, kNamesStart + 61s,
                       [&] { return name->addresses() == std::vector{ip("10.0.0.2")}; });
  changed += names.poll(kNamesStart + 61s).size();
  CHECK(changed == 1);
  CHECK(answers.asked == 2);
}

TEST_CASE("watch: the old addresses stay while a look-up fails", "[watch][unit]") {
  Answers answers;
  answers.set({ip("10.0.0.1")});
  Workers workers{1};
  WatchedNames names{workers, 60s};
  const auto name = names.watch(answers.question("h"), kNamesStart);
  static_cast<void>(poll_until(names, kNamesStart, [&] { return !name->addresses().empty(); }));
  static_cast<void>(names.poll(kNamesStart));
  answers.set({});
  const std::size_t changed =
      poll_until(names, kNamesStart + 61s, [&] { return !names.failures().empty(); });
  CHECK(changed == 0);
  CHECK(name->addresses() == std::vector{ip("10.0.0.1")});
  CHECK_FALSE(name->error());
  CHECK(names.failures() == std::map<std::string, std::uint64_t>{{"h", 1}});
}

TEST_CASE("watch: the order of addresses is no change", "[watch][unit]") {
  Answers answers;
  answers.set({ip("10.0.0.1"), ip("10.0.0.2")});
  Workers workers{1};
  WatchedNames names{workers, 60s};
  const auto name = names.watch(answers.question("h"), kNamesStart);
  static_cast<void>(poll_until(names, kNamesStart, [&] { return !name->addresses().empty(); }));
  static_cast<void>(names.poll(kNamesStart));
  answers.set({ip("10.0.0.2"), ip("10.0.0.1")});
  std::size_t changed = poll_until(names, kNamesStart + 61s, [&] { return answers.asked == 2; });
  changed += poll_until(names, kNamesStart + 61s,
                        [&] { return name->addresses().front() == ip("10.0.0.2"); });
  changed += names.poll(kNamesStart + 61s).size();
  CHECK(changed == 0);
}

TEST_CASE("watch: nobody looks up a name that nobody wants", "[watch][unit]") {
  Answers answers;
  Workers workers{1};
  WatchedNames names{workers, 60s};
  auto name = names.watch(answers.question("h"), kNamesStart);
  static_cast<void>(poll_until(names, kNamesStart, [&] { return !names.failures().empty(); }));
  CHECK(name->error());
  static_cast<void>(names.poll(kNamesStart));
  name.reset();
  CHECK(names.poll(kNamesStart + 61s).empty());
  CHECK(names.failures().empty());
  CHECK(answers.asked == 1);
}

}  // namespace netecho
