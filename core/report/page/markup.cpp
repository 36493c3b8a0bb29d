#include "core/report/page/markup.hpp"

#include <array>
#include <cassert>
#include <cstdio>

#include "core/base/escape.hpp"
#include "core/base/rounding.hpp"

namespace netecho {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// C0 controls other than white space, and DEL, are none of a page.
bool is_no_character(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n') || byte == 0x7F;
}

}  // namespace

std::string escape_markup(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : to_lossy_utf8(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (is_no_character(c)) {
          out += kReplacement;
        } else {
          out += c;
        }
    }
  }
  return out;
}

void Markup::start(Literal element, Attributes attributes) {
  out_ += '<';
  out_ += element.text();
  for (const Attribute& each : attributes) {
    out_ += ' ';
    out_ += each.name.text();
    out_ += "=\"";
    out_ += escape_markup(each.value);
    out_ += '"';
  }
}

Markup& Markup::open(Literal element, Attributes attributes) {
  start(element, attributes);
  out_ += '>';
  open_.push_back(element.text());
  return *this;
}

Markup& Markup::close() {
  assert(!open_.empty());
  out_ += "</";
  out_ += open_.back();
  out_ += ">\n";
  open_.pop_back();
  return *this;
}

Markup& Markup::leaf(Literal element, Attributes attributes) {
  start(element, attributes);
  out_ += "/>\n";
  return *this;
}

Markup& Markup::element(Literal element, std::string_view text, Attributes attributes) {
  return open(element, attributes).text(text).close();
}

Markup& Markup::text(std::string_view text) {
  out_ += escape_markup(text);
  return *this;
}

Markup& Markup::literal(Literal markup) {
  out_ += markup.text();
  return *this;
}

Markup& Markup::data(Literal id, std::string_view json) {
  assert(json.find('<') == std::string_view::npos);
  open("script", {{"type", "application/json"}, {"id", std::string(id.text())}});
  out_ += json;
  return close();
}

std::string Markup::next_id() {
  return "p" + std::to_string(++ids_);
}

std::string Markup::take() {
  assert(open_.empty());
  return std::move(out_);
}

std::string coordinate(double value) {
  std::array<char, 32> text{};
  const auto tenths = nearest(value * 10);
  const char* sign = tenths < 0 ? "-" : "";
  const auto size = static_cast<long long>(tenths < 0 ? -tenths : tenths);
  if (size % 10 == 0) {
    std::snprintf(text.data(), text.size(), "%s%lld", sign, size / 10);
  } else {
    std::snprintf(text.data(), text.size(), "%s%lld.%lld", sign, size / 10, size % 10);
  }
  return text.data();
}

}  // namespace netecho
