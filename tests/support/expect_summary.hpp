#pragma once

/// \file
/// What a summary is to have counted, in one line: `expect(s).received(2).timeout(1).late(1)`.

#include <cstdint>
#include <source_location>

#include "core/facts/summary.hpp"
#include "tests/support/catch.hpp"

namespace netecho::testing {

class ExpectedSummary {
 public:
  ExpectedSummary(const Summary& summary, const std::source_location& where)
      : summary_{summary}, where_{where} {}

#define NETECHO_EXPECTED(name)                                          \
  const ExpectedSummary& name(std::uint64_t expected) const {           \
    INFO("expected in " << where_.file_name() << ":" << where_.line()); \
    CHECK(summary_.name##_total == expected);                           \
    return *this;                                                       \
  }
  NETECHO_EXPECTED(scheduled)
  NETECHO_EXPECTED(sent)
  NETECHO_EXPECTED(received)
  NETECHO_EXPECTED(lost)
  NETECHO_EXPECTED(outstanding)
  NETECHO_EXPECTED(skipped)
  NETECHO_EXPECTED(send_error)
  NETECHO_EXPECTED(timeout)
  NETECHO_EXPECTED(mismatch)
  NETECHO_EXPECTED(refused)
  NETECHO_EXPECTED(unreachable)
  NETECHO_EXPECTED(late)
  NETECHO_EXPECTED(duplicate)
  NETECHO_EXPECTED(reordered)
  NETECHO_EXPECTED(no_connection)
  NETECHO_EXPECTED(unanswered)
#undef NETECHO_EXPECTED

 private:
  const Summary& summary_;
  std::source_location where_;
};

[[nodiscard]] inline ExpectedSummary expect(
    const Summary& summary, const std::source_location& where = std::source_location::current()) {
  return {summary, where};
}

}  // namespace netecho::testing
