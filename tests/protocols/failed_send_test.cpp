#include "protocols/message/failed_send.hpp"

#include <cerrno>

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

TEST_CASE("failed send: an earlier message's error costs this one a second call",
          "[protocols][unit]") {
  bool errors_pending = false;
  FailedSend failed{&errors_pending};
  CHECK_FALSE(failed.then(ECONNREFUSED));
  CHECK(errors_pending);
  const auto outcome = failed.then(EHOSTUNREACH);
  REQUIRE(outcome);
  CHECK(outcome->status == IoStatus::failed);
  CHECK(outcome->error == EHOSTUNREACH);
}

TEST_CASE("failed send: an interrupted call is made again and again", "[protocols][unit]") {
  bool errors_pending = false;
  FailedSend failed{&errors_pending};
  for (int i = 0; i < 3; ++i) CHECK_FALSE(failed.then(EINTR));
  CHECK_FALSE(failed.then(ECONNREFUSED));
}

TEST_CASE("failed send: what the own firewall dropped is not sent twice", "[protocols][unit]") {
  bool errors_pending = false;
  FailedSend failed{&errors_pending};
  const auto outcome = failed.then(EPERM);
  REQUIRE(outcome);
  CHECK(outcome->error == EPERM);
  CHECK_FALSE(errors_pending);
}

TEST_CASE("failed send: a full buffer is no failure, and no error without a queue is another's",
          "[protocols][unit]") {
  FailedSend failed{nullptr};
  const auto full = failed.then(EAGAIN);
  REQUIRE(full);
  CHECK(full->status == IoStatus::would_block);
  const auto gone = failed.then(ECONNREFUSED);
  REQUIRE(gone);
  CHECK(gone->status == IoStatus::failed);
  CHECK(gone->error == ECONNREFUSED);
}

}  // namespace
}  // namespace netecho
