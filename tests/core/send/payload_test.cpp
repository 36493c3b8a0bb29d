#include "core/send/payload.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "tests/core/send/exchange_peer.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace netecho::testing;

namespace {

/// A file with given bytes, gone with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes) {
    std::string name = (std::filesystem::temp_directory_path() / "netecho-payload-XXXXXX").string();
    fd_.reset(::mkstemp(name.data()));
    REQUIRE(fd_.valid());
    path_ = name;
    REQUIRE(::write(fd_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    REQUIRE(::lseek(fd_.get(), 0, SEEK_SET) == 0);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  UniqueFd fd_;
  std::string path_;
};

std::string read_all(PayloadSource& source) {
  std::string all;
  std::array<std::byte, 7> piece{};
  while (const std::size_t got = source.read(piece)) {
    all.append(reinterpret_cast<const char*>(piece.data()), got);
  }
  return all;
}

std::string read_again(PayloadSource& source, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '?');
  return source.read_again(offset, std::as_writable_bytes(std::span{bytes})) ? bytes : "no";
}

std::vector<std::string> all_lines(PayloadSource& source) {
  LineReader lines{source};
  std::vector<std::string> all;
  while (!lines.at_end()) {
    if (auto line = lines.next()) {
      all.push_back(std::move(*line));
    } else {
      lines.fill();
    }
  }
  return all;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("payload: a literal is read in pieces, and any part of it again", "[payload][unit]") {
  const auto source = literal_payload("0123456789");
  CHECK(source->fd() == -1);
  CHECK(source->size() == 10U);
  CHECK(read_all(*source) == "0123456789");
  CHECK(read_again(*source, 3, 4) == "3456");
  CHECK(read_again(*source, 8, 4) == "no");
}

TEST_CASE("payload: a file is read again without losing its place", "[payload][unit]") {
  const TemporaryFile file{"0123456789"};
  const auto source = file_payload(file.path());
  CHECK(source->fd() == -1);
  CHECK(source->size() == 10U);
  std::array<std::byte, 4> first{};
  CHECK(source->read(first) == 4);
  CHECK(read_again(*source, 1, 3) == "123");
  CHECK(read_all(*source) == "456789");
}

TEST_CASE("payload: an inherited file begins where its descriptor stands", "[payload][unit]") {
  const TemporaryFile file{"0123456789"};
  REQUIRE(::lseek(file.fd(), 6, SEEK_SET) == 6);
  const auto source = fd_payload(file.fd(), "standard input");
  CHECK(source->size() == 4U);
  CHECK(read_again(*source, 0, 4) == "6789");
  CHECK(read_all(*source) == "6789");
}

TEST_CASE("payload: a descriptor stays its owner's", "[payload][unit]") {
  const TemporaryFile file{"x"};
  static_cast<void>(fd_payload(file.fd(), "standard input"));
  CHECK(::fcntl(file.fd(), F_GETFD) >= 0);
}

TEST_CASE("payload: a file that became shorter is an error, not a difference", "[payload][unit]") {
  const TemporaryFile file{"0123456789"};
  const auto source = file_payload(file.path());
  CHECK(read_all(*source) == "0123456789");
  REQUIRE(::ftruncate(file.fd(), 5) == 0);
  CHECK_THROWS_AS(read_again(*source, 3, 4), Error);
}

TEST_CASE("payload: a pipe is polled, and not read again", "[payload][unit]") {
  Pipe pipe;
  pipe.write("hello");
  pipe.writer.reset();
  const auto source = fd_payload(pipe.reader.get(), "pipe");
  CHECK(source->fd() == pipe.reader.get());
  CHECK_FALSE(source->size());
  CHECK(read_again(*source, 0, 1) == "no");
  CHECK(read_all(*source) == "hello");
}

TEST_CASE("payload: a file that hides its size, as in /proc, is not read again",
          "[payload][unit]") {
  const auto source = file_payload("/proc/self/stat");
  CHECK_FALSE(source->size());
  CHECK(read_again(*source, 0, 1) == "no");
  CHECK_FALSE(read_all(*source).empty());
}

TEST_CASE("payload: a file that is missing or a folder says so", "[payload][unit]") {
  CHECK_THROWS_WITH(file_payload("/no/such/file"),
                    "open /no/such/file: No such file or directory (ENOENT)");
  CHECK_THROWS_WITH(file_payload("/"), "read /: Is a directory (EISDIR)");
}

TEST_CASE("payload: a descriptor that can't be read says so", "[payload][unit]") {
  Pipe pipe;
  const auto source = fd_payload(pipe.writer.get(), "standard input");
  CHECK_THROWS_WITH(read_all(*source), "read standard input: Bad file descriptor (EBADF)");
}

TEST_CASE("lines: they keep their newline, and the last may lack one", "[payload][unit]") {
  CHECK(all_lines(*literal_payload("one\n\ntwo")) == Lines{"one\n", "\n", "two"});
  CHECK(all_lines(*literal_payload("one\n")) == Lines{"one\n"});
  CHECK(all_lines(*literal_payload("")) == Lines{});
}

TEST_CASE("lines: what is there already is found, however often more is read", "[payload][unit]") {
  const auto source = literal_payload("one\ntwo\n");
  LineReader lines{*source};
  for (int i = 0; i < 3; ++i) lines.fill();
  CHECK(lines.next() == "one\n");
  CHECK(lines.next() == "two\n");
  CHECK_FALSE(lines.next());
  CHECK(lines.at_end());
}

TEST_CASE("lines: a line may be 8 MiB long, and no longer", "[payload][unit]") {
  const std::string longest = std::string(LineReader::kMaxLineBytes - 1, 'x') + "\n";
  CHECK(all_lines(*literal_payload(longest + "y\n")) == Lines{longest, "y\n"});
  CHECK_THROWS_WITH(all_lines(*literal_payload("y\nx" + longest)),
                    "read a line: it is longer than 8 MiB");
  const std::string endless(LineReader::kMaxLineBytes, 'x');
  CHECK(all_lines(*literal_payload(endless)) == Lines{endless});
  CHECK_THROWS_AS(all_lines(*literal_payload(endless + "x")), Error);
}
