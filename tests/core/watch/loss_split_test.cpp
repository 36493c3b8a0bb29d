// Losses there and back, by a server's count.

#include "core/watch/loss_split.hpp"

#include "tests/support/catch.hpp"

namespace netecho {

TEST_CASE("watch: a loss that the server has not seen was on the way there", "[watch][unit]") {
  LossSplit split;
  CHECK_FALSE(split.known());
  split.answered(1, 1, 0);
  CHECK(split.known());
  split.answered(3, 2, 1);
  CHECK(split.forward() == 1);
  CHECK(split.reverse() == 0);
}

TEST_CASE("watch: a loss that the server has seen was on the way back", "[watch][unit]") {
  LossSplit split;
  split.answered(1, 1, 0);
  split.answered(4, 3, 2);  // One each.
  CHECK(split.forward() == 1);
  CHECK(split.reverse() == 1);
}

TEST_CASE("watch: a loss that is not known yet is put down to no side", "[watch][unit]") {
  LossSplit split;
  split.answered(3, 1, 0);  // Two may still be answered.
  CHECK(split.forward() == 0);
  split.answered(4, 2, 1);
  CHECK(split.forward() == 1);
  CHECK(split.reverse() == 0);
}

TEST_CASE("watch: without counts there is no telling", "[watch][unit]") {
  LossSplit split;
  split.answered(1, 1, 0);
  split.answered(2, std::nullopt, 0);
  CHECK_FALSE(split.known());
  LossSplit zero;
  zero.answered(1, 0, 0);
  CHECK_FALSE(zero.known());
}

TEST_CASE("watch: a server that begins anew has not seen what was lost meanwhile",
          "[watch][unit]") {
  LossSplit split;
  split.answered(1000, 1000, 0);
  split.answered(1021, 1, 20);  // It was away for 20 probes.
  CHECK(split.forward() == 20);
  CHECK(split.reverse() == 0);
  split.answered(1023, 3, 21);  // This loss it has seen.
  CHECK(split.forward() == 20);
  CHECK(split.reverse() == 1);
  split.answered(1025, 4, 22);
  CHECK(split.forward() == 21);
  CHECK(split.reverse() == 1);
}

}  // namespace netecho
