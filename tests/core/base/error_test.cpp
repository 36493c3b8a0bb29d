#include "core/base/error.hpp"

#include "tests/support/catch.hpp"

using namespace netecho;

TEST_CASE("error: the line is OPERATION SUBJECT: REASON (ERRNO)", "[unit][error]") {
  const Error error{ErrorCategory::connect, "connect", "tcp://127.0.0.1:7", "Connection refused",
                    ECONNREFUSED};
  CHECK(std::string(error.what()) ==
        "connect tcp://127.0.0.1:7: Connection refused (ECONNREFUSED)");
  CHECK(error.category() == ErrorCategory::connect);
  CHECK(error.operation() == "connect");
  CHECK(error.subject() == "tcp://127.0.0.1:7");
  CHECK(error.reason() == "Connection refused");
  CHECK(error.error_number() == ECONNREFUSED);
}

TEST_CASE("error: parts that are not there leave no gap", "[unit][error]") {
  using Category = ErrorCategory;
  CHECK(std::string(Error(Category::usage, "probe", "", "no endpoint").what()) ==
        "probe: no endpoint");
  CHECK(std::string(Error(Category::usage, "", "x://y", "unknown scheme").what()) ==
        "x://y: unknown scheme");
  CHECK(std::string(Error(Category::usage, "", "", "what").what()) == "what");
}

TEST_CASE("error: the line is one line and safe, the parts are as they came", "[unit][error]") {
  const Error error = usage_error("parse", "tcp://\x1B[2J\n:7", "bad\nhost");
  CHECK(std::string(error.what()) == R"(parse tcp://\x1b[2J\x0a:7: bad\x0ahost)");
  CHECK(error.subject() == "tcp://\x1B[2J\n:7");
  CHECK(error.category() == ErrorCategory::usage);
  CHECK(error.error_number() == 0);
}

TEST_CASE("error: each category has its name and its exit code", "[unit][error]") {
  struct Row {
    ErrorCategory category;
    const char* name;
    int code;
  };
  for (const Row& row :
       {Row{ErrorCategory::usage, "usage", 2}, Row{ErrorCategory::resolve, "resolve", 3},
        Row{ErrorCategory::connect, "connect", 4}, Row{ErrorCategory::timeout, "timeout", 5},
        Row{ErrorCategory::mismatch, "mismatch", 6},
        Row{ErrorCategory::permission, "permission", 7}, Row{ErrorCategory::io, "io", 8},
        Row{ErrorCategory::internal, "internal", 70}}) {
    CHECK(to_string(row.category) == row.name);
    CHECK(exit_code(row.category) == row.code);
  }
}

TEST_CASE("error: of a socket call only EACCES and EPERM are permission", "[unit][error]") {
  CHECK(SysError("bind", "tcp://:7", EACCES).category() == ErrorCategory::permission);
  CHECK(SysError("bind", "tcp://:7", EPERM).category() == ErrorCategory::permission);
  const SysError in_use{"bind", "tcp://:7", EADDRINUSE};
  CHECK(in_use.category() == ErrorCategory::connect);
  CHECK(std::string(in_use.what()) == "bind tcp://:7: Address already in use (EADDRINUSE)");
}

TEST_CASE("error: errno has its name and its English text", "[unit][error]") {
  CHECK(errno_name(ENOENT) == "ENOENT");
  CHECK(errno_name(EAGAIN) == "EAGAIN");
  CHECK(errno_name(999) == "errno 999");
  CHECK(errno_name(-1) == "errno -1");
  CHECK(errno_text(ENOENT) == "No such file or directory");
  CHECK(errno_text(999) == "unknown error");
}

TEST_CASE("checked: repeats a call that a signal interrupted", "[unit][error]") {
  int calls = 0;
  const int result = checked("call", "subject", [&calls] {
    errno = EINTR;
    return ++calls < 3 ? -1 : 7;
  });
  CHECK(result == 7);
  CHECK(calls == 3);
}

TEST_CASE("checked: any other failure is thrown with its errno, and not repeated",
          "[unit][error]") {
  int calls = 0;
  const auto fail = [&calls] {
    ++calls;
    errno = EACCES;
    return -1;
  };
  try {
    checked("bind", "tcp://:7", fail);
    FAIL("did not throw");
  } catch (const SysError& error) {
    CHECK(std::string(error.what()) == "bind tcp://:7: Permission denied (EACCES)");
    CHECK(error.category() == ErrorCategory::permission);
  }
  CHECK(calls == 1);
}

TEST_CASE("checked: zero is a success", "[unit][error]") {
  CHECK(checked("call", "", [] { return 0; }) == 0);
}
