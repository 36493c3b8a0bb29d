#include <string>
#include <vector>

#include "cmd/cli.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

WaitJob wait(Words words) {
  words.insert(words.begin(), "wait");
  return std::get<WaitJob>(parse_command_line(words));
}

std::string complaint(Words words) {
  try {
    static_cast<void>(wait(std::move(words)));
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::usage);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("wait: without options it has the defaults of the manual", "[wait][unit]") {
  const WaitJob job = wait({"localhost:7"});
  CHECK(job.endpoints == Words{"localhost:7"});
  CHECK(job.wanted == WaitFor::all);
  CHECK_FALSE(job.echo);
  CHECK(job.interval == 250ms);
  CHECK(job.deadline == 30s);
  CHECK(job.command.empty());
}

TEST_CASE("wait: every option reaches its value", "[wait][unit]") {
  const WaitJob job = wait({"a:1", "--any", "-w", "2m", "b:2", "--echo", "-i", "1s", "-B", "::1"});
  CHECK(job.endpoints == Words{"a:1", "b:2"});
  CHECK(job.wanted == WaitFor::any);
  CHECK(job.echo);
  CHECK(job.interval == 1s);
  CHECK(job.deadline == 2min);
  CHECK(job.common.socket.bind == "::1");
}

TEST_CASE("wait: a deadline of 0 never comes", "[wait][unit]") {
  CHECK(wait({"a:1", "-w", "0"}).deadline == Duration::max());
  CHECK(wait({"a:1", "--deadline=0s"}).deadline == Duration::max());
}

TEST_CASE("wait: what follows -- is a command, whatever it looks like", "[wait][unit]") {
  const WaitJob job = wait({"a:1", "--", "make", "--any", "-w", "x", "--", "b:2", ""});
  CHECK(job.endpoints == Words{"a:1"});
  CHECK(job.wanted == WaitFor::all);
  CHECK(job.command == Words{"make", "--any", "-w", "x", "--", "b:2", ""});
  CHECK(wait({"a:1", "--", "--help"}).command == Words{"--help"});
  CHECK(wait({"a:1", "--"}).command.empty());
}

TEST_CASE("wait: what is wrong is said", "[wait][unit]") {
  const std::string missing = "wait: an endpoint is missing, such as tcp://localhost:12345";
  CHECK(complaint({}) == missing);
  CHECK(complaint({"--", "make"}) == missing);
  CHECK(complaint({"a:1", "-i", "0"}) == "option --interval: expected a duration above 0");
  CHECK(complaint({"a:1", "--many"}) == "option --many: unknown; did you mean --any?");
  CHECK_FALSE(complaint({"a:1", "-w", "soon"}).empty());
}

TEST_CASE("wait: its errors are events, as there is no document that they could end in",
          "[wait][unit]") {
  CHECK(error_format({"wait", "--json"}).name == "jsonl");
  CHECK(error_format({"wait", "--format", "json"}).name == "jsonl");
  CHECK(error_format({"wait", "a:1", "--", "jq", "--json"}).name == "text");
}
