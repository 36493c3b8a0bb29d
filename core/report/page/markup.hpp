#pragma once

/// \file
/// Writes HTML and SVG. Nothing gets into a page unescaped: names of elements and attributes stand
/// in the source, and whatever else is written is a value, which is escaped for where it stands.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace netecho {

/// A piece of markup that stands in the source: only a string literal becomes one.
class Literal {
 public:
  template <std::size_t kSize>
  constexpr Literal(const char (&text)[kSize]) noexcept  // Not explicit: it is one.
      : text_{text, kSize - 1} {}
  [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

 private:
  std::string_view text_;
};

struct Attribute {
  Literal name;
  std::string value;
};
using Attributes = std::initializer_list<Attribute>;

/// Returns text as it may stand in an element, or in an attribute between double quotes: &, <, >
/// and both quotes as references; bytes that aren't UTF-8, and characters that XML and HTML don't
/// have, as U+FFFD.
[[nodiscard]] std::string escape_markup(std::string_view text);

/// A document grows here. Elements close in the order that they were opened in.
class Markup {
 public:
  Markup& open(Literal element, Attributes attributes = {});
  Markup& close();
  /// An element without contents: void in HTML, or of SVG.
  Markup& leaf(Literal element, Attributes attributes = {});
  /// An element with text alone.
  Markup& element(Literal element, std::string_view text, Attributes attributes = {});
  Markup& text(std::string_view text);
  /// What stands in the source, such as a style sheet.
  Markup& literal(Literal markup);
  /// A block of data that isn't run. REQUIRES: `json` has no `<` (page_json()).
  Markup& data(Literal id, std::string_view json);
  /// The next number of the document, for an id that occurs once.
  [[nodiscard]] std::string next_id();

  [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }
  [[nodiscard]] std::string take();

 private:
  void start(Literal element, Attributes attributes);

  std::string out_;
  std::vector<std::string_view> open_;
  std::uint64_t ids_ = 0;
};

/// Coordinates of SVG, with one decimal: `12`, `12.5`.
[[nodiscard]] std::string coordinate(double value);

}  // namespace netecho
