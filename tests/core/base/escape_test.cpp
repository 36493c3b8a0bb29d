#include "core/base/escape.hpp"

#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::string_literals;

TEST_CASE("utf8: the first and last character of each length are valid", "[unit][escape]") {
  CHECK(utf8_length("\0"s) == 1);
  CHECK(utf8_length("\x7F") == 1);
  CHECK(utf8_length("\xC2\x80") == 2);
  CHECK(utf8_length("\xDF\xBF") == 2);
  CHECK(utf8_length("\xE0\xA0\x80") == 3);
  CHECK(utf8_length("\xED\x9F\xBF") == 3);  // U+D7FF, the last before the surrogates.
  CHECK(utf8_length("\xEE\x80\x80") == 3);  // U+E000, the first behind them.
  CHECK(utf8_length("\xEF\xBF\xBF") == 3);
  CHECK(utf8_length("\xF0\x90\x80\x80") == 4);
  CHECK(utf8_length("\xF1\x80\x80\x80") == 4);
  CHECK(utf8_length("\xF4\x8F\xBF\xBF") == 4);  // U+10FFFF, the last of all.
}

TEST_CASE("utf8: only the first character counts", "[unit][escape]") {
  CHECK(utf8_length("a\xFF") == 1);
  CHECK(utf8_length("한글") == 3);
}

TEST_CASE("utf8: overlong, surrogate, too large, truncated and stray bytes are not characters",
          "[unit][escape]") {
  for (const std::string& bytes : {""s,
                                   "\x80"s,
                                   "\xBF"s,
                                   "\xC0\x80"s,
                                   "\xC1\xBF"s,
                                   "\xE0\x80\x80"s,
                                   "\xE0\x9F\xBF"s,
                                   "\xED\xA0\x80"s,
                                   "\xED\xBF\xBF"s,
                                   "\xF0\x80\x80\x80"s,
                                   "\xF0\x8F\xBF\xBF"s,
                                   "\xF4\x90\x80\x80"s,
                                   "\xF5\x80\x80\x80"s,
                                   "\xFE"s,
                                   "\xFF"s,
                                   "\xC2"s,
                                   "\xC2\x7F"s,
                                   "\xC2\xC0"s,
                                   "\xE1\x80"s,
                                   "\xE1\x80\xC0"s,
                                   "\xE1\x7F\x80"s,
                                   "\xF1\x80\x80"s,
                                   "\xF1\x80\x80\x7F"s,
                                   "\xF1\x80\xC0\x80"s,
                                   "\xF1\xC0\x80\x80"s}) {
    CAPTURE(escape_for_terminal(bytes));
    CHECK(utf8_length(bytes) == 0);
    CHECK(is_utf8(bytes) == bytes.empty());
  }
}

TEST_CASE("utf8: a text is valid when all of it is", "[unit][escape]") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("안녕하세요 🙂"));
  CHECK(is_utf8("a\0b"s));
  CHECK_FALSE(is_utf8("hello\xFF"));
  CHECK_FALSE(is_utf8("\xEC\x95"));
}

TEST_CASE("utf8: each invalid byte becomes one replacement character", "[unit][escape]") {
  CHECK(to_lossy_utf8("plain 한글") == "plain 한글");
  CHECK(to_lossy_utf8("a\xFF"
                      "b") == "a\uFFFDb");
  CHECK(to_lossy_utf8("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");
  CHECK(to_lossy_utf8("한\xE1\x80") == "한\uFFFD\uFFFD");
  CHECK(to_lossy_utf8("").empty());
}

TEST_CASE("escape: printable text stays as it is", "[unit][escape]") {
  CHECK(escape_for_terminal("hello, world~ !\"#$%&'()") == "hello, world~ !\"#$%&'()");
  CHECK(escape_for_terminal("안녕하세요 🙂 é") == "안녕하세요 🙂 é");
  CHECK(escape_for_terminal("\xC2\xA0") == "\xC2\xA0");  // No-break space, right behind C1.
  CHECK(escape_for_terminal("").empty());
}

TEST_CASE("escape: control characters show their bytes", "[unit][escape]") {
  CHECK(escape_for_terminal("\0"s) == R"(\x00)");
  CHECK(escape_for_terminal("\x1B[31mred\x07") == R"(\x1b[31mred\x07)");
  CHECK(escape_for_terminal("\x7F") == R"(\x7f)");
  CHECK(escape_for_terminal("\x1F ") == R"(\x1f )");
  CHECK(escape_for_terminal("\xC2\x80\xC2\x9B\xC2\x9F") == R"(\xc2\x80\xc2\x9b\xc2\x9f)");  // C1.
  CHECK(escape_for_terminal("\u2028\u2029") == R"(\xe2\x80\xa8\xe2\x80\xa9)");
}

TEST_CASE("escape: nothing reorders the line", "[unit][escape]") {
  for (const char* mark : {"\u061C", "\u200E", "\u200F", "\u202A", "\u202B", "\u202C", "\u202D",
                           "\u202E", "\u2066", "\u2067", "\u2068", "\u2069"}) {
    const std::string escaped = escape_for_terminal(mark);
    CAPTURE(escaped);
    CHECK(escaped.size() == 4 * std::string_view(mark).size());
    CHECK(escaped.substr(0, 2) == "\\x");
  }
  for (const char* neighbour : {"\u2010", "\u2030", "\u2065", "\u206A", "\u061B", "\u061D"}) {
    CHECK(escape_for_terminal(neighbour) == neighbour);
  }
}

TEST_CASE("escape: invalid bytes show as they are, their neighbours stay", "[unit][escape]") {
  CHECK(escape_for_terminal("a\xFF한\xC2") == R"(a\xff한\xc2)");
  CHECK(escape_for_terminal("\xED\xA0\x80") == R"(\xed\xa0\x80)");
}

TEST_CASE("escape: a text that looks escaped cannot be taken for an escape", "[unit][escape]") {
  CHECK(escape_for_terminal(R"(\x1b)") == R"(\x5cx1b)");
  CHECK(escape_for_terminal(R"(C:\dir\n)") == R"(C:\dir\n)");
  CHECK(escape_for_terminal(R"(\\x41)") == R"(\\x5cx41)");
  CHECK(escape_for_terminal("\\") == "\\");
}

TEST_CASE("escape: newlines and tabs stay only where they are asked for", "[unit][escape]") {
  CHECK(escape_for_terminal("a\n\tb\r\n") == R"(a\x0a\x09b\x0d\x0a)");
  CHECK(escape_for_terminal("a\n\tb\r\n", Newlines::keep) == "a\n\tb\\x0d\n");
  CHECK(escape_for_terminal("\x1B\n", Newlines::keep) == "\\x1b\n");
}
