#include "core/codec/session_table.hpp"

#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

constexpr auto kIntact = [] { return true; };
constexpr auto kCorrupt = [] { return false; };

std::uint64_t count(SessionTable& table, std::uint64_t session, std::uint64_t sequence) {
  return table.count(session, Sequence{sequence}, kIntact);
}

}  // namespace

TEST_CASE("sessions: distinct sequences are counted, in whatever order", "[unit][sessions]") {
  SessionTable table{1};
  CHECK(count(table, 7, 0) == 1);
  CHECK(count(table, 7, 1) == 2);
  CHECK(count(table, 7, 5) == 3);
  CHECK(count(table, 7, 3) == 4);
  CHECK(count(table, 7, 4) == 5);
}

TEST_CASE("sessions: a duplicate leaves the count as it is", "[unit][sessions]") {
  SessionTable table{1};
  CHECK(count(table, 7, 0) == 1);
  CHECK(count(table, 7, 0) == 1);
  CHECK(count(table, 7, 2) == 2);
  CHECK(count(table, 7, 1) == 3);
  CHECK(count(table, 7, 1) == 3);
  CHECK(count(table, 7, 2) == 3);
}

TEST_CASE("sessions: a sequence 64 or more behind the highest is not counted", "[unit][sessions]") {
  SessionTable table{1};
  CHECK(count(table, 7, 0) == 1);
  CHECK(count(table, 7, 100) == 2);
  CHECK(count(table, 7, 37) == 3);  // 63 behind: the last of the window.
  CHECK(count(table, 7, 37) == 3);
  CHECK(count(table, 7, 36) == 3);  // 64 behind: maybe new, maybe not.
  CHECK(count(table, 7, 101) == 4);
  CHECK(count(table, 7, 37) == 4);
}

TEST_CASE("sessions: a jump of 63, 64 and 2^64 - 1 keeps the window right", "[unit][sessions]") {
  SessionTable table{1};
  CHECK(count(table, 7, 0) == 1);
  CHECK(count(table, 7, 63) == 2);
  CHECK(count(table, 7, 0) == 2);  // Still remembered.
  CHECK(count(table, 7, 127) == 3);
  CHECK(count(table, 7, 126) == 4);
  CHECK(count(table, 7, 64) == 5);
  CHECK(count(table, 7, 0xFFFF'FFFF'FFFF'FFFF) == 6);
  CHECK(count(table, 7, 0xFFFF'FFFF'FFFF'FFFF) == 6);
  CHECK(count(table, 7, 0) == 6);
}

TEST_CASE("sessions: a session enters with a sequence below 1024 only", "[unit][sessions]") {
  SessionTable table{1};
  CHECK(count(table, 7, 1024) == 0);
  CHECK(count(table, 7, 1025) == 0);
  CHECK(count(table, 7, 1023) == 1);
  CHECK(count(table, 7, 1024) == 2);
  CHECK(count(table, 7, 1025) == 3);
}

TEST_CASE("sessions: sessions do not mix", "[unit][sessions]") {
  SessionTable table{42};
  for (std::uint64_t sequence = 0; sequence < 50; ++sequence) {
    for (std::uint64_t session = 0; session < 8; ++session) {
      CAPTURE(session, sequence);
      CHECK(count(table, session, sequence) == sequence + 1);
    }
  }
}

TEST_CASE("sessions: the least recently used of a full set makes room", "[unit][sessions]") {
  SessionTable table{1, 8};  // One set.
  REQUIRE(table.capacity() == 8);
  for (std::uint64_t session = 0; session < 8; ++session) {
    CHECK(count(table, session, 0) == 1);
    CHECK(count(table, session, 1) == 2);
  }
  CHECK(count(table, 0, 2) == 3);  // 0 is used again: 1 is now the oldest.
  CHECK(count(table, 100, 0) == 1);
  CHECK(count(table, 1, 5000) == 0);  // Gone, and too late to enter again.
  CHECK(count(table, 0, 3) == 4);
  for (std::uint64_t session = 2; session < 8; ++session) {
    CAPTURE(session);
    CHECK(count(table, session, 2) == 3);
  }
  CHECK(count(table, 100, 1) == 2);
  CHECK(count(table, 101, 0) == 1);
  CHECK(count(table, 0, 5000) == 0);  // The oldest now.
}

TEST_CASE("sessions: the capacity is rounded up to eight times a power of two",
          "[unit][sessions]") {
  CHECK(SessionTable(1, 0).capacity() == 8);
  CHECK(SessionTable(1, 1).capacity() == 8);
  CHECK(SessionTable(1, 9).capacity() == 16);
  CHECK(SessionTable(1, 17).capacity() == 32);
  CHECK(SessionTable(1).capacity() == 4096);
}

TEST_CASE("sessions: a flood of new ones is no more than forgotten sessions", "[unit][sessions]") {
  SessionTable table{9, 64};
  CHECK(count(table, 1, 0) == 1);
  for (std::uint64_t session = 1000; session < 11'000; ++session) {
    if (count(table, session, 0) != 1) FAIL("session " << session << " did not enter");
  }
  CHECK(count(table, 1, 2000) == 0);
}

TEST_CASE("sessions: which sessions push each other out depends on the secret",
          "[unit][sessions]") {
  const auto survivors = [](std::uint64_t secret) {
    SessionTable table{secret, 64};
    for (std::uint64_t session = 0; session < 64; ++session) {
      static_cast<void>(count(table, session, 0));
    }
    std::uint64_t still_there = 0;
    for (std::uint64_t session = 0; session < 64; ++session) {
      if (count(table, session, 5000) != 0) still_there |= std::uint64_t{1} << session;
    }
    return still_there;
  };
  CHECK(survivors(1) == survivors(1));
  CHECK(survivors(1) != survivors(2));
}

TEST_CASE("sessions: a corrupt frame neither enters a session nor moves the window past all of it",
          "[unit][sessions]") {
  SessionTable table{1};
  CHECK(table.count(7, Sequence{0}, kCorrupt) == 0);
  CHECK(count(table, 7, 1) == 1);
  CHECK(table.count(7, Sequence{1 + (1ULL << 40)}, kCorrupt) == 0);
  CHECK(table.count(7, Sequence{65}, kCorrupt) == 0);
  CHECK(count(table, 7, 2) == 2);
}

TEST_CASE("sessions: an ordinary frame's checksum is not looked at", "[unit][sessions]") {
  SessionTable table{1};
  CHECK(count(table, 7, 0) == 1);
  int asked = 0;
  const auto intact = [&asked] { return ++asked, true; };
  CHECK(table.count(7, Sequence{1}, intact) == 2);
  CHECK(table.count(7, Sequence{64}, intact) == 3);
  CHECK(table.count(7, Sequence{64}, intact) == 3);
  CHECK(table.count(7, Sequence{2}, intact) == 4);
  CHECK(asked == 0);
  CHECK(table.count(7, Sequence{128}, intact) == 5);
  CHECK(asked == 1);
}

TEST_CASE("sessions: news is what is above, or in the window and not yet received",
          "[unit][sessions]") {
  SessionTable table{1, 1};  // All sessions share one set.
  const auto is_news = [&](std::uint64_t session, std::uint64_t sequence) {
    return table.is_news(session, Sequence{sequence});
  };
  CHECK_FALSE(is_news(7, 0));  // An unknown session.
  CHECK(count(table, 7, 0) == 1);
  CHECK_FALSE(is_news(7, 0));
  CHECK(is_news(7, 1));
  CHECK(is_news(7, 1'000'000));
  CHECK(count(table, 7, 100) == 2);
  CHECK(is_news(7, 37));  // 63 behind: the last of the window.
  CHECK_FALSE(is_news(7, 36));
  CHECK(count(table, 7, 37) == 3);
  CHECK_FALSE(is_news(7, 37));
  CHECK_FALSE(is_news(8, 101));
  // Among others, the last one heard in front.
  CHECK(count(table, 8, 5) == 1);
  CHECK(is_news(7, 101));
  CHECK(is_news(8, 6));
}
