#include "core/base/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <thread>

#include "core/base/unique_fd.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

struct Pipe {
  Pipe() {
    std::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  UniqueFd reader;
  UniqueFd writer;
};

std::string read_to_end(int fd) {
  std::string all;
  std::array<char, 1000> piece;
  for (ssize_t got = 1; got > 0; all.append(piece.data(), static_cast<std::size_t>(got))) {
    got = ::read(fd, piece.data(), piece.size());
    REQUIRE(got >= 0);
  }
  return all;
}

}  // namespace

TEST_CASE("output: all of it arrives, whether or not somebody made the descriptor non-blocking",
          "[unit][output]") {
  const int flags = GENERATE(0, O_NONBLOCK);
  Pipe pipe;
  REQUIRE(::fcntl(pipe.writer.get(), F_SETFL, flags) == 0);
  std::string text(1 << 20, ' ');  // Many times what a pipe holds.
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 23);
  bool written = false;
  std::thread other{[&] {
    Output output{pipe.writer.get(), "stdout"};
    written = output.write(text) && output.write("end");
    pipe.writer.reset();
  }};
  const std::string seen = read_to_end(pipe.reader.get());
  other.join();
  CHECK(written);
  CHECK(seen == text + "end");
}

TEST_CASE("output: a reader that is gone makes it quiet, and is no error", "[unit][output]") {
  Pipe pipe;
  Output output{pipe.writer.get(), "stdout"};
  CHECK(output.write("seen"));
  CHECK_FALSE(output.broken_pipe());
  pipe.reader.reset();
  CHECK_FALSE(output.write("lost"));
  CHECK(output.broken_pipe());
  CHECK_FALSE(output.usable());
  CHECK_FALSE(output.write(""));
  CHECK_FALSE(output.error());
}

TEST_CASE("output: another failure is kept, and what comes behind it is dropped",
          "[unit][output]") {
  const UniqueFd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  REQUIRE(full.valid());
  Output output{full.get(), "stdout"};
  CHECK(output.write(""));
  CHECK_FALSE(output.error());
  CHECK_FALSE(output.write("x"));
  CHECK_FALSE(output.broken_pipe());
  REQUIRE(output.error());
  CHECK(output.error()->category() == ErrorCategory::io);
  CHECK(output.error()->error_number() == ENOSPC);
  const UniqueFd null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  REQUIRE(::dup2(null.get(), full.get()) == full.get());  // It would take more now.
  CHECK_FALSE(output.write("y"));
  CHECK(output.error()->error_number() == ENOSPC);
}
