#include "protocols/message/recent_messages.hpp"

#include <string>
#include <string_view>

#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

/// The message that starts with `quote`; "-" if none is kept.
std::string whole(const RecentMessages& sent, std::string_view quote) {
  const auto found = sent.whole(bytes(quote));
  if (!found) return "-";
  return {reinterpret_cast<const char*>(found->data()), found->size()};
}

}  // namespace

TEST_CASE("recent messages: each is found by its start, the newest first", "[unit][protocols]") {
  RecentMessages sent;
  CHECK(whole(sent, "") == "-");
  sent.remember(bytes("one message"));
  sent.remember(bytes("another"));
  sent.remember(bytes("one more"));
  CHECK(whole(sent, "one m") == "one more");
  CHECK(whole(sent, "one me") == "one message");
  CHECK(whole(sent, "another") == "another");
  CHECK(whole(sent, "") == "one more");
  CHECK(whole(sent, "another one") == "-");
  CHECK(whole(sent, "two") == "-");
}

TEST_CASE("recent messages: an empty one is a message too", "[unit][protocols]") {
  RecentMessages sent;
  sent.remember({});
  CHECK(whole(sent, "").empty());
}

TEST_CASE("recent messages: the newest are kept, as many as there is room for",
          "[unit][protocols]") {
  RecentMessages sent;
  SECTION("by number") {
    for (int i = 0; i < 1000; ++i) sent.remember(bytes(std::to_string(10'000 + i) + " and more"));
    CHECK(whole(sent, "10999") == "10999 and more");
    CHECK(whole(sent, "10968") == "10968 and more");  // Half of the places at least.
    CHECK(whole(sent, "10935") == "-");
  }
  SECTION("by size") {
    const std::string large(RecentMessages::kBytes / 2, '.');
    for (const char* name : {"a", "b", "c"}) sent.remember(bytes(name + large.substr(1)));
    CHECK(whole(sent, "a") == "-");
    CHECK(whole(sent, "b") == "b" + large.substr(1));
    CHECK(whole(sent, "c") == "c" + large.substr(1));
  }
  SECTION("one that is larger than all of it is not") {
    const std::string full(RecentMessages::kBytes, '.');
    sent.remember(bytes(full + "."));
    CHECK(whole(sent, ".") == "-");
    sent.remember(bytes(full));
    CHECK(whole(sent, ".") == full);
  }
}
