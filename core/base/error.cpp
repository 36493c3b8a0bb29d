#include "core/base/error.hpp"

#include <string.h>  // strerrorname_np

#include <array>
#include <utility>

#include "core/base/escape.hpp"
#include "core/base/fixed_text.hpp"

namespace netecho {
namespace {

struct CategoryRow {
  FixedText<15> name;
  int exit_code;
};

constexpr std::array<CategoryRow, 8> kCategories{{{"usage", 2},
                                                  {"resolve", 3},
                                                  {"connect", 4},
                                                  {"timeout", 5},
                                                  {"mismatch", 6},
                                                  {"permission", 7},
                                                  {"io", 8},
                                                  {"internal", 70}}};

const CategoryRow& row(ErrorCategory category) noexcept {
  return kCategories[static_cast<std::size_t>(category)];
}

ErrorCategory socket_category(int error_number) noexcept {
  return error_number == EACCES || error_number == EPERM ? ErrorCategory::permission
                                                         : ErrorCategory::connect;
}

}  // namespace

int exit_code(ErrorCategory category) noexcept {
  return row(category).exit_code;
}

/// Empty behind the last value, as for every enum whose names are listed.
std::string_view to_string(ErrorCategory category) noexcept {
  const auto index = static_cast<std::size_t>(category);
  return index < kCategories.size() ? std::string_view{kCategories[index].name}
                                    : std::string_view{};
}

Error::Error(ErrorCategory category, std::string operation, std::string subject, std::string reason,
             int error_number)
    : category_{category},
      operation_{std::move(operation)},
      subject_{std::move(subject)},
      reason_{std::move(reason)},
      error_number_{error_number} {
  line_ = operation_;
  if (!subject_.empty()) line_ += (line_.empty() ? "" : " ") + subject_;
  line_ += (line_.empty() ? "" : ": ") + reason_;
  if (error_number_ != 0) line_ += " (" + errno_name(error_number_) + ")";
  line_ = escape_for_terminal(line_);
}

SysError::SysError(std::string operation, std::string subject, int error_number)
    : Error{socket_category(error_number), std::move(operation), std::move(subject),
            errno_text(error_number), error_number} {}

Error usage_error(std::string operation, std::string subject, std::string reason) {
  return {ErrorCategory::usage, std::move(operation), std::move(subject), std::move(reason)};
}

std::string errno_name(int error_number) {
  const char* name = ::strerrorname_np(error_number);
  return name != nullptr ? name : "errno " + std::to_string(error_number);
}

std::string errno_text(int error_number) {
  const char* text = ::strerrordesc_np(error_number);
  return text != nullptr ? text : "unknown error";
}

}  // namespace netecho
