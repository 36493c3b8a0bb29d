#pragma once

/// \file
/// When something fails, a user gets this line and exit code.
///
/// Set-up code throws `Error`; `main` catches it, prints one line, and ends with its exit code.
/// The data path never throws: it returns `IoResult` (io_result.hpp).

#include <cerrno>
#include <concepts>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace netecho {

/// The `category` of an `error` event; each has one exit code.
enum class ErrorCategory : std::uint8_t {
  usage,       ///< 2
  resolve,     ///< 3
  connect,     ///< 4: connect, bind or listen
  timeout,     ///< 5
  mismatch,    ///< 6
  permission,  ///< 7
  io,          ///< 8: local files, stdout
  internal,    ///< 70: a bug
};

[[nodiscard]] int exit_code(ErrorCategory category) noexcept;
[[nodiscard]] std::string_view to_string(ErrorCategory category) noexcept;

/// This is a failure as the user sees it: `netecho: OPERATION SUBJECT: REASON (ERRNO)`.
class Error : public std::exception {
 public:
  Error(ErrorCategory category, std::string operation, std::string subject, std::string reason,
        int error_number = 0);

  [[nodiscard]] ErrorCategory category() const noexcept { return category_; }
  [[nodiscard]] const std::string& operation() const noexcept { return operation_; }
  /// The endpoint as typed, or the file or option; may be empty.
  [[nodiscard]] const std::string& subject() const noexcept { return subject_; }
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
  [[nodiscard]] int error_number() const noexcept { return error_number_; }
  /// "OPERATION SUBJECT: REASON (ERRNO)", escaped for a terminal; one line.
  [[nodiscard]] const char* what() const noexcept override { return line_.c_str(); }

 private:
  ErrorCategory category_;
  std::string operation_;
  std::string subject_;
  std::string reason_;
  int error_number_;
  std::string line_;
};

/// This is the Error of a failed socket call: EACCES and EPERM are `permission`, everything else
/// `connect`.
class SysError : public Error {
 public:
  SysError(std::string operation, std::string subject, int error_number);
};

/// A set-up wait (look-up, connect) ended because a signal is pending; the signal itself is still
/// to be taken from its `Interrupt`.
class Interrupted : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "interrupted"; }
};

/// Reports wrong input; nothing was opened. `reason` ends with the hint, where there is one.
[[nodiscard]] Error usage_error(std::string operation, std::string subject, std::string reason);

/// "ECONNREFUSED"; "errno 999" for one without a name.
[[nodiscard]] std::string errno_name(int error_number);
/// "Connection refused", in English whatever the locale.
[[nodiscard]] std::string errno_text(int error_number);

/// Runs a set-up call, retrying EINTR; throws SysError on failure (a result below 0).
///
/// Not for connect() and close(), which must not be repeated after EINTR, and not for the data
/// path, where EAGAIN is an ordinary answer.
template <std::invocable Call>
auto checked(std::string_view call, std::string_view subject, Call&& invoke) {
  while (true) {
    const auto result = invoke();
    if (result >= 0) return result;
    if (errno != EINTR) throw SysError{std::string(call), std::string(subject), errno};
  }
}

}  // namespace netecho
