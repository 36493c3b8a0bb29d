#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "core/report/hdr_log.hpp"
#include "core/report/samples.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

/// A folder of its own, removed with what is in it.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/netecho-files-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string text_of(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream{path}.rdbuf();
  return out.str();
}

/// What is inside the compressed encoding.
std::string inflated(const std::string& encoded) {
  std::string out(1'000'000, '\0');
  uLongf size = out.size();
  REQUIRE(::uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                       reinterpret_cast<const Bytef*>(encoded.data() + 8),
                       encoded.size() - 8) == Z_OK);
  out.resize(size);
  return out;
}

std::string counts_of(const Histogram& histogram) {
  return inflated(encode_hdr_v2(histogram)).substr(40);
}

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

Histogram histogram_of(std::initializer_list<Duration> values) {
  Histogram out;
  for (const Duration value : values) out.record(value);
  return out;
}

ProbeSample some_sample() {
  return {.target = 0,
          .flow = 1,
          .sequence = 42,
          .status = ReplyStatus::ok,
          .intended = 1000ns,
          .sent = 1500ns,
          .received = 9500ns,
          .rtt = 8000ns,
          .response = 8500ns,
          .server_residence = 300ns,
          .size_bytes = 64,
          .time = WallTime{1'795'853'608s + 1500ns}};
}

}  // namespace

TEST_CASE("hdr_log: counts are ZigZag LEB128, zeros in runs", "[report][unit]") {
  // 100 zeros, 1, 99 zeros, 1, 49 zeros, 1: as HdrHistogram writes these three values.
  CHECK(counts_of(histogram_of({100ns, 200ns, 250ns})) ==
        bytes({0xC7, 0x01, 0x02, 0xC5, 0x01, 0x02, 0x61, 0x02}));
  CHECK(counts_of(histogram_of({0ns, 2ns})) == bytes({0x02, 0x00, 0x02}));
  // From 2,048 on a bucket holds two values.
  CHECK(counts_of(histogram_of({2048ns, 2049ns})) == bytes({0xFF, 0x1F, 0x04}));
  // Never nothing at all: HdrHistogram_c cannot read that.
  CHECK(counts_of(Histogram{}) == bytes({0x00}));
  // An hour: 31 doublings above 2,048, so index 31 * 1024 + (3.6e12 >> 31) = 33420.
  CHECK(counts_of(histogram_of({1h})) == bytes({0x97, 0x8A, 0x04, 0x02}));
  Histogram many;
  for (int i = 0; i < 1'000'000; ++i) many.record(1ns);
  CHECK(counts_of(many) == bytes({0x00, 0x80, 0x89, 0x7A}));
}

TEST_CASE("hdr_log: the header says what the format wants to know", "[report][unit]") {
  const std::string encoded = encode_hdr_v2(histogram_of({100ns}));
  CHECK(encoded.substr(0, 4) == bytes({0x1C, 0x84, 0x93, 0x14}));
  const std::string plain = inflated(encoded);
  CHECK(plain.substr(0, 4) == bytes({0x1C, 0x84, 0x93, 0x13}));
  CHECK(plain.substr(4, 12) == bytes({0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 3}));
  CHECK(plain.substr(16, 8) == bytes({0, 0, 0, 0, 0, 0, 0, 1}));
  CHECK(plain.substr(24, 8) == bytes({0, 0, 0x03, 0x46, 0x30, 0xB8, 0xA0, 0}));
  CHECK(plain.substr(32, 8) == bytes({0x3F, 0xF0, 0, 0, 0, 0, 0, 0}));
}

TEST_CASE("hdr_log: a line an interval", "[report][unit]") {
  const Folder folder;
  const std::string path = folder / "run.hlog";
  HdrLog log{path, WallTime{1'700'000'000s + 123ms}};
  log.interval("tcp://a,b c:7", 0ns, 1s, histogram_of({1500us}));
  log.interval("", 1s, 500ms, Histogram{});
  log.finish();
  std::istringstream lines{text_of(path)};
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) all.push_back(line);
  REQUIRE(all.size() == 7);
  CHECK(all[1] == "#[Histogram log format version 1.3]");
  CHECK(all[2] == "#[BaseTime: 1700000000.123 (seconds since epoch)]");
  CHECK(all[3] ==
        "#[StartTime: 1700000000.123 (seconds since epoch), 2023-11-14T22:13:20.123000000Z]");
  CHECK(
      all[4] ==
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"");
  CHECK(all[5].rfind("Tag=tcp://a_b_c:7,0.000,1.000,1.500,HISTF", 0) == 0);
  CHECK(all[6].rfind("1.000,0.500,0.000,HISTF", 0) == 0);
}

TEST_CASE("samples: CSV", "[report][unit]") {
  const Folder folder;
  const std::string path = folder / "run.csv";
  SampleFile file{path};
  CHECK(file.add_target("tcp://localhost:7") == 0);
  CHECK(file.add_target("unix:///a \"b\",c") == 1);
  CHECK(file.add_target("unix:///a\nb") == 2);
  CHECK(file.add_target("unix:///a,b") == 3);
  file.write(some_sample());
  file.write({.target = 1,
              .sequence = 7,
              .status = ReplyStatus::skipped,
              .intended = 0ns,
              .time = WallTime{1'795'853'609s}});
  file.write({.target = 2,
              .sequence = 8,
              .status = ReplyStatus::send_error,
              .sent = 9ns,
              .error_number = EMSGSIZE,
              .time = WallTime{-1ns}});
  file.write({.target = 3, .status = ReplyStatus::timeout, .time = WallTime{0ns}});
  file.finish();
  CHECK(text_of(path) ==
        "target,flow,sequence,status,intended_ns,sent_ns,received_ns,rtt_ns,response_ns,"
        "server_residence_ns,size_bytes,errno_name,time\n"
        "tcp://localhost:7,1,42,ok,1000,1500,9500,8000,8500,300,64,,"
        "2026-11-28T08:13:28.000001500Z\n"
        "\"unix:///a \"\"b\"\",c\",0,7,skipped,0,,,,,,0,,2026-11-28T08:13:29.000000000Z\n"
        "\"unix:///a\nb\",0,8,send_error,,9,,,,,0,EMSGSIZE,1969-12-31T23:59:59.999999999Z\n"
        "\"unix:///a,b\",0,0,timeout,,,,,,,0,,1970-01-01T00:00:00.000000000Z\n");
}

TEST_CASE("samples: JSON lines", "[report][unit]") {
  const Folder folder;
  const std::string path = folder / "run.jsonl";
  SampleFile file{path};
  file.add_target("unix:///\"\x1b\xff");
  file.write(some_sample());
  file.write({.sequence = 7, .status = ReplyStatus::timeout, .sent = -5ns});
  file.finish();
  CHECK(text_of(path) ==
        R"({"target":"unix:///\"\u001b)"
        "\xef\xbf\xbd"
        R"(","flow":1,"sequence":42,"status":"ok",)"
        R"("intended_ns":1000,"sent_ns":1500,"received_ns":9500,"rtt_ns":8000,"response_ns":8500,)"
        R"("server_residence_ns":300,"size_bytes":64,"errno_name":null,)"
        R"("time":"2026-11-28T08:13:28.000001500Z"})"
        "\n"
        R"({"target":"unix:///\"\u001b)"
        "\xef\xbf\xbd"
        R"(","flow":0,"sequence":7,"status":"timeout",)"
        R"("intended_ns":null,"sent_ns":-5,"received_ns":null,"rtt_ns":null,"response_ns":null,)"
        R"("server_residence_ns":null,"size_bytes":0,"errno_name":null,)"
        R"("time":"1970-01-01T00:00:00.000000000Z"})"
        "\n");
}

TEST_CASE("samples: the ending chooses the format, and failures are told", "[report][unit]") {
  const Folder folder;
  CHECK_THROWS_AS(SampleFile{folder / "run.txt"}, Error);
  CHECK_THROWS_AS(SampleFile{folder / "missing/run.csv"}, Error);
  std::filesystem::create_symlink("/dev/full", folder / "full.csv");
  SampleFile full{folder / "full.csv"};
  full.add_target("tcp://localhost:7");
  // Many times the buffer: the run goes on, and learns of it at the end.
  for (int i = 0; i < 10'000; ++i) full.write(some_sample());
  CHECK_THROWS_WITH(full.finish(),
                    "write " + (folder / "full.csv") + ": No space left on device (ENOSPC)");
}

TEST_CASE("files: a disk that takes nothing holds nobody up, and what it could not take is told",
          "[report][unit]") {
  const Folder folder;
  const std::string path = folder / "stalled.csv";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const UniqueFd reader{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  REQUIRE(reader.valid());
  constexpr std::size_t kQueueBytes = 512 * 1024;
  OutputFile file{path, kQueueBytes};
  const std::string record(1023, 'x');
  constexpr int kRecords = 4096;  // More than pipe, queue and buffer hold together.
  for (int i = 0; i < kRecords; ++i) file.write(record + "\n");

  std::atomic<std::size_t> read = 0;
  std::atomic<bool> done = false;
  std::thread late{[&] {
    std::vector<char> bytes(65'536);
    while (true) {
      const bool last = done;
      const ssize_t got = ::read(reader.get(), bytes.data(), bytes.size());
      if (got > 0) read += static_cast<std::size_t>(got);
      if (got <= 0 && last) return;
    }
  }};
  std::string why;
  try {
    file.finish();
  } catch (const Error& error) {
    why = error.what();
  }
  done = true;
  late.join();
  const std::size_t missing = kRecords - read / 1024;
  CHECK(missing > 0);
  CHECK(read > kQueueBytes - 65'536);
  CHECK(why == "write " + path + ": " + std::to_string(missing) +
                   " records are missing: they came faster than they could be written");
}
