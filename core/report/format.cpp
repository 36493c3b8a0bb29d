#include "core/report/format.hpp"

#include <algorithm>

#include "core/report/formats.hpp"

namespace netecho {

std::span<const Format> formats() noexcept {
  return kFormats;
}

const Format* find_format(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kFormats, name, &Format::name);
  return found == kFormats.end() ? nullptr : found;
}

const Format& text_format() noexcept {
  return kFormats[0];
}

const Format& json_format() noexcept {
  return kFormats[1];
}

const Format& in_pieces(const Format& format) noexcept {
  const Format* const stream = find_format(format.stream);  // Only documents name one.
  return stream != nullptr ? *stream : format;
}

}  // namespace netecho
