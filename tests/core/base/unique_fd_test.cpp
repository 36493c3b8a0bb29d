#include "core/base/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <type_traits>

#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

int open_one() {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  return fd;
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

static_assert(!std::is_copy_constructible_v<UniqueFd> && !std::is_copy_assignable_v<UniqueFd>);
static_assert(std::is_nothrow_move_constructible_v<UniqueFd>);
static_assert(!std::is_convertible_v<int, UniqueFd> && !std::is_convertible_v<UniqueFd, int>);

}  // namespace

TEST_CASE("unique_fd: closes what it owns, once", "[unit][unique_fd]") {
  const int fd = open_one();
  {
    const UniqueFd owner{fd};
    CHECK(owner.valid());
    CHECK(owner.get() == fd);
    CHECK(is_open(fd));
  }
  CHECK_FALSE(is_open(fd));
}

TEST_CASE("unique_fd: none is valid to have and to drop", "[unit][unique_fd]") {
  UniqueFd none;
  CHECK_FALSE(none.valid());
  CHECK(none.get() == -1);
  none.reset();
  CHECK(none.release() == -1);
}

TEST_CASE("unique_fd: descriptor 0 is one", "[unit][unique_fd]") {
  UniqueFd zero{0};
  CHECK(zero.valid());
  CHECK(zero.release() == 0);
}

TEST_CASE("unique_fd: moving hands the descriptor over", "[unit][unique_fd]") {
  const int fd = open_one();
  const int other = open_one();
  UniqueFd first{fd};
  UniqueFd second{std::move(first)};
  CHECK(second.get() == fd);
  UniqueFd third{other};
  third = std::move(second);
  CHECK(third.get() == fd);
  CHECK(is_open(fd));
  CHECK_FALSE(is_open(other));
  UniqueFd& itself = third;
  third = std::move(itself);
  CHECK(third.get() == fd);
  CHECK(is_open(fd));
}

TEST_CASE("unique_fd: a released descriptor is the caller's", "[unit][unique_fd]") {
  const int fd = open_one();
  {
    UniqueFd owner{fd};
    CHECK(owner.release() == fd);
    CHECK_FALSE(owner.valid());
  }
  CHECK(is_open(fd));
  ::close(fd);
}

TEST_CASE("unique_fd: reset closes the old one and takes the new one", "[unit][unique_fd]") {
  const int old = open_one();
  const int fresh = open_one();
  UniqueFd owner{old};
  owner.reset(fresh);
  CHECK_FALSE(is_open(old));
  CHECK(owner.get() == fresh);
  CHECK(is_open(fresh));
}

TEST_CASE("unique_fd: closing leaves errno as it was", "[unit][unique_fd]") {
  const int fd = open_one();
  UniqueFd owner{fd};
  ::close(fd);  // So that the owner's close fails with EBADF.
  errno = EXDEV;
  owner.reset();
  CHECK(errno == EXDEV);
}
