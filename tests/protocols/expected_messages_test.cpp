#include "protocols/message/expected_messages.hpp"

#include <vector>

#include "tests/support/catch.hpp"

namespace netecho::test {

TEST_CASE("expected messages: two in a row let the next call ask for several", "[unit]") {
  ExpectedMessages expected;
  CHECK(expected.one());
  expected.one_found();
  CHECK(expected.one());
  expected.one_found();
  CHECK_FALSE(expected.one());
  expected.found(7);
  CHECK_FALSE(expected.one());
}

TEST_CASE("expected messages: an empty socket is asked for one again", "[unit]") {
  ExpectedMessages expected;
  expected.one_found();
  expected.none_found();
  expected.one_found();
  CHECK(expected.one());
  expected.one_found();
  expected.found(5);
  expected.found(0);
  CHECK(expected.one());
}

TEST_CASE("expected messages: who finds one each time asks for several ever more seldom",
          "[unit]") {
  ExpectedMessages expected;
  std::vector<int> calls_for_one;
  for (int round = 0; round < 8; ++round) {
    int calls = 0;
    for (; expected.one(); ++calls) expected.one_found();
    calls_for_one.push_back(calls);
    expected.found(1);
  }
  CHECK(calls_for_one == std::vector{2, 4, 8, 16, 32, 64, 64, 64});
  while (expected.one()) expected.one_found();
  expected.found(3);
  expected.found(0);
  expected.one_found();
  expected.one_found();
  CHECK_FALSE(expected.one());
}

}  // namespace netecho::test
