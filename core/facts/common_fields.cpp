#include "core/facts/common_fields.hpp"

namespace netecho {

ErrorEvent error_event(const Error& error) {
  return {.operation = error.operation(),
          .endpoint = error.subject(),
          .category = error.category(),
          .error_number = error.error_number(),
          .message = error.what(),
          .exit_code = exit_code(error.category())};
}

}  // namespace netecho
