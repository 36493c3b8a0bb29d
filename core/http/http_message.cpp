#include "core/http/http_message.hpp"

#include <strings.h>

#include <algorithm>
#include <cstddef>
#include <memory>

namespace netecho {
namespace {

constexpr std::size_t kPiece = std::size_t{16} * 1024;

bool same_name(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::optional<std::string_view> HttpRequest::header(std::string_view name) const noexcept {
  const auto found = std::ranges::find_if(
      headers, [&](const HttpField& each) { return same_name(each.name, name); });
  if (found == headers.end()) return std::nullopt;
  return found->value;
}

HttpBody whole_body(std::string text) {
  return [text = std::move(text), sent = std::size_t{0}](std::string& out) mutable {
    const std::size_t size = std::min(kPiece, text.size() - sent);
    out.append(text, sent, size);
    sent += size;
    return sent < text.size();
  };
}

HttpAnswer text_answer(int status, std::string text) {
  text += '\n';
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .body = whole_body(std::move(text))};
}

HttpAnswer busy_answer(std::string text) {
  HttpAnswer answer = text_answer(503, std::move(text));
  answer.headers.push_back({"Retry-After", "1"});
  return answer;
}

}  // namespace netecho
