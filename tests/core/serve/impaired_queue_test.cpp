#include "core/serve/impaired_queue.hpp"

#include <deque>

#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

constexpr Instant kStart{1h};

PeerRef peer_named(std::string_view name) {
  return {std::as_bytes(std::span{name}), {}};
}

/// A queue, and what left it, in words.
class Line {
 public:
  explicit Line(ImpairmentSpec spec = {}) : queue{spec, totals, bytes} {}

  bool push(std::string_view message, Duration at, const MessageFate& its = {},
            std::string_view peer = "a") {
    return queue.push(std::as_bytes(std::span{message}), peer_named(peer), kStart + at, its);
  }
  /// All that leaves up to then, each with its time in ms: "1@0 2@20". `refused` does not leave.
  std::string run_until(Duration until, std::string_view refused = "none") {
    std::string story;
    while (queue.next_event() <= kStart + until) {
      const Instant now = std::max(queue.next_event(), kStart);
      while (ImpairedMessage* const message = queue.due(now)) {
        const std::string text{reinterpret_cast<const char*>(message->bytes().data()),
                               message->bytes().size()};
        if (text == refused) {
          queue.gone(ImpairedQueue::Outcome::failed);
          continue;
        }
        if (!story.empty()) story += ' ';
        story += message->corrupted != 0 ? "corrupt" : text;
        story += '@' + std::to_string((now - kStart) / 1ms);
        queue.gone(ImpairedQueue::Outcome::sent);
      }
    }
    return story;
  }

  ImpairedTotals totals;
  std::size_t bytes = 0;
  ImpairedQueue queue;
};

constexpr MessageFate kReordered{.reordered = true};
constexpr MessageFate kLost{.lost = true};
constexpr MessageFate kCorrupt{.corrupt = true};
constexpr MessageFate kTwice{.duplicated = true};

MessageFate late(Duration delay) {
  return {.delay = delay};
}

}  // namespace

TEST_CASE("impaired queue: a message leaves after its delay, and never before the one in front",
          "[engine][unit]") {
  Line line;
  CHECK(line.push("1", 0ms, late(20ms)));
  CHECK(line.push("2", 1ms, late(5ms)));
  CHECK(line.push("3", 30ms));
  CHECK(line.queue.next_event() == kStart + 20ms);
  CHECK(line.queue.due(kStart + 20ms - 1ns) == nullptr);
  CHECK(line.run_until(1s) == "1@20 2@20 3@30");
  CHECK(line.totals == ImpairedTotals{.delayed = 2});
  CHECK(line.queue.next_event() == kNever);
}

TEST_CASE("impaired queue: a lost message is counted and takes nothing with it", "[engine][unit]") {
  Line line;
  CHECK_FALSE(line.push("1", 0ms, kLost));
  CHECK(line.push("2", 1ms));
  CHECK(line.run_until(1s) == "2@1");
  CHECK(line.totals == ImpairedTotals{.loss = 1});
}

TEST_CASE("impaired queue: a duplicate goes right behind its original", "[engine][unit]") {
  Line line;
  CHECK(line.push("1", 0ms, kTwice));
  CHECK(line.push("2", 0ms));
  CHECK(line.queue.size() == 2);
  CHECK(line.run_until(1s) == "1@0 1@0 2@0");
  CHECK(line.totals == ImpairedTotals{.dup = 1});
}

TEST_CASE("impaired queue: a reordered message follows the next one", "[engine][unit]") {
  Line line;
  CHECK(line.push("1", 0ms, kReordered));
  CHECK(line.run_until(9ms).empty());
  CHECK(line.push("2", 10ms));
  CHECK(line.push("3", 10ms));
  CHECK(line.run_until(1s) == "2@10 1@10 3@10");
  CHECK(line.totals == ImpairedTotals{.reorder = 1});
}

TEST_CASE("impaired queue: two in a row to be reordered both follow the third", "[engine][unit]") {
  Line line;
  CHECK(line.push("1", 0ms, kReordered));
  CHECK(line.push("2", 1ms, kReordered));
  CHECK(line.push("3", 2ms));
  CHECK(line.run_until(1s) == "3@2 1@2 2@2");
  CHECK(line.totals == ImpairedTotals{.reorder = 2});
}

TEST_CASE("impaired queue: neither a lost nor a corrupt message overtakes", "[engine][unit]") {
  Line line;
  CHECK(line.push("1", 0ms, kReordered));
  CHECK_FALSE(line.push("2", 1ms, kLost));
  CHECK(line.push("3", 2ms, kCorrupt));
  CHECK(line.push("4", 3ms));
  CHECK(line.run_until(1s) == "corrupt@2 4@3 1@3");
  CHECK(line.totals == ImpairedTotals{.loss = 1, .reorder = 1, .corrupt = 1});
}

TEST_CASE("impaired queue: whom nobody overtakes leaves in its place, and was not reordered",
          "[engine][unit]") {
  Line line;
  CHECK(line.push("1", 0ms, kReordered));
  CHECK(line.push("2", 100ms, kReordered));
  CHECK(line.queue.size() == 2);
  CHECK(line.run_until(1s) == "1@250 2@350");
  CHECK(line.totals == ImpairedTotals{});
}

TEST_CASE("impaired queue: a message overtakes only those to its own peer", "[engine][unit]") {
  Line line;
  CHECK(line.push("a1", 0ms, kReordered, "a"));
  CHECK(line.push("b1", 1ms, kReordered, "b"));
  CHECK(line.push("a2", 2ms, kReordered, "a"));
  CHECK(line.push("b2", 3ms, {}, "b"));
  CHECK(line.run_until(5ms) == "b2@3 b1@3");
  CHECK(line.push("a3", 6ms, {}, "a"));
  CHECK(line.push("c1", 7ms, {}, "c"));
  CHECK(line.run_until(1s) == "a3@6 a1@6 a2@6 c1@7");
  CHECK(line.totals == ImpairedTotals{.reorder = 3});
}

TEST_CASE("impaired queue: a reordered message may come twice", "[engine][unit]") {
  Line line;
  CHECK(line.push("1", 0ms, {.duplicated = true, .reordered = true}));
  CHECK(line.push("2", 1ms, kTwice));
  CHECK(line.run_until(1s) == "2@1 2@1 1@1 1@1");
  CHECK(line.totals == ImpairedTotals{.dup = 2, .reorder = 1});
}

TEST_CASE("impaired queue: what could not be sent was not injected", "[engine][unit]") {
  Line line;
  CHECK(line.push("1", 0ms, {.duplicated = true, .delay = 1ms}));
  CHECK(line.run_until(1s, "1").empty());
  CHECK(line.totals == ImpairedTotals{});
  CHECK(line.queue.empty());

  CHECK(line.push("2", 1s, kReordered));
  CHECK(line.push("3", 1s));
  CHECK(line.run_until(2s, "3") == "2@1000");
  CHECK(line.totals == ImpairedTotals{});
  CHECK(line.bytes == 0);
}

TEST_CASE("impaired queue: an empty message can not be corrupted", "[engine][unit]") {
  Line line;
  CHECK(line.push("", 0ms, kCorrupt));
  CHECK(line.run_until(1s) == "@0");
  CHECK(line.totals == ImpairedTotals{});
}

TEST_CASE("impaired queue: a rate spaces messages by their size", "[engine][unit]") {
  Line line{{.rate = 1000}};
  for (int i = 0; i < 3; ++i) CHECK(line.push(std::string(100, 'x'), 0ms));
  CHECK(line.push("y", 1s, late(5ms)));
  const std::string x(100, 'x');
  CHECK(line.run_until(2s) == x + "@100 " + x + "@200 " + x + "@300 y@1006");
  CHECK(line.totals == ImpairedTotals{.delayed = 4});
}

TEST_CASE("impaired queue: what would wait over a second for the link is lost", "[engine][unit]") {
  Line line{{.rate = 1000}};
  const std::string half(500, 'x');
  CHECK(line.push(half, 0ms));
  CHECK(line.queue.has_room(kStart));
  CHECK(line.push(half, 0ms));
  CHECK_FALSE(line.queue.has_room(kStart));
  CHECK_FALSE(line.push("y", 0ms));
  CHECK(line.queue.has_room(kStart + 1ms));
  CHECK(line.push("z", 1ms));
  CHECK(line.run_until(3s) == half + "@500 " + half + "@1000 z@1001");
  CHECK(line.totals == ImpairedTotals{.loss = 1, .delayed = 3});
}

TEST_CASE("impaired queue: memory is bounded over all queues", "[engine][unit]") {
  Line line;
  const std::string large(8 * 1024 * 1024, 'x');
  int taken = 0;
  while (taken < 100 && line.push(large, 0ms, late(1s))) ++taken;
  CHECK(taken == 7);
  CHECK(line.bytes <= kMaxBytesUnderWay);
  CHECK(line.totals.loss == 1);

  ImpairedTotals others;
  {
    ImpairedQueue other{{}, others, line.bytes};
    CHECK_FALSE(other.push(std::as_bytes(std::span{large}), {}, kStart, {}));
    CHECK(other.has_room(kStart));  // A stream with nothing under way may always read on.
    CHECK(other.push(std::as_bytes(std::span{"small"}), {}, kStart, {}));
    CHECK(others.loss == 1);
  }
  line.run_until(2s);
  CHECK(line.bytes == 0);
}

TEST_CASE("impaired queue: in a rush all leave at once, in order", "[engine][unit]") {
  Line line;
  CHECK(line.push("1", 0ms, late(1s)));
  CHECK(line.push("2", 0ms, {.reordered = true, .delay = 1s}));
  line.queue.rush();
  CHECK(line.run_until(0ms) == "1@0 2@0");
  CHECK(line.push("3", 0ms, kReordered));
  CHECK(line.run_until(0ms) == "3@0");
  CHECK(line.totals.reorder == 0);
}

TEST_CASE("impaired queue: a long line is forgotten without deep recursion", "[engine][unit]") {
  Line line;
  for (int i = 0; i < 100'000; ++i) CHECK(line.push("x", 0ms, late(1h)));
  CHECK(line.queue.size() == 100'000);
}
