#include "core/facts/common_fields.hpp"

#include "core/net/connect_errors.hpp"

namespace netecho {

ErrorEvent error_event(const Error& error) {
  ErrorEvent event{.operation = error.operation(),
                   .endpoint = error.subject(),
                   .category = error.category(),
                   .error_number = error.error_number(),
                   .message = error.what(),
                   .exit_code = exit_code(error.category())};
  if (const auto* unreachable = dynamic_cast<const UnreachableError*>(&error)) {
    event.icmp = unreachable->icmp();
  }
  return event;
}

}  // namespace netecho
