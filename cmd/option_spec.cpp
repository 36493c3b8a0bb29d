#include "cmd/option_spec.hpp"

#include <algorithm>

namespace netecho {

std::vector<std::string> parts_of(std::string_view text, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string choice_complaint(const ValueSpec& value, const std::string& text) {
  const std::vector<std::string> words = parts_of(value.name, '|');
  if (std::find(words.begin(), words.end(), text) != words.end()) return "";
  return "expected " + std::string{value.name} + ", got '" + text + "'";
}

std::string_view main_name(const OptionSpec& spec) {
  const std::string_view names = spec.names;
  return names.substr(names.rfind(',') + 1);  // npos + 1 is 0.
}

}  // namespace netecho
