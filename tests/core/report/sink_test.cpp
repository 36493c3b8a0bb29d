#include "core/report/sink.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

#include "core/base/unique_fd.hpp"
#include "core/report/json.hpp"
#include "tests/core/report/samples.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

const Format& kLines = *find_format("jsonl");

/// Far above what any of these tests needs, even under a sanitizer on a busy machine.
constexpr Duration kPatience = 20s;
constexpr int kPatienceMs = 20'000;

/// A pipe with the smallest buffer, so that little is needed to get its writer stuck.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
    REQUIRE(::fcntl(writer.get(), F_SETPIPE_SZ, 4096) == 4096);
  }

  /// Waits until somebody has written; with more to write than the buffer holds, it is stuck then.
  void await_writer() const {
    pollfd readable{reader.get(), POLLIN, 0};
    REQUIRE(::poll(&readable, 1, kPatienceMs) == 1);
  }

  void read_some(std::string& text) const {
    await_writer();
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(reader.get(), buffer.data(), buffer.size());
    REQUIRE(got > 0);
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  [[nodiscard]] std::string read_until(const std::string& ending) const {
    std::string text;
    while (!text.ends_with(ending)) read_some(text);
    return text;
  }
  [[nodiscard]] std::string read_bytes(std::size_t size) const {
    std::string text;
    while (text.size() < size) read_some(text);
    return text;
  }

  UniqueFd reader;
  UniqueFd writer;
};

struct IgnoredSigpipe {
  IgnoredSigpipe() { ::signal(SIGPIPE, SIG_IGN); }
};

Event event(EventBody body) {
  return {samples::some_time(), std::move(body)};
}
Event listening() {
  return event(ListeningEvent{samples::tcp_end(), false, 1});
}
Event datagram() {
  return event(DatagramEvent{samples::tcp_end(), samples::tcp_end(40000), 5, {}, {}});
}
Event stopped() {
  return event(StoppedEvent{});
}
/// More than a pipe of 4096 bytes takes, and never dropped.
Event large_error() {
  ErrorEvent error;
  error.message = std::string(10'000, 'x');
  return event(error);
}

std::string line(const Event& each) {
  return to_json(each) + "\n";
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

std::vector<std::string> threads() {
  std::vector<std::string> out;
  DIR* folder = ::opendir("/proc/self/task");
  REQUIRE(folder != nullptr);
  while (const dirent* entry = ::readdir(folder)) {
    if (entry->d_name[0] != '.') out.emplace_back(entry->d_name);
  }
  ::closedir(folder);
  return out;
}

std::vector<std::string> threads_besides(const std::vector<std::string>& known) {
  std::vector<std::string> out;
  for (const std::string& each : threads()) {
    if (std::find(known.begin(), known.end(), each) == known.end()) out.push_back(each);
  }
  return out;
}

std::uint64_t blocked_signals(const std::string& thread) {
  std::ifstream status{"/proc/self/task/" + thread + "/status"};
  for (std::string text; std::getline(status, text);) {
    if (text.starts_with("SigBlk:")) return std::stoull(text.substr(7), nullptr, 16);
  }
  return 0;
}

constexpr std::uint64_t bit(int signal) {
  return std::uint64_t{1} << static_cast<unsigned>(signal - 1);
}

}  // namespace

TEST_CASE("sink: a direct one writes each event at once, as its format has it", "[report][unit]") {
  const Pipe pipe;
  Output output{pipe.writer.get(), "stdout"};
  SECTION("jsonl: a line each") {
    DirectSink sink{output, kLines, {}};
    sink.emit(listening());
    CHECK(pipe.read_until("\n") == line(listening()));
  }
  SECTION("text") {
    DirectSink sink{output, text_format(), {}};
    sink.emit(listening());
    CHECK(pipe.read_until("\n") == "listening tcp4://127.0.0.1:12345\n");
  }
  SECTION("json: nothing, because the one object comes at the end") {
    DirectSink sink{output, json_format(), {}};
    sink.emit(listening());
    int waiting = -1;
    REQUIRE(::ioctl(pipe.reader.get(), FIONREAD, &waiting) == 0);
    CHECK(waiting == 0);
  }
}

TEST_CASE("sink: a queue keeps the order and is empty once flushed", "[report][unit]") {
  const Pipe pipe;
  Output output{pipe.writer.get(), "stdout"};
  QueueSink sink{output, kLines, {}};
  sink.emit(listening());
  sink.emit(datagram());
  sink.emit(stopped());
  REQUIRE(sink.flush(kPatience));
  CHECK(pipe.read_until(line(stopped())) == line(listening()) + line(datagram()) + line(stopped()));
  CHECK(sink.dropped_total() == 0);
  CHECK_FALSE(output.error());
}

TEST_CASE("sink: a full queue drops exactly what doesn't fit, and counts it", "[report][unit]") {
  const Pipe pipe;
  Output output{pipe.writer.get(), "stdout"};
  QueueSink sink{output, kLines, {}};
  sink.emit(large_error());
  pipe.await_writer();  // The error has been taken: from here on nothing leaves the queue.

  const std::size_t fitting = QueueSink::kMaxQueuedBytes / line(datagram()).size();
  for (std::size_t i = 0; i < fitting; ++i) sink.emit(datagram());
  CHECK(sink.dropped_total() == 0);
  for (std::size_t i = 0; i < 1000; ++i) sink.emit(datagram());
  CHECK(sink.dropped_total() == 1000);

  // These never are.
  sink.emit(listening());
  sink.emit(large_error());
  sink.emit(event(SummaryEvent{samples::bare_summary()}));
  CHECK(sink.dropped_total() == 1000);
  // Now not even a short one fits.
  sink.emit(event(OpenEvent{1, samples::tcp_end(), {}}));
  sink.emit(event(CloseEvent{.endpoint = samples::tcp_end(), .peer = {}, .error = {}}));
  sink.emit(event(samples::full_reply()));
  CHECK(sink.dropped_total() == 1003);
  sink.emit(stopped());
  CHECK(sink.dropped_total() == 1003);

  const std::string read = pipe.read_until(line(stopped()));
  CHECK(count_of(read, R"("type":"datagram")") == fitting);
  const std::string first = line(large_error());
  const std::string last = line(listening()) + line(large_error()) +
                           line(event(SummaryEvent{samples::bare_summary()})) + line(stopped());
  CHECK(read.starts_with(first));
  CHECK(read.ends_with(line(datagram()) + last));
  CHECK(read.size() == first.size() + fitting * line(datagram()).size() + last.size());

  // There is room again.
  REQUIRE(sink.flush(kPatience));
  sink.emit(datagram());
  CHECK(pipe.read_until("\n") == line(datagram()));
  CHECK(sink.dropped_total() == 1003);
}

TEST_CASE("sink: stats outlast a flood of datagrams, but not a reader that is stuck for good",
          "[report][unit]") {
  const Pipe pipe;
  Output output{pipe.writer.get(), "stdout"};
  QueueSink sink{output, kLines, {}};
  sink.emit(large_error());
  pipe.await_writer();
  const std::size_t size = line(datagram()).size();
  const std::size_t datagrams = QueueSink::kMaxQueuedBytes / size;
  for (std::size_t i = 0; i < datagrams; ++i) sink.emit(datagram());

  const Event stats = event(StatsEvent{1s, 0, {samples::full_endpoint_stats()}});
  const std::size_t room =
      QueueSink::kMaxQueuedBytes + QueueSink::kReservedBytes - datagrams * size;
  const std::size_t fitting = room / line(stats).size();
  for (std::size_t i = 0; i < fitting; ++i) sink.emit(stats);
  CHECK(sink.dropped_total() == 0);
  for (std::size_t i = 0; i < 10; ++i) sink.emit(stats);
  CHECK(sink.dropped_total() == 10);
  sink.emit(stopped());
  CHECK(count_of(pipe.read_until(line(stopped())), R"("type":"stats")") == fitting);
}

TEST_CASE("sink: what comes seldom is written at once, and so is what waits for the end",
          "[report][unit]") {
  const Pipe pipe;
  Output output{pipe.writer.get(), "stdout"};
  QueueSink sink{output, kLines, {}};
  for (int i = 0; i < 20; ++i) {
    sink.emit(datagram());
    CHECK(pipe.read_until("\n") == line(datagram()));
  }
  sink.emit(listening());
  sink.drain();
  CHECK(pipe.read_until("\n") == line(listening()));
}

TEST_CASE("sink: interim reports are never dropped, and the bound is the one it was given",
          "[report][unit]") {
  const Pipe pipe;
  Output output{pipe.writer.get(), "stdout"};
  const std::size_t fitting = 3;
  const Event reply = event(samples::full_reply());
  QueueSink sink{output, kLines, {}, fitting * line(reply).size()};
  sink.emit(large_error());
  pipe.await_writer();
  for (int i = 0; i < 10; ++i) sink.emit(reply);
  CHECK(sink.dropped_total() == 10 - fitting);
  const Event interval = event(IntervalEvent{samples::bare_summary()});
  for (int i = 0; i < 10; ++i) sink.emit(interval);
  CHECK(sink.dropped_total() == 10 - fitting);
  sink.emit(stopped());
  const std::string read = pipe.read_until(line(stopped()));
  CHECK(count_of(read, R"("type":"reply")") == fitting);
  CHECK(count_of(read, R"("type":"interval")") == 10);
}

TEST_CASE("sink: a stuck reader holds up neither emit, flush nor the end", "[report][unit]") {
  const Pipe pipe;
  const std::size_t fitting = QueueSink::kMaxQueuedBytes / line(datagram()).size();
  {
    Output output{pipe.writer.get(), "stdout"};
    QueueSink sink{output, kLines, {}};
    sink.emit(large_error());
    pipe.await_writer();
    for (std::size_t i = 0; i < fitting + 1000; ++i) sink.emit(datagram());
    CHECK(sink.dropped_total() == 1000);
    CHECK_FALSE(sink.flush(10ms));
  }
  // Its thread has what it needs to go on when the reader comes back.
  const std::string first = line(large_error());
  const std::string read = pipe.read_bytes(first.size() + fitting * line(datagram()).size());
  CHECK(read.starts_with(first));
  CHECK(count_of(read, R"("type":"datagram")") == fitting);
}

TEST_CASE("sink: a reader that is gone makes the output quiet, and is no error", "[report][unit]") {
  const IgnoredSigpipe ignored;
  Pipe pipe;
  pipe.reader.reset();
  Output output{pipe.writer.get(), "stdout"};
  SECTION("direct") {
    DirectSink sink{output, kLines, {}};
    sink.emit(listening());
    sink.emit(listening());
  }
  SECTION("queued") {
    QueueSink sink{output, kLines, {}};
    sink.emit(listening());
    REQUIRE(sink.flush(kPatience));
    // Nobody reads them, so none counts as dropped, however many there are.
    for (int i = 0; i < 10'000; ++i) sink.emit(datagram());
    REQUIRE(sink.flush(kPatience));
    CHECK(sink.dropped_total() == 0);
  }
  CHECK(output.broken_pipe());
  CHECK_FALSE(output.usable());
  CHECK_FALSE(output.error());
}

TEST_CASE("sink: a full disk is an I/O error that names stdout", "[report][unit]") {
  const UniqueFd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  REQUIRE(full.valid());
  Output output{full.get(), "stdout"};
  SECTION("direct") {
    DirectSink sink{output, kLines, {}};
    sink.emit(listening());
  }
  SECTION("queued") {
    QueueSink sink{output, kLines, {}};
    sink.emit(listening());
    REQUIRE(sink.flush(kPatience));
  }
  REQUIRE(output.error());
  CHECK(output.error()->category() == ErrorCategory::io);
  CHECK(output.error()->what() == std::string("write stdout: No space left on device (ENOSPC)"));
  CHECK(exit_code(output.error()->category()) == 8);
  CHECK_FALSE(output.broken_pipe());
}

TEST_CASE("sink: the descriptor stays blocking, because others share it", "[report][unit]") {
  const Pipe pipe;
  const int before = ::fcntl(pipe.writer.get(), F_GETFL);
  Output output{pipe.writer.get(), "stdout"};
  QueueSink sink{output, kLines, {}};
  sink.emit(listening());
  REQUIRE(sink.flush(kPatience));
  CHECK(::fcntl(pipe.writer.get(), F_GETFL) == before);
}

TEST_CASE("sink: the thread starts with the first event, and leaves the signals to others",
          "[report][unit]") {
  const Pipe pipe;
  Output output{pipe.writer.get(), "stdout"};
  const std::string self = std::to_string(::getpid());
  std::thread{[] {}}.join();  // The first one brings ThreadSanitizer's own.
  const std::vector<std::string> before = threads();
  const std::uint64_t blocked_before = blocked_signals(self);
  QueueSink sink{output, kLines, {}};
  CHECK(sink.flush(0s));
  CHECK(threads_besides(before).empty());

  // Stuck, so that it is still there when it is looked at.
  sink.emit(large_error());
  pipe.await_writer();
  const std::vector<std::string> started = threads_besides(before);
  REQUIRE(started.size() == 1);
  constexpr std::uint64_t kSignals = bit(SIGINT) | bit(SIGTERM) | bit(SIGHUP) | bit(SIGQUIT);
  CHECK((blocked_signals(started[0]) & kSignals) == kSignals);
  CHECK(blocked_signals(self) == blocked_before);
  CHECK(pipe.read_until("\n") == line(large_error()));
  CHECK(sink.flush(kPatience));
}

}  // namespace netecho
