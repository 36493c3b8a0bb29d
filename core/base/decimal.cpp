#include "core/base/decimal.hpp"

#include <cstdlib>
#include <string>

namespace netecho {

std::optional<double> parse_decimal(std::string_view text) {
  // strtod() takes more than that: blanks, signs, hexadecimals, "inf". The locale's dot is ours,
  // since nothing here sets a locale.
  const bool starts_well = !text.empty() && (text[0] == '.' || (text[0] >= '0' && text[0] <= '9'));
  if (!starts_well || text.find_first_not_of("0123456789.e-") != text.npos) return std::nullopt;
  const std::string terminated{text};
  char* stop = nullptr;
  const double value = std::strtod(terminated.c_str(), &stop);
  if (stop != terminated.c_str() + terminated.size()) return std::nullopt;
  return value;
}

}  // namespace netecho
