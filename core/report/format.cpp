#include "core/report/format.hpp"

#include <algorithm>
#include <array>

#include "core/report/json.hpp"

namespace netecho {
namespace {

std::string json_line(const Event& event, const TextStyle& /*style*/) {
  return to_json(event) + "\n";
}
std::string json_document(const ResultEvent& result) {
  return to_json(result) + "\n";
}

constexpr std::array kFormats{
    Format{"text", FormatKind::words, to_text, nullptr, {}},
    Format{"json", FormatKind::document, nullptr, json_document, "jsonl"},
    Format{"jsonl", FormatKind::stream, json_line, nullptr, {}},
};

}  // namespace

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
  return format.kind == FormatKind::document ? *find_format(format.stream) : format;
}

}  // namespace netecho
