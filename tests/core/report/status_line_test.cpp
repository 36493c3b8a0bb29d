#include "core/report/status_line.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <vector>

#include "core/base/unique_fd.hpp"
#include "core/report/unicode.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/variable.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

std::string spark(const std::vector<std::optional<Duration>>& values, std::size_t columns = 60) {
  Sparkline line;
  for (const auto& value : values) line.add(value);
  return line.text(columns);
}

StatusOfTarget target(const Sparkline* history = nullptr) {
  return {.name = "udp://127.0.0.1:7",
          .sent = 1234,
          .loss_ratio = 0.001,
          .unanswered_ratio = {},
          .p50 = 41'200ns,
          .p99 = 88us,
          .max = 1200us,
          .history = history};
}

std::string line_of(const StatusOfTarget& each, std::size_t columns) {
  return status_line({&each, 1}, columns, {});
}

Sparkline twenty_intervals() {
  Sparkline line;
  for (int i = 0; i < 20; ++i) line.add(Duration{40'000 << (i % 4)});
  return line;
}

/// The end of a pipe that a printer writes to, and what has arrived at the other.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  [[nodiscard]] std::string taken() const {
    std::string out;
    std::array<char, 4096> buffer{};
    ssize_t got = 0;
    while ((got = ::read(reader.get(), buffer.data(), buffer.size())) > 0) {
      out.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return out;
  }

  UniqueFd reader;
  UniqueFd writer;
};

}  // namespace

TEST_CASE("sparkline: the scale is logarithmic, from the least to the greatest value shown",
          "[report][unit]") {
  CHECK(spark({}).empty());
  CHECK(spark({1us, 2us, 4us, 8us, 16us, 32us, 64us, 128us}) == "▁▂▃▄▅▆▇█");
}

TEST_CASE("sparkline: noise looks like noise", "[report][unit]") {
  CHECK(spark({41us, 42us, 43us, 42us, 41us}) == "▁▁▁▁▁");
  CHECK(spark({40us, 60us, 75us, 80us}) == "▁▅▇█");
  CHECK(spark({0ns, 0ns}) == "▁▁");
}

TEST_CASE("sparkline: an interval of losses is a cross", "[report][unit]") {
  CHECK(spark({40us, {}, 80us}) == "▁×█");
  CHECK(spark({{}, {}}) == "××");
}

TEST_CASE("sparkline: only the newest intervals are shown, and scaled by themselves",
          "[report][unit]") {
  CHECK(spark({1s, 40us, 80us}, 2) == "▁█");
  CHECK(spark({1s, 40us, 80us}, 0).empty());
  Sparkline line;
  line.add(1s);
  for (std::size_t i = 1; i < Sparkline::kMaxIntervals; ++i) line.add(1ms);
  CHECK(line.size() == 60);
  CHECK(line.text(100).starts_with("█▁▁"));
  line.add(2ms);
  CHECK(line.size() == 60);
  CHECK(columns_of(line.text(100)) == 60);
  CHECK(line.text(100).starts_with("▁▁▁"));
  CHECK(line.text(100).ends_with("▁▁█"));
}

TEST_CASE("status line: one target has all its figures and its history", "[report][unit]") {
  const Sparkline history = twenty_intervals();
  CHECK(line_of(target(&history), 120) ==
        "udp://127.0.0.1:7  1,234 sent   0.1% lost  p50 41.2 µs  p99 88.0 µs  max 1.20 ms  "
        "▁▃▆█▁▃▆█▁▃▆█▁▃▆█▁▃▆█");
  CHECK(line_of(target(), 120) ==
        "udp://127.0.0.1:7  1,234 sent   0.1% lost  p50 41.2 µs  p99 88.0 µs  max 1.20 ms");
}

TEST_CASE("status line: before the first reply there are no figures", "[report][unit]") {
  const Sparkline empty;
  StatusOfTarget fresh{.name = "udp://127.0.0.1:7",
                       .sent = 0,
                       .loss_ratio = {},
                       .unanswered_ratio = {},
                       .p50 = {},
                       .p99 = {},
                       .max = {},
                       .history = &empty};
  CHECK(line_of(fresh, 120) ==
        "udp://127.0.0.1:7  0 sent      - lost  p50       -  p99       -  max       -");
}

TEST_CASE("status line: a narrow terminal loses the least important", "[report][unit]") {
  const Sparkline history = twenty_intervals();
  const StatusOfTarget each = target(&history);
  CHECK(line_of(each, 100) ==
        "udp://127.0.0.1:7  1,234 sent   0.1% lost  p50 41.2 µs  p99 88.0 µs  max 1.20 ms  "
        "█▁▃▆█▁▃▆█▁▃▆█▁▃▆█");
  CHECK(line_of(each, 80) ==
        "udp://127.0.0.1:7  1,234 sent   0.1% lost  p50 41.2 µs  p99 88.0 µs  ▆█▁▃▆█▁▃▆█");
  CHECK(line_of(each, 70) == "udp://127.0.0.1:7  1,234 sent   0.1% lost  p50 41.2 µs  p99 88.0 µs");
  CHECK(line_of(each, 50) == "udp://127.0.0.1:7  1,234 sent   0.1% lost");
  CHECK(line_of(each, 20) == "udp://12…");
  CHECK(line_of(each, 2) == "…");
  CHECK(line_of(each, 1).empty());
  CHECK(line_of(each, 0).empty());
}

TEST_CASE("status line: it never reaches the last column", "[report][unit]") {
  const Sparkline history = twenty_intervals();
  StatusOfTarget each = target(&history);
  each.name = "unix:///한글/소켓/あいう";
  const std::vector<StatusOfTarget> several(GENERATE(1U, 2U, 5U, 12U), each);
  for (std::size_t columns = 1; columns <= 300; ++columns) {
    CAPTURE(columns);
    CHECK(columns_of(status_line(several, columns, {})) < columns);
  }
}

TEST_CASE("status line: several targets stand behind each other, as many as fit",
          "[report][unit]") {
  std::vector<StatusOfTarget> several(3, target());
  several[1].name = "tcp://[::1]:7";
  several[1].loss_ratio = 0.0;
  several[1].p50 = 1200us;
  several[2].name = "unix:///a";
  const std::string first = "udp://127.0.0.1:7  p50 41.2 µs   0.1% lost";
  const std::string second = " | tcp://[::1]:7  p50 1.20 ms     0% lost";
  const std::string third = " | unix:///a  p50 41.2 µs   0.1% lost";
  CHECK(status_line(several, 121, {}) == first + second + third);
  CHECK(status_line(several, 120, {}) == first + second + " +1");
  CHECK(status_line(several, 80, {}) == first + " +2");
  CHECK(status_line(several, 30, {}) == "udp://127.0.…  1,234 sent +2");
  CHECK(status_line({}, 80, {}).empty());
}

TEST_CASE("status line: what could not be sent stands in the place of the losses",
          "[report][unit]") {
  StatusOfTarget each = target();
  each.unanswered_ratio = 0.9;
  CHECK(line_of(each, 120) ==
        "udp://127.0.0.1:7  1,234 sent    90% unanswered  p50 41.2 µs  p99 88.0 µs  max 1.20 ms");
  const std::vector<StatusOfTarget> several{target(), each};
  CHECK(status_line(several, 120, {}) ==
        "udp://127.0.0.1:7  p50 41.2 µs   0.1% lost | "
        "udp://127.0.0.1:7  p50 41.2 µs    90% unanswered");
}

TEST_CASE("status line: losses are red, and only they", "[report][unit]") {
  StatusOfTarget each = target();
  const TextStyle colours{.colour = Colour::on};
  const std::string tail = "  p50 41.2 µs  p99 88.0 µs  max 1.20 ms";
  CHECK(status_line({&each, 1}, 120, colours) ==
        "udp://127.0.0.1:7  1,234 sent  \x1b[31m 0.1% lost\x1b[0m" + tail);
  each.loss_ratio = 0.0;
  CHECK(status_line({&each, 1}, 120, colours) ==
        "udp://127.0.0.1:7  1,234 sent     0% lost" + tail);
  const std::vector<StatusOfTarget> several{target(), each};
  CHECK(status_line(several, 120, colours) ==
        "udp://127.0.0.1:7  p50 41.2 µs  \x1b[31m 0.1% lost\x1b[0m | "
        "udp://127.0.0.1:7  p50 41.2 µs     0% lost");
}

TEST_CASE("status line: a name can't act on the terminal", "[report][unit]") {
  StatusOfTarget each = target();
  each.name = "unix:///\x1b[2J\xff";
  CHECK(line_of(each, 60).starts_with("unix:///\\x1b[2J\\xff  1,234 sent"));
}

TEST_CASE("status line: counts have their thousands", "[report][unit]") {
  StatusOfTarget each = target();
  const auto sent = [&](std::uint64_t count) {
    each.sent = count;
    const std::string line = line_of(each, 100);
    return line.substr(19, line.find(" sent") - 19);
  };
  CHECK(sent(0) == "0");
  CHECK(sent(999) == "999");
  CHECK(sent(1000) == "1,000");
  CHECK(sent(1'234'567) == "1,234,567");
}

TEST_CASE("status printer: a line replaces the one before, and leaves nothing behind",
          "[report][unit]") {
  const Pipe terminal;
  QueuedWriter writer{Output{terminal.writer.get(), "terminal"}};
  const auto written = [&] {
    static_cast<void>(writer.drain());
    return terminal.taken();
  };
  {
    StatusPrinter printer{writer};
    printer.clear();
    CHECK(written().empty());  // There is nothing to remove.
    printer.draw("one");
    CHECK(written() == "\rone\x1b[K");
    printer.draw("one");
    CHECK(written().empty());
    printer.draw("two");
    CHECK(written() == "\rtwo\x1b[K");
    printer.clear();
    CHECK(written() == "\r\x1b[K");
    printer.clear();
    CHECK(written().empty());
    printer.draw("two");
    CHECK(written() == "\rtwo\x1b[K");
    printer.draw("");
    CHECK(written() == "\r\x1b[K");
    printer.draw("three");
    CHECK(written() == "\rthree\x1b[K");
  }
  CHECK(written() == "\r\x1b[K");
}

TEST_CASE("status printer: probes don't wait for a terminal that takes nothing", "[report][unit]") {
  const Pipe terminal;
  QueuedWriter writer{Output{terminal.writer.get(), "terminal"}};
  StatusPrinter printer{writer};
  const std::string block(4096, '.');
  while (::write(terminal.writer.get(), block.data(), block.size()) > 0) continue;
  printer.draw("one");
  printer.draw("two");  // It is not drawn: the terminal has not even taken the first.
  std::string seen;
  while (!seen.ends_with("\rone\x1b[K")) seen += terminal.taken();
  static_cast<void>(writer.drain());
  printer.draw("two");
  static_cast<void>(writer.drain());
  CHECK(terminal.taken() == "\rtwo\x1b[K");
}

TEST_CASE("terminal columns: as the terminal says, else COLUMNS, else 80", "[report][unit]") {
  const Variable unset{"COLUMNS", ""};
  const UniqueFd terminal{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  REQUIRE(terminal.valid());
  REQUIRE(::unlockpt(terminal.get()) == 0);
  CHECK(terminal_columns(terminal.get()) == 80);  // A new one has no size.
  winsize size{};
  size.ws_row = 24;
  size.ws_col = 132;
  REQUIRE(::ioctl(terminal.get(), TIOCSWINSZ, &size) == 0);
  CHECK(terminal_columns(terminal.get()) == 132);
  const Pipe no_terminal;
  CHECK(terminal_columns(no_terminal.writer.get()) == 80);
  CHECK(terminal_columns(-1) == 80);
  const auto columns_of_variable = [](const char* value) {
    const Variable columns{"COLUMNS", value};
    return terminal_columns(-1);
  };
  CHECK(columns_of_variable("50") == 50);
  for (const char* none : {"0", "-1", "50x", " 50", "70000", "wide"}) {
    CAPTURE(none);
    CHECK(columns_of_variable(none) == 80);
  }
  const Variable columns{"COLUMNS", "50"};
  CHECK(terminal_columns(terminal.get()) == 132);
}

}  // namespace netecho
