#pragma once

/// \file
/// What is asked over HTTP and what is answered, as values: whoever answers sees no socket and no
/// library.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace netecho {

struct HttpField {
  std::string name;
  std::string value;
};

/// One GET or HEAD; the server itself refuses all others. All of it comes from a stranger.
struct HttpRequest {
  bool head = false;             ///< HEAD: the answer's body is not asked for.
  std::string path;              ///< As sent, percent signs and all: compare, never decode.
  std::vector<HttpField> query;  ///< In order, decoded, with repetitions; may hold any byte.
  std::vector<HttpField> headers;

  /// Returns the first header of this name, in whatever case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
};

/// Appends the next piece of a body to `out`, some KiB of it, and returns false when that was the
/// last. It is called on the server's thread whenever the peer has taken the piece before, so that
/// a body need never be in memory as a whole, and destroyed when the last piece is out or the peer
/// is gone.
using HttpBody = std::function<bool(std::string& out)>;

struct HttpAnswer;
/// Gives the answer that was promised. It may be called from any thread, once, even when the peer
/// or the server is gone, and then does nothing.
using HttpReply = std::function<void(HttpAnswer answer)>;

struct HttpAnswer {
  int status = 200;
  std::string content_type{};
  HttpBody body{};                   ///< None: an answer without one.
  std::vector<HttpField> headers{};  ///< Others than those that every answer has.
  /// If set, this is the promise of an answer, and everything else here is ignored: it is called at
  /// once, on the server's thread, and may leave the work to others.
  std::function<void(HttpReply reply)> later{};
};

/// Returns an answer of plain text; a line end is added.
[[nodiscard]] HttpAnswer text_answer(int status, std::string text);
/// Returns the answer "503, come back in a second".
[[nodiscard]] HttpAnswer busy_answer(std::string text);
/// Makes a body of a text that is in memory.
[[nodiscard]] HttpBody whole_body(std::string text);

/// Called on the server's thread, one request at a time. What it throws becomes a 500.
using HttpHandler = std::function<HttpAnswer(const HttpRequest& request)>;

}  // namespace netecho
